//! What a guardian who has proved their phone number acts with for a volunteer under 18; only its hash is kept.

use sea_orm::entity::prelude::*;

use crate::ids::VolunteerId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "guardian_pass")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    pub volunteer_id: VolunteerId,
    /// The guardian's, E.164. The pass is good only while the volunteer's file names this number.
    pub phone: String,
    pub given_at: ChronoDateTimeUtc,
    pub expires_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
