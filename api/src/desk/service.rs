//! Checking people in and out at a desk.
//!
//! Who stands there is found before anything is locked. Then the volunteer's own row is taken, as when they check in
//! themselves, so that two operators who scan one code at once, or a desk and a phone, have one effect. Whoever has to be given
//! a seat or another post takes the shift's row too, in the order of signing up: volunteer, then shift.

use boai_entity::{
    attendance, code_use, desk_entry,
    ids::{DeskEntryId, PersonId, PostId, RefusedScanId, ShiftId, VolunteerId},
    kinds::{AttendanceEnd, EvidenceGrade, SignUpState},
    refused_scan,
};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{
    find::{self, Found, Known, Who},
    rules::{self, DeskCheckInRefusal, DeskCheckOutRefusal, FindRefusal, Listed, SiteId},
    store::{self, Line, Wanted},
};
use crate::{
    activities::{self, sign_up},
    attendance::{
        flags::{self, Phone},
        rules::{CheckOutRefusal, Evidence, decide_check_in, decide_check_out},
        stay::{self, End},
        store::lock_for_check_in,
        wishes::{self, Earlier, Wish},
    },
    ctx::Ctx,
    people,
    platform::{
        civil::{civil_day, day_bounds},
        errors::Fault,
        lang::Lang,
        refusal::{OrFault, Refusal, Stop, When},
    },
};

/// What an operator wants of a desk.
#[derive(Clone, Debug)]
pub struct Asked {
    pub site: SiteId,
    pub who: Who,
    /// For a check-in; the one that the person came for when left out.
    pub shift: Option<ShiftId>,
    /// For a check-in; the one that the person signed up for when left out.
    pub post: Option<PostId>,
    pub request_id: Uuid,
}

/// What became of it.
pub struct Outcome<R> {
    pub done: Option<Done>,
    /// The masked name of whoever stands there, when that is known.
    pub name: Option<String>,
    /// Several people who may be meant.
    pub candidates: Vec<Line>,
    pub refusals: Vec<R>,
}

pub struct Done {
    pub entry: desk_entry::Model,
    /// As it stands now.
    pub line: Option<Line>,
}

type Tried<R> = Result<(attendance::Model, Option<desk_entry::Model>), Stop<Vec<R>>>;

/// Checks somebody in. The same request id again gives the same entry again, as a success.
pub async fn check_in(ctx: &Ctx, asked: Asked) -> Result<Outcome<DeskCheckInRefusal>, Fault> {
    let mut known = Known::default();
    let tried = try_check_in(ctx, &asked, &mut known).await;
    outcome(ctx, &asked, AttendanceEnd::CheckIn, known, tried).await
}

/// Checks somebody out of wherever at the site they are checked in. The same request id again gives the same entry again.
pub async fn check_out(ctx: &Ctx, asked: Asked) -> Result<Outcome<DeskCheckOutRefusal>, Fault> {
    let mut known = Known::default();
    let tried = try_check_out(ctx, &asked, &mut known).await;
    outcome(ctx, &asked, AttendanceEnd::CheckOut, known, tried).await
}

