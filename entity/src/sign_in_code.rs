//! The newest one-time code of a phone number, whatever it is good for, and how many were sent to it today.

use sea_orm::entity::prelude::*;

use crate::kinds::CodePurpose;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_code")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub phone: String,
    /// SHA-256 over purpose, number, person and code, in hexadecimal.
    pub code_hash: String,
    pub sent_at: ChronoDateTimeUtc,
    pub expires_at: ChronoDateTimeUtc,
    pub tries: i32,
    pub used_at: Option<ChronoDateTimeUtc>,
    /// The civil day (Asia/Shanghai) that sent_today counts.
    pub day: Date,
    pub sent_today: i32,
    pub purpose: CodePurpose,
}

impl ActiveModelBehavior for ActiveModel {}
