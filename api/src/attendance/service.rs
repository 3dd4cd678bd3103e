//! Checking in and out by location, or by the code on the site's screen.
//!
//! The volunteer's own row is taken first, so that a repeated request (a phone that lost the answer, or sent it to two
//! instances at once) finds what the first one did. No volunteer waits for another.

use boai_entity::{
    Instant, attendance, attendance_attempt,
    ids::{AttendanceAttemptId, AttendanceId, PersonId, ShiftId, VolunteerId},
    kinds::{ActivityKind, AttendanceEnd, AttendanceState, Book, EvidenceGrade, InboxKind},
    policy, request_effect,
};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    codes,
    rules::{self, CheckInCase, CheckInRefusal, CheckOutCase, CheckOutRefusal, CodeVerdict, Evidence, Proof},
    store::{self, CheckInFacts, CheckOutFacts, OpenStay},
};
use crate::{
    activities::board_topic,
    ctx::Ctx,
    hours::ledger::{self, Serving, Span},
    inbox::tell_volunteers,
    people,
    places::geodesy::Point,
    platform::{
        civil::{civil_day, day_bounds},
        errors::Fault,
        refusal::{OrFault, Refusal, Stop, When},
    },
    policies::{check_out_closed, policy_at},
};

/// Where a phone says it is.
#[derive(Clone, Copy, Debug)]
pub struct Fix {
    pub point: Point,
    /// Metres, as the phone estimates it.
    pub accuracy_m: f64,
    /// By the phone's clock.
    pub fixed_at: Instant,
}

/// What a phone sends to prove that its owner is there.
#[derive(Clone, Debug)]
pub enum Sent {
    Fix(Fix),
    /// As it was typed.
    Code(String),
}

impl Sent {
    fn fix(&self) -> Option<Fix> {
        match self {
            Self::Fix(fix) => Some(*fix),
            Self::Code(_) => None,
        }
    }
}

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
        keep_attempt(ctx, volunteer, (!unknown).then_some(shift), AttendanceEnd::CheckIn, sent.fix(), refusal).await?;
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
    let wish = Wish { person, request_id, operation: "checkIn", asked: shift.to_string() };
    match earlier(&tx, &wish).await.or_fault()? {
        Earlier::Same(attendance) => return Ok(*attendance),
        Earlier::Other => return Err(CheckInRefusal::RequestIdReused.into()),
        Earlier::None => {}
    }
    let day = day_bounds(civil_day(now));
    let facts = store::check_in_facts(&tx, shift, volunteer, person, day).await.or_fault()?;
    let facts = facts.ok_or(CheckInRefusal::ShiftNotFound)?;
    let policy = policy_at(&tx, &facts.branch_path, now).await.or_fault()?;
    leave_where_forgotten(ctx, &tx, &facts, volunteer, shift).await?;
    let evidence = measure(sent, verdict, (facts.latitude, facts.longitude)).or_fault()?;
    let case = CheckInCase {
        activity_state: facts.activity_state,
        starts_at: facts.starts_at,
        ends_at: facts.ends_at,
        radius_m: facts.radius_m,
        sign_up: facts.sign_up,
        location_consent: facts.location_consent,
        pairs_today: facts.pairs_today,
        evidence,
    };
    let grade = rules::decide_check_in(&case, &policy.body, now)?;
    let fix = sent.fix();
    let attendance = attendance::Model {
        id: AttendanceId(ctx.new_id()),
        shift_id: shift,
        volunteer_id: volunteer,
        state: AttendanceState::Open,
        checked_in_at: now,
        check_in_grade: grade,
        check_in_latitude: fix.map(|fix| fix.point.latitude()),
        check_in_longitude: fix.map(|fix| fix.point.longitude()),
        check_in_accuracy_m: fix.map(|fix| fix.accuracy_m),
        check_in_distance_m: distance_of(evidence),
        checked_out_at: None,
        check_out_grade: None,
        check_out_latitude: None,
        check_out_longitude: None,
        check_out_accuracy_m: None,
        check_out_distance_m: None,
        policy_id: policy.id,
        location_reduced_at: None,
    };
    if !store::open(&tx, attendance.clone()).await.or_fault()? {
        return Err(CheckInRefusal::AlreadyCheckedIn { checked_in_at: When(now) }.into());
    }
    keep_effect(&tx, wish, attendance.id, now).await.or_fault()?;
    ctx.tell_of(&tx, board_topic(shift), attendance.id.0).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(attendance)
}