async fn try_check_in(ctx: &Ctx, asked: &Asked, known: &mut Known) -> Tried<DeskCheckInRefusal> {
    let end = AttendanceEnd::CheckIn;
    let refuse = |why: DeskCheckInRefusal| Stop::Refused(vec![why]);
    let operator = ctx.actor().or_fault()?.person;
    if let Some(done) = begun(ctx, asked, end, known).await.map_err(|stop| stop.map(|why| vec![why.into()]))? {
        return Ok((done, None));
    }
    let found = find::find(ctx, asked.site, &asked.who, ctx.now(), known).await;
    let found = found.map_err(|stop| stop.map(|why| vec![why.into()]))?;
    let shift = shift_for(ctx, asked, &found).await.map_err(|stop| stop.map(|why| vec![why]))?;
    let line = found.lines.iter().find(|line| line.shift_id == shift);
    let seated = line.is_some_and(|line| line.sign_up_state == SignUpState::Seated);
    let moves = asked.post.is_some() && line.and_then(|line| line.post_id) != asked.post;
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    let me = if seated && !moves {
        lock_for_check_in(&tx, found.volunteer, shift).await.or_fault()?;
        None
    } else {
        let me = people::store::lock(&tx, found.volunteer).await.or_fault()?;
        activities::store::lock_shift(&tx, shift).await.or_fault()?;
        me
    };
    let wish = wish(ctx, asked, end, operator);
    match wishes::earlier(&tx, &wish).await.or_fault()? {
        Earlier::Same(attendance) => return Ok((*attendance, None)),
        Earlier::Other => return Err(refuse(DeskCheckInRefusal::RequestIdReused)),
        Earlier::None => {}
    }
    unused(&tx, &found, (shift, end)).await.map_err(|stop| stop.map(|why| vec![why.into()]))?;
    let mut ready = stay::to_open(ctx, &tx, (found.volunteer, found.person), shift, now)
        .await
        .map_err(|stop| stop.map(|why| vec![why.into()]))?;
    // Who left the list, or whose sign-up ended, walks in again.
    let walk_in = !matches!(ready.facts.sign_up, Some(SignUpState::Seated | SignUpState::Waiting));
    if let (true, Some(_)) = (walk_in, &me) {
        ready.facts.sign_up = Some(SignUpState::Seated);
    }
    let grade = decide_check_in(&ready.case(Evidence::Vouched(EvidenceGrade::Desk)), &ready.policy.body, now)
        .map_err(|why| refuse(why.into()))?;
    let moved_from = match me {
        Some(me) if walk_in => {
            take_in(ctx, &tx, &me, shift, asked.post).await?;
            None
        }
        Some(_) => move_post(ctx, &tx, found.volunteer, shift, asked.post).await?,
        None => None,
    };
    let opened = stay::open(ctx, &tx, ready, End::vouched(grade, operator)).await;
    let attendance = opened.map_err(|stop| stop.map(|why| vec![why.into()]))?;
    let entry = enter(ctx, &tx, (asked, wish), &found, (&attendance, end), Seat { walk_in, moved_from }).await;
    let entry = entry.map_err(|stop| stop.map(|why| vec![why.into()]))?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok((attendance, Some(entry)))
}

async fn try_check_out(ctx: &Ctx, asked: &Asked, known: &mut Known) -> Tried<DeskCheckOutRefusal> {
    let end = AttendanceEnd::CheckOut;
    let operator = ctx.actor().or_fault()?.person;
    if let Some(done) = begun(ctx, asked, end, known).await.map_err(|stop| stop.map(|why| vec![why.into()]))? {
        return Ok((done, None));
    }
    let found = find::find(ctx, asked.site, &asked.who, ctx.now(), known).await;
    let found = found.map_err(|stop| stop.map(|why| vec![why.into()]))?;
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    people::store::lock(&tx, found.volunteer).await.or_fault()?;
    let wish = wish(ctx, asked, end, operator);
    match wishes::earlier(&tx, &wish).await.or_fault()? {
        Earlier::Same(attendance) => return Ok((*attendance, None)),
        Earlier::Other => return Err(Stop::Refused(vec![DeskCheckOutRefusal::RequestIdReused])),
        Earlier::None => {}
    }
    let ready = stay::to_close(&tx, (found.volunteer, found.person), now).await;
    let ready = ready.map_err(|stop| stop.map(|why| vec![why.into()]))?;
    if !store::is_at(&tx, asked.site, ready.facts.activity_id).await.or_fault()? {
        return Err(Stop::Refused(vec![CheckOutRefusal::NotCheckedIn.into()]));
    }
    let shift = ready.facts.attendance.shift_id;
    unused(&tx, &found, (shift, end)).await.map_err(|stop| stop.map(|why| vec![why.into()]))?;
    let grade = decide_check_out(&ready.case(Evidence::Vouched(EvidenceGrade::Desk)), &ready.policy.body, now);
    let grade = grade.map_err(|why| Stop::Refused(vec![why.into()]))?;
    let attendance = stay::close(ctx, &tx, ready, End::vouched(grade, operator)).await.or_fault()?;
    let entry = enter(ctx, &tx, (asked, wish), &found, (&attendance, end), Seat::default()).await;
    let entry = entry.map_err(|stop| stop.map(|why| vec![why.into()]))?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok((attendance, Some(entry)))
}

