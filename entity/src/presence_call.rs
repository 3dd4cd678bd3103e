//! Somebody who was at a shift when its leader asked for a second proof, and their answer.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{AttendanceId, PresenceAskId, VolunteerId},
    kinds::EvidenceGrade,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "presence_call")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub ask_id: PresenceAskId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub attendance_id: AttendanceId,
    pub volunteer_id: VolunteerId,
    /// By the server's clock; none while nobody answered.
    pub answered_at: Option<ChronoDateTimeUtc>,
    /// What the answer proves.
    pub grade: Option<EvidenceGrade>,
    /// Metres, of a fix. Where it was is not kept: whether it was inside is all that is asked.
    pub accuracy_m: Option<f64>,
    pub distance_m: Option<f64>,
}

impl ActiveModelBehavior for ActiveModel {}
