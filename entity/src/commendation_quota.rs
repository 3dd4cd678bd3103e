//! How many of a kind a branch may nominate in a round, and how many it has.

use sea_orm::entity::prelude::*;

use crate::{
    honour_kinds::CommendedKind,
    ids::{BranchId, CommendationRoundId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "commendation_quota")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub round_id: CommendationRoundId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub branch_id: BranchId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: CommendedKind,
    pub quota: i32,
    pub taken: i32,
}

impl ActiveModelBehavior for ActiveModel {}