/// Someone is in one place at a time. A check-out that was forgotten long ago does not keep anybody from serving again.
async fn leave_where_forgotten(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &CheckInFacts,
    volunteer: VolunteerId,
    shift: ShiftId,
) -> Result<(), Stop<CheckInRefusal>> {
    let (Some(open), Some(since)) = (facts.open(volunteer), facts.open_since) else { return Ok(()) };
    let policy = policy_at(tx, &open.branch_path, ctx.now()).await.or_fault()?;
    if check_out_closed(open.ends_at, &policy.body, ctx.now()) {
        forget(ctx, tx, &open).await.or_fault()?;
        return Ok(());
    }
    if open.shift_id == shift {
        return Err(CheckInRefusal::AlreadyCheckedIn { checked_in_at: When(since) }.into());
    }
    let activity = facts.open_title.clone().unwrap_or_default();
    Err(CheckInRefusal::CheckedInElsewhere { activity }.into())
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
        keep_attempt(ctx, volunteer, at, AttendanceEnd::CheckOut, sent.fix(), refusal).await?;
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
    let wish = Wish { person, request_id, operation: "checkOut", asked: String::new() };
    match earlier(&tx, &wish).await.or_fault()? {
        Earlier::Same(attendance) => return Ok(*attendance),
        Earlier::Other => return Err(CheckOutRefusal::RequestIdReused.into()),
        Earlier::None => {}
    }
    let facts = store::check_out_facts(&tx, volunteer, person).await.or_fault()?;
    let facts = facts.ok_or(CheckOutRefusal::NotCheckedIn)?;
    let policy = policy_at(&tx, &facts.branch_path, now).await.or_fault()?;
    let place = (facts.latitude, facts.longitude);
    // Of a shift that was begun while the code was looked at it says nothing.
    let verdict = if at == Some(facts.attendance.shift_id) { verdict } else { CodeVerdict::Wrong };
    let evidence = measure(sent, verdict, place).or_fault()?;
    let case = CheckOutCase {
        ends_at: facts.ends_at,
        radius_m: facts.radius_m,
        location_consent: facts.location_consent,
        evidence,
    };
    let grade = rules::decide_check_out(&case, &policy.body, now)?;
    let attendance = closed(&facts.attendance, sent.fix(), distance_of(evidence), grade, now);
    store::save(&tx, attendance.clone()).await.or_fault()?;
    credit(ctx, &tx, &facts, &attendance, &policy, now).await.or_fault()?;
    keep_effect(&tx, wish, attendance.id, now).await.or_fault()?;
    ctx.tell_of(&tx, board_topic(attendance.shift_id), attendance.id.0).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(attendance)
}

fn closed(
    open: &attendance::Model,
    fix: Option<Fix>,
    distance_m: Option<f64>,
    grade: EvidenceGrade,
    now: Instant,
) -> attendance::Model {
    attendance::Model {
        state: AttendanceState::Closed,
        // A clock that was stepped back must not make a stay of negative length.
        checked_out_at: Some(now.max(open.checked_in_at)),
        check_out_grade: Some(grade),
        check_out_latitude: fix.map(|fix| fix.point.latitude()),
        check_out_longitude: fix.map(|fix| fix.point.longitude()),
        check_out_accuracy_m: fix.map(|fix| fix.accuracy_m),
        check_out_distance_m: distance_m,
        ..open.clone()
    }
}

/// Only service gives service time: training, ceremonies and meetings must not be recorded as such (order 67, art. 19).
async fn credit(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &CheckOutFacts,
    attendance: &attendance::Model,
    policy: &policy::Model,
    now: Instant,
) -> Result<(), DbErr> {
    if facts.kind != ActivityKind::Service {
        return Ok(());
    }
    let serving = Serving {
        volunteer: attendance.volunteer_id,
        attendance: attendance.id,
        shift: attendance.shift_id,
        activity: facts.activity_id,
        team: facts.team_id,
        category: facts.category,
        time: Span { from: facts.starts_at, to: facts.ends_at },
    };
    let stay = Span { from: attendance.checked_in_at, to: now.max(attendance.checked_in_at) };
    ledger::record_served(ctx, tx, &serving, stay, Book::SystemProved, policy).await
}

/// Marks what was never checked out once check-out has closed, and tells those who forgot. Any number of instances may run
/// it: each attendance is moved by one conditional statement.
pub async fn close_forgotten(ctx: &Ctx) -> Result<usize, Fault> {
    let now = ctx.now();
    let mut closed = 0;
    for overdue in store::overdue(&ctx.db.conn, now - TimeDelta::minutes(1)).await? {
        let policy = policy_at(&ctx.db.conn, &overdue.branch_path, now).await?;
        if !check_out_closed(overdue.ends_at, &policy.body, now) {
            continue;
        }
        let tx = ctx.db.begin().await?;
        people::store::lock(&tx, overdue.volunteer_id).await?;
        if forget(ctx, &tx, &overdue).await? {
            tx.commit().await?;
            ctx.committed.notify_one();
            closed += 1;
        }
    }
    Ok(closed)
}

