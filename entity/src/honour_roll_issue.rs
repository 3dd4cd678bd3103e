//! 红人榜: a dated issue of a branch, which anybody reads once it is published.

use sea_orm::entity::prelude::*;

use crate::ids::{BranchId, HonourRollIssueId, PersonId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "honour_roll_issue")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HonourRollIssueId,
    pub branch_id: BranchId,
    pub title: String,
    pub issued_on: ChronoDate,
    pub opened_by: PersonId,
    pub opened_at: ChronoDateTimeUtc,
    pub published_by: Option<PersonId>,
    pub published_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
