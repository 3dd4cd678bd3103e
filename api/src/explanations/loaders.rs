//! Ledger entries by record, and star schemes by id.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use boai_entity::{
    ids::{ServiceRecordId, StarSchemeId},
    ledger_entry,
};
use sea_orm::DbErr;

use super::store;
use crate::{graphql::Loaders, load_by_id};

load_by_id! {
    SchemeById(StarSchemeId) => star_scheme: id,
}

/// The ledger entries of a record, in the order of its volunteer's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntriesOf(pub ServiceRecordId);

impl Loader<EntriesOf> for Loaders {
    type Value = Vec<ledger_entry::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[EntriesOf]) -> Result<HashMap<EntriesOf, Self::Value>, Self::Error> {
        let records: Vec<ServiceRecordId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for entry in store::entries_of(&self.db.conn, &records).await? {
            found.entry(EntriesOf(entry.record_id)).or_default().push(entry);
        }
        Ok(found)
    }
}
