//! What an entry of the audit trail is hashed as, where a chain breaks, and how the roles of an actor are written down.

use boai_entity::{audit_entry::Model as Entry, audit_seal::Model as Seal, ids::TeamId, kinds::Role};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::access::{Grant, Reach};

/// What stands before a chain's first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// How long it stays readable who looked at whom: the least that the law has records of processing kept (PIPL, art. 56).
pub const LOOKS_STAY_DAYS: i64 = 3 * 365;

/// SHA-256 of a JSON array of all columns, the hash of the entry before first. Ids are lower-case UUIDs with hyphens, kinds
/// the database's words, `at` Unix milliseconds, what is absent null. What has a seal is hashed as an array of it in the
/// first of its places, with null in the others. Changing this form breaks every chain ever written.
pub fn entry_hash(entry: &Entry) -> String {
    // Named one by one, so that a new column does not compile until it is hashed too.
    #[rustfmt::skip]
    let Entry {
        id, chain, seq, at, actor, actor_roles, action, subject, subject_id: _, subject_person: _, sights: _, purpose: _,
        reason, request_id, previous_hash, hash: _, reason_salt: _, reason_seal, look_salt: _, look_seal,
    } = entry;
    let [on, person, sights, purpose] = match look_seal {
        Some(seal) => [json!([seal]), Value::Null, Value::Null, Value::Null],
        None => look(entry),
    };
    let reason = reason_seal.as_ref().map_or_else(|| json!(reason), |seal| json!([seal]));
    #[rustfmt::skip]
    let text = json!([
        previous_hash, id.to_string(), chain.to_string(), seq, at.timestamp_millis(), actor.map(|id| id.to_string()),
        actor_roles, action, subject, on, person, sights, purpose, reason, request_id,
    ]);
    hex::encode(Sha256::digest(text.to_string()))
}

fn look(entry: &Entry) -> [Value; 4] {
    let Entry { subject_id, subject_person, sights, purpose, .. } = entry;
    let (person, purpose) = (subject_person.map(|id| id.to_string()), purpose.map(|purpose| purpose.as_str()));
    [json!(subject_id.to_string()), json!(person), json!(sights.0), json!(purpose)]
}

/// What stands for a reason in the hash: SHA-256 over salt and reason. Without the salt nobody can try words on it.
pub fn reason_seal(entry: &Entry) -> Option<String> {
    Some(sealed(&json!([entry.reason_salt.as_ref()?, entry.reason])))
}

/// What stands in the hash for whom was looked at, and what for.
pub fn look_seal(entry: &Entry) -> Option<String> {
    Some(sealed(&json!([entry.look_salt.as_ref()?, look(entry)])))
}

fn sealed(words: &Value) -> String {
    hex::encode(Sha256::digest(words.to_string()))
}

/// Whether what is sealed is what was sealed, or is gone as a whole.
fn seals_hold(entry: &Entry) -> bool {
    let holds = |seal: &Option<String>, now: Option<String>, gone: bool| match (seal, now) {
        (None, None) => true,
        (Some(then), Some(now)) => *then == now,
        (Some(_), None) => gone,
        (None, Some(_)) => false,
    };
    let nobody = look(entry) == [json!(Uuid::nil().to_string()), Value::Null, json!([]), Value::Null];
    holds(&entry.reason_seal, reason_seal(entry), entry.reason.is_none())
        && holds(&entry.look_seal, look_seal(entry), nobody)
}

/// Where a chain first breaks; `seq` is the place, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// Another number stands there: an entry was removed, inserted or moved, or its number edited.
    #[error("entry {seq} is missing or another stands in its place")]
    Gap { seq: i32 },
    /// It names another hash than that of the entry before it (of the first: than [`GENESIS`]).
    #[error("entry {seq} was not written after the entry that now stands before it")]
    WrongPrevious { seq: i32 },
    /// Its columns do not give its hash.
    #[error("entry {seq} was changed after it was written")]
    WrongHash { seq: i32 },
    /// The chain's end was another entry.
    #[error("it ends with entry {seq}, which is not where it was left: its end was cut off or rewritten")]
    WrongEnd { seq: i32 },
}

