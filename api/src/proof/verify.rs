//! `boai audit`: checks all roots, and the ledger against the last one.

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::{Hash, chain_of, root_of, statement, statement_hash},
    service::tree,
    store::{self, Signed},
};
use crate::{
    hours::rules::GENESIS,
    platform::{db::Db, vault::Vault},
};

const BATCH: u64 = 2000;

/// What was looked at and what was found wrong.
#[derive(Debug, Default)]
pub struct Report {
    pub roots: u64,
    pub chains: u64,
    /// Entries that no root holds yet.
    pub since: i64,
    /// False without the vault's keys: then a root could have been made anew.
    pub signatures_checked: bool,
    pub faults: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { roots, chains, since, .. } = self;
        writeln!(f, "{roots} signed roots, {chains} chains under the last one, {since} ledger entries since")?;
        if !self.signatures_checked {
            writeln!(f, "the roots' signatures were not checked: that takes the keys of the vault")?;
        }
        for fault in &self.faults {
            writeln!(f, "FAULT {fault}")?;
        }
        match self.faults.len() {
            0 => write!(f, "the ledger is what was signed"),
            faults => write!(f, "{faults} faults: the ledger or its roots were changed behind the product's back"),
        }
    }
}

/// Checks everything as it is at one moment: a server that goes on writing must not look like a forger.
pub async fn verify(db: &Db, vault: Option<&Vault>, mut progress: impl FnMut(u64)) -> Result<Report, DbErr> {
    let tx = db.snapshot().await?;
    let mut report = Report { signatures_checked: vault.is_some(), ..Report::default() };
    check_roots(&tx, vault, &mut report).await?;
    let (mut after, mut signed, mut newest) = (None, 0, None);
    loop {
        let heads = store::signed_after(&tx, after, BATCH).await?;
        let Some(last) = heads.last() else { break };
        after = Some(last.volunteer_id);
        for head in &heads {
            report.chains += 1;
            signed += i64::from(head.seq);
            newest = newest.max(Some(head.day));
            check_head(&mut report, head);
        }
        progress(report.chains);
    }
    for head in store::heads_of_nobody(&tx).await? {
        let (volunteer, chain) = (head.volunteer_id, head.chain);
        report.faults.push(format!("volunteer {volunteer} (chain {chain}): is gone, and had {} entries", head.seq));
    }
    let last = store::last_root(&tx).await?;
    if let Some(newest) = newest.filter(|newest| last.as_ref().is_none_or(|last| last.day < *newest)) {
        report.faults.push(format!("day {newest}: its root is gone"));
    }
    check_tree(&tx, last, &mut report).await?;
    report.since = store::count_entries(&tx).await? - signed;
    Ok(report)
}

async fn check_roots(db: &impl ConnectionTrait, vault: Option<&Vault>, report: &mut Report) -> Result<(), DbErr> {
    let mut previous = GENESIS.to_owned();
    let mut after = None;
    loop {
        let roots = store::roots_after(db, after, 100).await?;
        let Some(last) = roots.last() else { return Ok(()) };
        after = Some(last.day);
        for root in roots {
            report.roots += 1;
            let mut fault = |what: String| report.faults.push(format!("day {}: {what}", root.day));
            if root.previous != previous {
                fault("the root before it is gone or another".into());
            }
            if root.hash != statement_hash(&root) {
                fault("its root was changed".into());
            }
            let signature = hex::decode(&root.signature).unwrap_or_default();
            let signed =
                vault.map(|vault| vault.verify(&root.key_id, root.made_at, statement(&root).as_bytes(), &signature));
            if let Some(Err(wrong)) = signed {
                fault(format!("its root's signature is not good: {wrong}"));
            }
            if hex::encode(root_of(&parts_of(&root.parts))) != root.root {
                fault("the parts of its root were changed".into());
            }
            previous = root.hash;
        }
    }
}

fn parts_of(bytes: &[u8]) -> Vec<Hash> {
    bytes.chunks(32).filter_map(|part| part.try_into().ok()).collect()
}

fn check_head(report: &mut Report, head: &Signed) {
    let Signed { volunteer_id, chain, seq, day, .. } = head;
    let mut fault = |what: String| report.faults.push(format!("volunteer {volunteer_id} (chain {chain}): {what}"));
    if *chain != chain_of(*volunteer_id) {
        fault("its head is kept under another chain's name".into());
    }
    match (&head.entry_hash, head.entry_id, head.last_seq) {
        (Some(hash), ..) if *hash == head.hash => {}
        (Some(_), Some(id), _) => fault(format!(
            "entry {seq} ({id}) is not the one that was signed on {day}: the chain was written anew there or before"
        )),
        (_, _, Some(last)) if last < *seq => {
            fault(format!("entries {} to {seq} are gone from its end, which were signed by {day}", last + 1))
        }
        (_, _, Some(_)) => fault(format!("entry {seq} is gone, which was signed by {day}")),
        (_, _, None) => fault(format!("all of its {seq} entries are gone, which were signed by {day}")),
    }
}

/// Whoever changed a head with its chain finds that the tree is another one.
async fn check_tree(
    db: &impl ConnectionTrait,
    last: Option<boai_entity::ledger_root::Model>,
    report: &mut Report,
) -> Result<(), DbErr> {
    let Some(last) = last else { return Ok(()) };
    let now = tree(db).await?;
    let (parts, signed) = (now.parts(), parts_of(&last.parts));
    let mut fault = |what: String| report.faults.push(format!("day {}: {what}", last.day));
    if now.chains != last.chains {
        fault(format!("{} chains were signed, {} are there", last.chains, now.chains));
    }
    let others: Vec<String> =
        (0..256).filter(|part| signed.get(*part) != parts.get(*part)).map(|part| format!("{part:02x}")).collect();
    if !others.is_empty() {
        let others = others.join(", ");
        fault(format!("of the chains whose names begin with {others} one or more are not as they were signed"));
    } else if hex::encode(root_of(&parts)) != last.root {
        fault("the chains are not those that were signed".into());
    }
    Ok(())
}
