//! A star that a branch awarded. It changes only by a revocation with a reason.

use sea_orm::entity::prelude::*;

use crate::ids::{AwardRoundId, PersonId, StarAwardId, VolunteerId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "star_award")]
pub struct Model {
    /// The candidate's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StarAwardId,
    pub round_id: AwardRoundId,
    pub volunteer_id: VolunteerId,
    pub star: i32,
    /// Final minutes at the round's cut-off, and what the star took.
    pub minutes: i32,
    pub threshold: i32,
    pub awarded_at: ChronoDateTimeUtc,
    pub awarded_by: PersonId,
    pub revoked_at: Option<ChronoDateTimeUtc>,
    pub revoked_by: Option<PersonId>,
    pub revoke_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