/// Goes along a chain, entry by entry.
pub struct ChainWalk {
    pub chain: Uuid,
    seq: i32,
    hash: String,
    fault: Option<ChainFault>,
}

impl ChainWalk {
    pub fn of(chain: Uuid) -> Self {
        Self { chain, seq: 0, hash: GENESIS.into(), fault: None }
    }

    /// The next entry by number. After a first fault the rest is not looked at.
    pub fn step(&mut self, entry: &Entry) {
        self.seq += 1;
        let seq = self.seq;
        let fault = if entry.seq != seq {
            Some(ChainFault::Gap { seq })
        } else if entry.previous_hash != self.hash {
            Some(ChainFault::WrongPrevious { seq })
        } else if entry.hash != entry_hash(entry) || !seals_hold(entry) {
            Some(ChainFault::WrongHash { seq })
        } else {
            None
        };
        self.fault = self.fault.or(fault);
        self.hash.clone_from(&entry.hash);
    }

    /// After the last entry: whether the chain holds, and ends where its end is kept.
    pub fn end(&self, kept: Option<(i32, &str)>) -> Result<(), ChainFault> {
        match self.fault {
            Some(fault) => Err(fault),
            None if kept.unwrap_or((0, GENESIS)) == (self.seq, self.hash.as_str()) => Ok(()),
            None => Err(ChainFault::WrongEnd { seq: self.seq }),
        }
    }
}

/// The hash of a day's seal, over the hash of the seal before it.
pub fn seal_hash(seal: &Seal) -> String {
    let Seal { day, sealed_at, entries, digest, previous_hash, hash: _, proof: _ } = seal;
    let text =
        serde_json::json!([previous_hash, day.to_string(), sealed_at.timestamp_millis(), entries, digest]).to_string();
    hex::encode(Sha256::digest(text))
}

/// The digest of a day's entries, ordered by time and id.
#[derive(Default)]
pub struct DayDigest {
    pub entries: i64,
    hasher: Sha256,
}

impl DayDigest {
    pub fn add(&mut self, hash: &str) {
        self.entries += 1;
        self.hasher.update(hash);
    }

    pub fn digest(&self) -> String {
        hex::encode(self.hasher.clone().finalize())
    }
}

/// A role as somebody held it when they acted.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleThen {
    pub role: Role,
    pub reach: Reach,
}

/// `TEAM_LEADER@team/…`, `BRANCH_OFFICER@branch/3301`, with spaces between them, in a fixed order.
pub fn roles_text(grants: &[Grant]) -> String {
    let mut roles: Vec<String> = grants
        .iter()
        .map(|grant| match &grant.reach {
            Reach::Branch(path) => format!("{}@branch/{path}", grant.role.as_str()),
            Reach::Team(team) => format!("{}@team/{team}", grant.role.as_str()),
        })
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles.join(" ")
}

/// The roles in such a text; what cannot be read is left out.
pub fn roles_of(text: &str) -> Vec<RoleThen> {
    let read = |role: &str| {
        let (role, place) = role.split_once('@')?;
        let role = sea_role(role)?;
        let reach = match place.split_once('/')? {
            ("branch", path) => Reach::Branch(path.into()),
            ("team", id) => Reach::Team(TeamId(id.parse().ok()?)),
            _ => return None,
        };
        Some(RoleThen { role, reach })
    };
    text.split(' ').filter_map(read).collect()
}

fn sea_role(word: &str) -> Option<Role> {
    serde_json::from_value(word.into()).ok()
}

#[cfg(test)]
mod tests {
    use boai_entity::{audit_entry::Sights, ids::*, kinds::*};
    use chrono::DateTime;
    use proptest::{collection::vec, prelude::*, sample::Index};

    use super::*;

