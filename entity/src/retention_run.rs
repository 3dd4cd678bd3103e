//! When each kind of data was last gone over for what is older than its days, and who is at it now.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "retention_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// Until when whoever works at it is believed to be alive.
    pub leased_until: ChronoDateTimeUtc,
    pub finished_at: Option<ChronoDateTimeUtc>,
    /// Rows reduced or removed by the last finished run.
    pub touched: i32,
}

impl ActiveModelBehavior for ActiveModel {}
