//! 异议: while the notice runs, whoever is one of the branch's volunteers may object to who passed; a reviewer answers.

use boai_entity::{
    award_kinds::{AwardRoundState, CandidateState, ObjectionState},
    award_objection,
    ids::{AwardObjectionId, AwardRoundId, StarCandidateId},
    kinds::InboxKind,
};

use super::{rules::ObjectionRefusal, store};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    inbox::{tell_persons, tell_volunteers},
    platform::{
        node::NOTHING,
        refusal::{OrFault, Stop},
    },
};

/// Objects to a star under notice, in words. Whoever let it pass hears.
pub async fn object(
    ctx: &Ctx,
    candidate: StarCandidateId,
    words: String,
) -> Result<award_objection::Model, Stop<ObjectionRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let volunteer = ctx.volunteer().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = store::placed_candidate(&tx, candidate).await.or_fault()?;
    // The round is held, so that it is not awarded meanwhile. What is not there is followed as far as what is not yours.
    let round = placed.as_ref().map_or(AwardRoundId(NOTHING), |placed| placed.candidate.round_id);
    let held = store::hold_round(&tx, round).await.or_fault()?;
    let path = placed.as_ref().map_or("", |placed| placed.branch_path.as_str());
    let belongs = store::belongs(&tx, path, volunteer).await.or_fault()?;
    let running = held.is_some_and(|held| {
        held.round.state == AwardRoundState::Notice && held.round.notice_until.is_some_and(|until| ctx.now() < until)
    });
    // One's own star is none to object to.
    let placed = placed
        .filter(|placed| running && belongs && placed.candidate.state == CandidateState::Passed)
        .filter(|placed| placed.person_id != person)
        .ok_or(ObjectionRefusal::NotFound)?;
    let objection = award_objection::Model {
        id: AwardObjectionId(ctx.new_id()),
        candidate_id: candidate,
        raised_by: person,
        words: words.clone(),
        raised_at: ctx.now(),
        state: ObjectionState::Waiting,
        answer: None,
        answered_by: None,
        answered_at: None,
    };
    if !store::add_objection(&tx, objection.clone()).await.or_fault()? {
        return Err(ObjectionRefusal::AlreadyObjected.into());
    }
    let reviewer: Vec<_> = placed.candidate.decided_by.into_iter().collect();
    tell_persons(ctx, &tx, &reviewer, InboxKind::StarObjected, &words).await.or_fault()?;
    ctx.audit(&tx, "OBJECT_TO_STAR", "AwardObjection", objection.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(objection)
}

/// Answers an objection; one that is upheld refuses the star, with the answer as the reason.
pub async fn answer(
    ctx: &Ctx,
    id: AwardObjectionId,
    upheld: bool,
    answer: String,
) -> Result<award_objection::Model, Stop<ObjectionRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = store::placed_objection(&tx, id).await.or_fault()?.ok_or(ObjectionRefusal::NotFound)?;
    if !ctx.may(Action::AwardStars, Resource::Branch { path: &placed.branch_path }).or_fault()? {
        return Err(ObjectionRefusal::NotFound.into());
    }
    let objection = placed.objection;
    if placed.person_id == person {
        return Err(ObjectionRefusal::OwnStar.into());
    }
    if objection.raised_by == person {
        return Err(ObjectionRefusal::OwnObjection.into());
    }
    store::hold_round(&tx, placed.round_id).await.or_fault()?;
    let (state, now) = (if upheld { ObjectionState::Upheld } else { ObjectionState::Dismissed }, ctx.now());
    if !store::answer_objection(&tx, id, (state, &answer), person, now).await.or_fault()? {
        return Err(ObjectionRefusal::AlreadyAnswered.into());
    }
    tell_persons(ctx, &tx, &[objection.raised_by], InboxKind::ObjectionAnswered, &answer).await.or_fault()?;
    // Read now that nobody else can move it: another objection may have been upheld.
    let candidate = store::placed_candidate(&tx, objection.candidate_id).await.or_fault()?;
    let standing = candidate
        .is_some_and(|now| now.round_state == AwardRoundState::Notice && now.candidate.state == CandidateState::Passed);
    if upheld && standing {
        store::refuse(&tx, &[(objection.candidate_id, answer.as_str())], person, now).await.or_fault()?;
        let whose = [placed.volunteer_id];
        tell_volunteers(ctx, &tx, &whose, InboxKind::StarRefused, None, &answer).await.or_fault()?;
    }
    let action = if upheld { "UPHOLD_OBJECTION" } else { "DISMISS_OBJECTION" };
    let subject = ("AwardObjection", id.0);
    ctx.audit_about(&tx, placed.person_id, action, subject, Some(answer.clone())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(award_objection::Model {
        state,
        answer: Some(answer),
        answered_by: Some(person),
        answered_at: Some(now),
        ..objection
    })
}
