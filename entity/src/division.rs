//! 行政区划: an official administrative division, by its national code.

use sea_orm::entity::prelude::*;

use crate::kinds::DivisionLevel;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "division")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    pub level: DivisionLevel,
    pub parent_code: Option<String>,
    pub name: String,
    /// First day on which the code was in force; unknown is none.
    pub valid_from: Option<Date>,
    /// First day on which it no longer was.
    pub valid_to: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
