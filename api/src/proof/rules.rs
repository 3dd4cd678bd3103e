//! The tree over the heads of all chains, and what of it is signed.
//!
//! A leaf is SHA-256 of a zero byte, the chain's name (16 bytes), its length (4 bytes, big-endian) and the hash of its last
//! entry (32 bytes). The leaves lie in the order of their names, in 256 parts by the first byte. Each part is a tree as RFC
//! 9162 (2.1.1) has it: a node is SHA-256 of a one byte, the left and the right hash; a tree of nothing SHA-256 of nothing. The
//! 256 parts are the leaves of the top of the tree, hashed already. Changing any of this breaks every root ever signed.

use boai_entity::{Instant, ids::VolunteerId, ledger_entry, ledger_root::Model as Root};
use chrono::{NaiveDate, TimeDelta};
use serde_json::json;
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use crate::{
    hours::rules::{GENESIS, entry_hash},
    platform::civil::civil_day,
};

pub type Hash = [u8; 32];

/// A day is over for this long before its root is made, as for the seals of the audit trail.
const MARGIN: TimeDelta = TimeDelta::hours(1);
/// The first words of whatever is signed as a root.
pub const FORM: &str = "boai ledger root 1";

/// The day whose root may be made now.
pub fn day_to_root(now: Instant) -> NaiveDate {
    civil_day(now - MARGIN).pred_opt().unwrap_or_default()
}