/// Whether the desk is the caller's; and what the request id led to already. That comes before the code is looked at: a
/// phone that lost the answer sends the same code again when it has long been gone.
async fn begun(
    ctx: &Ctx,
    asked: &Asked,
    end: AttendanceEnd,
    known: &mut Known,
) -> Result<Option<attendance::Model>, Stop<FindRefusal>> {
    let operator = ctx.actor().or_fault()?.person;
    find::my_desk(ctx, asked.site).await.or_fault()?.ok_or(FindRefusal::NotFound)?;
    match wishes::earlier(&ctx.db.conn, &wish(ctx, asked, end, operator)).await.or_fault()? {
        Earlier::Same(attendance) => Ok(Some(*attendance)),
        Earlier::Other => Err(FindRefusal::RequestIdReused.into()),
        Earlier::None => {
            known.mine = true;
            Ok(None)
        }
    }
}

/// What the request id stands for; codes and digits only as what nobody can read them from.
fn wish(ctx: &Ctx, asked: &Asked, end: AttendanceEnd, operator: PersonId) -> Wish {
    let Asked { site, who, shift, post, request_id } = asked;
    let digest = ctx.vault.fingerprint("desk/asked", &format!("{site:?} {who:?} {shift:?} {post:?}"));
    let operation = match end {
        AttendanceEnd::CheckIn => "deskCheckIn",
        AttendanceEnd::CheckOut => "deskCheckOut",
    };
    Wish::of(operator, *request_id, operation, digest)
}

/// Which shift somebody is checked in to: the one that was named, the one they came for, or the only one to walk into.
async fn shift_for(ctx: &Ctx, asked: &Asked, found: &Found) -> Result<ShiftId, Stop<DeskCheckInRefusal>> {
    if let (None, Who::Line(id)) = (asked.shift, &asked.who)
        && let Some(line) = found.lines.iter().find(|line| line.sign_up_id == *id)
    {
        return Ok(line.shift_id);
    }
    let listed = |line: &Line| Listed {
        shift: line.shift_id,
        starts_at: line.starts_at,
        ends_at: line.ends_at,
        sign_up: line.sign_up_state,
    };
    let listed: Vec<Listed> = found.lines.iter().map(listed).collect();
    if asked.shift.is_none()
        && let Some(place) = rules::came_for(&listed, ctx.now())
    {
        return Ok(listed[place].shift);
    }
    let today = day_bounds(civil_day(ctx.now()));
    let shifts = store::shifts(&ctx.db.conn, asked.site, today).await.or_fault()?;
    match asked.shift {
        Some(named) if shifts.iter().any(|shift| shift.id == named) => Ok(named),
        Some(_) => Err(DeskCheckInRefusal::ShiftNotHere.into()),
        None => {
            let shifts: Vec<_> = shifts.iter().map(|shift| (shift.id, shift.starts_at, shift.ends_at)).collect();
            Ok(rules::walks_into(&shifts, ctx.now())?)
        }
    }
}

/// Whether a code is still to be used; one that was for the same end of the same shift says so by what became of that. The
/// volunteer's row is held.
async fn unused(
    tx: &impl ConnectionTrait,
    found: &Found,
    here: (ShiftId, AttendanceEnd),
) -> Result<(), Stop<FindRefusal>> {
    let Some(step) = found.step else { return Ok(()) };
    match store::used(tx, found.volunteer, step).await.or_fault()? {
        Some(used) if (used.shift_id, used.end_kind) != here => {
            Err(FindRefusal::CodeUsed { used_at: When(used.used_at) }.into())
        }
        _ => Ok(()),
    }
}

