//! Stars that were awarded: revoked with a reason, and put in question by a correction, never changed by it.

use boai_entity::{
    award_kinds::StarCaseState,
    ids::{PersonId, StarAwardId, StarCaseId, VolunteerId},
    kinds::InboxKind,
    star_award, star_case,
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::StarRefusal,
    store::{self, PlacedAward},
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    inbox::tell_volunteers,
    people,
    platform::refusal::{OrFault, Stop},
};

/// Revokes a star that a branch in the caller's care awarded. Those above it go first, for stars stand on each other.
pub async fn revoke(ctx: &Ctx, id: StarAwardId, reason: String) -> Result<star_award::Model, Stop<StarRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = in_care(ctx, &tx, id).await?;
    let award = revoke_in(ctx, &tx, placed, reason).await?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(award)
}

/// Decides about a star in question: it stays, or it is revoked.
pub async fn decide(
    ctx: &Ctx,
    id: StarCaseId,
    keep: bool,
    reason: String,
) -> Result<star_case::Model, Stop<StarRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = store::placed_case(&tx, id).await.or_fault()?.ok_or(StarRefusal::NotFound)?;
    if !ctx.may(Action::AwardStars, Resource::Branch { path: &placed.branch_path }).or_fault()? {
        return Err(StarRefusal::NotFound.into());
    }
    let case = placed.case;
    let placed = in_care(ctx, &tx, case.award_id).await?;
    let (state, now) = (if keep { StarCaseState::Kept } else { StarCaseState::Revoked }, ctx.now());
    if !store::decide_case(&tx, id, (state, &reason), person, now).await.or_fault()? {
        return Err(StarRefusal::AlreadyDecided.into());
    }
    if keep {
        let (whose, about) = ([placed.award.volunteer_id], ("StarAward", placed.award.id.0));
        tell_volunteers(ctx, &tx, &whose, InboxKind::StarKept, None, &reason).await.or_fault()?;
        let said = Some(reason.clone());
        ctx.audit_about(&tx, placed.person_id, "KEEP_STAR", about, said).await.or_fault()?;
    } else {
        revoke_in(ctx, &tx, placed, reason.clone()).await?;
    }
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(star_case::Model { state, reason: Some(reason), decided_by: Some(person), decided_at: Some(now), ..case })
}

/// The award, if it is the caller's to see to; its volunteer's row is held, as by whoever awards the next one.
async fn in_care(ctx: &Ctx, tx: &impl ConnectionTrait, id: StarAwardId) -> Result<PlacedAward, Stop<StarRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let placed = store::placed_award(tx, id).await.or_fault()?.ok_or(StarRefusal::NotFound)?;
    if !ctx.may(Action::AwardStars, Resource::Branch { path: &placed.branch_path }).or_fault()? {
        return Err(StarRefusal::NotFound.into());
    }
    if placed.person_id == person {
        return Err(StarRefusal::OwnStar.into());
    }
    people::store::lock(tx, placed.award.volunteer_id).await.or_fault()?;
    Ok(placed)
}

async fn revoke_in(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    PlacedAward { award, person_id, .. }: PlacedAward,
    reason: String,
) -> Result<star_award::Model, Stop<StarRefusal>> {
    let person: PersonId = ctx.actor().or_fault()?.person;
    let held = store::held_star(tx, award.volunteer_id).await.or_fault()?;
    let now = ctx.now();
    if !store::revoke(tx, award.id, &reason, person, now).await.or_fault()? {
        return Err(StarRefusal::AlreadyRevoked.into());
    }
    if held > award.star {
        return Err(StarRefusal::HigherStands { star: held }.into());
    }
    store::close_cases(tx, award.id, &reason, person, now).await.or_fault()?;
    tell_volunteers(ctx, tx, &[award.volunteer_id], InboxKind::StarRevoked, None, &reason).await.or_fault()?;
    let about = ("StarAward", award.id.0);
    ctx.audit_about(tx, person_id, "REVOKE_STAR", about, Some(reason.clone())).await.or_fault()?;
    Ok(star_award::Model { revoked_at: Some(now), revoked_by: Some(person), revoke_reason: Some(reason), ..award })
}

/// Puts the stars of a volunteer in question that the hours no longer reach, before the branches that awarded them: with the
/// volunteer's row held, in the transaction that moved the hours.
pub async fn question(ctx: &Ctx, tx: &impl ConnectionTrait, volunteer: VolunteerId, reason: &str) -> Result<(), DbErr> {
    let shaken = store::shaken(tx, volunteer).await?;
    if shaken.is_empty() {
        return Ok(());
    }
    let case = |shaken: store::Shaken| star_case::Model {
        id: StarCaseId(ctx.new_id()),
        award_id: shaken.id,
        volunteer_id: volunteer,
        confirmed_minutes: shaken.confirmed_minutes,
        raised_at: ctx.now(),
        state: StarCaseState::Waiting,
        reason: None,
        decided_by: None,
        decided_at: None,
    };
    store::add_cases(tx, shaken.into_iter().map(case).collect()).await?;
    tell_volunteers(ctx, tx, &[volunteer], InboxKind::StarInQuestion, None, reason).await
}
