//! What a client's request id led to: the same id again gives the same answer, once.

use sea_orm::entity::prelude::*;

use crate::ids::PersonId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "request_effect")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: Uuid,
    pub operation: String,
    /// A digest of what was asked, so that one id cannot stand for two different wishes.
    pub asked: String,
    pub subject_id: Uuid,
    pub made_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
