//! An honour that somebody outside gave, as its volunteer submitted it, and what became of the check.

use sea_orm::entity::prelude::*;

use crate::{
    honour_kinds::HonourState,
    ids::{OutsideHonourId, PersonId, VolunteerId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outside_honour")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OutsideHonourId,
    pub volunteer_id: VolunteerId,
    /// The division, a county or one above, whose branch checks it, and those above it.
    pub county_code: String,
    pub name: String,
    pub awarded_on: ChronoDate,
    pub awarding_unit: String,
    /// What proves it, in words; where it is to be found; and the SHA-256 of the document, in hexadecimal digits.
    pub proof: Option<String>,
    pub reference: Option<String>,
    pub digest: Option<String>,
    pub submitted_at: ChronoDateTimeUtc,
    pub state: HonourState,
    pub reason: Option<String>,
    pub decided_by: Option<PersonId>,
    pub decided_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
