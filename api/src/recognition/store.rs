//! Badge rules in the database.

use boai_entity::{Instant, badge_rule};
use sea_orm::{ConnectionTrait, DbErr};

use crate::platform::db;

/// The newest valid version of each badge's rule, by code.
pub async fn badge_rules_at(db: &impl ConnectionTrait, at: Instant) -> Result<Vec<badge_rule::Model>, DbErr> {
    db::all(
        db,
        "SELECT * FROM badge_rule r WHERE valid_from <= $1 AND NOT EXISTS (
             SELECT 1 FROM badge_rule n WHERE n.code = r.code AND n.valid_from <= $1 AND n.version > r.version
         ) ORDER BY code",
        [at.into()],
    )
    .await
}
