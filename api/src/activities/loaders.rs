//! Activities and shifts by id, the shifts and posts below, and my own sign-ups.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use boai_entity::{
    Instant,
    ids::{ActivityId, PostId, ShiftId, VolunteerId},
    post, shift, shift_rule, sign_up,
};
use chrono::NaiveDate;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    graphql::Loaders,
    load_by_id,
    platform::civil::{civil_day, day_bounds},
    policies::calendar,
};

load_by_id! {
    ActivityById(ActivityId) => activity: id,
    ShiftById(ShiftId) => shift: id,
    PostById(PostId) => post: id,
}

/// An activity's shifts, by start. Those that its rules made are there as far as they end after this moment (the same for a
/// whole request): of a long-lived site there are thousands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShiftsOf(pub ActivityId, pub Instant);

impl ShiftsOf {
    /// From the beginning of the day on.
    pub fn of_today(activity: ActivityId, now: Instant) -> Self {
        Self(activity, day_bounds(civil_day(now)).0)
    }
}

impl Loader<ShiftsOf> for Loaders {
    type Value = Vec<shift::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ShiftsOf]) -> Result<HashMap<ShiftsOf, Self::Value>, Self::Error> {
        let Some(since) = keys.first().map(|key| key.1) else { return Ok(HashMap::new()) };
        let rows = shift::Entity::find()
            .filter(Condition::any().add(shift::Column::SeriesId.is_null()).add(shift::Column::EndsAt.gt(since)))
            .filter(shift::Column::ActivityId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(shift::Column::StartsAt)
            .order_by_asc(shift::Column::Id)
            .all(&self.db.conn)
            .await?;
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            found.entry(ShiftsOf(row.activity_id, since)).or_default().push(row);
        }
        Ok(found)
    }
}

/// The rules of an activity that are in force on this day or will be, by the day they begin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RulesOf(pub ActivityId, pub NaiveDate);

impl Loader<RulesOf> for Loaders {
    type Value = Vec<shift_rule::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[RulesOf]) -> Result<HashMap<RulesOf, Self::Value>, Self::Error> {
        let Some(day) = keys.first().map(|key| key.1) else { return Ok(HashMap::new()) };
        let rows = shift_rule::Entity::find()
            .filter(shift_rule::Column::ActivityId.is_in(keys.iter().map(|key| key.0)))
            .filter(
                Condition::any().add(shift_rule::Column::ValidTo.is_null()).add(shift_rule::Column::ValidTo.gte(day)),
            )
            .order_by_asc(shift_rule::Column::ValidFrom)
            .order_by_asc(shift_rule::Column::Id)
            .all(&self.db.conn)
            .await?;
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            found.entry(RulesOf(row.activity_id, day)).or_default().push(row);
        }
        Ok(found)
    }
}

/// The last day of the last year of which the holidays are known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CalendarKnown;

impl Loader<CalendarKnown> for Loaders {
    type Value = NaiveDate;
    type Error = Arc<DbErr>;

    async fn load(&self, _: &[CalendarKnown]) -> Result<HashMap<CalendarKnown, Self::Value>, Self::Error> {
        let known = calendar::known_until(&self.db.conn).await?;
        Ok(known.map(|day| (CalendarKnown, day)).into_iter().collect())
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
