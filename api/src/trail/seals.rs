//! Seals: once a civil day is over, a hash over all its entries, chained to the seal before and proved with a key that the
//! database does not hold. Whoever cuts the end off somebody's chain, or slips an entry in, breaks the day's seal; whoever
//! makes the seal anew lacks the key; and whoever removes the last seals finds their hashes in the log.

use boai_entity::audit_seal;
use chrono::{NaiveDate, TimeDelta};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::{DayDigest, GENESIS, seal_hash},
    store,
};
use crate::{
    ctx::Ctx,
    platform::{
        civil::{civil_day, day_bounds},
        errors::Fault,
        vault::Vault,
    },
};

/// A day is sealed this long after its end: what was begun before midnight is written by then, and clocks differ.
const MARGIN: TimeDelta = TimeDelta::hours(1);
/// Entries read at once.
const BATCH: i64 = 5000;

/// Seals every day that is over and has entries; says how many. Any number of instances may run it at once: the database
/// takes one seal a day, and one behind each seal.
pub async fn seal_days(ctx: &Ctx) -> Result<usize, Fault> {
    let db = &ctx.db.conn;
    let mut sealed = 0;
    loop {
        let last = store::last_seal(db).await?;
        let from = last.as_ref().map_or(chrono::DateTime::UNIX_EPOCH, |seal| day_bounds(seal.day).1);
        let Some(first) = store::first_from(db, from).await? else { return Ok(sealed) };
        let day = civil_day(first);
        if ctx.now() < day_bounds(day).1 + MARGIN {
            return Ok(sealed);
        }
        let of_day = digest(db, day).await?;
        let mut seal = audit_seal::Model {
            day,
            sealed_at: ctx.now(),
            entries: of_day.entries,
            digest: of_day.digest(),
            previous_hash: last.map_or_else(|| GENESIS.into(), |seal| seal.hash),
            hash: String::new(),
            proof: String::new(),
        };
        seal.hash = seal_hash(&seal);
        seal.proof = proof(&ctx.vault, &seal.hash);
        if store::add_seal(db, seal.clone()).await? {
            // What the log keeps outside the database is the last seals' own witness.
            tracing::info!(%day, entries = seal.entries, hash = seal.hash, "a day of the audit trail was sealed");
            sealed += 1;
        }
    }
}

/// What nobody can make without the vault's keys.
pub fn proof(vault: &Vault, hash: &str) -> String {
    vault.fingerprint("audit_seal", hash)
}

/// The digest of a day's entries as they are now.
pub async fn digest(db: &impl ConnectionTrait, day: NaiveDate) -> Result<DayDigest, DbErr> {
    let (from, to) = day_bounds(day);
    let mut digest = DayDigest::default();
    let mut after = None;
    loop {
        let entries = store::by_time(db, from, after.as_ref(), to, BATCH).await?;
        entries.iter().for_each(|entry| digest.add(&entry.hash));
        match entries.into_iter().next_back() {
            None => return Ok(digest),
            last => after = last,
        }
    }
}
