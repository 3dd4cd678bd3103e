//! Checking in and out by location, or by the code on the site's screen.
//!
//! The volunteer's own row is taken first, so that a repeated request (a phone that lost the answer, or sent it to two
//! instances at once) finds what the first one did. No volunteer waits for another.

use boai_entity::{
    attendance,
    ids::{ShiftId, VolunteerId},
    kinds::AttendanceEnd,
};
use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    attempts::{self, Tried},
    codes, flags,
    rules::{self, CheckInRefusal, CheckOutRefusal, CodeVerdict},
    stay::{self, End},
    store,
    wishes::{self, Earlier, Wish},
};
use crate::{
    ctx::Ctx,
    people,
    platform::{
        errors::Fault,
        refusal::{OrFault, Refusal, Stop},
    },
    policies::{check_out_closed, policy_at},
};

pub use super::stay::{Fix, Sent};

/// For so long after its shift's end a stay that came in without its check-out is noticed: a phone may be out of reach for
/// weeks, and afterwards nobody fills in hours any more (`policy.afterwards.within_days`).
const UNFINISHED_FOR: TimeDelta = TimeDelta::days(30);

/// Checks in to a shift. The same request id again gives the first attendance again, as a success.
pub async fn check_in(
    ctx: &Ctx,
    shift: ShiftId,
    sent: Sent,
    request_id: Uuid,
) -> Result<attendance::Model, Stop<CheckInRefusal>> {
    let volunteer = ctx.volunteer().or_fault()?;
    // Before anything is locked: the books of limits may be in Redis.
    let verdict = verdict(ctx, Some(shift), &sent).await.or_fault()?;
    let done = try_check_in(ctx, volunteer, shift, (&sent, verdict), request_id).await;
    if matches!(done, Err(Stop::Refused(CheckInRefusal::CodeWrong))) {
        codes::count_wrong(ctx, shift).await;
    }
    if let Err(Stop::Refused(refusal)) = &done {
        // A request id is looked at before the shift, which may be one that does not exist.
        let unknown = matches!(refusal, CheckInRefusal::ShiftNotFound | CheckInRefusal::RequestIdReused);
        let shift = (!unknown).then_some(shift);
        keep_attempt(ctx, volunteer, shift, (AttendanceEnd::CheckIn, &sent), refusal).await?;
    }
    done
}

async fn try_check_in(
    ctx: &Ctx,
    volunteer: VolunteerId,
    shift: ShiftId,
    (sent, verdict): (&Sent, CodeVerdict),
    request_id: Uuid,
) -> Result<attendance::Model, Stop<CheckInRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    store::lock_for_check_in(&tx, volunteer, shift).await.or_fault()?;
    let wish = Wish::check_in(person, request_id, shift);
    match wishes::earlier(&tx, &wish).await.or_fault()? {
        Earlier::Same(attendance) => return Ok(*attendance),
        Earlier::Other if wishes::waits(&tx, &wish).await.or_fault()? => return Err(CheckInRefusal::InReview.into()),
        Earlier::Other => return Err(CheckInRefusal::RequestIdReused.into()),
        Earlier::None => {}
    }
    let ready = stay::to_open(ctx, &tx, (volunteer, person), shift, now).await?;
    let evidence = sent.evidence(verdict, ready.place()).or_fault()?;
    let grade = rules::decide_check_in(&ready.case(evidence), &ready.policy.body, now)?;
    let attendance = stay::open(ctx, &tx, ready, End::proved(grade, sent, evidence)).await?;
    flags::note(ctx, &tx, &attendance, AttendanceEnd::CheckIn, sent.phone(ctx)).await.or_fault()?;
    wishes::keep(&tx, wish, attendance.id, now).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(attendance)
}

/// Checks out of wherever the caller is checked in; the served time goes into the ledger in the same transaction, to wait
/// for the leader. The same request id again gives the same attendance again.
pub async fn check_out(ctx: &Ctx, sent: Sent, request_id: Uuid) -> Result<attendance::Model, Stop<CheckOutRefusal>> {
    let volunteer = ctx.volunteer().or_fault()?;
    let at = store::open_attendance(&ctx.db.conn, volunteer).await.or_fault()?.map(|attendance| attendance.shift_id);
    let verdict = verdict(ctx, at, &sent).await.or_fault()?;
    let done = try_check_out(ctx, volunteer, (&sent, verdict, at), request_id).await;
    if let Err(Stop::Refused(refusal)) = &done {
        if let (CheckOutRefusal::CodeWrong, Some(shift)) = (refusal, at) {
            codes::count_wrong(ctx, shift).await;
        }
        keep_attempt(ctx, volunteer, at, (AttendanceEnd::CheckOut, &sent), refusal).await?;
    }
    done
}

