//! Who changed whose record, when, what and why. Append-only.

use sea_orm::entity::prelude::*;

use crate::ids::{AuditEntryId, PersonId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEntryId,
    pub at: ChronoDateTimeUtc,
    /// None for the system's own acts.
    pub actor: Option<PersonId>,
    pub action: String,
    pub subject: String,
    pub subject_id: Uuid,
    pub reason: Option<String>,
    pub request_id: String,
}

impl ActiveModelBehavior for ActiveModel {}
