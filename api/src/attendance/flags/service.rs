//! Noticing what looks odd, and putting it before a person.

use std::collections::BTreeMap;

use boai_entity::{
    Instant, attendance,
    ids::{ActivityId, AttendanceId, AttendanceSignalId, PersonId, SessionId, ShiftId, TeamId, VolunteerId},
    kinds::AttendanceEnd,
    policy,
    presence_kinds::ProofKind,
    review_item::Details,
    review_kinds::{FlagReason, ReviewKind},
};
use chrono::{Datelike, TimeDelta};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::{came_and_left, left_early, own_circle, same_again, speed_kmh, too_fast},
    store::{self, Told},
};
use crate::{
    ctx::Ctx,
    places::geodesy::Point,
    platform::{civil::civil_day, errors::Fault},
    policies::policy_at,
    reviews::{self, Raised},
};

/// What is known of the volunteer's own phone at one end of a stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phone {
    /// Who checked in themself has one; whoever a desk found on its roster may have left it at home.
    pub session: Option<SessionId>,
    /// It said that another program makes up its location.
    pub mocked: bool,
}

impl Phone {
    /// The one that asks.
    pub fn of_caller(ctx: &Ctx, mocked: bool) -> Self {
        Self { session: ctx.actor.as_ref().map(|actor| actor.session), mocked }
    }

    /// The one whose code a desk scanned, if it scanned one.
    pub fn scanned(session: Option<SessionId>) -> Self {
        Self { session, mocked: false }
    }
}

/// Keeps what is known of an end of a stay, in the transaction that writes that end, however it was told.
pub async fn note(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    stay: &attendance::Model,
    end: AttendanceEnd,
    phone: Phone,
) -> Result<(), DbErr> {
    let at = match end {
        AttendanceEnd::CheckIn => stay.checked_in_at,
        AttendanceEnd::CheckOut => stay.checked_out_at.unwrap_or(stay.checked_in_at),
    };
    let id = AttendanceSignalId(ctx.new_id());
    store::keep(tx, id, (stay.id, end.into()), phone.session, phone.mocked, at).await
}

/// The same of an answer in between.
pub async fn note_presence(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    stay: AttendanceId,
    mocked: bool,
) -> Result<(), DbErr> {
    let Some(actor) = &ctx.actor else { return Ok(()) };
    let id = AttendanceSignalId(ctx.new_id());
    store::keep(tx, id, (stay, ProofKind::Presence), Some(actor.session), mocked, ctx.now()).await
}

/// Something odd.
struct Odd<'a> {
    reason: FlagReason,
    subject: String,
    team: TeamId,
    activity: ActivityId,
    shift: Option<ShiftId>,
    volunteer: Option<VolunteerId>,
    attendance: Option<AttendanceId>,
    officers_only: bool,
    numbers: Vec<(&'static str, f64)>,
    policy: &'a policy::Model,
}

async fn flag(ctx: &Ctx, tx: &impl ConnectionTrait, odd: Odd<'_>) -> Result<(), DbErr> {
    let numbers = odd.numbers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let raised = Raised {
        kind: ReviewKind::Flag,
        subject: format!("{}:{}", odd.reason.as_str(), odd.subject),
        team: odd.team,
        activity: odd.activity,
        shift: odd.shift,
        volunteer: odd.volunteer,
        attendance: odd.attendance,
        details: Details { flag: Some(odd.reason), numbers, ..Details::default() },
        reason: None,
        policy: Some(odd.policy.id),
        officers_only: odd.officers_only,
    };
    reviews::raise(ctx, tx, raised).await?;
    Ok(())
}

/// Looks at what phones told since the last time. Whoever looks at the same at the same time flags the same, which is there
/// once.
pub async fn look_at_signals(ctx: &Ctx) -> Result<usize, Fault> {
    let mut seen = 0;
    loop {
        let unseen = store::unseen(&ctx.db.conn).await?;
        for told in &unseen {
            let tx = ctx.db.begin().await?;
            look_at(ctx, &tx, told).await?;
            store::looked(&tx, told.signal.id, ctx.now()).await?;
            tx.commit().await?;
        }
        seen += unseen.len();
        if unseen.len() < 500 {
            break;
        }
    }
    if seen > 0 {
        ctx.committed.notify_one();
    }
    Ok(seen)
}

