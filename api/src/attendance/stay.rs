//! Opening and closing a stay, inside the transaction of whoever tells of it: the volunteer's phone now, a phone that had
//! no network until now, a desk, a leader.
//!
//! Each end is first prepared ([`to_open`], [`to_close`]), which says what is true of it; then decided, by `rules` on
//! [`ToOpen::case`] and [`ToClose::case`] or by a person; then written ([`open`], [`close`]). The caller holds the volunteer's
//! row, and commits.

use boai_entity::{
    Instant, attendance,
    ids::{AttendanceId, PersonId, ShiftId, VolunteerId},
    kinds::{ActivityKind, AttendanceEnd, AttendanceState, Book, EvidenceGrade, InboxKind},
    policy,
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    flags::Phone,
    forgotten,
    rules::{
        CheckInCase, CheckInRefusal, CheckOutCase, CheckOutRefusal, CodeVerdict, Evidence, Proof, is_said, stay_grade,
    },
    store::{self, CheckInFacts, CheckOutFacts, OpenStay, Whereabouts},
};
use crate::{
    activities::board_topic,
    ctx::Ctx,
    hours::ledger::{self, Serving, Span, TakenBack},
    inbox::tell_volunteers,
    places::geodesy::Point,
    platform::{
        civil::{civil_day, day_bounds},
        errors::Fault,
        refusal::{OrFault, Stop, When},
    },
    policies::{check_out_closed, policy_at},
};

/// What the ledger says of an entry that is replaced because both the phone and the desk told of a stay.
const TOLD_TWICE: &str = "手机与签到台先后上报同一次服务,时间已合并 (the phone and the desk both told of this stay)";

/// Where a phone says it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fix {
    pub point: Point,
    /// Metres, as the phone estimates it.
    pub accuracy_m: f64,
    /// By the phone's clock.
    pub fixed_at: Instant,
    /// The phone says that another program makes it up.
    pub mocked: bool,
}

/// What a phone sends to prove that its owner is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Sent {
    Fix(Fix),
    /// As it was typed.
    Code(String),
}

impl Sent {
    pub fn fix(&self) -> Option<Fix> {
        match self {
            Self::Fix(fix) => Some(*fix),
            Self::Code(_) => None,
        }
    }

    /// The phone that sends it.
    pub fn phone(&self, ctx: &Ctx) -> Phone {
        Phone::of_caller(ctx, self.fix().is_some_and(|fix| fix.mocked))
    }

    /// Measures a fix; a code was looked at already, and this became of it.
    pub fn evidence(&self, verdict: CodeVerdict, place: (f64, f64)) -> Result<Evidence, Fault> {
        Ok(match self {
            Self::Fix(fix) => Evidence::Place(Proof {
                distance_m: distance(*fix, place.0, place.1)?,
                accuracy_m: fix.accuracy_m,
                fixed_at: fix.fixed_at,
            }),
            Self::Code(_) => Evidence::SiteCode(verdict),
        })
    }
}

fn distance(fix: Fix, latitude: f64, longitude: f64) -> Result<f64, Fault> {
    let place =
        Point::wgs84(latitude, longitude).map_err(|error| Fault::Internal(format!("an activity's place: {error}")))?;
    Ok(fix.point.distance_m(place))
}

/// An end of a stay that was decided on.
#[derive(Clone, Copy, Debug)]
pub struct End {
    pub grade: EvidenceGrade,
    pub point: Option<Point>,
    /// Metres, as the phone estimates it.
    pub accuracy_m: Option<f64>,
    /// From the place; none without a fix.
    pub distance_m: Option<f64>,
    /// Who recorded it, when it was not the volunteer.
    pub by: Option<PersonId>,
}

impl End {
    /// What the volunteer's own phone proved.
    pub fn proved(grade: EvidenceGrade, sent: &Sent, evidence: Evidence) -> Self {
        let fix = sent.fix();
        Self {
            grade,
            point: fix.map(|fix| fix.point),
            accuracy_m: fix.map(|fix| fix.accuracy_m),
            distance_m: evidence.distance_m(),
            by: None,
        }
    }

    /// What somebody else vouches for.
    pub fn vouched(grade: EvidenceGrade, by: PersonId) -> Self {
        Self { grade, point: None, accuracy_m: None, distance_m: None, by: Some(by) }
    }
}

/// A stay that may be opened.
pub struct ToOpen {
    pub facts: CheckInFacts,
    /// In force when it happened.
    pub policy: policy::Model,
    volunteer: VolunteerId,
    shift: ShiftId,
    at: Instant,
}

/// What is true of a shift and a volunteer at the moment of the check-in, which need not be now. Someone is in one place at a time; a check-out that was forgotten
/// long ago does not keep anybody from serving again, and is marked as such here.
pub async fn to_open(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    (volunteer, person): (VolunteerId, PersonId),
    shift: ShiftId,
    at: Instant,
) -> Result<ToOpen, Stop<CheckInRefusal>> {
    let ready = look(tx, (volunteer, person), shift, at).await.or_fault()?.ok_or(CheckInRefusal::ShiftNotFound)?;
    leave_where_forgotten(ctx, tx, &ready.facts, volunteer, shift).await?;
    Ok(ready)
}