async fn try_check_out(
    ctx: &Ctx,
    volunteer: VolunteerId,
    (sent, verdict, at): (&Sent, CodeVerdict, Option<ShiftId>),
    request_id: Uuid,
) -> Result<attendance::Model, Stop<CheckOutRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    people::store::lock(&tx, volunteer).await.or_fault()?;
    let wish = Wish::check_out(person, request_id);
    match wishes::earlier(&tx, &wish).await.or_fault()? {
        Earlier::Same(attendance) => return Ok(*attendance),
        Earlier::Other if wishes::waits(&tx, &wish).await.or_fault()? => return Err(CheckOutRefusal::InReview.into()),
        Earlier::Other => return Err(CheckOutRefusal::RequestIdReused.into()),
        Earlier::None => {}
    }
    let ready = stay::to_close(&tx, (volunteer, person), now).await?;
    // Of a shift that was begun while the code was looked at it says nothing.
    let verdict = if at == Some(ready.facts.attendance.shift_id) { verdict } else { CodeVerdict::Wrong };
    let evidence = sent.evidence(verdict, ready.place()).or_fault()?;
    let grade = rules::decide_check_out(&ready.case(evidence), &ready.policy.body, now)?;
    let attendance = stay::close(ctx, &tx, ready, End::proved(grade, sent, evidence)).await.or_fault()?;
    flags::note(ctx, &tx, &attendance, AttendanceEnd::CheckOut, sent.phone(ctx)).await.or_fault()?;
    wishes::keep(&tx, wish, attendance.id, now).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(attendance)
}

/// Marks what was never checked out once check-out has closed, and tells those who forgot; and so with stays that came in
/// later and whose check-out has not. Any number of instances may run it: each attendance is moved by one conditional
/// statement, and put before the leader once.
pub async fn close_forgotten(ctx: &Ctx) -> Result<usize, Fault> {
    let now = ctx.now();
    let ended = now - TimeDelta::minutes(1);
    let mut closed = 0;
    for overdue in store::overdue(&ctx.db.conn, ended).await? {
        if forgotten_by_now(ctx, &overdue).await? {
            let tx = ctx.db.begin().await?;
            people::store::lock(&tx, overdue.volunteer_id).await?;
            if stay::forget(ctx, &tx, &overdue).await? {
                tx.commit().await?;
                ctx.committed.notify_one();
                closed += 1;
            }
        }
    }
    for unfinished in store::unfinished(&ctx.db.conn, (now - UNFINISHED_FOR, ended)).await? {
        if forgotten_by_now(ctx, &unfinished).await? {
            let tx = ctx.db.begin().await?;
            people::store::lock(&tx, unfinished.volunteer_id).await?;
            if stay::miss(ctx, &tx, &unfinished).await? {
                tx.commit().await?;
                ctx.committed.notify_one();
                closed += 1;
            }
        }
    }
    Ok(closed)
}

async fn forgotten_by_now(ctx: &Ctx, stay: &store::OpenStay) -> Result<bool, Fault> {
    let policy = policy_at(&ctx.db.conn, &stay.branch_path, ctx.now()).await?;
    Ok(check_out_closed(stay.ends_at, &policy.body, ctx.now()))
}

async fn keep_attempt<R: Refusal<Code: std::fmt::Debug>>(
    ctx: &Ctx,
    volunteer: VolunteerId,
    shift: Option<ShiftId>,
    (end, sent): (AttendanceEnd, &Sent),
    refusal: &R,
) -> Result<(), Stop<R>> {
    let person = ctx.actor().or_fault()?.person;
    let tried = Tried { volunteer, person, shift, what: end.into(), at: ctx.now(), fix: sent.fix() };
    attempts::keep(ctx, &ctx.db.conn, tried, refusal).await.or_fault()
}

/// What becomes of a code at a shift; of a fix nothing is asked here.
async fn verdict(ctx: &Ctx, shift: Option<ShiftId>, sent: &Sent) -> Result<CodeVerdict, Fault> {
    match (sent, shift) {
        (Sent::Code(typed), Some(shift)) => codes::look_at(ctx, shift, typed).await,
        _ => Ok(CodeVerdict::Wrong),
    }
}
