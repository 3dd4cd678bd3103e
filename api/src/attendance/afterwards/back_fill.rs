//! A leader fills in the hours of people who were there and never checked in.

use std::collections::{BTreeMap, BTreeSet};

use boai_entity::{
    attendance,
    ids::{AttendanceId, PersonId, PolicyId, ShiftId, VolunteerId},
    kinds::{ActivityKind, ActivityState, AttendanceState, EvidenceGrade},
    policy, review_item,
    review_item::Details,
    review_kinds::ReviewKind,
    service_record,
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::{BackFillRefusal, check_time, takes_two},
    store::{self, ShiftFacts},
};
use crate::{
    access::{Action, Resource},
    activities::board_topic,
    attendance::store as stays,
    ctx::Ctx,
    hours::{
        self,
        rules::Span,
        service::{Verdict, Word},
    },
    people,
    platform::{
        civil::civil_day,
        errors::Fault,
        refusal::{OrFault, Refusal, Stop},
    },
    policies::policy_at,
    reviews::{self, Raised},
};

/// Somebody's hours.
#[derive(Clone, Debug)]
pub struct Filled {
    pub shift: ShiftId,
    pub volunteer: VolunteerId,
    pub served: Span,
    pub reason: String,
}

/// What became of them.
pub enum Done {
    Booked(Box<service_record::Model>),
    /// For a second person.
    Waits(Box<review_item::Model>),
}

/// Fills in hours, each by itself: one that is refused spoils no other.
pub async fn fill(ctx: &Ctx, all: &[Filled]) -> Result<Vec<Result<Done, Stop<BackFillRefusal>>>, Fault> {
    let person = ctx.actor()?.person;
    let mut crowds: BTreeMap<ShiftId, BTreeSet<VolunteerId>> = BTreeMap::new();
    for one in all {
        crowds.entry(one.shift).or_default().insert(one.volunteer);
    }
    let mut sizes = BTreeMap::new();
    for (shift, people) in crowds {
        let before = store::counted(&ctx.db.conn, person, shift, civil_day(ctx.now())).await?;
        sizes.insert(shift, before + i64::try_from(people.len()).unwrap_or(i64::MAX));
    }
    let mut done = Vec::with_capacity(all.len());
    for one in all {
        done.push(fill_one(ctx, one, sizes.get(&one.shift).copied().unwrap_or(i64::MAX)).await);
    }
    Ok(done)
}

/// `crowd`: people of the shift whose hours this leader fills in today, with all of this request.
async fn fill_one(ctx: &Ctx, one: &Filled, crowd: i64) -> Result<Done, Stop<BackFillRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    people::store::lock(&tx, one.volunteer).await.or_fault()?;
    let facts = store::shift_facts(&tx, one.shift, one.volunteer).await.or_fault()?;
    let facts = facts.ok_or(BackFillRefusal::NotFound)?;
    let team = Resource::Team { id: facts.team_id, branch_path: &facts.branch_path };
    if !ctx.may(Action::ConfirmHours, team).or_fault()? {
        return Err(BackFillRefusal::NotFound.into());
    }
    // The times are looked at first: what is wrong with them tells nothing about the volunteer.
    let policy = policy_at(&tx, &facts.branch_path, ctx.now()).await.or_fault()?;
    check(ctx, &facts, one, &policy)?;
    let whose = facts.person_id.filter(|_| facts.sign_up.is_some() || facts.member);
    let whose = whose.ok_or(BackFillRefusal::VolunteerNotFound)?;
    if let Some(stay) = facts.attendance_id {
        return again(&tx, stay, one, person).await;
    }
    let counted = store::count_one(&tx, person, one.shift, civil_day(ctx.now())).await.or_fault()?;
    let done = if takes_two(whose == person, crowd, counted, &policy.body.afterwards) {
        Done::Waits(Box::new(put_before_another(ctx, &tx, &facts, one, whose, policy.id).await?))
    } else {
        let stay = add_stay(ctx, &tx, one, (EvidenceGrade::Leader, Some(person)), policy.id).await.or_fault()?;
        let verdict = Verdict::Correct { served: one.served, reason: one.reason.clone() };
        let booked = hours::service::settle_in(ctx, &tx, stay, verdict, Word::First).await;
        let not = |stop: Stop<_>| stop.map(|why: hours::service::ConfirmRefusal| why.message(ctx.lang));
        let booked = booked.map_err(|stop| not(stop).map(|why| BackFillRefusal::NotBooked { why }))?;
        Done::Booked(Box::new(booked.record))
    };
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(done)
}

