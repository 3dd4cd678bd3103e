//! Star badges that a branch has at hand.

use sea_orm::entity::prelude::*;

use crate::ids::BranchId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "badge_stock")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub branch_id: BranchId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub star: i32,
    pub on_hand: i32,
}

impl ActiveModelBehavior for ActiveModel {}
