//! A volunteer's minutes summed up one way: a cache that `boai audit` can rebuild from the ledger.

use sea_orm::entity::prelude::*;

use crate::{ids::VolunteerId, kinds::TotalDimension};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "volunteer_total")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub dimension: TotalDimension,
    /// The year, category, team or book; empty for all.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub pending_minutes: i32,
    pub confirmed_minutes: i32,
}

impl ActiveModelBehavior for ActiveModel {}
