//! Star schemes and badge rules in the database.

use boai_entity::{Instant, badge_rule, ids::VolunteerId, star_scheme};
use sea_orm::{ConnectionTrait, DbErr};

use crate::platform::db;

/// The nearest scheme up the tree, of those the newest that is valid, of a place and at a moment.
const SCHEME: &str = "SELECT s.* FROM star_scheme s WHERE s.withdrawn_at IS NULL AND s.valid_from <= $2
    AND substr({place}, 1, length(s.branch_path)) = s.branch_path
    ORDER BY length(s.branch_path) DESC, s.valid_from DESC, s.version DESC LIMIT 1";

fn missing() -> DbErr {
    DbErr::RecordNotFound("a star scheme; the migrations put the first one there".into())
}

/// The scheme in force at a branch (or division, by its code) at a moment.
pub async fn star_scheme_at(db: &impl ConnectionTrait, path: &str, at: Instant) -> Result<star_scheme::Model, DbErr> {
    db::one(db, SCHEME.replace("{place}", "$1"), [path.into(), at.into()]).await?.ok_or_else(missing)
}

/// The scheme in force where a volunteer lives.
pub async fn star_scheme_of(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    at: Instant,
) -> Result<star_scheme::Model, DbErr> {
    let home = "(SELECT v.residence_code FROM volunteer v WHERE v.id = $1)";
    db::one(db, SCHEME.replace("{place}", home), [volunteer.into(), at.into()]).await?.ok_or_else(missing)
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
