//! 异议: what somebody said against a star under notice, and the answer.

use sea_orm::entity::prelude::*;

use crate::{
    award_kinds::ObjectionState,
    ids::{AwardObjectionId, PersonId, StarCandidateId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "award_objection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AwardObjectionId,
    pub candidate_id: StarCandidateId,
    pub raised_by: PersonId,
    pub words: String,
    pub raised_at: ChronoDateTimeUtc,
    pub state: ObjectionState,
    pub answer: Option<String>,
    pub answered_by: Option<PersonId>,
    pub answered_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
