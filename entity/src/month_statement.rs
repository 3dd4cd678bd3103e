//! 月报: what a branch signed of a month. What it takes up stands in `month_statement_entry` and `month_statement_part`.

use sea_orm::entity::prelude::*;

use crate::ids::{BranchId, MonthStatementId, PersonId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "month_statement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MonthStatementId,
    pub branch_id: BranchId,
    /// Its first civil day.
    pub month: Date,
    pub signed_by: PersonId,
    pub signed_at: ChronoDateTimeUtc,
    /// Different people, of the branch's own teams and of those below.
    pub volunteers: i64,
    /// SHA-256 of what was signed.
    pub digest: String,
}

impl ActiveModelBehavior for ActiveModel {}
