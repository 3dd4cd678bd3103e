//! Applying, and deciding.

use std::collections::{HashMap, HashSet};

use boai_entity::{
    award_kinds::RegistrationState,
    ids::{RegistrationId, VolunteerId},
    kinds::{InboxKind, VolunteerState},
    registration,
};

use super::{
    rules::{ApplyRefusal, DecideRefusal, best_year, county_of},
    store,
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    hours,
    inbox::{tell_volunteers, tell_volunteers_apart},
    people,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop},
    },
    trail::{self, Note},
};

/// Applies for the caller, with this calendar year, or the one that has most confirmed service. The facts stay as they were then.
pub async fn apply(ctx: &Ctx, year: Option<i32>) -> Result<registration::Model, Stop<ApplyRefusal>> {
    let id = ctx.volunteer().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    // The ledger moves with the volunteer's row held, and so do applications and the approval.
    let volunteer = people::store::lock(&tx, id).await.or_fault()?.ok_or(Stop::Fault(Fault::Unauthenticated))?;
    if volunteer.state == VolunteerState::Registered {
        return Err(ApplyRefusal::AlreadyRegistered.into());
    }
    let (year, minutes) = best_year(&hours::store::totals(&tx, id).await.or_fault()?, year)?;
    let registration = registration::Model {
        id: RegistrationId(ctx.new_id()),
        volunteer_id: id,
        county_code: county_of(&volunteer.residence_code).into(),
        year,
        minutes,
        applied_at: ctx.now(),
        state: RegistrationState::Waiting,
        reason: None,
        decided_by: None,
        decided_at: None,
    };
    if !store::add(&tx, registration.clone()).await.or_fault()? {
        return Err(ApplyRefusal::AlreadyApplied.into());
    }
    ctx.audit(&tx, "APPLY_FOR_REGISTRATION", "Registration", registration.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(registration)
}

/// Applications decided at once.
pub const AT_ONCE: usize = 200;

/// What became of an item: as the application stands now, or why nothing was done.
pub type Decided = Result<registration::Model, DecideRefusal>;

/// Approves applications, or declines them with a reason; each is decided by itself, in a number of statements that their number
/// does not change. For officers of the county where the volunteer lives, and those above.
pub async fn decide(ctx: &Ctx, items: &[(RegistrationId, Option<String>)]) -> Result<Vec<Decided>, Fault> {
    let person = ctx.actor()?.person;
    let mut seen = HashSet::new();
    if items.iter().any(|(id, _)| !seen.insert(*id)) {
        return Err(Fault::bad_input("`items` names an application twice."));
    }
    let tx = ctx.db.begin().await?;
    let ids: Vec<_> = items.iter().map(|(id, _)| *id).collect();
    let known: HashMap<_, _> =
        store::hold(&tx, &ids).await?.into_iter().map(|known| (known.registration.id, known)).collect();
    let now = ctx.now();
    let mut decided = Vec::with_capacity(items.len());
    for (id, declined) in items {
        let Some(one) = known.get(id) else {
            decided.push(Err(DecideRefusal::NotFound));
            continue;
        };
        let whose = Resource::Branch { path: &one.registration.county_code };
        let refusal = if !ctx.may(Action::Register, whose)? {
            Some(DecideRefusal::NotFound)
        } else if one.person_id == person {
            Some(DecideRefusal::OwnApplication)
        } else if one.registration.state != RegistrationState::Waiting {
            Some(DecideRefusal::AlreadyDecided)
        } else if declined.as_ref().is_some_and(String::is_empty) {
            Some(DecideRefusal::ReasonNeeded)
        } else {
            None
        };
        decided.push(match refusal {
            Some(refusal) => Err(refusal),
            None => Ok(registration::Model {
                state: if declined.is_some() { RegistrationState::Declined } else { RegistrationState::Approved },
                reason: declined.clone(),
                decided_by: Some(person),
                decided_at: Some(now),
                ..one.registration.clone()
            }),
        });
    }
    let moved: Vec<&registration::Model> = decided.iter().flatten().collect();
    let approved: Vec<&registration::Model> = moved.iter().copied().filter(|one| one.reason.is_none()).collect();
    let declined: Vec<(&registration::Model, &str)> =
        moved.iter().filter_map(|one| Some((*one, one.reason.as_deref()?))).collect();
    let ids: Vec<_> = approved.iter().map(|one| one.id).collect();
    store::approve(&tx, &ids, person, now).await?;
    let reasons: Vec<_> = declined.iter().map(|(one, reason)| (one.id, *reason)).collect();
    store::decline(&tx, &reasons, person, now).await?;
    let told: Vec<VolunteerId> = approved.iter().map(|one| one.volunteer_id).collect();
    tell_volunteers(ctx, &tx, &told, InboxKind::RegistrationApproved, None, "").await?;
    let told: Vec<(VolunteerId, &str)> = declined.iter().map(|(one, reason)| (one.volunteer_id, *reason)).collect();
    tell_volunteers_apart(ctx, &tx, &told, InboxKind::RegistrationDeclined).await?;
    let note = |one: &&registration::Model| Note {
        action: if one.reason.is_some() { "DECLINE_REGISTRATION" } else { "REGISTER" }.into(),
        subject: "Registration".into(),
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
