//! An end of a stay, and what the volunteer's phone told of itself then: for a while, to notice what looks odd.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{AttendanceId, AttendanceSignalId, ShiftId, VolunteerId},
    presence_kinds::ProofKind,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance_signal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttendanceSignalId,
    pub attendance_id: AttendanceId,
    pub end_kind: ProofKind,
    pub volunteer_id: VolunteerId,
    pub shift_id: ShiftId,
    /// The app's installation, or the session where the app told none. None: the desk knew the volunteer without a phone.
    pub device: Option<Uuid>,
    /// The phone said that another program makes up its location.
    pub mocked: bool,
    pub at: ChronoDateTimeUtc,
    /// When it was held against the others.
    pub looked_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
