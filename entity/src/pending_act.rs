//! An act that takes two persons: one has proposed it, another approves it.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};

use serde::{Deserialize, Serialize};

use crate::{
    Instant,
    ids::{BranchId, PendingActId, PersonId, RoleGrantId},
    kinds::{ActKind, ActState, Role},
};

/// What is to be done, with all that it takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Deed {
    GrantRole { role: Role, ends_at: Instant },
    RenewRole { grant: RoleGrantId, ends_at: Instant },
    ResetSecondFactor,
}

impl Deed {
    pub fn kind(&self) -> ActKind {
        match self {
            Self::GrantRole { .. } => ActKind::GrantRole,
            Self::RenewRole { .. } => ActKind::RenewRole,
            Self::ResetSecondFactor => ActKind::ResetSecondFactor,
        }
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "pending_act")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PendingActId,
    pub kind: ActKind,
    /// Who may grant roles on this branch may decide.
    pub branch_id: BranchId,
    /// Whom it is about, who neither proposes nor approves it.
    pub subject_id: PersonId,
    #[sea_orm(column_type = "JsonBinary")]
    pub deed: Deed,
    pub reason: String,
    pub proposed_by: PersonId,
    pub proposed_at: ChronoDateTimeUtc,
    pub expires_at: ChronoDateTimeUtc,
    pub state: ActState,
    /// Another person than the one who proposed it, unless it was withdrawn.
    pub decided_by: Option<PersonId>,
    pub decided_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
