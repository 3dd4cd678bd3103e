//! 审计轨迹: who changed or looked at whose record, when, what and why. Append-only; a hash chain for each actor. Words, and
//! whom somebody looked at, are hashed by a seal: they can be erased when the law has it, and the chain holds.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};

use serde::{Deserialize, Serialize};

use crate::{
    ids::{AuditEntryId, PersonId},
    kinds::{LookPurpose, Sight},
};

/// What was looked at; nothing for a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Sights(pub Vec<Sight>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEntryId,
    /// The actor's person; for what the system did, the subject.
    pub chain: Uuid,
    /// 1, 2, 3 … without gaps in its chain.
    pub seq: i32,
    pub at: ChronoDateTimeUtc,
    /// None for the system's own acts.
    pub actor: Option<PersonId>,
    /// The roles that the actor held then: `TEAM_LEADER@team/…`, `BRANCH_OFFICER@branch/3301`, with spaces between them.
    pub actor_roles: String,
    pub action: String,
    pub subject: String,
    pub subject_id: Uuid,
    /// Whom it concerns, where the subject is neither a person nor a volunteer.
    pub subject_person: Option<PersonId>,
    #[sea_orm(column_type = "JsonBinary")]
    pub sights: Sights,
    pub purpose: Option<LookPurpose>,
    pub reason: Option<String>,
    pub request_id: String,
    pub previous_hash: String,
    pub hash: String,
    /// Chance that nobody can guess without having read it; gone together with the reason.
    pub reason_salt: Option<String>,
    /// What stands for the reason in the hash. None without a reason, and in entries of before there were seals.
    pub reason_seal: Option<String>,
    /// The same for subject, person, sights and purpose of a look.
    pub look_salt: Option<String>,
    pub look_seal: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
