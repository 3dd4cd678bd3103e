//! A round's way: opened, its list frozen, reviewed, put under notice, awarded; or cancelled.

use boai_entity::{
    Instant,
    award_kinds::{AwardRoundState, CandidateState},
    award_round,
    ids::{AwardRoundId, BranchId, VolunteerId},
    kinds::InboxKind,
};
use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::{AwardRoundRefusal, MOST_LISTED, check_cut_off, competence, cut_off_over, stars_text},
    store::{self, Freeze, PlacedRound},
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    inbox::tell_volunteers,
    organisation,
    platform::{
        civil::{civil_day, day_bounds},
        refusal::{OrFault, Stop, When},
    },
    policies::{calendar, policy_at},
    trail::{self, Note},
};

/// Opens a round of a branch in the caller's care.
pub async fn open(
    ctx: &Ctx,
    branch: BranchId,
    (from_star, to_star): (i32, i32),
    cut_off: NaiveDate,
) -> Result<award_round::Model, Stop<AwardRoundRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let branch = organisation::store::branch(&tx, branch).await.or_fault()?.ok_or(AwardRoundRefusal::NotFound)?;
    if !ctx.may(Action::AwardStars, Resource::Branch { path: &branch.path }).or_fault()? {
        return Err(AwardRoundRefusal::NotFound.into());
    }
    competence(branch.level, branch.kind, from_star, to_star).ok_or(AwardRoundRefusal::NotCompetent)?;
    check_cut_off(cut_off, ctx.now())?;
    let round = award_round::Model {
        id: AwardRoundId(ctx.new_id()),
        branch_id: branch.id,
        from_star,
        to_star,
        cut_off,
        state: AwardRoundState::Opened,
        opened_by: person,
        opened_at: ctx.now(),
        scheme_id: None,
        policy_id: None,
        frozen_at: None,
        notice_until: None,
        closed_at: None,
        cancel_reason: None,
    };
    store::add_round(&tx, round.clone()).await.or_fault()?;
    ctx.audit(&tx, "OPEN_AWARD_ROUND", "AwardRound", round.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(round)
}

/// Freezes the list: who is eligible by the ledger as it was at the end of the cut-off day, by the scheme and the policy that
/// were in force then.
pub async fn freeze(ctx: &Ctx, id: AwardRoundId) -> Result<award_round::Model, Stop<AwardRoundRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = in_care(ctx, &tx, id, &[AwardRoundState::Opened]).await?;
    let PlacedRound { round, branch_path, .. } = placed;
    let over_at = cut_off_over(round.cut_off, ctx.now())?;
    let branch = organisation::store::branch(&tx, round.branch_id).await.or_fault()?;
    let branch = branch.ok_or(AwardRoundRefusal::NotFound)?;
    let scope = competence(branch.level, branch.kind, round.from_star, round.to_star);
    let scope = scope.ok_or(AwardRoundRefusal::NotCompetent)?;
    let scheme = store::star_scheme_at(&tx, &branch_path, over_at).await.or_fault()?;
    let policy = policy_at(&tx, &branch_path, over_at).await.or_fault()?;
    let stars = round.from_star..=round.to_star;
    let (branch_path, now) = (branch_path.as_str(), ctx.now());
    let by = Freeze { round: id, branch_path, scope, stars, over_at, now, scheme: &scheme, policy: &policy };
    if store::freeze(&tx, &by).await.or_fault()? > MOST_LISTED {
        let most = i64::try_from(MOST_LISTED).unwrap_or(i64::MAX);
        return Err(AwardRoundRefusal::TooMany { most }.into());
    }
    let round = award_round::Model {
        state: AwardRoundState::Reviewing,
        scheme_id: Some(scheme.id),
        policy_id: Some(policy.id),
        frozen_at: Some(ctx.now()),
        ..round
    };
    store::save_round(&tx, round.clone()).await.or_fault()?;
    ctx.audit(&tx, "FREEZE_AWARD_ROUND", "AwardRound", id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(round)
}

/// Puts who passed under notice, for the policy's working days after today. Everybody on the list was reviewed by then.
pub async fn publish(ctx: &Ctx, id: AwardRoundId) -> Result<award_round::Model, Stop<AwardRoundRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = in_care(ctx, &tx, id, &[AwardRoundState::Reviewing]).await?;
    let counts = store::counts(&tx, id).await.or_fault()?;
    if counts.listed > 0 {
        return Err(AwardRoundRefusal::StillToReview { left: counts.listed }.into());
    }
    if counts.passed == 0 {
        return Err(AwardRoundRefusal::NobodyPassed.into());
    }
    let until = notice_end(ctx, &tx, &placed.branch_path).await.or_fault()?;
    let round =
        award_round::Model { state: AwardRoundState::Notice, notice_until: Some(until), ..placed.round.clone() };
    store::save_round(&tx, round.clone()).await.or_fault()?;
    let passed = store::highest_stars(&tx, id, CandidateState::Passed).await.or_fault()?;
    let words = |star| format!("{} · {} · {}", stars_text(star), placed.branch_name, When(until));
    tell_by_star(ctx, &tx, &passed, InboxKind::StarUnderNotice, words).await.or_fault()?;
    ctx.audit(&tx, "PUBLISH_AWARD_ROUND", "AwardRound", id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(round)
}

