//! Writing into the ledger: every entry, record and total of a volunteer moves here, in one transaction, with the
//! volunteer's own row held.

use boai_entity::{
    Instant,
    ids::{ActivityId, AttendanceId, LedgerEntryId, PersonId, ServiceRecordId, ShiftId, TeamId, VolunteerId},
    kinds::{Book, Category, EntryKind, RecordState, TotalDimension},
    ledger_entry::{self, Spans},
    policy, service_record,
};
use sea_orm::{ConnectionTrait, DbErr};

pub use super::rules::Span;
use super::{
    rules::{GENESIS, creditable, entry_hash, service_minutes, to_spans, whole_minutes, whole_steps, year_key},
    store,
};
use crate::{ctx::Ctx, leaderboards, platform::civil::civil_day};

/// Whose service it is, and where.
#[derive(Clone, Debug)]
pub struct Serving {
    pub volunteer: VolunteerId,
    pub attendance: AttendanceId,
    pub shift: ShiftId,
    pub activity: ActivityId,
    pub team: TeamId,
    pub category: Category,
    /// The shift's.
    pub time: Span,
}

/// What of a stay counts: minutes, and the stretches that they come from.
pub struct Credit {
    pub minutes: i32,
    pub spans: Spans,
}

/// Works out what counts of a stay, against what the ledger credits the volunteer with already; `except` leaves out the
/// record that is about to be replaced. Under the minimum nothing counts, and no stretch of time is used up, nor by what is
/// rounded off.
pub async fn credit_for(
    tx: &impl ConnectionTrait,
    serving: &Serving,
    stay: Span,
    policy: &policy::Model,
    except: Option<ServiceRecordId>,
) -> Result<Credit, DbErr> {
    let already = store::credited(tx, serving.volunteer, serving.time, except).await?;
    let served = creditable(stay, serving.time, &already);
    let enough = service_minutes(&served, policy.body.minimum_min) > 0;
    let spans = if enough { whole_steps(served, policy.body.rounding_min) } else { Vec::new() };
    let minutes = i32::try_from(whole_minutes(&spans)).unwrap_or(i32::MAX);
    Ok(Credit { minutes, spans: to_spans(&spans) })
}

/// Records a stay that ended: pending until the leader confirms it.
pub async fn record_served(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    serving: &Serving,
    stay: Span,
    book: Book,
    policy: &policy::Model,
) -> Result<(), DbErr> {
    let credit = credit_for(tx, serving, stay, policy, None).await?;
    let record = store::add_served(tx, new_record(ctx, serving, stay, book, credit.minutes)).await?;
    let entry = Draft {
        kind: EntryKind::Served,
        corrects: None,
        book,
        pending: credit.minutes,
        confirmed: 0,
        spans: credit.spans,
        reason: None,
    };
    append(ctx, tx, &record, policy, vec![entry]).await
}

/// What became of a check-out's credit that was to be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBack {
    Done,
    /// It was no service, so there was none.
    Nothing,
    /// The leader has settled it: then it is the leader's to correct.
    Settled,
}

/// Takes back what a check-out was credited with: by a reversing entry, and the record waits for the next check-out.
pub async fn take_back(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    attendance: AttendanceId,
    policy: &policy::Model,
    reason: &str,
) -> Result<TakenBack, DbErr> {
    let Some(record) = store::record_of(tx, attendance).await? else { return Ok(TakenBack::Nothing) };
    if record.state != RecordState::Pending {
        return Ok(TakenBack::Settled);
    }
    let standing = store::standing_entry(tx, record.id).await?;
    let reversal = standing.map(|entry| reversal_of(entry, reason));
    append(ctx, tx, &record, policy, reversal.into_iter().collect()).await?;
    let waiting = service_record::Model {
        state: RecordState::Undone,
        minutes: 0,
        reason: Some(reason.into()),
        awaits: None,
        ..record
    };
    store::save_record(tx, waiting).await?;
    Ok(TakenBack::Done)
}

/// The entry that takes this one back.
pub fn reversal_of(entry: ledger_entry::Model, reason: &str) -> Draft {
    Draft {
        kind: EntryKind::Reversal,
        corrects: Some(entry.id),
        book: entry.book,
        // What was confirmed has left the pending side already.
        pending: if entry.kind == EntryKind::Served { -entry.pending_minutes } else { 0 },
        confirmed: -entry.confirmed_minutes,
        spans: Spans::default(),
        reason: Some(reason.into()),
    }
}

/// A record for a stay, not written yet.
pub fn new_record(ctx: &Ctx, serving: &Serving, stay: Span, book: Book, minutes: i32) -> service_record::Model {
    let served = clipped(stay, serving.time);
    service_record::Model {
        id: ServiceRecordId(ctx.new_id()),
        attendance_id: serving.attendance,
        volunteer_id: serving.volunteer,
        shift_id: serving.shift,
        activity_id: serving.activity,
        team_id: serving.team,
        category: serving.category,
        service_date: civil_day(served.from),
        served_from: served.from,
        served_to: served.to,
        minutes,
        state: RecordState::Pending,
        book,
        reason: None,
        recorded_at: ctx.now(),
        confirmed_at: None,
        confirmed_by: None,
        awaits: None,
        notice_until: None,
    }
}

