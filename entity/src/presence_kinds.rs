//! What a phone may have to prove of its owner.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

use crate::kinds::{AttendanceEnd, kinds};

kinds! {
    /// What was to be proved.
    ProofKind {
        /// 签到
        CheckIn,
        /// 签退
        CheckOut,
        /// 在岗确认: being there in the middle of a shift, when its leader asks.
        Presence,
    }
}

impl From<AttendanceEnd> for ProofKind {
    fn from(end: AttendanceEnd) -> Self {
        match end {
            AttendanceEnd::CheckIn => Self::CheckIn,
            AttendanceEnd::CheckOut => Self::CheckOut,
        }
    }
}
