//! Divisions, branches and teams by id, and my own membership of each team.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use boai_entity::{
    ids::{BranchId, TeamId, VolunteerId},
    team_member,
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::store::{self, PlacedTeam};
use crate::{graphql::Loaders, load_by_id};

load_by_id! {
    DivisionByCode(String) => division: code,
    BranchById(BranchId) => branch: id,
    BranchByPath(String) => branch: path,
    TeamById(TeamId) => team: id,
}

/// Where a volunteer stands with a team.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MembershipOf(pub VolunteerId, pub TeamId);

impl Loader<MembershipOf> for Loaders {
    type Value = team_member::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[MembershipOf]) -> Result<HashMap<MembershipOf, Self::Value>, Self::Error> {
        let rows = team_member::Entity::find()
            .filter(team_member::Column::VolunteerId.is_in(keys.iter().map(|key| key.0)))
            .filter(team_member::Column::TeamId.is_in(keys.iter().map(|key| key.1)))
            .all(&self.db.conn)
            .await?;
        Ok(rows.into_iter().map(|row| (MembershipOf(row.volunteer_id, row.team_id), row)).collect())
    }
}

/// The place of a team in the tree, which permissions ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PlacedTeamById(pub TeamId);

impl Loader<PlacedTeamById> for Loaders {
    type Value = PlacedTeam;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[PlacedTeamById]) -> Result<HashMap<PlacedTeamById, Self::Value>, Self::Error> {
        let teams: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = store::placed_teams(&self.db.conn, &teams).await?;
        Ok(rows.into_iter().map(|row| (PlacedTeamById(row.id), row)).collect())
    }
}