/// The same for whoever sees to it that nobody is in two places at a time.
pub async fn look(
    tx: &impl ConnectionTrait,
    (volunteer, person): (VolunteerId, PersonId),
    shift: ShiftId,
    at: Instant,
) -> Result<Option<ToOpen>, DbErr> {
    let day = day_bounds(civil_day(at));
    let Some(facts) = store::check_in_facts(tx, shift, volunteer, person, day).await? else { return Ok(None) };
    let policy = policy_at(tx, &facts.branch_path, at).await?;
    Ok(Some(ToOpen { facts, policy, volunteer, shift, at }))
}

impl ToOpen {
    pub fn place(&self) -> (f64, f64) {
        (self.facts.latitude, self.facts.longitude)
    }

    /// For `rules::decide_check_in`.
    pub fn case(&self, evidence: Evidence) -> CheckInCase {
        CheckInCase {
            activity_state: self.facts.activity_state,
            starts_at: self.facts.starts_at,
            ends_at: self.facts.ends_at,
            radius_m: self.facts.radius_m,
            sign_up: self.facts.sign_up,
            location_consent: self.facts.location_consent,
            pairs_today: self.facts.pairs_today,
            evidence,
        }
    }
}

/// Opens the stay, and tells the board.
pub async fn open(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    ready: ToOpen,
    end: End,
) -> Result<attendance::Model, Stop<CheckInRefusal>> {
    let attendance = ready.stay(ctx, AttendanceState::Open, end);
    if !store::open(tx, attendance.clone()).await.or_fault()? {
        return Err(CheckInRefusal::AlreadyCheckedIn { checked_in_at: When(ready.at) }.into());
    }
    ctx.tell_of(tx, board_topic(ready.shift), attendance.id.0).await.or_fault()?;
    Ok(attendance)
}

/// Begins a stay whose check-out nobody knows yet, although the volunteer has been elsewhere since or check-out has closed: it
/// is a forgotten one until its check-out comes in. Whose does not come until check-out has closed, [`miss`] puts before the
/// leader.
pub async fn open_unfinished(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    ready: ToOpen,
    end: End,
) -> Result<attendance::Model, DbErr> {
    let attendance = ready.stay(ctx, AttendanceState::Forgotten, end);
    store::open(tx, attendance.clone()).await?;
    ctx.tell(tx, board_topic(ready.shift)).await?;
    Ok(attendance)
}

impl ToOpen {
    fn stay(&self, ctx: &Ctx, state: AttendanceState, end: End) -> attendance::Model {
        attendance::Model {
            id: AttendanceId(ctx.new_id()),
            shift_id: self.shift,
            volunteer_id: self.volunteer,
            state,
            checked_in_at: self.at,
            check_in_grade: end.grade,
            check_in_latitude: end.point.map(Point::latitude),
            check_in_longitude: end.point.map(Point::longitude),
            check_in_accuracy_m: end.accuracy_m,
            check_in_distance_m: end.distance_m,
            check_in_by: end.by,
            checked_out_at: None,
            check_out_grade: None,
            check_out_latitude: None,
            check_out_longitude: None,
            check_out_accuracy_m: None,
            check_out_distance_m: None,
            check_out_by: None,
            presence_grade: None,
            policy_id: self.policy.id,
            location_reduced_at: None,
        }
    }
}

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

/// A stay that may be closed.
pub struct ToClose {
    pub facts: CheckOutFacts,
    /// In force when it happened.
    pub policy: policy::Model,
    at: Instant,
}

/// What is true, at the moment of the check-out, of wherever the volunteer is checked in.
pub async fn to_close(
    tx: &impl ConnectionTrait,
    (volunteer, person): (VolunteerId, PersonId),
    at: Instant,
) -> Result<ToClose, Stop<CheckOutRefusal>> {
    let ready = look_at_stay(tx, (volunteer, person), Whereabouts::Open, at).await.or_fault()?;
    Ok(ready.ok_or(CheckOutRefusal::NotCheckedIn)?)
}

/// The same of any stay of the volunteer's, for whoever sees to it that it is not closed yet.
pub async fn look_at_stay(
    tx: &impl ConnectionTrait,
    (volunteer, person): (VolunteerId, PersonId),
    which: Whereabouts,
    at: Instant,
) -> Result<Option<ToClose>, DbErr> {
    let Some(facts) = store::check_out_facts(tx, volunteer, person, which).await? else { return Ok(None) };
    let policy = policy_at(tx, &facts.branch_path, at).await?;
    Ok(Some(ToClose { facts, policy, at }))
}

impl ToClose {
    pub fn place(&self) -> (f64, f64) {
        (self.facts.latitude, self.facts.longitude)
    }

