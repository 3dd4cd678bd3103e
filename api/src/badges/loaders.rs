//! The good badge of an award.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use boai_entity::{ids::StarAwardId, star_badge};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::graphql::Loaders;

/// The badge of a star that is not void.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BadgeOfAward(pub StarAwardId);

impl Loader<BadgeOfAward> for Loaders {
    type Value = star_badge::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[BadgeOfAward]) -> Result<HashMap<BadgeOfAward, Self::Value>, Self::Error> {
        let rows = star_badge::Entity::find()
            .filter(star_badge::Column::AwardId.is_in(keys.iter().map(|key| key.0)))
            .filter(star_badge::Column::VoidedAt.is_null())
            .all(&self.db.conn)
            .await?;
        Ok(rows.into_iter().map(|row| (BadgeOfAward(row.award_id), row)).collect())
    }
}
