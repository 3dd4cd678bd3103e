//! 星级徽章: the numbered thing that is handed out for a star, and its digital twin.

use sea_orm::entity::prelude::*;

use crate::ids::{BranchId, PersonId, StarAwardId, StarBadgeId, VolunteerId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "star_badge")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StarBadgeId,
    #[sea_orm(unique)]
    pub number: String,
    pub award_id: StarAwardId,
    pub volunteer_id: VolunteerId,
    pub branch_id: BranchId,
    pub issued_at: ChronoDateTimeUtc,
    pub issued_by: PersonId,
    pub handed_out_at: Option<ChronoDateTimeUtc>,
    pub handed_out_by: Option<PersonId>,
    pub voided_at: Option<ChronoDateTimeUtc>,
    pub voided_by: Option<PersonId>,
    pub void_reason: Option<String>,
    /// The one that it replaces.
    pub replaces: Option<StarBadgeId>,
    /// What the digital twin is fetched by: chance that nobody can guess.
    #[sea_orm(unique)]
    pub public_id: Uuid,
    /// Its place in the branch's list of this year's revocations.
    pub status_year: i32,
    pub status_place: i32,
    /// The signed credential as it is handed out; none where the service has no address or no key, and after an erasure.
    pub credential: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
