//! The kinds of award rounds, of stars in question, and of registrations.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

use crate::kinds::kinds;

kinds! {
    /// 星级评定: where a round stands.
    AwardRoundState {
        /// 已启动: opened; nobody is listed yet.
        Opened,
        /// 评审中: the list is frozen and is reviewed.
        Reviewing,
        /// 公示中: who passed is shown, and can be objected to.
        Notice,
        /// 已授予
        Awarded,
        /// 已取消
        Cancelled,
    }

    /// Where somebody stands in a round.
    CandidateState {
        /// 待评审
        Listed,
        /// 通过
        Passed,
        /// 未采纳, with a reason.
        Refused,
        /// 已授予
        Awarded,
        /// Passed, and yet not awarded: the hours no longer reach, the star below is missing, or another round was first.
        Lapsed,
    }

    /// What became of an objection to a star.
    ObjectionState {
        /// 待答复
        Waiting,
        /// 成立: the star is not awarded.
        Upheld,
        /// 不成立
        Dismissed,
    }

    /// What became of a star whose hours no longer reach.
    StarCaseState {
        /// 待处理
        Waiting,
        /// 保留
        Kept,
        /// 撤销
        Revoked,
    }

    /// 注册申请: what became of it.
    RegistrationState {
        /// 待审批
        Waiting,
        /// 已批准
        Approved,
        /// 未通过, with a reason; applying again is possible.
        Declined,
    }
}
