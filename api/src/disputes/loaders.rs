//! Disputes, by themselves and by the stay whose record they are over.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use boai_entity::{
    dispute,
    ids::{AttendanceId, DisputeId},
};
use sea_orm::DbErr;

use super::store;
use crate::graphql::Loaders;

/// A dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DisputeById(pub DisputeId);

impl Loader<DisputeById> for Loaders {
    type Value = dispute::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[DisputeById]) -> Result<HashMap<DisputeById, Self::Value>, Self::Error> {
        let ids: Vec<DisputeId> = keys.iter().map(|key| key.0).collect();
        let found = store::by_ids(&self.db.conn, &ids).await?;
        Ok(found.into_iter().map(|dispute| (DisputeById(dispute.id), dispute)).collect())
    }
}

/// The disputes over a stay's record, the last first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DisputesOf(pub AttendanceId);

impl Loader<DisputesOf> for Loaders {
    type Value = Vec<dispute::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[DisputesOf]) -> Result<HashMap<DisputesOf, Self::Value>, Self::Error> {
        let stays: Vec<AttendanceId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for dispute in store::of_stays(&self.db.conn, &stays).await? {
            found.entry(DisputesOf(dispute.attendance_id)).or_default().push(dispute);
        }
        Ok(found)
    }
}
