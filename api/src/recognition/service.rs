//! Where a volunteer stands, derived anew from the ledger each time it is asked for.

use boai_entity::{badge_rule, ids::VolunteerId, kinds::TotalDimension, service_record, star_scheme};

use super::{
    language::Fact,
    rules::{StarProgress, star_progress},
    store::{self, Standing},
};
use crate::{awards, ctx::Ctx, hours, platform::errors::Fault};

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

/// What badges are worked out from, and every badge's rule that is in force where the volunteer lives.
#[derive(Default)]
pub struct Badges {
    pub rules: Vec<badge_rule::Model>,
    pub records: Vec<service_record::Model>,
    pub standing: Standing,
}

/// Every badge that there is for a volunteer, with what it asks about.
pub async fn badges(ctx: &Ctx, volunteer: Option<VolunteerId>) -> Result<Badges, Fault> {
    let db = &ctx.db.conn;
    let rules = store::badge_rules_for(db, volunteer, ctx.now()).await?;
    let Some(volunteer) = volunteer else { return Ok(Badges { rules, ..Badges::default() }) };
    let records = hours::store::confirmed_records(db, volunteer).await?;
    Ok(Badges { rules, records, standing: store::standing(db, volunteer).await? })
}

/// A confirmed record as a badge's rule sees it.
pub fn fact(record: &service_record::Model) -> Fact {
    Fact {
        activity: record.activity_id,
        shift: record.shift_id,
        category: record.category,
        minutes: record.minutes.into(),
        from: record.served_from,
        to: record.served_to,
    }
}