    /// For `rules::decide_check_out`.
    pub fn case(&self, evidence: Evidence) -> CheckOutCase {
        CheckOutCase {
            ends_at: self.facts.ends_at,
            radius_m: self.facts.radius_m,
            location_consent: self.facts.location_consent,
            evidence,
        }
    }
}

/// Closes the stay, puts the served time into the ledger, to wait for the leader, and tells the board.
pub async fn close(ctx: &Ctx, tx: &impl ConnectionTrait, ready: ToClose, end: End) -> Result<attendance::Model, DbErr> {
    let ToClose { facts, policy, at } = ready;
    let attendance = left_at(facts.attendance.clone(), at, end);
    store::save(tx, attendance.clone()).await?;
    credit(ctx, tx, &facts, &attendance, &policy).await?;
    ctx.tell_of(tx, board_topic(attendance.shift_id), attendance.id.0).await?;
    Ok(attendance)
}

/// Moves an end of a stay that the phone and the desk tell of apart: the first proof that the volunteer was there begins it, the
/// last one ends it. What was credited is taken back and credited anew; false when the leader has settled it, whose word stands.
pub async fn amend(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    ready: ToClose,
    which: AttendanceEnd,
    end: End,
) -> Result<Option<attendance::Model>, DbErr> {
    let ToClose { facts, policy, at } = ready;
    if ledger::take_back(ctx, tx, facts.attendance.id, &policy, TOLD_TWICE).await? == TakenBack::Settled {
        return Ok(None);
    }
    let moved = facts.attendance.clone();
    let moved = match which {
        AttendanceEnd::CheckIn => attendance::Model {
            checked_in_at: at,
            check_in_grade: end.grade,
            check_in_latitude: end.point.map(Point::latitude),
            check_in_longitude: end.point.map(Point::longitude),
            check_in_accuracy_m: end.accuracy_m,
            check_in_distance_m: end.distance_m,
            check_in_by: end.by,
            ..moved
        },
        AttendanceEnd::CheckOut => left_at(moved, at, end),
    };
    store::save(tx, moved.clone()).await?;
    if moved.state == AttendanceState::Closed {
        credit(ctx, tx, &facts, &moved, &policy).await?;
    }
    ctx.tell_of(tx, board_topic(moved.shift_id), moved.id.0).await?;
    Ok(Some(moved))
}

fn left_at(stay: attendance::Model, at: Instant, end: End) -> attendance::Model {
    attendance::Model {
        state: AttendanceState::Closed,
        // A clock that was stepped back must not make a stay of negative length.
        checked_out_at: Some(at.max(stay.checked_in_at)),
        check_out_grade: Some(end.grade),
        check_out_latitude: end.point.map(Point::latitude),
        check_out_longitude: end.point.map(Point::longitude),
        check_out_accuracy_m: end.accuracy_m,
        check_out_distance_m: end.distance_m,
        check_out_by: end.by,
        ..stay
    }
}

/// Only service gives service time: training, ceremonies and meetings must not be recorded as such (order 67, art. 19).
async fn credit(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &CheckOutFacts,
    attendance: &attendance::Model,
    policy: &policy::Model,
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
    let to = attendance.checked_out_at.unwrap_or(attendance.checked_in_at);
    let stay = Span { from: attendance.checked_in_at, to };
    let book = book_of(attendance);
    ledger::record_served(ctx, tx, &serving, stay, book, policy).await
}

/// System-proved is what the desk or the location proved at both ends; what a leader or the volunteer says is back-filled.
fn book_of(attendance: &attendance::Model) -> Book {
    if is_said(grade_of(attendance)) { Book::BackFilled } else { Book::SystemProved }
}

/// How the whole stay is proved.
pub fn grade_of(attendance: &attendance::Model) -> EvidenceGrade {
    stay_grade(attendance.check_in_grade, attendance.check_out_grade, attendance.presence_grade)
}

/// Puts a stay that came in without its check-out before the leader, and tells its volunteer; false when the check-out has come
/// since.
pub async fn miss(ctx: &Ctx, tx: &impl ConnectionTrait, stay: &OpenStay) -> Result<bool, DbErr> {
    if !forgotten::raise(ctx, tx, stay.id).await? {
        return Ok(false);
    }
    let place = Some((stay.activity_id, Some(stay.shift_id)));
    tell_volunteers(ctx, tx, &[stay.volunteer_id], InboxKind::CheckOutForgotten, place, "").await?;
    Ok(true)
}

/// Marks an open attendance as forgotten, and tells its volunteer and its board; false when it is no longer open.
pub async fn forget(ctx: &Ctx, tx: &impl ConnectionTrait, open: &OpenStay) -> Result<bool, DbErr> {
    if !store::forget(tx, open.id).await? {
        return Ok(false);
    }
    let place = Some((open.activity_id, Some(open.shift_id)));
    tell_volunteers(ctx, tx, &[open.volunteer_id], InboxKind::CheckOutForgotten, place, "").await?;
    forgotten::raise(ctx, tx, open.id).await?;
    ctx.tell_of(tx, board_topic(open.shift_id), open.id.0).await?;
    Ok(true)
}