/// Marks an open attendance as forgotten, and tells its volunteer and its board; false when it is no longer open.
async fn forget(ctx: &Ctx, tx: &impl ConnectionTrait, open: &OpenStay) -> Result<bool, DbErr> {
    if !store::forget(tx, open.id).await? {
        return Ok(false);
    }
    let place = Some((open.activity_id, Some(open.shift_id)));
    tell_volunteers(ctx, tx, &[open.volunteer_id], InboxKind::CheckOutForgotten, place, "").await?;
    ctx.tell_of(tx, board_topic(open.shift_id), open.id.0).await?;
    Ok(true)
}

/// What a client's request id stands for.
struct Wish {
    person: PersonId,
    request_id: Uuid,
    operation: &'static str,
    asked: String,
}

enum Earlier {
    None,
    Same(Box<attendance::Model>),
    Other,
}

async fn earlier(tx: &impl ConnectionTrait, wish: &Wish) -> Result<Earlier, DbErr> {
    let Some(effect) = store::effect(tx, wish.person, wish.request_id).await? else { return Ok(Earlier::None) };
    if effect.operation != wish.operation || effect.asked != wish.asked {
        return Ok(Earlier::Other);
    }
    let attendance = store::attendance(tx, AttendanceId(effect.subject_id)).await?;
    Ok(attendance.map_or(Earlier::Other, |attendance| Earlier::Same(Box::new(attendance))))
}

async fn keep_effect(tx: &impl ConnectionTrait, wish: Wish, subject: AttendanceId, now: Instant) -> Result<(), DbErr> {
    let effect = request_effect::Model {
        person_id: wish.person,
        request_id: wish.request_id,
        operation: wish.operation.into(),
        asked: wish.asked,
        subject_id: subject.0,
        made_at: now,
    };
    store::keep_effect(tx, effect).await
}

/// Keeps a refused try, whatever it was refused for; of the location nothing is kept without the consent to use it (PIPL,
/// art. 29).
async fn keep_attempt<R: Refusal<Code: std::fmt::Debug>>(
    ctx: &Ctx,
    volunteer: VolunteerId,
    shift: Option<ShiftId>,
    end: AttendanceEnd,
    fix: Option<Fix>,
    refusal: &R,
) -> Result<(), Stop<R>> {
    let person = ctx.actor().or_fault()?.person;
    let consent = fix.is_some() && store::location_consent(&ctx.db.conn, person).await.or_fault()?;
    let fix = fix.filter(|_| consent);
    let distance = refusal.numbers().into_iter().find(|number| number.name == "distanceMetres");
    let row = attendance_attempt::Model {
        id: AttendanceAttemptId(ctx.new_id()),
        volunteer_id: volunteer,
        shift_id: shift,
        end_kind: end,
        tried_at: ctx.now(),
        fixed_at: fix.map(|fix| fix.fixed_at),
        latitude: fix.map(|fix| fix.point.latitude()),
        longitude: fix.map(|fix| fix.point.longitude()),
        accuracy_m: fix.map(|fix| fix.accuracy_m),
        distance_m: distance.map(|number| number.value),
        refusal: format!("{:?}", refusal.code()),
    };
    store::keep_attempt(&ctx.db.conn, row).await.or_fault()
}

/// What becomes of a code at a shift; of a fix nothing is asked here.
async fn verdict(ctx: &Ctx, shift: Option<ShiftId>, sent: &Sent) -> Result<CodeVerdict, Fault> {
    match (sent, shift) {
        (Sent::Code(typed), Some(shift)) => codes::look_at(ctx, shift, typed).await,
        _ => Ok(CodeVerdict::Wrong),
    }
}

/// Measures a fix; a code was looked at already.
fn measure(sent: &Sent, verdict: CodeVerdict, place: (f64, f64)) -> Result<Evidence, Fault> {
    Ok(match sent {
        Sent::Fix(fix) => Evidence::Place(Proof {
            distance_m: distance(*fix, place.0, place.1)?,
            accuracy_m: fix.accuracy_m,
            fixed_at: fix.fixed_at,
        }),
        Sent::Code(_) => Evidence::SiteCode(verdict),
    })
}

fn distance_of(evidence: Evidence) -> Option<f64> {
    match evidence {
        Evidence::Place(proof) => Some(proof.distance_m),
        Evidence::SiteCode(_) => None,
    }
}

fn distance(fix: Fix, latitude: f64, longitude: f64) -> Result<f64, Fault> {
    let place =
        Point::wgs84(latitude, longitude).map_err(|error| Fault::Internal(format!("an activity's place: {error}")))?;
    Ok(fix.point.distance_m(place))
}