fn check(ctx: &Ctx, facts: &ShiftFacts, one: &Filled, policy: &policy::Model) -> Result<(), BackFillRefusal> {
    if facts.kind != ActivityKind::Service || facts.activity_state != ActivityState::Published {
        return Err(BackFillRefusal::NoService);
    }
    let (shift, rules) = (Span { from: facts.starts_at, to: facts.ends_at }, &policy.body.afterwards);
    check_time(one.served, shift, rules, ctx.now())
        .map_err(|wrong| BackFillRefusal::of_time(wrong, one.served, shift, rules))
}

/// The same again, from a leader who did not get the answer, is the same success; another stay is not.
async fn again(
    tx: &impl ConnectionTrait,
    stay: AttendanceId,
    one: &Filled,
    person: PersonId,
) -> Result<Done, Stop<BackFillRefusal>> {
    let stay = stays::attendance(tx, stay).await.or_fault()?.ok_or(BackFillRefusal::CheckedIn)?;
    let same = stay.check_in_by == Some(person)
        && (stay.checked_in_at, stay.checked_out_at) == (one.served.from, Some(one.served.to));
    let record = if same { hours::store::record_of(tx, stay.id).await.or_fault()? } else { None };
    Ok(Done::Booked(Box::new(record.ok_or(BackFillRefusal::CheckedIn)?)))
}

async fn put_before_another(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &ShiftFacts,
    one: &Filled,
    whose: PersonId,
    policy: PolicyId,
) -> Result<review_item::Model, Stop<BackFillRefusal>> {
    let raised = Raised {
        kind: ReviewKind::BackFill,
        subject: format!("{}:{}", one.shift, one.volunteer),
        team: facts.team_id,
        activity: facts.activity_id,
        shift: Some(one.shift),
        volunteer: Some(one.volunteer),
        attendance: None,
        details: Details { from: Some(one.served.from), to: Some(one.served.to), ..Details::default() },
        reason: Some(one.reason.clone()),
        policy: Some(policy),
        officers_only: false,
    };
    let item = reviews::raise(ctx, tx, raised).await.or_fault()?.ok_or(BackFillRefusal::AlreadyWaiting)?;
    let subject = ("ReviewItem", item.id.0);
    ctx.audit_about(tx, whose, "BACK_FILL_HOURS", subject, Some(one.reason.clone())).await.or_fault()?;
    Ok(item)
}

/// A stay that nobody checked in to, as somebody tells of it afterwards.
pub async fn add_stay(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    one: &Filled,
    (grade, by): (EvidenceGrade, Option<PersonId>),
    policy: PolicyId,
) -> Result<AttendanceId, DbErr> {
    let stay = attendance::Model {
        id: AttendanceId(ctx.new_id()),
        shift_id: one.shift,
        volunteer_id: one.volunteer,
        state: AttendanceState::Closed,
        checked_in_at: one.served.from,
        check_in_grade: grade,
        check_in_latitude: None,
        check_in_longitude: None,
        check_in_accuracy_m: None,
        check_in_distance_m: None,
        check_in_by: by,
        checked_out_at: Some(one.served.to),
        check_out_grade: Some(grade),
        check_out_latitude: None,
        check_out_longitude: None,
        check_out_accuracy_m: None,
        check_out_distance_m: None,
        check_out_by: by,
        presence_grade: None,
        policy_id: policy,
        location_reduced_at: None,
    };
    let id = stay.id;
    stays::open(tx, stay).await?;
    ctx.tell_of(tx, board_topic(one.shift), id.0).await?;
    Ok(id)
}
