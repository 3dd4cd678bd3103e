//! Where each volunteer's chain of ledger entries stood when the last root was signed. It outlives its volunteer's row, so
//! that a chain that was removed is missed.

use sea_orm::entity::prelude::*;

use crate::ids::VolunteerId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// What the chain is called where nobody must know whose it is.
    #[sea_orm(unique)]
    pub chain: Uuid,
    /// Entries in the chain.
    pub seq: i32,
    /// The last entry's.
    pub hash: String,
    /// Of the root with which it moved here.
    pub day: Date,
}

impl ActiveModelBehavior for ActiveModel {}
