//! A consent given, and perhaps withdrawn; each with the version of the text that was shown.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ConsentId, PersonId},
    kinds::ConsentKind,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "consent")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ConsentId,
    pub person_id: PersonId,
    pub kind: ConsentKind,
    pub version: String,
    pub given_at: ChronoDateTimeUtc,
    pub withdrawn_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
