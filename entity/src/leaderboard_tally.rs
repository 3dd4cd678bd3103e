//! How many volunteers of a province or a city have how much on a board, so that a rank there is a sum of few rows.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "leaderboard_tally")]
pub struct Model {
    /// The first two or four digits of where they live.
    #[sea_orm(primary_key, auto_increment = false)]
    pub area: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub category: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub period: i32,
    /// The fewest minutes that fall into it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bucket: i32,
    /// How many volunteers.
    pub heads: i32,
}

impl ActiveModelBehavior for ActiveModel {}
