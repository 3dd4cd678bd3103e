//! 审计轨迹: who changed or looked at whose record, in chains of hashes that show every silent edit.
//!
//! There is a chain for each person who acts. One chain for all would make everybody wait for everybody; one for each
//! person concerned would make a look at a roster take as many locks as it has lines. Like this nobody ever waits for anybody
//! else, and what one officer saw of a hundred people is written with three statements. What a chain by itself can't show,
//! that its end was cut off, the seals of the days do (see `seals`).
//!
//! People are named by ids. What says more, a reason or whom somebody looked at, is hashed by a salted seal: an erasure and
//! the end of its time take it away, and every chain holds. `boai audit` asks whether there was cause.

use boai_entity::{
    audit_entry::{self, Sights},
    ids::{AuditEntryId, PersonId},
    kinds::LookPurpose,
};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::ctx::Ctx;

pub mod graphql;
pub mod jobs;
pub mod looks;
pub mod rules;
pub mod seals;
pub mod store;
pub mod verify;

/// What is to be written down; who did it and when is the context's.
#[derive(Default)]
pub struct Note {
    pub action: String,
    pub subject: String,
    pub subject_id: Uuid,
    /// Whom it concerns, where the subject is neither a person nor a volunteer.
    pub subject_person: Option<PersonId>,
    pub sights: Sights,
    pub purpose: Option<LookPurpose>,
    pub reason: Option<String>,
}

/// Appends to the chain of whoever acts. The chain is held until the transaction ends, so this comes last in it: whoever
/// does two things at one instant, on two phones, would otherwise wait for the whole of the first.
pub async fn append(ctx: &Ctx, tx: &impl ConnectionTrait, notes: Vec<Note>) -> Result<(), DbErr> {
    let actor = ctx.actor.as_ref();
    let mut of_chains: std::collections::BTreeMap<Uuid, Vec<Note>> = std::collections::BTreeMap::new();
    for note in notes {
        // The system has no chain of its own, for all its jobs would wait for each other there.
        let chain = actor.map_or(note.subject_id, |actor| actor.person.0);
        of_chains.entry(chain).or_default().push(note);
    }
    // Always in the same order, so that no two jobs wait for each other crosswise.
    for (chain, notes) in of_chains {
        let mut end = store::hold_chain(tx, chain).await?;
        let entries = notes.into_iter().map(|note| {
            let salt = || hex::encode(ctx.random.bytes::<16>());
            let mut entry = audit_entry::Model {
                reason_salt: note.reason.is_some().then(salt),
                reason_seal: None,
                look_salt: note.purpose.is_some().then(salt),
                look_seal: None,
                id: AuditEntryId(ctx.new_id()),
                chain,
                seq: end.seq + 1,
                at: ctx.now(),
                actor: actor.map(|actor| actor.person),
                actor_roles: actor.map(|actor| rules::roles_text(&actor.grants)).unwrap_or_default(),
                action: note.action,
                subject: note.subject,
                subject_id: note.subject_id,
                subject_person: note.subject_person,
                sights: note.sights,
                purpose: note.purpose,
                reason: note.reason,
                request_id: ctx.request_id.clone(),
                previous_hash: std::mem::take(&mut end.hash),
                hash: String::new(),
            };
            (entry.reason_seal, entry.look_seal) = (rules::reason_seal(&entry), rules::look_seal(&entry));
            entry.hash = rules::entry_hash(&entry);
            (end.seq, end.hash) = (entry.seq, entry.hash.clone());
            entry
        });
        let entries: Vec<_> = entries.collect();
        store::add_entries(tx, entries).await?;
        store::move_end(tx, chain, &end).await?;
    }
    Ok(())
}
