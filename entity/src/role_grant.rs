//! A role on a branch or on a team; it reaches everything below.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{BranchId, PersonId, RoleGrantId, TeamId},
    kinds::Role,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "role_grant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoleGrantId,
    pub person_id: PersonId,
    pub role: Role,
    /// Exactly one of branch and team is set.
    pub branch_id: Option<BranchId>,
    pub team_id: Option<TeamId>,
    /// None for what the installation itself granted.
    pub granted_by: Option<PersonId>,
    pub granted_at: ChronoDateTimeUtc,
    /// Always set on a branch.
    pub ends_at: Option<ChronoDateTimeUtc>,
    pub revoked_at: Option<ChronoDateTimeUtc>,
    /// When the end was last put off, and by whom.
    pub renewed_at: Option<ChronoDateTimeUtc>,
    pub renewed_by: Option<PersonId>,
    /// When holder and granter were told that it ends soon.
    pub reminded_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
