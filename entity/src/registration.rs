//! 注册申请: an enrolled volunteer's wish to be registered, with the facts as they were then.

use sea_orm::entity::prelude::*;

use crate::{
    award_kinds::RegistrationState,
    ids::{PersonId, RegistrationId, VolunteerId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "registration")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegistrationId,
    pub volunteer_id: VolunteerId,
    /// The division, a county or one above, whose branch decides, and those above it.
    pub county_code: String,
    /// The calendar year with most confirmed service, and how much that was.
    pub year: i32,
    pub minutes: i32,
    pub applied_at: ChronoDateTimeUtc,
    pub state: RegistrationState,
    pub reason: Option<String>,
    pub decided_by: Option<PersonId>,
    pub decided_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
