//! 实名认证: the number of somebody's identity document, sealed, and whether it is really theirs.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{IdentityId, PersonId},
    kinds::{IdDocument, IdentityAnswer, IdentityState},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IdentityId,
    pub person_id: PersonId,
    pub document: IdDocument,
    /// Sealed by the vault; none once it was rejected or withdrawn, for then it serves nothing.
    pub number_sealed: Option<String>,
    /// The vault's fingerprint of the number: one person's only. None once it was rejected or withdrawn.
    pub fingerprint: Option<String>,
    /// 3****************X
    pub masked: String,
    pub state: IdentityState,
    pub submitted_at: ChronoDateTimeUtc,
    pub decided_at: Option<ChronoDateTimeUtc>,
    /// None for what the system decided, or the person withdrew.
    pub decided_by: Option<PersonId>,
    pub reason: Option<String>,
    /// How often the verification service was asked.
    pub asks: i32,
    pub asked_at: Option<ChronoDateTimeUtc>,
    /// None as long as it did not answer.
    pub answer: Option<IdentityAnswer>,
}

impl ActiveModelBehavior for ActiveModel {}
