//! Somebody who was eligible for a star at a round's cut-off: frozen with the round's list.

use sea_orm::entity::prelude::*;

use crate::{
    award_kinds::CandidateState,
    ids::{AwardRoundId, PersonId, StarCandidateId, VolunteerId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "award_candidate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StarCandidateId,
    pub round_id: AwardRoundId,
    pub volunteer_id: VolunteerId,
    pub star: i32,
    /// Final minutes at the cut-off, and what the star took.
    pub minutes: i32,
    pub threshold: i32,
    pub state: CandidateState,
    /// Why it was refused.
    pub reason: Option<String>,
    pub decided_by: Option<PersonId>,
    pub decided_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
