//! What is kept no longer than its use: location reduced, and everything else of short life removed, after the days that the
//! policy in force gives it.

use boai_entity::Instant;
use chrono::TimeDelta;

use super::{
    rules::LEASE_SECONDS,
    store::sweeps::{self, SWEEPS, Sweep},
};
use crate::{
    ctx::Ctx,
    platform::{db::Db, errors::Fault},
};

/// Rows touched by one statement: few enough that nobody waits for it.
const BATCH: u32 = 500;

/// What became of a kind of data.
#[derive(Clone, Debug, PartialEq)]
pub struct Swept {
    pub kind: &'static str,
    /// What was older than this was due.
    pub before: Instant,
    pub rows: u64,
}

/// Goes over every kind whose interval is over. Any number of instances may do so: one at a time goes over a kind, and one
/// that dies is followed by another after a minute.
pub async fn run_due(ctx: &Ctx) -> Result<(), Fault> {
    let db = &ctx.db;
    let days = sweeps::policy(&db.conn, ctx.now()).await?.days;
    for sweep in SWEEPS {
        if !sweeps::claim(&db.conn, sweep, ctx.now(), lease(ctx.now())).await? {
            continue;
        }
        let before = sweep.before(&days, ctx.now());
        let mut rows = 0;
        loop {
            let some = sweeps::batch(db, sweep, before, ctx.now(), BATCH).await?;
            rows += some;
            if some < u64::from(BATCH) {
                break;
            }
            sweeps::renew(&db.conn, sweep, lease(ctx.now())).await?;
        }
        sweeps::finished(&db.conn, sweep, rows, ctx.now()).await?;
        if rows > 0 {
            tracing::info!(kind = sweep.kind, rows, "kept long enough: reduced or removed");
        }
    }
    Ok(())
}

fn lease(now: Instant) -> Instant {
    now + TimeDelta::seconds(LEASE_SECONDS)
}

/// Goes over every kind now, whoever else may be at it; with `dry_run` only counts what is due.
pub async fn run_now(db: &Db, now: Instant, dry_run: bool) -> Result<Vec<Swept>, Fault> {
    let days = sweeps::policy(&db.conn, now).await?.days;
    let mut report = Vec::with_capacity(SWEEPS.len());
    for sweep in SWEEPS {
        let before = sweep.before(&days, now);
        let rows = match dry_run {
            true => sweeps::due(&db.conn, sweep, before).await?,
            false => all_of(db, sweep, before, now).await?,
        };
        report.push(Swept { kind: sweep.kind, before, rows });
    }
    Ok(report)
}

async fn all_of(db: &Db, sweep: &Sweep, before: Instant, now: Instant) -> Result<u64, Fault> {
    let mut rows = 0;
    loop {
        let some = sweeps::batch(db, sweep, before, now, BATCH).await?;
        rows += some;
        if some < u64::from(BATCH) {
            return Ok(rows);
        }
    }
}
