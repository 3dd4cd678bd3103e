//! What a desk was refused: kept for who stood there, and for who looks for fraud.

use sea_orm::entity::prelude::*;

use crate::{
    desk_entry::DeskWay,
    ids::{ActivityId, FacilityId, PersonId, RefusedScanId, VolunteerId},
    kinds::AttendanceEnd,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refused_scan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefusedScanId,
    pub activity_id: Option<ActivityId>,
    pub facility_id: Option<FacilityId>,
    /// Whoever it was about, when that was known.
    pub volunteer_id: Option<VolunteerId>,
    pub end_kind: AttendanceEnd,
    pub way: DeskWay,
    pub operator_id: PersonId,
    pub tried_at: ChronoDateTimeUtc,
    /// The code that the operator was answered, and its words.
    pub refusal: String,
    pub message_zh: String,
    pub message_en: String,
}

impl ActiveModelBehavior for ActiveModel {}
