//! Activities and shifts by id, the shifts and posts below, and my own sign-ups.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use boai_entity::{
    ids::{ActivityId, PostId, ShiftId, VolunteerId},
    post, shift, sign_up,
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::{graphql::Loaders, load_by_id};

load_by_id! {
    ActivityById(ActivityId) => activity: id,
    ShiftById(ShiftId) => shift: id,
    PostById(PostId) => post: id,
}

/// An activity's shifts, by start.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShiftsOf(pub ActivityId);

impl Loader<ShiftsOf> for Loaders {
    type Value = Vec<shift::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ShiftsOf]) -> Result<HashMap<ShiftsOf, Self::Value>, Self::Error> {
        let rows = shift::Entity::find()
            .filter(shift::Column::ActivityId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(shift::Column::StartsAt)
            .order_by_asc(shift::Column::Id)
            .all(&self.db.conn)
            .await?;
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            found.entry(ShiftsOf(row.activity_id)).or_default().push(row);
        }
        Ok(found)
    }
}

/// A shift's posts, in the order the leader gave them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PostsOf(pub ShiftId);

impl Loader<PostsOf> for Loaders {
    type Value = Vec<post::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[PostsOf]) -> Result<HashMap<PostsOf, Self::Value>, Self::Error> {
        let rows = post::Entity::find()
            .filter(post::Column::ShiftId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(post::Column::Id)
            .all(&self.db.conn)
            .await?;
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            found.entry(PostsOf(row.shift_id)).or_default().push(row);
        }
        Ok(found)
    }
}

/// A volunteer's own sign-up for a shift.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignUpOf(pub VolunteerId, pub ShiftId);

impl Loader<SignUpOf> for Loaders {
    type Value = sign_up::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[SignUpOf]) -> Result<HashMap<SignUpOf, Self::Value>, Self::Error> {
        let rows = sign_up::Entity::find()
            .filter(sign_up::Column::VolunteerId.is_in(keys.iter().map(|key| key.0)))
            .filter(sign_up::Column::ShiftId.is_in(keys.iter().map(|key| key.1)))
            .all(&self.db.conn)
            .await?;
        Ok(rows.into_iter().map(|row| (SignUpOf(row.volunteer_id, row.shift_id), row)).collect())
    }
}
