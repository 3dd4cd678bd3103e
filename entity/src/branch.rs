//! 红十字会与基层组织: a Red Cross society at a division's level, or inside a school or firm.

use sea_orm::entity::prelude::*;

use crate::{
    ids::BranchId,
    kinds::{BranchKind, DivisionLevel},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "branch")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BranchId,
    pub division_code: String,
    pub level: DivisionLevel,
    pub kind: BranchKind,
    pub parent_id: Option<BranchId>,
    /// Place in the tree: a territorial branch has its division's code; another has that code, a slash and a name of its
    /// own. Official codes nest, so a branch is below another exactly when its path starts with the other's.
    #[sea_orm(unique)]
    pub path: String,
    pub name: String,
    pub founded_on: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