    prop_compose! {
        fn any_entry()(
            id: u128, at in 0..4_000_000_000_000_i64, actor: Option<u128>, roles in "[A-Z@/ ]{0,20}", action in "[A-Z_]{1,9}",
            subject_id: u128, person: Option<u128>, looks: bool, reason: Option<String>, request in "[a-f0-9]{0,9}",
            reason_salt: bool, look_salt: bool,
        ) -> Entry {
            let uuid = Uuid::from_u128;
            Entry {
                id: AuditEntryId(uuid(id)), chain: uuid(7), seq: 0, at: DateTime::from_timestamp_millis(at).unwrap(),
                actor: actor.map(|id| PersonId(uuid(id))), actor_roles: roles, action, subject: "Volunteer".into(),
                subject_id: uuid(subject_id), subject_person: person.map(|id| PersonId(uuid(id))),
                sights: Sights(if looks { vec![Sight::Name, Sight::Location] } else { Vec::new() }),
                purpose: looks.then_some(LookPurpose::Roster), reason, request_id: request,
                previous_hash: String::new(), hash: String::new(), reason_salt: reason_salt.then(|| "s".into()),
                reason_seal: None, look_salt: look_salt.then(|| "t".into()), look_seal: None,
            }
        }
    }

    fn chained(mut entries: Vec<Entry>) -> Vec<Entry> {
        let mut previous = GENESIS.to_owned();
        for (seq, entry) in (1..).zip(&mut entries) {
            entry.seq = seq;
            entry.previous_hash = previous;
            (entry.reason_seal, entry.look_seal) = (reason_seal(entry), look_seal(entry));
            entry.hash = entry_hash(entry);
            previous = entry.hash.clone();
        }
        entries
    }

    fn walk(entries: &[Entry], kept: Option<(i32, &str)>) -> Result<(), ChainFault> {
        let mut walk = ChainWalk::of(Uuid::from_u128(7));
        entries.iter().for_each(|entry| walk.step(entry));
        walk.end(kept)
    }

    /// Changes one column of the entry.
    fn edit(entry: &mut Entry, column: usize) {
        let other = Uuid::from_u128(0xFFFF);
        match column {
            0 => entry.id = AuditEntryId(other),
            1 => entry.at += chrono::TimeDelta::milliseconds(1),
            2 => entry.actor = if entry.actor.is_some() { None } else { Some(PersonId(other)) },
            3 => entry.actor_roles.push('x'),
            4 => entry.action.push('x'),
            5 => entry.subject.push('x'),
            6 => entry.subject_id = other,
            7 => entry.subject_person = if entry.subject_person.is_some() { None } else { Some(PersonId(other)) },
            8 => entry.sights.0.push(Sight::IdNumber),
            9 => entry.purpose = if entry.purpose.is_some() { None } else { Some(LookPurpose::IdentityCheck) },
            10 => entry.reason = if entry.reason.is_some() { None } else { Some(String::new()) },
            11 => entry.request_id.push('x'),
            12 => entry.chain = other,
            _ => entry.seq += 1,
        }
    }

