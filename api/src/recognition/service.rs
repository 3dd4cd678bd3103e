//! Where a volunteer stands, derived anew from the ledger each time it is asked for.

use boai_entity::{badge_rule, ids::VolunteerId, kinds::TotalDimension, star_scheme};

use super::{
    rules::{BadgeProgress, Fact, StarProgress, badge_progress, star_progress},
    store,
};
use crate::{
    awards,
    ctx::Ctx,
    hours,
    platform::{civil::civil_day, errors::Fault},
};

/// Where a volunteer stands with the stars.
pub struct Stars {
    pub scheme: star_scheme::Model,
    pub confirmed: i64,
    pub progress: StarProgress,
    /// The highest star that a branch awarded and that was not revoked; 0 is none.
    pub awarded: i32,
}

/// Stars by the scheme in force where the volunteer lives.
pub async fn stars(ctx: &Ctx, volunteer: Option<VolunteerId>) -> Result<Stars, Fault> {
    let db = &ctx.db.conn;
    let (scheme, totals, awarded) = match volunteer {
        Some(volunteer) => (
            awards::store::star_scheme_of(db, volunteer, ctx.now()).await?,
            hours::store::totals(db, volunteer).await?,
            awards::store::held_star(db, volunteer).await?,
        ),
        None => (awards::store::star_scheme_at(db, "", ctx.now()).await?, Vec::new(), 0),
    };
    let all = totals.iter().find(|total| total.dimension == TotalDimension::All);
    let confirmed = all.map_or(0, |total| i64::from(total.confirmed_minutes));
    let progress = star_progress(confirmed, &scheme.thresholds.0);
    Ok(Stars { scheme, confirmed, progress, awarded })
}

/// Every badge with the volunteer's progress.
pub async fn badges(
    ctx: &Ctx,
    volunteer: Option<VolunteerId>,
) -> Result<Vec<(badge_rule::Model, BadgeProgress)>, Fault> {
    let now = ctx.now();
    let rules = store::badge_rules_at(&ctx.db.conn, now).await?;
    let records = match volunteer {
        Some(volunteer) => hours::store::confirmed_records(&ctx.db.conn, volunteer).await?,
        None => Vec::new(),
    };
    let facts: Vec<Fact> = records
        .iter()
        .map(|record| Fact {
            activity: record.activity_id,
            shift: record.shift_id,
            category: record.category,
            minutes: record.minutes.into(),
            from: record.served_from,
            to: record.served_to,
        })
        .collect();
    let today = civil_day(now);
    let standing = |rule: badge_rule::Model| {
        let progress = badge_progress(&rule.rule, &facts, today);
        (rule, progress)
    };
    Ok(rules.into_iter().map(standing).collect())
}
