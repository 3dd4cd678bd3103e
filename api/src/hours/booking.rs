//! What a leader's or officer's word moves in the ledger: a confirmation, a correction, a rejection.

use boai_entity::{
    kinds::{AwaitedWord, Book, EntryKind, RecordState},
    ledger_entry, policy, service_record,
};
use sea_orm::ConnectionTrait;

use super::{
    ledger::{self, Credit, Draft, Serving, Span},
    long_days::{self, LongDay},
    notice,
    rules::from_spans,
    service::ConfirmRefusal,
    store::{self, ConfirmFacts},
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop},
    },
};

/// A record after it, and the day for which it waits, if it does.
pub struct Booked {
    pub record: service_record::Model,
    pub long: Option<LongDay>,
}

/// Moves a pending record's minutes into the total, or has them wait for an officer.
pub async fn confirm(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &ConfirmFacts,
    mut record: service_record::Model,
    policy: &policy::Model,
) -> Result<Booked, Stop<ConfirmRefusal>> {
    let served = store::standing_entry(tx, record.id).await.or_fault()?.ok_or(ConfirmRefusal::NotFound)?;
    let long = takes_officer(ctx, tx, facts, &from_spans(&served.spans), Some(&record), policy).await?;
    if let Some(long) = long {
        record.awaits = Some(long.word);
        store::save_record(tx, record.clone()).await.or_fault()?;
        return Ok(Booked { record, long: Some(long) });
    }
    let entry = Draft {
        kind: EntryKind::Confirmed,
        corrects: Some(served.id),
        book: served.book,
        pending: -served.pending_minutes,
        confirmed: served.pending_minutes,
        spans: served.spans,
        reason: None,
    };
    mark(ctx, &mut record, RecordState::Confirmed);
    record.notice_until = Some(notice::until(tx, policy, ctx.now()).await.or_fault()?);
    store::save_record(tx, record.clone()).await.or_fault()?;
    ledger::append(ctx, tx, &record, policy, vec![entry]).await.or_fault()?;
    Ok(Booked { record, long: None })
}

/// The day for which an officer's word is missing, if the caller's is not enough. The volunteer's row is held, so that of two
/// teams that confirm at once the later one counts the earlier one's time.
async fn takes_officer(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &ConfirmFacts,
    spans: &[Span],
    record: Option<&service_record::Model>,
    policy: &policy::Model,
) -> Result<Option<LongDay>, Stop<ConfirmRefusal>> {
    let Some(days) = long_days::whole_days(spans) else { return Ok(None) };
    let except = record.map(|record| record.id);
    let confirmed = store::confirmed_spans(tx, facts.attendance.volunteer_id, days, except).await.or_fault()?;
    let Some(long) = long_days::longest(spans, &confirmed, &policy.body.days) else { return Ok(None) };
    Ok((!competent(ctx, facts, long.word).or_fault()?).then_some(long))
}

fn competent(ctx: &Ctx, facts: &ConfirmFacts, word: AwaitedWord) -> Result<bool, Fault> {
    let path = facts.branch_path.as_str();
    let whose = match word {
        AwaitedWord::Branch => Resource::Team { id: facts.team_id, branch_path: path },
        // The official code of a province is the first two digits of everything in it.
        AwaitedWord::Province => Resource::Branch { path: path.get(..2).unwrap_or(path) },
    };
    ctx.may(Action::ConfirmLongDays, whose)
}

