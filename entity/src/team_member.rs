//! A volunteer's membership of a team, asked for by the volunteer and decided by the leader.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{PersonId, TeamId, VolunteerId},
    kinds::MembershipState,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "team_member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub team_id: TeamId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    pub state: MembershipState,
    pub asked_at: ChronoDateTimeUtc,
    pub decided_at: Option<ChronoDateTimeUtc>,
    pub decided_by: Option<PersonId>,
}

impl ActiveModelBehavior for ActiveModel {}