    proptest! {
        #[test]
        fn a_tampered_chain_shows(entries in vec(any_entry(), 1..8), here: Index, there: Index, column in 0..14_usize, cunning: bool) {
            let chain = chained(entries);
            let last = chain.last().unwrap();
            let kept = Some((last.seq, last.hash.as_str()));
            prop_assert_eq!(walk(&chain, kept), Ok(()));
            prop_assert!(walk(&chain, None).is_err());
            let (here, there) = (here.index(chain.len()), there.index(chain.len()));

            let mut edited = chain.clone();
            edit(&mut edited[here], column);
            if cunning {
                edited[here].hash = entry_hash(&edited[here]);
            }
            prop_assert!(walk(&edited, kept).is_err());
            // Even the whole chain made anew does not end where it was left (unless only a number was edited).
            if column < 13 {
                prop_assert!(walk(&chained(edited), kept).is_err());
            }

            let mut shorter = chain.clone();
            shorter.remove(here);
            prop_assert!(walk(&shorter, kept).is_err());
            prop_assert!(walk(&chained(shorter), kept).is_err());
            if here != there {
                let mut swapped = chain.clone();
                swapped.swap(here, there);
                prop_assert!(walk(&swapped, kept).is_err());
            }
        }

        #[test]
        fn any_text_of_roles_can_be_read(text in ".{0,60}") {
            let _ = roles_of(&text);
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_can_be_erased_as_a_whole_and_no_other_way(entries in vec(any_entry(), 1..8), here: Index, half: bool) {
            let chain = chained(entries);
            let last = chain.last().unwrap();
            let kept = Some((last.seq, last.hash.as_str()));
            let mut erased = chain.clone();
            for entry in &mut erased {
                if entry.reason_seal.is_some() {
                    (entry.reason, entry.reason_salt) = (None, None);
                }
                if entry.look_seal.is_some() {
                    (entry.subject_id, entry.subject_person, entry.purpose) = (Uuid::nil(), None, None);
                    (entry.sights, entry.look_salt) = (Sights(Vec::new()), None);
                }
            }
            prop_assert_eq!(walk(&erased, kept), Ok(()));
            let entry = &mut erased[here.index(chain.len())];
            match half {
                true => entry.reason = Some("another".into()),
                false => entry.sights = Sights(vec![Sight::Phone]),
            }
            prop_assert!(walk(&erased, kept).is_err());
        }
    }

    #[test]
    fn roles_are_written_down_and_read_again() {
        let team = TeamId(Uuid::from_u128(1));
        let officer = Grant { role: Role::BranchOfficer, reach: Reach::Branch("3301".into()) };
        let leader = Grant { role: Role::TeamLeader, reach: Reach::Team(team) };
        let text = roles_text(&[leader.clone(), officer.clone(), leader.clone()]);
        assert_eq!(text, format!("BRANCH_OFFICER@branch/3301 TEAM_LEADER@team/{team}"));
        let then = |grant: Grant| RoleThen { role: grant.role, reach: grant.reach };
        assert_eq!(roles_of(&text), [then(officer), then(leader)]);
        assert_eq!(roles_of(""), []);
        assert_eq!(roles_of("KING@branch/33 TEAM_LEADER@team/7 TEAM_LEADER TEAM_LEADER@moon/1"), []);
    }

    /// What is written in databases already must be hashed like this for ever.
    #[test]
    fn the_form_that_is_hashed_stays() {
        let entry = Entry {
            id: AuditEntryId(Uuid::from_u128(1)),
            chain: Uuid::from_u128(2),
            seq: 3,
            at: DateTime::from_timestamp_millis(4).unwrap(),
            actor: None,
            actor_roles: String::new(),
            action: "LOOK".into(),
            subject: "Volunteer".into(),
            subject_id: Uuid::from_u128(5),
            subject_person: Some(PersonId(Uuid::from_u128(6))),
            sights: Sights(vec![Sight::IdNumber]),
            purpose: Some(LookPurpose::IdentityCheck),
            reason: Some("核对".into()),
            request_id: "r".into(),
            previous_hash: GENESIS.into(),
            hash: String::new(),
            reason_salt: None,
            reason_seal: None,
            look_salt: None,
            look_seal: None,
        };
        let text = format!(
            "[\"{GENESIS}\",\"00000000-0000-0000-0000-000000000001\",\"00000000-0000-0000-0000-000000000002\",3,4,null,\"\",\
             \"LOOK\",\"Volunteer\",\"00000000-0000-0000-0000-000000000005\",\"00000000-0000-0000-0000-000000000006\",\
             [\"ID_NUMBER\"],\"IDENTITY_CHECK\",\"核对\",\"r\"]"
        );
        assert_eq!(entry_hash(&entry), hex::encode(Sha256::digest(text)));
        let hex_of = |text: &str| hex::encode(Sha256::digest(text));
        let salted = |salt: &str| Some(salt.to_owned());
        let mut entry = Entry { reason_salt: salted("s"), look_salt: salted("t"), ..entry };
        (entry.reason_seal, entry.look_seal) = (reason_seal(&entry), look_seal(&entry));
        let reason = hex_of("[\"s\",\"核对\"]");
        let look = hex_of(
            "[\"t\",[\"00000000-0000-0000-0000-000000000005\",\"00000000-0000-0000-0000-000000000006\",[\"ID_NUMBER\"],\
             \"IDENTITY_CHECK\"]]",
        );
        let text = format!(
            "[\"{GENESIS}\",\"00000000-0000-0000-0000-000000000001\",\"00000000-0000-0000-0000-000000000002\",3,4,null,\"\",\
             \"LOOK\",\"Volunteer\",[\"{look}\"],null,null,null,[\"{reason}\"],\"r\"]"
        );
        assert_eq!(entry_hash(&entry), hex_of(&text));
    }
}
