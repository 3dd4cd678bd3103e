//! What a statement says of one month's service in one book: that of its own month, or an adjustment of an earlier one.

use sea_orm::entity::prelude::*;

use crate::{ids::MonthStatementId, kinds::Book};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "month_statement_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub statement_id: MonthStatementId,
    /// The first civil day of the month in which the service began.
    #[sea_orm(primary_key, auto_increment = false)]
    pub service_month: Date,
    #[sea_orm(primary_key, auto_increment = false)]
    pub book: Book,
    /// Negative when more was taken back than came in.
    pub minutes: i64,
    pub records: i64,
}

impl ActiveModelBehavior for ActiveModel {}
