//! `boai audit`: goes along every chain of the audit trail, and checks the seals of its days.

use std::{collections::BTreeMap, fmt};

use boai_entity::Instant;
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    rules::{ChainWalk, GENESIS, LOOKS_STAY_DAYS, seal_hash},
    seals::{digest, proof},
    store::{self, KeptEnd},
};
use crate::platform::{db::Db, vault::Vault};

/// Entries read at once: bounds memory, not correctness.
const BATCH: u64 = 5000;

/// What was looked at and what was found wrong.
#[derive(Debug, Default)]
pub struct Report {
    pub entries: u64,
    pub chains: u64,
    pub days: u64,
    /// False without the vault's keys: then a seal could have been made anew.
    pub proofs_checked: bool,
    pub faults: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} audit entries in {} chains, {} days sealed", self.entries, self.chains, self.days)?;
        if !self.proofs_checked {
            writeln!(f, "the seals' proofs were not checked: that takes the keys of the vault")?;
        }
        for fault in &self.faults {
            writeln!(f, "FAULT {fault}")?;
        }
        match self.faults.len() {
            0 => write!(f, "the audit trail holds"),
            faults => write!(f, "{faults} faults in the audit trail: somebody changed it behind the product's back"),
        }
    }
}

/// Goes over the whole trail as it is at one moment: a server that goes on writing must not look like a forger.
pub async fn verify(
    db: &Db,
    vault: Option<&Vault>,
    now: Instant,
    mut progress: impl FnMut(u64),
) -> Result<Report, DbErr> {
    let tx = db.snapshot().await?;
    let mut report = Report { proofs_checked: vault.is_some(), ..Report::default() };
    let mut walk: Option<ChainWalk> = None;
    let mut after = None;
    loop {
        let entries = store::by_chain(&tx, after, BATCH).await?;
        let Some(last) = entries.last() else { break };
        after = Some((last.chain, last.seq));
        let mut chains: Vec<Uuid> = entries.iter().map(|entry| entry.chain).collect();
        chains.extend(walk.as_ref().map(|walk| walk.chain));
        chains.dedup();
        let ends: BTreeMap<Uuid, KeptEnd> =
            in_parts(&tx, &chains).await?.into_iter().map(|end| (end.chain, end)).collect();
        for entry in &entries {
            if walk.as_ref().is_none_or(|walk| walk.chain != entry.chain) {
                finish(&mut report, walk.replace(ChainWalk::of(entry.chain)), &ends);
            }
            walk.iter_mut().for_each(|walk| walk.step(entry));
            report.entries += 1;
        }
        progress(report.entries);
    }
    let last = walk.as_ref().map(|walk| walk.chain);
    let ends = store::ends_of(&tx, last.as_slice()).await?;
    finish(&mut report, walk, &ends.into_iter().map(|end| (end.chain, end)).collect());
    for end in store::ends_of_nothing(&tx).await? {
        report.faults.push(format!("chain {}: its {} entries are gone", end.chain, end.seq));
    }
    let gone = store::gone_without_cause(&tx, now - TimeDelta::days(LOOKS_STAY_DAYS)).await?;
    if gone > 0 {
        report.faults.push(format!("{gone} entries lost their words, although nobody was erased and no time was up"));
    }
    check_seals(&tx, vault, &mut report).await?;
    Ok(report)
}

async fn in_parts(db: &impl ConnectionTrait, chains: &[Uuid]) -> Result<Vec<KeptEnd>, DbErr> {
    let mut ends = Vec::new();
    for some in chains.chunks(1000) {
        ends.extend(store::ends_of(db, some).await?);
    }
    Ok(ends)
}

fn finish(report: &mut Report, walk: Option<ChainWalk>, ends: &BTreeMap<Uuid, KeptEnd>) {
    let Some(walk) = walk else { return };
    report.chains += 1;
    let kept = ends.get(&walk.chain).map(|end| (end.seq, end.hash.as_str()));
    if let Err(fault) = walk.end(kept) {
        report.faults.push(format!("chain {}: {fault}", walk.chain));
    }
}

async fn check_seals(db: &impl ConnectionTrait, vault: Option<&Vault>, report: &mut Report) -> Result<(), DbErr> {
    let mut previous = GENESIS.to_owned();
    let mut after = None;
    loop {
        let seals = store::seals_after(db, after, 100).await?;
        let Some(last) = seals.last() else { return Ok(()) };
        after = Some(last.day);
        for seal in seals {
            report.days += 1;
            let mut fault = |what: String| report.faults.push(format!("day {}: {what}", seal.day));
            let now = digest(db, seal.day).await?;
            if now.entries != seal.entries {
                fault(format!("{} entries were sealed, {} are there", seal.entries, now.entries));
            } else if now.digest() != seal.digest {
                fault("its entries are not those that were sealed".into());
            }
            if seal.previous_hash != previous {
                fault("the seal before it is gone or another".into());
            }
            if seal.hash != seal_hash(&seal) {
                fault("its seal was changed".into());
            }
            if vault.is_some_and(|vault| proof(vault, &seal.hash) != seal.proof) {
                fault("its seal was made by somebody without the keys of the vault".into());
            }
            previous = seal.hash;
        }
    }
}
