//! Undoing what a desk entered by mistake, within a quarter of an hour: nothing is erased, and the volunteer hears of it.

use boai_entity::{
    desk_entry,
    ids::{ActivityId, DeskEntryId},
    kinds::{AttendanceEnd, AttendanceState, InboxKind},
};
use sea_orm::ConnectionTrait;

use super::{
    find,
    rules::{self, SiteId, UndoRefusal},
    store::{self, PlacedEntry},
};
use crate::{
    activities::{board_topic, sign_up},
    attendance::store::open_attendance,
    ctx::Ctx,
    hours::ledger::{self, TakenBack},
    inbox::tell_volunteers,
    people,
    platform::{
        node::NOTHING,
        refusal::{OrFault, Stop},
    },
    policies::policy_at,
};

/// Undoes an entry of the site's desk, whoever of its operators made it. Undoing twice is undoing once.
pub async fn undo(ctx: &Ctx, id: DeskEntryId, reason: &str) -> Result<desk_entry::Model, Stop<UndoRefusal>> {
    let actor = ctx.actor().or_fault()?.person;
    let now = ctx.now();
    let placed = store::entry(&ctx.db.conn, id).await.or_fault()?;
    // Whoever sits at the facility sits at its activities too, so the activity is what to ask for. Of an entry that is not
    // there, too: it takes as long.
    let activity = placed.as_ref().map_or(ActivityId(NOTHING), |placed| placed.activity_id);
    find::my_desk(ctx, SiteId::Activity(activity)).await.or_fault()?.ok_or(UndoRefusal::NotFound)?;
    let placed = placed.ok_or(UndoRefusal::NotFound)?;
    let tx = ctx.db.begin().await.or_fault()?;
    people::store::lock(&tx, placed.entry.volunteer_id).await.or_fault()?;
    // Read again, for now nobody else can move it.
    let placed = store::entry(&tx, id).await.or_fault()?.ok_or(UndoRefusal::NotFound)?;
    if placed.entry.undone_at.is_some() {
        return Ok(placed.entry);
    }
    if placed.person_id == actor {
        return Err(UndoRefusal::Yourself.into());
    }
    rules::check_undo(placed.entry.made_at, now)?;
    match placed.entry.end_kind {
        AttendanceEnd::CheckIn => undo_check_in(ctx, &tx, &placed).await?,
        AttendanceEnd::CheckOut => undo_check_out(ctx, &tx, &placed, reason).await?,
    }
    store::mark_undone(&tx, id, actor, reason, now).await.or_fault()?;
    let place = Some((placed.activity_id, Some(placed.shift_id)));
    let about = [placed.entry.volunteer_id];
    tell_volunteers(ctx, &tx, &about, InboxKind::DeskEntryUndone, place, reason).await.or_fault()?;
    ctx.tell(&tx, board_topic(placed.shift_id)).await.or_fault()?;
    let action = format!("UNDO_DESK_{}", placed.entry.end_kind.as_str());
    let subject = ("Attendance", placed.entry.attendance_id.0);
    ctx.audit_about(&tx, placed.person_id, &action, subject, Some(reason.into())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    let undone = desk_entry::Model { undone_at: Some(now), undone_by: Some(actor), ..placed.entry };
    Ok(desk_entry::Model { undo_reason: Some(reason.into()), ..undone })
}

/// The attendance is void; who walked in gives the seat back, and who was moved goes back to the post of before, unless that was
/// given to somebody else meanwhile.
async fn undo_check_in(ctx: &Ctx, tx: &impl ConnectionTrait, placed: &PlacedEntry) -> Result<(), Stop<UndoRefusal>> {
    let PlacedEntry { entry, shift_id, .. } = placed;
    if !store::void(tx, entry.attendance_id).await.or_fault()? {
        return Err(match placed.attendance_state {
            AttendanceState::Closed => UndoRefusal::CheckedOutSince.into(),
            _ => UndoRefusal::Changed.into(),
        });
    }
    if entry.walk_in {
        sign_up::give_back(ctx, tx, *shift_id, entry.volunteer_id).await.or_fault()?;
    } else if let Some(post) = entry.moved_from {
        sign_up::back_to_post(ctx, tx, (*shift_id, entry.volunteer_id), post).await.or_fault()?;
    }
    Ok(())
}

/// The stay goes on, and the ledger takes back what the check-out was credited with.
async fn undo_check_out(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    placed: &PlacedEntry,
    reason: &str,
) -> Result<(), Stop<UndoRefusal>> {
    let PlacedEntry { entry, branch_path, .. } = placed;
    if open_attendance(tx, entry.volunteer_id).await.or_fault()?.is_some() {
        return Err(UndoRefusal::CheckedInElsewhere.into());
    }
    let policy = policy_at(tx, branch_path, ctx.now()).await.or_fault()?;
    match ledger::take_back(ctx, tx, entry.attendance_id, &policy, reason).await.or_fault()? {
        TakenBack::Settled => return Err(UndoRefusal::Settled.into()),
        TakenBack::Done | TakenBack::Nothing => {}
    }
    if store::reopen(tx, entry.attendance_id).await.or_fault()? { Ok(()) } else { Err(UndoRefusal::Changed.into()) }
}