/// Takes in who has not signed up: by the rules and the seats of signing up, and never onto the wait-list. Both rows are
/// held.
async fn take_in(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    me: &boai_entity::volunteer::Model,
    shift: ShiftId,
    post: Option<PostId>,
) -> Result<(), Stop<Vec<DeskCheckInRefusal>>> {
    let taken = sign_up::enter(ctx, tx, me, (shift, post), ctx.now()).await;
    let taken = taken.map_err(|stop| stop.map(|whys| whys.into_iter().map(Into::into).collect::<Vec<_>>()))?;
    if taken.state == SignUpState::Seated {
        return Ok(());
    }
    let full = match post {
        Some(post) => post_full(tx, shift, post).await.or_fault()?,
        None => {
            let shift = activities::store::lock_shift(tx, shift).await.or_fault()?;
            DeskCheckInRefusal::Full { capacity: shift.map_or(0, |shift| shift.capacity) }
        }
    };
    Err(Stop::Refused(vec![full]))
}

/// What a check-in changed of somebody's seat, for an undoing to put back.
#[derive(Clone, Copy, Debug, Default)]
struct Seat {
    walk_in: bool,
    moved_from: Option<PostId>,
}

/// Moves somebody who has a seat to another post, if there is a place; the one that they leave. Both rows are held.
async fn move_post(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    volunteer: VolunteerId,
    shift: ShiftId,
    post: Option<PostId>,
) -> Result<Option<PostId>, Stop<Vec<DeskCheckInRefusal>>> {
    let Some(post) = post else { return Ok(None) };
    let mine = activities::store::sign_up(tx, shift, volunteer).await.or_fault()?;
    let mine = mine.ok_or_else(|| Stop::Refused(vec![DeskCheckInRefusal::NotOnRoster]))?;
    if sign_up::move_to_post(ctx, tx, &mine, post).await.or_fault()? {
        return Ok(mine.post_id.filter(|before| *before != post));
    }
    Err(Stop::Refused(vec![post_full(tx, shift, post).await.or_fault()?]))
}

async fn post_full(
    tx: &impl ConnectionTrait,
    shift: ShiftId,
    post: PostId,
) -> Result<DeskCheckInRefusal, sea_orm::DbErr> {
    let posts = activities::store::posts_of(tx, shift).await?;
    let wanted = posts.into_iter().find(|offered| offered.id == post);
    Ok(wanted.map_or(DeskCheckInRefusal::PostNotFound, |post| DeskCheckInRefusal::PostFull {
        post: post.name,
        capacity: post.capacity,
    }))
}

