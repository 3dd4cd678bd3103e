//! Making roots, and the way from one chain to the root.

use boai_entity::{Instant, ids::VolunteerId, ledger_head, ledger_root};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};

use super::{
    rules::{Broken, Hash, Head, Step, Tree, chain_of, day_to_root, goes_on, path, root_of, statement, statement_hash},
    store::{self, Standing},
};
use crate::{
    ctx::Ctx,
    hours::rules::GENESIS,
    platform::{db::Db, errors::Fault, vault::Vault},
};

/// Volunteers and heads read at once: bounds memory, not correctness.
const BATCH: u64 = 1000;
const HEADS: u64 = 5000;

/// What became of a day's root.
#[derive(Debug, PartialEq)]
pub enum Made {
    Root(ledger_root::Model),
    /// The day has one.
    There,
    /// No key signs today.
    NoKey,
    /// What was signed before does not hold any more: nothing is signed over it.
    Tampered(Vec<String>),
}

/// Signs a root over all chains once the last day is over. Any number of instances may do so at once: the database takes one
/// root a day, and one behind each root. Whatever was added since the last root is checked on the way, and so is that root:
/// what somebody edited in between is never signed.
pub async fn make_root(ctx: &Ctx) -> Result<Made, Fault> {
    make_root_of(&ctx.db, &ctx.vault, ctx.now()).await
}

pub async fn make_root_of(db: &Db, vault: &Vault, now: Instant) -> Result<Made, Fault> {
    let day = day_to_root(now);
    let is_due = |last: Option<&ledger_root::Model>| last.is_none_or(|last| last.day < day);
    if !is_due(store::last_root(&db.conn).await?.as_ref()) {
        return Ok(Made::There);
    }
    if vault.sign(now, b"").is_none() {
        return Ok(Made::NoKey);
    }
    let tx = db.begin().await?;
    store::take_turn(&tx).await?;
    let last = store::last_root(&tx).await?;
    if !is_due(last.as_ref()) {
        return Ok(Made::There);
    }
    let mut faults = Vec::new();
    if let Some(last) = &last {
        let signed = hex::decode(&last.signature).unwrap_or_default();
        if vault.verify(&last.key_id, last.made_at, statement(last).as_bytes(), &signed).is_err() {
            faults.push(format!("the root of {} is not the one that was signed", last.day));
        }
    }
    let before = tree(&tx).await?;
    let signed = last.as_ref().map_or_else(|| hex::encode(root_of(&Tree::default().parts())), |last| last.root.clone());
    if hex::encode(root_of(&before.parts())) != signed {
        faults.push("the heads of the chains are not those that the last root was made over".into());
    }
    let met = move_heads(&tx, day, &mut faults).await?;
    if met != before.chains {
        for head in store::heads_of_nobody(&tx).await? {
            faults.push(format!("chain {}: its volunteer is gone", head.chain));
        }
    }
    if !faults.is_empty() {
        return Ok(Made::Tampered(faults));
    }
    let tree = tree(&tx).await?;
    let parts = tree.parts();
    let mut root = ledger_root::Model {
        day,
        made_at: now,
        chains: tree.chains,
        entries: tree.entries,
        root: hex::encode(root_of(&parts)),
        previous: last.map_or_else(|| GENESIS.into(), |last| last.hash),
        hash: String::new(),
        key_id: String::new(),
        signature: String::new(),
        parts: parts.concat(),
    };
    root.hash = statement_hash(&root);
    let Some(signature) = vault.sign(now, statement(&root).as_bytes()) else { return Ok(Made::NoKey) };
    (root.key_id, root.signature) = (signature.key, hex::encode(signature.bytes));
    if !store::add_root(&tx, root.clone()).await? {
        return Ok(Made::There);
    }
    tx.commit().await?;
    // What the log keeps outside the database is one more witness.
    tracing::info!(%day, chains = root.chains, entries = root.entries, root = root.root, "a root of the ledger was signed");
    Ok(Made::Root(root))
}

/// The tree over all heads as they are now, a stretch at a time.
pub async fn tree(db: &impl ConnectionTrait) -> Result<Tree, DbErr> {
    let mut tree = Tree::default();
    let mut after = None;
    loop {
        let heads = store::heads_after(db, after, HEADS).await?;
        let Some(last) = heads.last() else { return Ok(tree) };
        after = Some(last.chain);
        heads.iter().for_each(|head| tree.add(head));
    }
}

/// Goes along all volunteers and moves each head to where its chain stands now, if the chain goes on from where it stood. How
/// many had a head before.
async fn move_heads(tx: &DatabaseTransaction, day: chrono::NaiveDate, faults: &mut Vec<String>) -> Result<i64, DbErr> {
    let (mut met, mut after) = (0, None);
    loop {
        let standings = store::standings(tx, after, BATCH).await?;
        let Some(last) = standings.last() else { return Ok(met) };
        after = Some(last.volunteer_id);
        let mut moved = Vec::new();
        for standing in standings {
            met += i64::from(standing.signed_seq.is_some());
            let volunteer_id = standing.volunteer_id;
            match new_head(tx, standing).await? {
                Ok(None) => {}
                Ok(Some(Head { chain, seq, hash })) => {
                    moved.push(ledger_head::Model { volunteer_id, chain, seq, hash, day });
                }
                Err(broken) => faults.push(format!("chain {}: {broken}", chain_of(volunteer_id))),
            }
        }
        store::move_heads(tx, moved).await?;
    }
}

/// Nothing when the chain stands where it stood.
async fn new_head(db: &impl ConnectionTrait, standing: Standing) -> Result<Result<Option<Head>, Broken>, DbErr> {
    let signed = standing.signed_seq.zip(standing.signed_hash.as_deref());
    let (Some(seq), Some(hash)) = (standing.seq, standing.hash.as_deref()) else {
        return Ok(signed.map_or(Ok(None), |(signed, _)| Err(Broken::Gone { signed })));
    };
    match signed {
        Some(signed) if signed == (seq, hash) => return Ok(Ok(None)),
        Some((signed, _)) if seq < signed => return Ok(Err(Broken::CutOff { last: seq, signed })),
        _ => {}
    }
    let entries = store::entries_from(db, standing.volunteer_id, signed.map_or(1, |(seq, _)| seq)).await?;
    Ok(goes_on(standing.volunteer_id, signed, &entries).map(Some))
}

/// What shows that a chain stood where it stood when a root was signed.
#[derive(Debug, PartialEq)]
pub struct Inclusion {
    pub head: Head,
    pub path: Vec<Step>,
    pub root: ledger_root::Model,
}

/// The way from a volunteer's chain to the last root; none before there is a root with an entry of theirs.
pub async fn inclusion(db: &Db, volunteer: VolunteerId) -> Result<Option<Inclusion>, Fault> {
    // Of one moment: the heads move with each root.
    let tx = db.snapshot().await?;
    let (Some(root), Some(head)) = (store::last_root(&tx).await?, store::head_of(&tx, volunteer).await?) else {
        return Ok(None);
    };
    let head = Head::from(head);
    let neighbours = store::heads_of_part(&tx, head.part()).await?;
    let place = neighbours.iter().position(|other| other.chain == head.chain);
    let place = place.ok_or_else(|| Fault::Internal("a head that is not among its part's".into()))?;
    let leaves: Vec<Hash> = neighbours.iter().map(Head::leaf).collect();
    let parts: Vec<Hash> = root.parts.chunks_exact(32).filter_map(|part| part.try_into().ok()).collect();
    let mut way = path(&leaves, place);
    way.extend(path(&parts, head.part().into()));
    Ok(Some(Inclusion { head, path: way, root }))
}
