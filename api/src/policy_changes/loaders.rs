//! What is in force at many places at once.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::dataloader::Loader;
use boai_entity::{Instant, policy, star_scheme};
use sea_orm::{DbErr, FromQueryResult};

use super::store;
use crate::{graphql::Loaders, load_by_id, platform::db::Db};
use boai_entity::ids::PolicyId;

load_by_id! {
    PolicyById(PolicyId) => policy: id,
}

/// The policy in force at a branch (by its path) at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PolicyOn(pub String, pub Instant);

/// The star scheme in force there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SchemeOn(pub String, pub Instant);

impl Loader<PolicyOn> for Loaders {
    type Value = policy::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[PolicyOn]) -> Result<HashMap<PolicyOn, Self::Value>, Self::Error> {
        nearest(&self.db, "policy", keys, |key| (&key.0, key.1), |row: &policy::Model| &row.branch_path).await
    }
}

impl Loader<SchemeOn> for Loaders {
    type Value = star_scheme::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[SchemeOn]) -> Result<HashMap<SchemeOn, Self::Value>, Self::Error> {
        nearest(&self.db, "star_scheme", keys, |key| (&key.0, key.1), |row: &star_scheme::Model| &row.branch_path).await
    }
}

/// One statement for each moment that was asked for, whatever the number of places.
async fn nearest<K: Clone + Eq + Hash, T: Clone + FromQueryResult>(
    db: &Db,
    table: &str,
    keys: &[K],
    place: fn(&K) -> (&String, Instant),
    path: fn(&T) -> &String,
) -> Result<HashMap<K, T>, Arc<DbErr>> {
    let mut moments: HashMap<Instant, Vec<&K>> = HashMap::new();
    for key in keys {
        moments.entry(place(key).1).or_default().push(key);
    }
    let mut found = HashMap::new();
    for (at, keys) in moments {
        let paths: Vec<&str> = keys.iter().map(|key| place(key).0.as_str()).collect();
        let rows: Vec<T> = store::in_force_above(&db.conn, table, &paths, at).await?;
        for key in keys {
            let above = rows.iter().filter(|row| place(key).0.starts_with(path(row).as_str()));
            if let Some(row) = above.max_by_key(|row| path(row).len()) {
                found.insert(key.clone(), row.clone());
            }
        }
    }
    Ok(found)
}
