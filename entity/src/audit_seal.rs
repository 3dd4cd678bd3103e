//! A civil day of the audit trail, sealed when it was over: shows entries that were cut off a chain's end, or slipped in.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_seal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    pub sealed_at: ChronoDateTimeUtc,
    pub entries: i64,
    /// Of all the day's entries.
    pub digest: String,
    pub previous_hash: String,
    pub hash: String,
    /// The hash's fingerprint by the vault: nobody makes it with the database alone.
    pub proof: String,
}

impl ActiveModelBehavior for ActiveModel {}
