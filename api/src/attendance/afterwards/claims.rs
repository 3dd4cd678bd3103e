//! A volunteer says when they really served, when the check-out was forgotten or nobody ever checked them in.

use boai_entity::{
    Instant,
    ids::{ActivityId, AttendanceId, ReviewItemId, ShiftId, TeamId},
    kinds::{ActivityKind, AttendanceState, SignUpState},
    policy, review_item,
    review_item::Details,
    review_kinds::{ReviewKind, ReviewOutcome},
};
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;

use super::{
    rules::{ClaimRefusal, WithdrawRefusal, check_time},
    store,
};
use crate::{
    ctx::Ctx,
    hours::{self, rules::Span},
    people,
    platform::refusal::{OrFault, Stop, When},
    policies::policy_at,
    reviews::{self, Raised},
};

/// What it is about.
#[derive(Clone, Copy, Debug)]
pub enum About {
    Stay(AttendanceId),
    /// A shift that the volunteer never checked in to.
    Shift(ShiftId),
}

/// Where it belongs.
struct Place {
    subject: String,
    attendance: Option<AttendanceId>,
    shift: ShiftId,
    activity: ActivityId,
    team: TeamId,
    /// What is claimed when no beginning is given.
    from: Instant,
    time: Span,
    policy: policy::Model,
}

/// Claims time, inside the shift. It waits for the leader and changes nothing before.
pub async fn claim(
    ctx: &Ctx,
    about: About,
    (from, to): (Option<Instant>, Instant),
    reason: String,
) -> Result<review_item::Model, Stop<ClaimRefusal>> {
    let volunteer = ctx.volunteer().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    people::store::lock(&tx, volunteer).await.or_fault()?;
    let place = match about {
        About::Stay(id) => of_stay(ctx, &tx, id).await?,
        About::Shift(id) => of_shift(ctx, &tx, id).await?,
    };
    let rules = &place.policy.body.afterwards;
    let served = Span { from: from.unwrap_or(place.from), to };
    check_time(served, place.time, rules, ctx.now())
        .map_err(|wrong| ClaimRefusal::of_time(wrong, served, place.time, rules))?;
    if store::claims_of(&tx, &place.subject).await.or_fault()? >= rules.claims {
        return Err(ClaimRefusal::TooManyClaims { at_most: rules.claims }.into());
    }
    let raised = Raised {
        kind: ReviewKind::Claim,
        subject: place.subject,
        team: place.team,
        activity: place.activity,
        shift: Some(place.shift),
        volunteer: Some(volunteer),
        attendance: place.attendance,
        details: Details { from: Some(served.from), to: Some(served.to), ..Details::default() },
        reason: Some(reason.clone()),
        policy: Some(place.policy.id),
        officers_only: false,
    };
    let claim = reviews::raise(ctx, &tx, raised).await.or_fault()?.ok_or(ClaimRefusal::AlreadyClaimed)?;
    ctx.audit(&tx, "CLAIM_HOURS", "ReviewItem", claim.id.0, Some(reason)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(claim)
}

async fn of_stay(ctx: &Ctx, tx: &impl ConnectionTrait, id: AttendanceId) -> Result<Place, Stop<ClaimRefusal>> {
    let facts = hours::store::confirm_facts(tx, id).await.or_fault()?;
    let own =
        facts.filter(|facts| Some(facts.attendance.volunteer_id) == ctx.actor.as_ref().and_then(|it| it.volunteer));
    // What a desk took back never was.
    let own = own.filter(|facts| facts.attendance.state != AttendanceState::Undone);
    let facts = own.ok_or(ClaimRefusal::NotFound)?;
    if facts.kind != ActivityKind::Service {
        return Err(ClaimRefusal::NoService.into());
    }
    let policy = policy_at(tx, &facts.branch_path, ctx.now()).await.or_fault()?;
    if facts.attendance.state == AttendanceState::Open {
        let until = facts.ends_at + TimeDelta::minutes(policy.body.check_out_closes_after_min);
        return Err(ClaimRefusal::StillCheckedIn { check_out_until: When(until) }.into());
    }
    if hours::store::is_disputed(tx, id, ctx.now()).await.or_fault()? {
        return Err(ClaimRefusal::Disputed.into());
    }
    Ok(Place {
        subject: id.to_string(),
        attendance: Some(id),
        shift: facts.attendance.shift_id,
        activity: facts.activity_id,
        team: facts.team_id,
        from: facts.attendance.checked_in_at.max(facts.starts_at),
        time: Span { from: facts.starts_at, to: facts.ends_at },
        policy,
    })
}

async fn of_shift(ctx: &Ctx, tx: &impl ConnectionTrait, id: ShiftId) -> Result<Place, Stop<ClaimRefusal>> {
    let volunteer = ctx.volunteer().or_fault()?;
    let facts = store::shift_facts(tx, id, volunteer).await.or_fault()?;
    let seated = facts.filter(|facts| facts.sign_up == Some(SignUpState::Seated));
    let facts = seated.ok_or(ClaimRefusal::NotFound)?;
    if facts.kind != ActivityKind::Service {
        return Err(ClaimRefusal::NoService.into());
    }
    if facts.attendance_id.is_some() {
        return Err(ClaimRefusal::CheckedIn.into());
    }
    Ok(Place {
        subject: format!("{id}:{volunteer}"),
        attendance: None,
        shift: id,
        activity: facts.activity_id,
        team: facts.team_id,
        from: facts.starts_at,
        time: Span { from: facts.starts_at, to: facts.ends_at },
        policy: policy_at(tx, &facts.branch_path, ctx.now()).await.or_fault()?,
    })
}

/// Takes back a claim, hours filled in for others, or a correction of what is final, that nobody has decided on yet.
pub async fn withdraw(ctx: &Ctx, id: ReviewItemId) -> Result<review_item::Model, Stop<WithdrawRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = reviews::store::placed(&tx, id).await.or_fault()?;
    let own = placed.filter(|placed| {
        let kinds = [ReviewKind::Claim, ReviewKind::BackFill, ReviewKind::Correction];
        placed.item.raised_by == Some(person) && kinds.contains(&placed.item.kind)
    });
    let item = own.ok_or(WithdrawRefusal::NotFound)?.item;
    if !reviews::settle(ctx, &tx, &item, ReviewOutcome::Withdrawn, None).await.or_fault()? {
        return Err(WithdrawRefusal::NotFound.into());
    }
    ctx.audit(&tx, "WITHDRAW_REVIEW_ITEM", "ReviewItem", id.0, None).await.or_fault()?;
    let item = reviews::store::placed(&tx, id).await.or_fault()?.ok_or(WithdrawRefusal::NotFound)?.item;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(item)
}
