//! A refused check-in or check-out, kept as evidence for the volunteer and against fraud.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{AttendanceAttemptId, ShiftId, VolunteerId},
    presence_kinds::ProofKind,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance_attempt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttendanceAttemptId,
    pub volunteer_id: VolunteerId,
    pub shift_id: Option<ShiftId>,
    pub end_kind: ProofKind,
    pub tried_at: ChronoDateTimeUtc,
    /// The fix: none of it is kept of someone who has not agreed to the use of their location.
    pub fixed_at: Option<ChronoDateTimeUtc>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub accuracy_m: Option<f64>,
    pub distance_m: Option<f64>,
    /// The code that the volunteer was answered.
    pub refusal: String,
}

impl ActiveModelBehavior for ActiveModel {}
