//! The kinds of the honour roll, of honours from outside, and of commendations.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

use crate::kinds::kinds;

kinds! {
    /// 红人榜: where somebody stands in an issue.
    HonourEntryState {
        /// 待本人同意: asked, and not answered.
        Asked,
        /// 已同意: to exactly this story.
        Agreed,
        /// 已刊出
        Published,
        /// 未同意
        Declined,
        /// 未刊出: had not agreed, or the guardian had not, when the issue was published.
        LeftOut,
        /// 已撤下: withdrew, was erased, or was taken off by the branch.
        TakenDown,
    }

    /// 外部荣誉: what became of an honour that a volunteer submitted.
    HonourState {
        /// 待审核
        Waiting,
        /// 已认定: it is in the volunteer's file.
        Recognised,
        /// 未认定, with a reason; submitting it again is possible.
        Refused,
    }

    /// 通报表扬: what is commended.
    CommendedKind {
        /// 志愿者
        Volunteer,
        /// 志愿服务队
        Team,
    }

    /// How a name is shown to everybody.
    ShownName {
        /// 全名
        Whole,
        /// 王*明
        Masked,
    }
}
