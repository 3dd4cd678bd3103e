//! A role that was in force when a review was opened, and what came of it.

use sea_orm::entity::prelude::*;

use crate::ids::{PersonId, RoleGrantId, RoleReviewId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "role_review_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub review_id: RoleReviewId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub grant_id: RoleGrantId,
    pub decided_at: Option<ChronoDateTimeUtc>,
    pub decided_by: Option<PersonId>,
    /// False when the role was taken back.
    pub kept: Option<bool>,
}

impl ActiveModelBehavior for ActiveModel {}
