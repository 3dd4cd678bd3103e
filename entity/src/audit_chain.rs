//! The end of each chain of the audit trail. Its row is what one person's acts at one instant wait for.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_chain")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain: Uuid,
    /// Entries in the chain.
    pub seq: i32,
    /// The last entry's.
    pub hash: String,
}

impl ActiveModelBehavior for ActiveModel {}
