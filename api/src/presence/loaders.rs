//! What a shift was asked, and what reached a stay.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use boai_entity::ids::{AttendanceId, ShiftId};
use sea_orm::DbErr;

use super::store::{self, Asked, Call};
use crate::graphql::Loaders;

/// The asks of a shift, the last first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AsksOf(pub ShiftId);

impl Loader<AsksOf> for Loaders {
    type Value = Vec<Asked>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[AsksOf]) -> Result<HashMap<AsksOf, Self::Value>, Self::Error> {
        let shifts: Vec<ShiftId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for asked in store::asked_at(&self.db.conn, &shifts).await? {
            found.entry(AsksOf(asked.ask.shift_id)).or_default().push(asked);
        }
        Ok(found)
    }
}

/// The asks that reached a stay, the last first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallsOf(pub AttendanceId);

impl Loader<CallsOf> for Loaders {
    type Value = Vec<Call>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[CallsOf]) -> Result<HashMap<CallsOf, Self::Value>, Self::Error> {
        let stays: Vec<AttendanceId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for call in store::calls_of(&self.db.conn, &stays).await? {
            found.entry(CallsOf(call.attendance_id)).or_default().push(call);
        }
        Ok(found)
    }
}