/// Writes what was done beside the attendance: the code is used up, the request id has had its effect, the desk has its
/// entry, and the trail says who did it to whom.
async fn enter(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    (asked, wish): (&Asked, Wish),
    found: &Found,
    (attendance, end): (&attendance::Model, AttendanceEnd),
    seat: Seat,
) -> Result<desk_entry::Model, Stop<FindRefusal>> {
    let (operator, now) = (ctx.actor().or_fault()?.person, ctx.now());
    if let Some(step) = found.step {
        let (volunteer_id, attendance_id) = (found.volunteer, attendance.id);
        let row = code_use::Model { volunteer_id, step, attendance_id, end_kind: end, used_by: operator, used_at: now };
        if !store::use_up(tx, row).await.or_fault()? {
            let used = store::used(tx, found.volunteer, step).await.or_fault()?;
            return Err(FindRefusal::CodeUsed { used_at: When(used.map_or(now, |used| used.used_at)) }.into());
        }
    }
    // One id sent for two people at once: no row that both hold keeps them apart but this one.
    if let Err(error) = wishes::keep(tx, wish, attendance.id, now).await {
        return Err(match error.sql_err() {
            Some(sea_orm::SqlErr::UniqueConstraintViolation(_)) => FindRefusal::RequestIdReused.into(),
            _ => Stop::Fault(error.into()),
        });
    }
    let entry = desk_entry::Model {
        id: DeskEntryId(ctx.new_id()),
        attendance_id: attendance.id,
        volunteer_id: found.volunteer,
        end_kind: end,
        way: asked.who.way(),
        walk_in: seat.walk_in,
        moved_from: seat.moved_from,
        operator_id: operator,
        made_at: now,
        undone_at: None,
        undone_by: None,
        undo_reason: None,
    };
    store::add_entry(tx, entry.clone()).await.or_fault()?;
    flags::note(ctx, tx, attendance, end, Phone::scanned(found.session)).await.or_fault()?;
    let action = format!("DESK_{}", end.as_str());
    ctx.audit_about(tx, found.person, &action, ("Attendance", attendance.id.0), None).await.or_fault()?;
    Ok(entry)
}

/// What the operator is told; a refusal is kept.
async fn outcome<R>(
    ctx: &Ctx,
    asked: &Asked,
    end: AttendanceEnd,
    known: Known,
    tried: Tried<R>,
) -> Result<Outcome<R>, Fault>
where
    R: Refusal<Code: std::fmt::Debug>,
{
    let Known { mine, found, candidates } = known;
    let name = found.as_ref().map(|found| find::shown(&found.name));
    match tried {
        Ok((attendance, entry)) => {
            let entry = match entry {
                Some(entry) => Some(entry),
                None => store::entry_of(&ctx.db.conn, attendance.id, end).await?,
            };
            let entry = entry.ok_or_else(|| Fault::Internal(format!("attendance {}: no desk entry", attendance.id)))?;
            let line = line_of(ctx, asked.site, &attendance).await?;
            let name = line.as_ref().map(|line| find::shown(&line.name)).or(name);
            Ok(Outcome { done: Some(Done { entry, line }), name, candidates: Vec::new(), refusals: Vec::new() })
        }
        Err(Stop::Refused(refusals)) => {
            if let (true, Some(first)) = (mine, refusals.first()) {
                keep_refused(ctx, asked, end, found.as_ref().map(|found| found.volunteer), first).await?;
            }
            Ok(Outcome { done: None, name, candidates, refusals })
        }
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// The line of today's roster that an attendance is of.
pub async fn line_of(ctx: &Ctx, site: SiteId, attendance: &attendance::Model) -> Result<Option<Line>, Fault> {
    let today = day_bounds(civil_day(ctx.now()));
    let wanted = Wanted::Volunteer(attendance.volunteer_id);
    let lines = store::lines_of(&ctx.db.conn, site, today, wanted).await?;
    Ok(lines.into_iter().find(|line| line.shift_id == attendance.shift_id))
}

async fn keep_refused<R: Refusal<Code: std::fmt::Debug>>(
    ctx: &Ctx,
    asked: &Asked,
    end: AttendanceEnd,
    volunteer: Option<VolunteerId>,
    refusal: &R,
) -> Result<(), Fault> {
    let (activity_id, facility_id) = match asked.site {
        SiteId::Activity(id) => (Some(id), None),
        SiteId::Facility(id) => (None, Some(id)),
    };
    let row = refused_scan::Model {
        id: RefusedScanId(ctx.new_id()),
        activity_id,
        facility_id,
        volunteer_id: volunteer,
        end_kind: end,
        way: asked.who.way(),
        operator_id: ctx.actor()?.person,
        tried_at: ctx.now(),
        refusal: format!("{:?}", refusal.code()),
        message_zh: refusal.message(Lang::Zh),
        message_en: refusal.message(Lang::En),
    };
    Ok(store::keep_refused(&ctx.db.conn, row).await?)
}
