//! Star schemes and badge rules in the database.

use boai_entity::{Instant, badge_rule, star_scheme};
use sea_orm::{ConnectionTrait, DbErr};

use crate::platform::db;

/// The scheme in force everywhere (the empty path) at a moment.
pub async fn star_scheme_at(db: &impl ConnectionTrait, at: Instant) -> Result<star_scheme::Model, DbErr> {
    let scheme = db::one(
        db,
        "SELECT * FROM star_scheme WHERE branch_path = '' AND valid_from <= $1
         ORDER BY valid_from DESC, version DESC LIMIT 1",
        [at.into()],
    );
    scheme.await?.ok_or_else(|| DbErr::RecordNotFound("a star scheme; the migrations put the first one there".into()))
}

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