/// Takes back what stands, if anything does, and books the corrected time as back-filled.
pub async fn correct(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &ConfirmFacts,
    record: Option<service_record::Model>,
    stay: Span,
    reason: &str,
    policy: &policy::Model,
) -> Result<Booked, Stop<ConfirmRefusal>> {
    let serving = serving(facts);
    let known = record.as_ref().map(|record| record.id);
    let Credit { minutes, spans } = ledger::credit_for(tx, &serving, stay, policy, known).await.or_fault()?;
    let long = takes_officer(ctx, tx, facts, &from_spans(&spans), record.as_ref(), policy).await?;
    let mut entries = reversal(tx, record.as_ref(), reason).await?;
    entries.push(Draft {
        kind: if long.is_some() { EntryKind::Served } else { EntryKind::Confirmed },
        corrects: None,
        book: Book::BackFilled,
        pending: if long.is_some() { minutes } else { 0 },
        confirmed: if long.is_some() { 0 } else { minutes },
        spans,
        reason: Some(reason.into()),
    });
    // The totals of the old and the new entry are cut by the year in which the record's service began. A correction stays
    // inside its shift, so the year moves only for a shift over New Year's Eve; the reversal then goes first, by the old
    // record's year.
    let fresh = ledger::new_record(ctx, &serving, stay, Book::BackFilled, minutes);
    let taken_back = entries.len() - 1;
    let booked = entries.split_off(taken_back);
    if let Some(old) = &record {
        ledger::append(ctx, tx, old, policy, entries).await.or_fault()?;
    }
    let mut new = match record {
        Some(old) => service_record::Model { id: old.id, recorded_at: old.recorded_at, ..fresh },
        None => fresh,
    };
    match long {
        Some(long) => new.awaits = Some(long.word),
        None => {
            mark(ctx, &mut new, RecordState::Confirmed);
            new.notice_until = Some(notice::until(tx, policy, ctx.now()).await.or_fault()?);
        }
    }
    new.reason = Some(reason.into());
    if known.is_some() {
        store::save_record(tx, new.clone()).await.or_fault()?;
    } else {
        store::add_record(tx, new.clone()).await.or_fault()?;
    }
    ledger::append(ctx, tx, &new, policy, booked).await.or_fault()?;
    store::forget_open(tx, facts.attendance.id).await.or_fault()?;
    Ok(Booked { record: new, long })
}

/// Takes back what stands; the record stays, with no minutes and the reason.
pub async fn reject(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &ConfirmFacts,
    record: Option<service_record::Model>,
    reason: &str,
    policy: &policy::Model,
) -> Result<service_record::Model, Stop<ConfirmRefusal>> {
    let entries = reversal(tx, record.as_ref(), reason).await?;
    let known = record.is_some();
    let mut record = record.unwrap_or_else(|| {
        let nothing = Span { from: facts.attendance.checked_in_at, to: facts.attendance.checked_in_at };
        ledger::new_record(ctx, &serving(facts), nothing, Book::BackFilled, 0)
    });
    if !entries.is_empty() {
        ledger::append(ctx, tx, &record, policy, entries).await.or_fault()?;
    }
    mark(ctx, &mut record, RecordState::Rejected);
    record.minutes = 0;
    record.reason = Some(reason.into());
    if known {
        store::save_record(tx, record.clone()).await.or_fault()?;
    } else {
        store::add_record(tx, record.clone()).await.or_fault()?;
    }
    store::forget_open(tx, facts.attendance.id).await.or_fault()?;
    Ok(record)
}

/// The entry that takes back what stands of a record.
async fn reversal(
    tx: &impl ConnectionTrait,
    record: Option<&service_record::Model>,
    reason: &str,
) -> Result<Vec<Draft>, Stop<ConfirmRefusal>> {
    let Some(record) = record else { return Ok(Vec::new()) };
    let standing: Option<ledger_entry::Model> = store::standing_entry(tx, record.id).await.or_fault()?;
    Ok(standing.map(|entry| ledger::reversal_of(entry, reason)).into_iter().collect())
}

fn mark(ctx: &Ctx, record: &mut service_record::Model, state: RecordState) {
    record.state = state;
    record.confirmed_at = Some(ctx.now());
    record.confirmed_by = ctx.actor.as_ref().map(|actor| actor.person);
    record.awaits = None;
    record.notice_until = None;
}

fn serving(facts: &ConfirmFacts) -> Serving {
    Serving {
        volunteer: facts.attendance.volunteer_id,
        attendance: facts.attendance.id,
        shift: facts.attendance.shift_id,
        activity: facts.activity_id,
        team: facts.team_id,
        category: facts.category,
        time: Span { from: facts.starts_at, to: facts.ends_at },
    }
}
