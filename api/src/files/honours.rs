//! Honours from outside: submitted by their volunteer with what proves them, checked by an officer.

use std::collections::{HashMap, HashSet};

use boai_entity::{
    honour_kinds::HonourState,
    ids::{OutsideHonourId, VolunteerId},
    kinds::InboxKind,
    outside_honour,
};
use chrono::NaiveDate;

use super::{
    rules::{DecideHonourRefusal, MOST_HONOURS, SubmitHonourRefusal, check_awarded, may_decide},
    store,
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    inbox::{tell_volunteers, tell_volunteers_apart},
    people,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop},
    },
    registration::rules::county_of,
    trail::{self, Note},
};

pub struct Submitted {
    pub name: String,
    pub awarded_on: NaiveDate,
    pub awarding_unit: String,
    pub proof: String,
    pub reference: Option<String>,
    pub digest: Option<String>,
}

/// Submits an honour of the caller's, to be checked by the county where they live.
pub async fn submit(ctx: &Ctx, given: Submitted) -> Result<outside_honour::Model, Stop<SubmitHonourRefusal>> {
    let id = ctx.volunteer().or_fault()?;
    check_awarded(given.awarded_on, ctx.now())?;
    if given.reference.is_none() && given.digest.is_none() {
        return Err(SubmitHonourRefusal::ProofNeeded.into());
    }
    let tx = ctx.db.begin().await.or_fault()?;
    // Held, so that nobody gets past the limit on two phones at once.
    let volunteer = people::store::lock(&tx, id).await.or_fault()?.ok_or(Stop::Fault(Fault::Unauthenticated))?;
    if store::honours_held(&tx, id).await.or_fault()? >= MOST_HONOURS {
        return Err(SubmitHonourRefusal::TooMany { most: MOST_HONOURS }.into());
    }
    let honour = outside_honour::Model {
        id: OutsideHonourId(ctx.new_id()),
        volunteer_id: id,
        county_code: county_of(&volunteer.residence_code).into(),
        name: given.name,
        awarded_on: given.awarded_on,
        awarding_unit: given.awarding_unit,
        proof: Some(given.proof),
        reference: given.reference,
        digest: given.digest,
        submitted_at: ctx.now(),
        state: HonourState::Waiting,
        reason: None,
        decided_by: None,
        decided_at: None,
    };
    if !store::add_honour(&tx, honour.clone()).await.or_fault()? {
        return Err(SubmitHonourRefusal::AlreadyThere.into());
    }
    ctx.audit(&tx, "SUBMIT_HONOUR", "OutsideHonour", honour.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(honour)
}

/// What became of an item: as the honour stands now, or why nothing was done.
pub type Decided = Result<outside_honour::Model, DecideHonourRefusal>;

/// Recognises honours, or refuses them with a reason; each is decided by itself, in a number of statements that their number does
/// not change. For officers of the county where the volunteer lived when submitting it, and those above.
pub async fn decide(ctx: &Ctx, items: &[(OutsideHonourId, Option<String>)]) -> Result<Vec<Decided>, Fault> {
    let person = ctx.actor()?.person;
    let mut seen = HashSet::new();
    if items.iter().any(|(id, _)| !seen.insert(*id)) {
        return Err(Fault::bad_input("`items` names an honour twice."));
    }
    let tx = ctx.db.begin().await?;
    let ids: Vec<_> = items.iter().map(|(id, _)| *id).collect();
    let known = store::hold_honours(&tx, &ids).await?;
    let known: HashMap<_, _> = known.into_iter().map(|known| (known.honour.id, known)).collect();
    let now = ctx.now();
    let mut decided = Vec::with_capacity(items.len());
    for (id, refused) in items {
        let one = known.get(id);
        let path = one.map_or("", |one| one.honour.county_code.as_str());
        let (Some(one), true) = (one, ctx.may(Action::CheckHonours, Resource::Branch { path })?) else {
            decided.push(Err(DecideHonourRefusal::NotFound));
            continue;
        };
        let said = may_decide((one.person_id, person), one.honour.state, refused.as_deref());
        decided.push(said.map(|()| outside_honour::Model {
            state: if refused.is_some() { HonourState::Refused } else { HonourState::Recognised },
            reason: refused.clone(),
            decided_by: Some(person),
            decided_at: Some(now),
            ..one.honour.clone()
        }));
    }
    let moved: Vec<&outside_honour::Model> = decided.iter().flatten().collect();
    let recognised: Vec<_> = moved.iter().copied().filter(|one| one.reason.is_none()).collect();
    let refused: Vec<(&outside_honour::Model, &str)> =
        moved.iter().filter_map(|one| Some((*one, one.reason.as_deref()?))).collect();
    let ids: Vec<_> = recognised.iter().map(|one| one.id).collect();
    store::recognise(&tx, &ids, person, now).await?;
    let reasons: Vec<_> = refused.iter().map(|(one, reason)| (one.id, *reason)).collect();
    store::refuse(&tx, &reasons, person, now).await?;
    let told: Vec<VolunteerId> = recognised.iter().map(|one| one.volunteer_id).collect();
    tell_volunteers(ctx, &tx, &told, InboxKind::HonourRecognised, None, "").await?;
    let told: Vec<(VolunteerId, &str)> = refused.iter().map(|(one, reason)| (one.volunteer_id, *reason)).collect();
    tell_volunteers_apart(ctx, &tx, &told, InboxKind::HonourRefused).await?;
    let note = |one: &&outside_honour::Model| Note {
        action: if one.reason.is_some() { "REFUSE_HONOUR" } else { "RECOGNISE_HONOUR" }.into(),
        subject: "OutsideHonour".into(),
        subject_id: one.id.0,
        subject_person: known.get(&one.id).map(|known| known.person_id),
        reason: one.reason.clone(),
        ..Note::default()
    };
    trail::append(ctx, &tx, moved.iter().map(note).collect()).await?;
    tx.commit().await?;
    ctx.committed.notify_one();
    Ok(decided)
}