/// When a notice that begins now at a branch is over: after the policy's working days after today.
pub async fn notice_end(ctx: &Ctx, tx: &impl ConnectionTrait, branch_path: &str) -> Result<Instant, DbErr> {
    let policy = policy_at(tx, branch_path, ctx.now()).await?;
    let days = policy.body.awards.notice_working_days;
    let today = civil_day(ctx.now());
    let calendar = calendar::around(tx, today, days).await?;
    Ok(day_bounds(calendar::working_days_after(today, days, &calendar)).1)
}

/// Awards the stars of a round whose notice is over: from the lowest up, each to who passed for it, holds the one below, and has
/// the hours still.
pub async fn award(ctx: &Ctx, id: AwardRoundId) -> Result<award_round::Model, Stop<AwardRoundRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = in_care(ctx, &tx, id, &[AwardRoundState::Notice]).await?;
    let now = ctx.now();
    if let Some(until) = placed.round.notice_until.filter(|until| now < *until) {
        return Err(AwardRoundRefusal::NoticeRuns { until: When(until) }.into());
    }
    let waiting = store::waiting_objections(&tx, id).await.or_fault()?;
    if waiting > 0 {
        return Err(AwardRoundRefusal::ObjectionsWait { waiting }.into());
    }
    store::hold_passed(&tx, id).await.or_fault()?;
    for star in placed.round.from_star..=placed.round.to_star {
        store::award(&tx, id, star, person, now).await.or_fault()?;
    }
    store::close_list(&tx, id).await.or_fault()?;
    let round = award_round::Model { state: AwardRoundState::Awarded, closed_at: Some(now), ..placed.round.clone() };
    store::save_round(&tx, round.clone()).await.or_fault()?;
    let awarded = store::highest_stars(&tx, id, CandidateState::Awarded).await.or_fault()?;
    let words = |star| format!("{} · {}", stars_text(star), placed.branch_name);
    tell_by_star(ctx, &tx, &awarded, InboxKind::StarAwarded, words).await.or_fault()?;
    let mut notes =
        vec![Note { action: "AWARD_STARS".into(), subject: "AwardRound".into(), subject_id: id.0, ..Note::default() }];
    notes.extend(store::awarded_in(&tx, id).await.or_fault()?.into_iter().map(|awarded| Note {
        action: "AWARD_STAR".into(),
        subject: "StarAward".into(),
        subject_id: awarded.id.0,
        subject_person: Some(awarded.person_id),
        ..Note::default()
    }));
    trail::append(ctx, &tx, notes).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(round)
}

/// Cancels a round that has awarded nothing.
pub async fn cancel(
    ctx: &Ctx,
    id: AwardRoundId,
    reason: String,
) -> Result<award_round::Model, Stop<AwardRoundRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    let running = [AwardRoundState::Opened, AwardRoundState::Reviewing, AwardRoundState::Notice];
    let placed = in_care(ctx, &tx, id, &running).await?;
    // Nobody was told that they passed before the notice.
    let told = match placed.round.state {
        AwardRoundState::Notice => store::highest_stars(&tx, id, CandidateState::Passed).await.or_fault()?,
        _ => Vec::new(),
    };
    let round = award_round::Model {
        state: AwardRoundState::Cancelled,
        closed_at: Some(ctx.now()),
        cancel_reason: Some(reason.clone()),
        ..placed.round
    };
    store::save_round(&tx, round.clone()).await.or_fault()?;
    let told: Vec<VolunteerId> = told.into_iter().map(|(volunteer, _)| volunteer).collect();
    tell_volunteers(ctx, &tx, &told, InboxKind::StarRoundCancelled, None, &reason).await.or_fault()?;
    ctx.audit(&tx, "CANCEL_AWARD_ROUND", "AwardRound", id.0, Some(reason)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(round)
}

/// The round in the caller's care, held, if it stands where it can be moved on from.
async fn in_care(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    id: AwardRoundId,
    from: &[AwardRoundState],
) -> Result<PlacedRound, Stop<AwardRoundRefusal>> {
    ctx.actor().or_fault()?;
    let placed = store::hold_round(tx, id).await.or_fault()?.ok_or(AwardRoundRefusal::NotFound)?;
    if !ctx.may(Action::AwardStars, Resource::Branch { path: &placed.branch_path }).or_fault()? {
        return Err(AwardRoundRefusal::NotFound.into());
    }
    if !from.contains(&placed.round.state) {
        return Err(AwardRoundRefusal::WrongState.into());
    }
    Ok(placed)
}

/// Tells each of the highest of their stars: a few statements, however many they are.
async fn tell_by_star(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    whom: &[(VolunteerId, i32)],
    kind: InboxKind,
    words: impl Fn(i32) -> String,
) -> Result<(), DbErr> {
    for star in 1..=5 {
        let those: Vec<VolunteerId> = whom.iter().filter(|(_, own)| *own == star).map(|(id, _)| *id).collect();
        tell_volunteers(ctx, tx, &those, kind, None, &words(star)).await?;
    }
    Ok(())
}
