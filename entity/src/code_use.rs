//! 志愿者码 that a desk took: each is good for one end of one shift.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{AttendanceId, PersonId, VolunteerId},
    kinds::AttendanceEnd,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "code_use")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// The 30 s that the code is of, counted since 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub step: i32,
    pub attendance_id: AttendanceId,
    pub end_kind: AttendanceEnd,
    pub used_by: PersonId,
    pub used_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
