//! A signed root over the heads of all chains of the ledger, made once a civil day is over.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_root")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    pub made_at: ChronoDateTimeUtc,
    pub chains: i64,
    /// In all chains.
    pub entries: i64,
    /// Of the tree over all heads.
    pub root: String,
    /// The hash of the root before it, in its signed form.
    pub previous: String,
    /// Of the signed form of this one.
    pub hash: String,
    pub key_id: String,
    /// In hex.
    pub signature: String,
    /// The hashes, 32 bytes each, of the 256 parts of the tree: the chains whose names begin with 00, 01 … ff.
    pub parts: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
