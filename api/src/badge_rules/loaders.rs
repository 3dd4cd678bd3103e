//! The badges in force at many places at once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use async_graphql::dataloader::Loader;
use boai_entity::{Instant, badge_rule, ids::BadgeRuleId};
use sea_orm::DbErr;

use super::store;
use crate::{graphql::Loaders, load_by_id};

load_by_id! {
    BadgeRuleById(BadgeRuleId) => badge_rule: id,
}

/// The rule of each badge in force at a branch (by its path) at a moment, by code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BadgeRulesOn(pub String, pub Instant);

impl Loader<BadgeRulesOn> for Loaders {
    type Value = Vec<badge_rule::Model>;
    type Error = Arc<DbErr>;

    /// One statement for each moment that was asked for, whatever the number of places.
    async fn load(&self, keys: &[BadgeRulesOn]) -> Result<HashMap<BadgeRulesOn, Self::Value>, Self::Error> {
        let mut moments: HashMap<Instant, Vec<&BadgeRulesOn>> = HashMap::new();
        for key in keys {
            moments.entry(key.1).or_default().push(key);
        }
        let mut found = HashMap::new();
        for (at, keys) in moments {
            let paths: Vec<&str> = keys.iter().map(|key| key.0.as_str()).collect();
            let rows = store::in_force_above(&self.db.conn, &paths, at).await?;
            found.extend(keys.into_iter().map(|key| (key.clone(), nearest(&rows, &key.0))));
        }
        Ok(found)
    }
}

/// Of each badge the rule of the nearest branch up the tree.
fn nearest(rows: &[badge_rule::Model], path: &str) -> Vec<badge_rule::Model> {
    let mut near: BTreeMap<&str, &badge_rule::Model> = BTreeMap::new();
    for row in rows.iter().filter(|row| path.starts_with(&row.branch_path)) {
        let known = near.entry(&row.code).or_insert(row);
        if known.branch_path.len() < row.branch_path.len() {
            *known = row;
        }
    }
    near.into_values().cloned().collect()
}
