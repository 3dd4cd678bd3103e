//! A text that people agree to, in its versions. Append-only: what somebody agreed to stays readable.

use sea_orm::entity::prelude::*;

use crate::kinds::ConsentKind;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "consent_text")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: ConsentKind,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: String,
    pub in_force_from: ChronoDateTimeUtc,
    pub title_zh: String,
    pub text_zh: String,
    pub title_en: String,
    pub text_en: String,
}

impl ActiveModelBehavior for ActiveModel {}
