//! A star in question: a correction took the hours below what it took. A person decides, never the correction.

use sea_orm::entity::prelude::*;

use crate::{
    award_kinds::StarCaseState,
    ids::{PersonId, StarAwardId, StarCaseId, VolunteerId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "star_case")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StarCaseId,
    pub award_id: StarAwardId,
    pub volunteer_id: VolunteerId,
    /// What was left of the confirmed minutes when it was raised.
    pub confirmed_minutes: i32,
    pub raised_at: ChronoDateTimeUtc,
    pub state: StarCaseState,
    pub reason: Option<String>,
    pub decided_by: Option<PersonId>,
    pub decided_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