/// The part of a stay inside the shift; at its nearest end, without length, when there is none.
pub fn clipped(stay: Span, shift: Span) -> Span {
    let inside = |at: Instant| at.clamp(shift.from, shift.to);
    Span { from: inside(stay.from), to: inside(stay.to.max(stay.from)) }
}

/// An entry to be written.
pub struct Draft {
    pub kind: EntryKind,
    pub corrects: Option<LedgerEntryId>,
    pub book: Book,
    pub pending: i32,
    pub confirmed: i32,
    pub spans: Spans,
    pub reason: Option<String>,
}

/// Appends entries to the volunteer's chain and moves totals and boards with them. Should the volunteer's row not be held, the
/// unique (volunteer, seq) makes the slower writer fail rather than fork the chain.
pub async fn append(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    record: &service_record::Model,
    policy: &policy::Model,
    drafts: Vec<Draft>,
) -> Result<(), DbErr> {
    let recorded_by = match &ctx.actor {
        Some(actor) => actor.person,
        None => return Err(DbErr::Custom("a ledger entry needs somebody who answers for it".into())),
    };
    let head = store::chain_head(tx, record.volunteer_id).await?;
    let (mut seq, mut previous) = head.map_or((0, GENESIS.to_owned()), |head| (head.seq, head.hash));
    let moved: Vec<(Book, i32, i32)> =
        drafts.iter().map(|draft| (draft.book, draft.pending, draft.confirmed)).collect();
    let entries = drafts.into_iter().map(|draft| {
        seq += 1;
        let entry = chained(ctx, record, policy, draft, recorded_by, seq, std::mem::take(&mut previous));
        previous.clone_from(&entry.hash);
        entry
    });
    store::add_entries(tx, entries.collect()).await?;
    let confirmed = moved.iter().map(|entry| entry.2).sum();
    if confirmed != 0 {
        let served = (record.team_id, record.category, record.service_date);
        leaderboards::store::move_standings(tx, record.volunteer_id, served, confirmed).await?;
    }
    store::move_totals(tx, record.volunteer_id, &total_moves(record, &moved)).await
}

fn chained(
    ctx: &Ctx,
    record: &service_record::Model,
    policy: &policy::Model,
    draft: Draft,
    recorded_by: PersonId,
    seq: i32,
    previous_hash: String,
) -> ledger_entry::Model {
    let mut entry = ledger_entry::Model {
        id: LedgerEntryId(ctx.new_id()),
        volunteer_id: record.volunteer_id,
        seq,
        kind: draft.kind,
        record_id: record.id,
        corrects: draft.corrects,
        book: draft.book,
        pending_minutes: draft.pending,
        confirmed_minutes: draft.confirmed,
        spans: draft.spans,
        policy_id: policy.id,
        recorded_by,
        recorded_at: ctx.now(),
        reason: draft.reason,
        previous_hash,
        hash: String::new(),
    };
    entry.hash = entry_hash(&entry);
    entry
}

/// A total that moves by so many pending and confirmed minutes.
#[derive(Clone, Debug, PartialEq)]
pub struct TotalMove {
    pub dimension: TotalDimension,
    pub key: String,
    pub pending: i32,
    pub confirmed: i32,
}

/// Every total that entries of a record (book, pending, confirmed) move. The one place that says how totals are cut; the
/// audit uses it too.
pub fn total_moves(record: &service_record::Model, entries: &[(Book, i32, i32)]) -> Vec<TotalMove> {
    let (pending, confirmed) = entries.iter().fold((0, 0), |sum, entry| (sum.0 + entry.1, sum.1 + entry.2));
    let mut moves = vec![
        TotalMove { dimension: TotalDimension::All, key: String::new(), pending, confirmed },
        TotalMove { dimension: TotalDimension::Year, key: year_key(record.served_from), pending, confirmed },
        TotalMove { dimension: TotalDimension::Category, key: record.category.as_str(), pending, confirmed },
        TotalMove { dimension: TotalDimension::Team, key: record.team_id.to_string(), pending, confirmed },
    ];
    for book in [Book::SystemProved, Book::BackFilled] {
        let of_book = entries.iter().filter(|entry| entry.0 == book);
        let (pending, confirmed) = of_book.fold((0, 0), |sum, entry| (sum.0 + entry.1, sum.1 + entry.2));
        moves.push(TotalMove { dimension: TotalDimension::Book, key: book.as_str(), pending, confirmed });
    }
    moves.retain(|total| total.pending != 0 || total.confirmed != 0);
    moves
}
