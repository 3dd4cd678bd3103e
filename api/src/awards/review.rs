//! Reviewing who is on a round's list: each passes, or is refused with a reason.

use std::collections::{HashMap, HashSet};

use boai_entity::{
    award_candidate,
    award_kinds::CandidateState,
    ids::{AwardRoundId, StarCandidateId, VolunteerId},
    kinds::InboxKind,
};

use super::{
    rules::{ReviewRefusal, Verdict, may_say},
    store,
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    inbox::tell_volunteers_apart,
    platform::errors::Fault,
    trail::{self, Note},
};

/// People reviewed at once.
pub const AT_ONCE: usize = 200;

/// What became of an item: as the candidate stands now, or why not.
pub type Reviewed = Result<award_candidate::Model, ReviewRefusal>;

/// Reviews these; each is decided by itself, in a number of statements that their number does not change.
pub async fn review(
    ctx: &Ctx,
    round: AwardRoundId,
    items: &[(StarCandidateId, Verdict)],
) -> Result<Vec<Reviewed>, Fault> {
    let person = ctx.actor()?.person;
    let mut seen = HashSet::new();
    if items.iter().any(|(id, _)| !seen.insert(*id)) {
        return Err(Fault::bad_input("`items` names somebody twice."));
    }
    let refused = || Ok(items.iter().map(|_| Err(ReviewRefusal::NotFound)).collect());
    let tx = ctx.db.begin().await?;
    let Some(placed) = store::hold_round(&tx, round).await? else { return refused() };
    if !ctx.may(Action::AwardStars, Resource::Branch { path: &placed.branch_path })? {
        return refused();
    }
    let ids: Vec<_> = items.iter().map(|(id, _)| *id).collect();
    let known = store::known_candidates(&tx, round, &ids).await?;
    let known: HashMap<_, _> = known.into_iter().map(|one| (one.candidate.id, one)).collect();
    let now = ctx.now();
    let mut reviewed = Vec::with_capacity(items.len());
    for (id, verdict) in items {
        let Some(one) = known.get(id) else {
            reviewed.push(Err(ReviewRefusal::NotFound));
            continue;
        };
        let said = may_say((placed.round.state, one.candidate.state), verdict, (one.person_id, person));
        reviewed.push(said.map(|()| award_candidate::Model {
            state: match verdict {
                Verdict::Pass => CandidateState::Passed,
                Verdict::Refuse(_) => CandidateState::Refused,
            },
            reason: match verdict {
                Verdict::Pass => None,
                Verdict::Refuse(reason) => Some(reason.clone()),
            },
            decided_by: Some(person),
            decided_at: Some(now),
            ..one.candidate.clone()
        }));
    }
    // Saying the same again changes nothing, and is told nobody.
    let moved: Vec<&award_candidate::Model> = reviewed
        .iter()
        .flatten()
        .filter(|now| {
            known
                .get(&now.id)
                .is_some_and(|was| (was.candidate.state, &was.candidate.reason) != (now.state, &now.reason))
        })
        .collect();
    let passed: Vec<_> = moved.iter().filter(|one| one.reason.is_none()).map(|one| one.id).collect();
    let refusals: Vec<(&award_candidate::Model, &str)> =
        moved.iter().filter_map(|one| Some((*one, one.reason.as_deref()?))).collect();
    store::pass(&tx, &passed, person, now).await?;
    let reasons: Vec<_> = refusals.iter().map(|(one, reason)| (one.id, *reason)).collect();
    store::refuse(&tx, &reasons, person, now).await?;
    let told: Vec<(VolunteerId, &str)> = refusals.iter().map(|(one, reason)| (one.volunteer_id, *reason)).collect();
    tell_volunteers_apart(ctx, &tx, &told, InboxKind::StarRefused).await?;
    let note = |one: &&award_candidate::Model| Note {
        action: if one.reason.is_some() { "REFUSE_STAR" } else { "PASS_STAR" }.into(),
        subject: "StarCandidate".into(),
        subject_id: one.id.0,
        subject_person: known.get(&one.id).map(|known| known.person_id),
        reason: one.reason.clone(),
        ..Note::default()
    };
    trail::append(ctx, &tx, moved.iter().map(note).collect()).await?;
    tx.commit().await?;
    ctx.committed.notify_one();
    Ok(reviewed)
}
