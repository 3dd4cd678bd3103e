//! A volunteer or a team that a branch nominated in a round, and what became of it.

use sea_orm::entity::prelude::*;

use crate::{
    award_kinds::CandidateState,
    honour_kinds::CommendedKind,
    ids::{BranchId, CommendationNomineeId, CommendationRoundId, PersonId, TeamId, VolunteerId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "commendation_nominee")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommendationNomineeId,
    pub round_id: CommendationRoundId,
    /// Which branch nominated it.
    pub branch_id: BranchId,
    pub kind: CommendedKind,
    pub volunteer_id: Option<VolunteerId>,
    pub team_id: Option<TeamId>,
    /// Why: goes when its volunteer is erased.
    pub merits: Option<String>,
    pub nominated_by: PersonId,
    pub nominated_at: ChronoDateTimeUtc,
    pub state: CandidateState,
    pub reason: Option<String>,
    pub decided_by: Option<PersonId>,
    pub decided_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