/// What a volunteer's chain is called where nobody must know whose it is: whoever has the name alone cannot find the volunteer.
pub fn chain_of(volunteer: VolunteerId) -> Uuid {
    let digest = Sha256::digest(format!("boai ledger chain {volunteer}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}

/// Where a chain stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub chain: Uuid,
    pub seq: i32,
    /// In hex.
    pub hash: String,
}

impl Head {
    /// A hash that is none (somebody edited it) gives a leaf that fits no root.
    pub fn leaf(&self) -> Hash {
        let hash = hex::decode(&self.hash).unwrap_or_default();
        let parts = [&[0][..], self.chain.as_bytes(), &self.seq.to_be_bytes(), &hash];
        parts.iter().fold(Sha256::new(), |hasher, part| hasher.chain_update(part)).finalize().into()
    }

    /// The part of the tree that it lies in.
    pub fn part(&self) -> u8 {
        self.chain.as_bytes()[0]
    }
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// A tree that grows leaf by leaf, in memory for its height alone: the hashes of its whole subtrees, large before small.
#[derive(Default)]
struct Growing {
    leaves: u64,
    subtrees: Vec<Hash>,
}

impl Growing {
    fn add(&mut self, leaf: Hash) {
        let mut hash = leaf;
        let mut bits = self.leaves;
        while bits & 1 == 1 {
            if let Some(left) = self.subtrees.pop() {
                hash = node(&left, &hash);
            }
            bits >>= 1;
        }
        self.subtrees.push(hash);
        self.leaves += 1;
    }

    fn root(&self) -> Hash {
        let mut subtrees = self.subtrees.iter().rev().copied();
        match subtrees.next() {
            None => Sha256::digest([]).into(),
            Some(last) => subtrees.fold(last, |right, left| node(&left, &right)),
        }
    }
}

/// The whole tree, head by head in the order of their chains' names.
pub struct Tree {
    parts: Vec<Growing>,
    pub chains: i64,
    pub entries: i64,
}

impl Default for Tree {
    fn default() -> Self {
        Self { parts: (0..256).map(|_| Growing::default()).collect(), chains: 0, entries: 0 }
    }
}

impl Tree {
    pub fn add(&mut self, head: &Head) {
        self.parts[usize::from(head.part())].add(head.leaf());
        self.chains += 1;
        self.entries += i64::from(head.seq);
    }

    pub fn parts(&self) -> Vec<Hash> {
        self.parts.iter().map(Growing::root).collect()
    }
}

/// The root over these hashes of parts or leaves.
pub fn root_of(hashes: &[Hash]) -> Hash {
    let mut tree = Growing::default();
    hashes.iter().for_each(|hash| tree.add(*hash));
    tree.root()
}

/// A step on the way from a leaf to the root: the hash beside, and whether it stands on the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub left: bool,
    pub hash: Hash,
}

/// The way from the leaf at `place` to the root over these hashes; the nearest step first.
pub fn path(hashes: &[Hash], place: usize) -> Vec<Step> {
    if hashes.len() < 2 {
        return Vec::new();
    }
    // The largest power of two below the number of leaves, as RFC 9162 splits.
    let split = hashes.len().next_power_of_two() / 2;
    let (left, right) = hashes.split_at(split);
    let (mut way, step) = match place < split {
        true => (path(left, place), Step { left: false, hash: root_of(right) }),
        false => (path(right, place - split), Step { left: true, hash: root_of(left) }),
    };
    way.push(step);
    way
}

/// Where the way leads.
pub fn follow(leaf: Hash, path: &[Step]) -> Hash {
    path.iter().fold(leaf, |hash, step| if step.left { node(&step.hash, &hash) } else { node(&hash, &step.hash) })
}

/// The text that is signed: a JSON array without blanks of [`FORM`], the day, Unix milliseconds, the number of chains and of
/// entries, the root, and the SHA-256 of the text that was signed before it (of the first: zeros).
pub fn statement(root: &Root) -> String {
    let Root { day, made_at, chains, entries, root, previous, hash: _, key_id: _, signature: _, parts: _ } = root;
    json!([FORM, day.to_string(), made_at.timestamp_millis(), chains, entries, root, previous]).to_string()
}

pub fn statement_hash(root: &Root) -> String {
    hex::encode(Sha256::digest(statement(root)))
}

/// Why a chain does not go on from where it stood when it was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Broken {
    #[error("all {signed} entries are gone")]
    Gone { signed: i32 },
    #[error("entries {from} to {to} are gone from its end", from = last + 1, to = signed)]
    CutOff { last: i32, signed: i32 },
    #[error("entry {seq} is not the one that was signed: the chain was written anew there or before")]
    Rewritten { seq: i32 },
    #[error("entry {seq} is missing, was changed or does not follow the one before it")]
    Link { seq: i32 },
}

/// Whether entries, in their order from the one that was signed last on (of a new chain: from the first on), go on from there;
/// the chain's new head.
pub fn goes_on(
    volunteer: VolunteerId,
    signed: Option<(i32, &str)>,
    entries: &[ledger_entry::Model],
) -> Result<Head, Broken> {
    let (mut seq, mut hash) = (0, GENESIS.to_owned());
    let mut rest = entries;
    if let Some((signed, then)) = signed {
        let (first, others) = entries.split_first().ok_or(Broken::Gone { signed })?;
        if first.seq != signed || first.hash != then || entry_hash(first) != then {
            return Err(Broken::Rewritten { seq: signed });
        }
        (seq, hash, rest) = (signed, then.to_owned(), others);
    }
    for entry in rest {
        seq += 1;
        if entry.seq != seq || entry.previous_hash != hash || entry.hash != entry_hash(entry) {
            return Err(Broken::Link { seq });
        }
        hash.clone_from(&entry.hash);
    }
    Ok(Head { chain: chain_of(volunteer), seq, hash })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*, sample::Index};

    fn leaf(number: u64) -> Hash {
        Sha256::digest(number.to_be_bytes()).into()
    }

    /// As RFC 9162 (2.1.1) words it, slowly.
    fn by_the_book(hashes: &[Hash]) -> Hash {
        match hashes {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            _ => {
                let mut split = 1;
                while split * 2 < hashes.len() {
                    split *= 2;
                }
                node(&by_the_book(&hashes[..split]), &by_the_book(&hashes[split..]))
            }
        }
    }

    proptest! {
        #[test]
        fn the_tree_is_that_of_the_standard_and_each_leaf_leads_to_its_root(size in 1..300_usize, at: Index, other: Index) {
            let hashes: Vec<Hash> = (0..size as u64).map(leaf).collect();
            let root = root_of(&hashes);
            prop_assert_eq!(root, by_the_book(&hashes));
            let place = at.index(size);
            let way = path(&hashes, place);
            prop_assert_eq!(follow(hashes[place], &way), root);
            let other = other.index(size);
            prop_assert_eq!(follow(hashes[other], &way) == root, other == place);
        }

        #[test]
        fn another_head_gives_another_root(seqs in vec(1..9_i32, 1..40), at: Index, longer: bool) {
            let heads = |seqs: &[i32]| {
                let mut heads: Vec<Head> = (0_u128..).zip(seqs).map(|(number, seq)| Head {
                    chain: chain_of(VolunteerId(Uuid::from_u128(number))), seq: *seq, hash: hex::encode(leaf(number as u64)),
                }).collect();
                heads.sort_by_key(|head| head.chain);
                heads
            };
            let root = |heads: &[Head]| {
                let mut tree = Tree::default();
                heads.iter().for_each(|head| tree.add(head));
                root_of(&tree.parts())
            };
            let before = heads(&seqs);
            let mut after = before.clone();
            let at = at.index(after.len());
            match longer {
                true => after[at].seq += 1,
                false => after[at].hash = hex::encode(leaf(99)),
            }
            prop_assert_ne!(root(&before), root(&after));
            after.remove(at);
            prop_assert_ne!(root(&before), root(&after));
        }
    }

    /// What was published must be computed like this for ever.
    #[test]
    fn the_form_stays() {
        let volunteer = VolunteerId(Uuid::from_u128(1));
        let head = Head { chain: chain_of(volunteer), seq: 3, hash: "ab".repeat(32) };
        let digest = Sha256::digest("boai ledger chain 00000000-0000-0000-0000-000000000001");
        assert_eq!(head.chain.as_bytes()[..], digest[..16]);
        let text = [&[0][..], &digest[..16], &[0, 0, 0, 3], &[0xab; 32]].concat();
        assert_eq!(head.leaf()[..], Sha256::digest(text)[..]);
        let root = Root {
            day: "2026-05-08".parse().unwrap(),
            made_at: "2026-05-08T17:00:00Z".parse().unwrap(),
            chains: 2,
            entries: 5,
            root: "r".into(),
            previous: GENESIS.into(),
            hash: String::new(),
            key_id: "s1".into(),
            signature: String::new(),
            parts: Vec::new(),
        };
        let text = format!("[\"boai ledger root 1\",\"2026-05-08\",1778259600000,2,5,\"r\",\"{GENESIS}\"]");
        assert_eq!(statement(&root), text);
    }

    #[test]
    fn a_day_s_root_is_made_an_hour_after_it() {
        for (moment, day) in [("2026-05-08T16:59:59Z", "2026-05-07"), ("2026-05-08T17:00:00Z", "2026-05-08")] {
            assert_eq!(day_to_root(moment.parse().unwrap()).to_string(), day);
        }
    }
}
