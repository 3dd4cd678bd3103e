//! The leader's word on what came in later: accepted, it becomes a stay as if the phone had had a network; refused, it stays
//! written down.

use boai_entity::{
    attendance, code_use,
    ids::{AttendanceId, PersonId, ReviewItemId},
    kinds::{AttendanceEnd, AttendanceState, EvidenceGrade, InboxKind},
    review_item,
    review_kinds::{ReviewKind, ReviewOutcome, ReviewState},
    sync_kinds::SyncedState,
    synced_end,
};
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;

use super::{
    items::Whose,
    rules::{self, SettleSyncedRefusal},
    store,
};
use crate::{
    access::{Action, Resource},
    attendance::{
        flags::{self, Phone},
        stay::{self, End},
        store::Whereabouts,
    },
    ctx::Ctx,
    desk,
    inbox::tell_volunteers,
    people,
    platform::refusal::{OrFault, Stop},
    policies::check_out_closed,
    reviews,
};

/// What became of it: the item, and the stay when it was accepted.
pub type Settled = (review_item::Model, Option<attendance::Model>);

/// Settles a check-in, a check-out, or both of a stay, that came in later and wait in a review.
pub async fn settle(
    ctx: &Ctx,
    id: ReviewItemId,
    accept: bool,
    note: String,
) -> Result<Settled, Stop<SettleSyncedRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    // The volunteer's row comes first, as it does wherever a stay moves.
    let volunteer = store::of_review(&tx, id).await.or_fault()?.first().map(|row| row.volunteer_id);
    let volunteer = volunteer.ok_or(SettleSyncedRefusal::NotFound)?;
    people::store::lock(&tx, volunteer).await.or_fault()?;
    let placed = store::review(&tx, id).await.or_fault()?.ok_or(SettleSyncedRefusal::NotFound)?;
    let item = placed.item;
    let team = Resource::Team { id: item.team_id, branch_path: &placed.branch_path };
    if item.kind != ReviewKind::SyncItem || !ctx.may(Action::ConfirmHours, team).or_fault()? {
        return Err(SettleSyncedRefusal::NotFound.into());
    }
    let subject = store::person_of(&tx, volunteer).await.or_fault()?.ok_or(SettleSyncedRefusal::NotFound)?;
    if subject == person {
        return Err(SettleSyncedRefusal::Own.into());
    }
    if item.state != ReviewState::Waiting {
        return Err(SettleSyncedRefusal::Settled.into());
    }
    if !accept && note.is_empty() {
        return Err(SettleSyncedRefusal::NoteNeeded.into());
    }
    let rows = store::of_review(&tx, id).await.or_fault()?;
    let rows: Vec<_> = rows.into_iter().filter(|row| row.state == SyncedState::Awaiting).collect();
    let stay = if accept { Some(count(ctx, &tx, subject, rows).await?) } else { refuse(&tx, rows).await? };
    let (outcome, kind) = match stay {
        Some(_) => (ReviewOutcome::Approved, InboxKind::SyncedAccepted),
        None => (ReviewOutcome::Rejected, InboxKind::SyncedRefused),
    };
    let said = (!note.is_empty()).then(|| note.clone());
    if !reviews::settle(ctx, &tx, &item, outcome, said.clone()).await.or_fault()? {
        return Err(SettleSyncedRefusal::Settled.into());
    }
    let place = Some((item.activity_id, item.shift_id));
    tell_volunteers(ctx, &tx, &[volunteer], kind, place, &note).await.or_fault()?;
    let action = format!("SYNCED_{}", outcome.as_str());
    ctx.audit_about(&tx, subject, &action, ("ReviewItem", id.0), said.clone()).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    let settled = review_item::Model {
        state: ReviewState::Settled,
        settled_by: Some(person),
        settled_at: Some(ctx.now()),
        outcome: Some(outcome),
        note: said,
        ..item
    };
    Ok((settled, stay))
}

