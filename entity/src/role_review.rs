//! A branch's look at every role in its care, once a quarter.

use sea_orm::entity::prelude::*;

use crate::ids::{BranchId, RoleReviewId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "role_review")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoleReviewId,
    pub branch_id: BranchId,
    /// `2026Q2`, in Asia/Shanghai.
    pub quarter: String,
    pub opened_at: ChronoDateTimeUtc,
    pub due_at: ChronoDateTimeUtc,
    /// When the officers were told that it is overdue.
    pub overdue_told_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