async fn look_at(ctx: &Ctx, tx: &impl ConnectionTrait, told: &Told) -> Result<(), DbErr> {
    let policy = policy_at(tx, &told.branch_path, told.signal.at).await?;
    if told.signal.mocked {
        flag(ctx, tx, about(told, FlagReason::MockedLocation, &policy, vec![])).await?;
    }
    look_at_device(ctx, tx, told, &policy).await?;
    look_at_fixes(ctx, tx, told, &policy).await?;
    // Whoever is asked at one moment may well answer in one second.
    if told.signal.end_kind == ProofKind::Presence {
        return Ok(());
    }
    let people = store::in_second(tx, &told.signal).await?;
    if people >= policy.body.flags.second_people {
        let subject =
            format!("{}:{}:{}", told.signal.shift_id, told.signal.end_kind.as_str(), told.signal.at.timestamp());
        let odd = about(told, FlagReason::SameSecond, &policy, vec![("people", number(people))]);
        flag(ctx, tx, Odd { subject, volunteer: None, attendance: None, officers_only: false, ..odd }).await?;
    }
    Ok(())
}

/// A flag about one end of a stay.
fn about<'a>(told: &Told, reason: FlagReason, policy: &'a policy::Model, numbers: Vec<(&'static str, f64)>) -> Odd<'a> {
    let signal = &told.signal;
    Odd {
        reason,
        subject: format!("{}:{}", signal.attendance_id, signal.end_kind.as_str()),
        team: told.team_id,
        activity: told.activity_id,
        shift: Some(signal.shift_id),
        volunteer: Some(signal.volunteer_id),
        attendance: Some(signal.attendance_id),
        officers_only: told.leads,
        numbers,
        policy,
    }
}

/// One phone for several volunteers: each of them is flagged, once for the stay.
async fn look_at_device(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    told: &Told,
    policy: &policy::Model,
) -> Result<(), DbErr> {
    if told.signal.device.is_none() {
        return Ok(());
    }
    let within = TimeDelta::minutes(policy.body.flags.device_minutes);
    let others = store::same_device(tx, &told.signal, (told.signal.at - within, told.signal.at + within)).await?;
    for (one, other) in others.iter().flat_map(|other| [(told, other), (other, told)]) {
        let apart = (one.signal.at - other.signal.at).abs();
        let odd = about(one, FlagReason::SharedDevice, policy, vec![("minutesApart", number(apart.num_minutes()))]);
        flag(ctx, tx, Odd { subject: one.signal.attendance_id.to_string(), ..odd }).await?;
    }
    Ok(())
}

async fn look_at_fixes(ctx: &Ctx, tx: &impl ConnectionTrait, told: &Told, policy: &policy::Model) -> Result<(), DbErr> {
    let limits = &policy.body.flags;
    let fixes = store::fixes(tx, told.signal.volunteer_id, told.signal.at).await?;
    let Some((this, before)) = fixes.split_first().filter(|(this, _)| this.at == told.signal.at) else { return Ok(()) };
    let times = same_again(this, before);
    if times >= limits.same_fix_times {
        flag(ctx, tx, about(told, FlagReason::IdenticalCoordinates, policy, vec![("times", number(times))])).await?;
    }
    let Some(last) = before.first() else { return Ok(()) };
    let point = |seen: &super::rules::Seen| Point::wgs84(seen.latitude, seen.longitude);
    let (Ok(here), Ok(there)) = (point(this), point(last)) else { return Ok(()) };
    let speed = speed_kmh(this, last, here.distance_m(there));
    if too_fast(speed, limits) {
        flag(ctx, tx, about(told, FlagReason::ImpossibleSpeed, policy, vec![("kilometresPerHour", speed.round())]))
            .await?;
    }
    Ok(())
}

/// Looks at what shows only once a shift is over, or over weeks.
pub async fn look_from_afar(ctx: &Ctx) -> Result<(), Fault> {
    look_at_activities(ctx).await?;
    look_at_confirmers(ctx).await?;
    ctx.committed.notify_one();
    Ok(())
}

/// Activities of which a shift ended in the last two days, for an hour missed is made up for; with all their shifts of the days
/// that the policy says, so that fifty people in four shifts are fifty.
async fn look_at_activities(ctx: &Ctx) -> Result<(), Fault> {
    let now = ctx.now();
    for activity in store::ended(&ctx.db.conn, now - TimeDelta::days(2), now).await? {
        let policy = policy_at(&ctx.db.conn, &activity.branch_path, now).await?;
        let limits = &policy.body.flags;
        let time = (now - TimeDelta::days(limits.early_days), now);
        let stays = store::stayed(&ctx.db.conn, activity.activity_id, time).await?;
        let short = TimeDelta::minutes(limits.early_minutes);
        let early =
            |stay: &store::Stayed| stay.forgotten == 0 && stay.left_at.is_some_and(|left| left - stay.came_at <= short);
        let (came, early) = came_and_left(stays.iter().map(|stay| (stay.volunteer_id, early(stay))));
        if !left_early(came, early, limits) {
            continue;
        }
        let tx = ctx.db.begin().await?;
        let odd = Odd {
            reason: FlagReason::LeftEarly,
            subject: activity.activity_id.to_string(),
            team: activity.team_id,
            activity: activity.activity_id,
            shift: None,
            volunteer: None,
            attendance: None,
            officers_only: false,
            numbers: vec![("people", number(came)), ("leftEarly", number(early))],
            policy: &policy,
        };
        flag(ctx, &tx, odd).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Whoever confirms mostly the same few: once a month for each team.
async fn look_at_confirmers(ctx: &Ctx) -> Result<(), Fault> {
    let now = ctx.now();
    let policy = policy_at(&ctx.db.conn, "", now).await?;
    let from = now - TimeDelta::days(policy.body.flags.circle_days);
    let mut counts: BTreeMap<(TeamId, PersonId), Vec<i64>> = BTreeMap::new();
    for row in store::confirmed(&ctx.db.conn, from, now).await? {
        counts.entry((row.team_id, row.confirmed_by)).or_default().push(row.records);
    }
    for ((team, person), counts) in counts {
        if counts.iter().sum::<i64>() < policy.body.flags.circle_records {
            continue;
        }
        look_at_confirmer(ctx, (team, person), counts, now).await?;
    }
    Ok(())
}

async fn look_at_confirmer(
    ctx: &Ctx,
    (team, person): (TeamId, PersonId),
    counts: Vec<i64>,
    now: Instant,
) -> Result<(), Fault> {
    let Some(confirmer) = store::confirmer(&ctx.db.conn, team, person).await? else { return Ok(()) };
    let policy = policy_at(&ctx.db.conn, &confirmer.branch_path, now).await?;
    let Some((circle, all)) = own_circle(counts, confirmer.members, &policy.body.flags) else { return Ok(()) };
    let month = civil_day(now);
    let tx = ctx.db.begin().await?;
    let odd = Odd {
        reason: FlagReason::OwnCircle,
        subject: format!("{team}:{person}:{}-{:02}", month.year(), month.month()),
        team,
        activity: confirmer.activity_id,
        shift: None,
        volunteer: confirmer.volunteer_id,
        attendance: None,
        officers_only: true,
        numbers: vec![("confirmed", number(all)), ("ofOwnCircle", number(circle))],
        policy: &policy,
    };
    flag(ctx, &tx, odd).await?;
    tx.commit().await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "people and minutes are far below 2^52")]
fn number(many: i64) -> f64 {
    many as f64
}
