//! Badge rules in force, and what they ask of a volunteer beyond service.

use boai_entity::{Instant, badge_rule, ids::VolunteerId};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::platform::db;

/// Of each badge the nearest branch's newest version that is in force where a volunteer lives, by code; for nobody, what came
/// with the product.
pub async fn badge_rules_for(
    db: &impl ConnectionTrait,
    volunteer: Option<VolunteerId>,
    at: Instant,
) -> Result<Vec<badge_rule::Model>, DbErr> {
    // Branches of the official divisions nest by the first digits of their codes.
    let (home, mut values) = match volunteer {
        Some(volunteer) => {
            ("SELECT substr(v.residence_code, 1, d.n) FROM volunteer v, d WHERE v.id = $2", vec![volunteer.into()])
        }
        None => ("SELECT ''", vec![]),
    };
    values.insert(0, at.into());
    let text = format!(
        "WITH d (n) AS (VALUES (0), (2), (4), (6), (9), (12)), home (path) AS ({home}),
         near AS (SELECT r.*, ROW_NUMBER() OVER (
                      PARTITION BY r.code ORDER BY length(r.branch_path) DESC, r.valid_from DESC, r.version DESC) AS place
                  FROM badge_rule r
                  WHERE r.withdrawn_at IS NULL AND r.valid_from <= $1 AND r.branch_path IN (SELECT path FROM home))
         SELECT * FROM near WHERE place = 1 ORDER BY code"
    );
    db::all(db, text, values).await
}

/// What badges ask of a volunteer beyond service.
#[derive(Clone, Copy, Debug, Default, FromQueryResult)]
pub struct Standing {
    pub registered: bool,
    /// The highest star that was awarded and not revoked; 0 is none.
    pub star: i32,
}

/// How [`Standing`] is read of a volunteer `v`.
pub const STANDING: &str = "v.state = 'REGISTERED' AS registered,
    COALESCE((SELECT MAX(a.star) FROM star_award a WHERE a.volunteer_id = v.id AND a.revoked_at IS NULL), 0) AS star";

pub async fn standing(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<Standing, DbErr> {
    let text = format!("SELECT {STANDING} FROM volunteer v WHERE v.id = $1");
    Ok(db::one(db, text, [volunteer.into()]).await?.unwrap_or_default())
}