/// A check-in comes before its check-out.
async fn count(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    whose: PersonId,
    rows: Vec<synced_end::Model>,
) -> Result<attendance::Model, Stop<SettleSyncedRefusal>> {
    let mut stay: Option<attendance::Model> = None;
    let closes = rows.iter().any(|row| row.end_kind == AttendanceEnd::CheckOut);
    for row in rows {
        let who = (row.volunteer_id, whose);
        let end = End {
            grade: row.grade.unwrap_or(EvidenceGrade::Leader),
            point: None,
            accuracy_m: row.accuracy_m,
            distance_m: row.distance_m,
            by: row.way.map(|_| row.person_id),
        };
        let counted = match row.end_kind {
            AttendanceEnd::CheckIn => open(ctx, tx, who, &row, end, closes).await?,
            AttendanceEnd::CheckOut => {
                let id = row.attendance_id.or(stay.as_ref().map(|stay| stay.id));
                let id = id.ok_or(SettleSyncedRefusal::CheckInMissing)?;
                let ready = stay::look_at_stay(tx, who, Whereabouts::Stay(id), row.happened_at).await.or_fault()?;
                let ready = ready.ok_or(SettleSyncedRefusal::CheckInMissing)?;
                let closed = ready.facts.attendance.state == AttendanceState::Closed;
                if closed || store::settled(tx, id).await.or_fault()? {
                    return Err(SettleSyncedRefusal::StaySettled.into());
                }
                let team = ready.facts.team_id;
                let closed = stay::close(ctx, tx, ready, end).await.or_fault()?;
                let kinds = [ReviewKind::ForgottenCheckOut];
                let (of, outcome) = ((team, id), ReviewOutcome::Withdrawn);
                reviews::settle_of(ctx, tx, of, &kinds, outcome, None).await.or_fault()?;
                closed
            }
        };
        if let Some(step) = row.step {
            let (volunteer_id, end_kind) = (row.volunteer_id, row.end_kind);
            let (attendance_id, used_by, used_at) = (counted.id, row.person_id, ctx.now());
            let used = code_use::Model { volunteer_id, step, attendance_id, end_kind, used_by, used_at };
            desk::store::use_up(tx, used).await.or_fault()?;
        }
        let phone = Phone { session: row.session_id, mocked: row.mocked };
        flags::note(ctx, tx, &counted, row.end_kind, phone).await.or_fault()?;
        mark(tx, row, SyncedState::Counted, Some(counted.id)).await?;
        stay = Some(counted);
    }
    stay.ok_or(Stop::Refused(SettleSyncedRefusal::Settled))
}

/// Where its check-out is still to come the volunteer is checked in, if they can be; what somebody else told of already is that
/// stay.
async fn open(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    who: Whose,
    row: &synced_end::Model,
    end: End,
    closes: bool,
) -> Result<attendance::Model, Stop<SettleSyncedRefusal>> {
    let ready = stay::look(tx, who, row.shift_id, row.happened_at).await.or_fault()?;
    let ready = ready.ok_or(SettleSyncedRefusal::NotFound)?;
    let near = TimeDelta::minutes(ready.policy.body.offline.same_end_min);
    let stays = store::around(tx, row.volunteer_id, row.happened_at, near).await.or_fault()?;
    let here = (row.shift_id, row.happened_at);
    if let Some(same) = rules::same_arrival(&stays, here, row.way.is_some(), &ready.policy.body) {
        return Ok(same.clone());
    }
    let over = check_out_closed(ready.facts.ends_at, &ready.policy.body, ctx.now());
    if closes || over || ready.facts.open_since.is_some() {
        return stay::open_unfinished(ctx, tx, ready, end).await.or_fault();
    }
    stay::open(ctx, tx, ready, end).await.map_err(|stop| stop.map(|_| SettleSyncedRefusal::StaySettled))
}

async fn refuse(
    tx: &impl ConnectionTrait,
    rows: Vec<synced_end::Model>,
) -> Result<Option<attendance::Model>, Stop<SettleSyncedRefusal>> {
    for row in rows {
        let stay = row.attendance_id;
        mark(tx, row, SyncedState::Refused, stay).await?;
    }
    Ok(None)
}

async fn mark(
    tx: &impl ConnectionTrait,
    row: synced_end::Model,
    state: SyncedState,
    stay: Option<AttendanceId>,
) -> Result<(), Stop<SettleSyncedRefusal>> {
    if let (SyncedState::Counted, Some(stay)) = (state, stay) {
        store::lead(tx, &row, stay).await.or_fault()?;
    }
    store::save(tx, synced_end::Model { state, attendance_id: stay, ..row }).await.or_fault()
}
