//! 志愿服务队: belongs to a branch and has a speciality.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{BranchId, TeamId},
    kinds::Category,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "team")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TeamId,
    pub branch_id: BranchId,
    pub name: String,
    pub speciality: Category,
    pub description: String,
    pub created_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
