//! The word of the leader on a claim, and of a second person on hours that were filled in.

use boai_entity::{
    ids::{PersonId, ReviewItemId},
    kinds::{EvidenceGrade, InboxKind},
    review_item,
    review_kinds::{ReviewKind, ReviewOutcome},
};
use sea_orm::ConnectionTrait;

use super::{
    back_fill::{Filled, add_stay},
    rules::{DecideRefusal, may_decide},
    store,
};
use crate::{
    access::{self, Action, Resource, allows},
    ctx::Ctx,
    hours::{
        self,
        rules::Span,
        service::{ConfirmRefusal, Verdict},
    },
    inbox::{tell_persons, tell_volunteers},
    people,
    platform::{
        errors::Fault,
        refusal::{OrFault, Refusal, Stop},
    },
    policies::policy_at,
    reviews::{self, store::PlacedItem},
};

type Done<T> = Result<T, Stop<DecideRefusal>>;

/// Says yes or no. What is approved is booked as back-filled time in the same transaction.
pub async fn decide(ctx: &Ctx, id: ReviewItemId, approve: bool, note: String) -> Done<review_item::Model> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = reviews::service::in_care(ctx, &tx, id).await.or_fault()?;
    let placed = placed.filter(|it| matches!(it.item.kind, ReviewKind::Claim | ReviewKind::BackFill));
    let placed = placed.ok_or(DecideRefusal::NotFound)?;
    let item = &placed.item;
    let volunteer = item.volunteer_id.ok_or(DecideRefusal::NotFound)?;
    // Before the item, as whoever settles the same stay with `confirmHours` does.
    let whose = people::store::lock(&tx, volunteer).await.or_fault()?.map(|volunteer| volunteer.person_id);
    may_decide(item, person, whose, approve, &note)?;
    if approve {
        filler_still_leads(ctx, &tx, &placed).await?;
    }
    let outcome = if approve { ReviewOutcome::Approved } else { ReviewOutcome::Rejected };
    let said = Some(note.clone()).filter(|note| !note.is_empty());
    if !reviews::settle(ctx, &tx, item, outcome, said).await.or_fault()? {
        return Err(DecideRefusal::AlreadySettled.into());
    }
    if approve {
        book(ctx, &tx, &placed, &note).await?;
    } else {
        decline(ctx, &tx, item, whose, &note).await.or_fault()?;
    }
    let settled = reviews::store::placed(&tx, id).await.or_fault()?.ok_or(DecideRefusal::NotFound)?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(settled.item)
}

/// A second pair of eyes is worth nothing when the first is nobody's any more.
async fn filler_still_leads(ctx: &Ctx, tx: &impl ConnectionTrait, placed: &PlacedItem) -> Done<()> {
    let (ReviewKind::BackFill, Some(filler)) = (placed.item.kind, placed.item.raised_by) else { return Ok(()) };
    let grants = access::store::grants_of(tx, filler, ctx.now()).await.or_fault()?;
    let team = Resource::Team { id: placed.item.team_id, branch_path: &placed.branch_path };
    if allows(&grants, Action::ConfirmHours, team) { Ok(()) } else { Err(DecideRefusal::FillerGone.into()) }
}

async fn book(ctx: &Ctx, tx: &impl ConnectionTrait, placed: &PlacedItem, note: &str) -> Done<()> {
    let item = &placed.item;
    let no_longer = |why: &str| Stop::Refused(DecideRefusal::NoLongerPossible { why: why.into() });
    let (Some(from), Some(to), Some(shift), Some(volunteer)) =
        (item.details.from, item.details.to, item.shift_id, item.volunteer_id)
    else {
        return Err(Stop::Fault(Fault::Internal(format!("the review item {} is incomplete", item.id))));
    };
    let reason = if note.is_empty() { item.reason.clone().unwrap_or_default() } else { note.to_owned() };
    let one = Filled { shift, volunteer, served: Span { from, to }, reason };
    let stay = match item.attendance_id {
        Some(stay) => stay,
        None => {
            let facts = store::shift_facts(tx, shift, volunteer).await.or_fault()?.ok_or(DecideRefusal::NotFound)?;
            if facts.attendance_id.is_some() {
                return Err(no_longer(&super::rules::BackFillRefusal::CheckedIn.message(ctx.lang)));
            }
            let policy = policy_at(tx, &placed.branch_path, ctx.now()).await.or_fault()?;
            let by = match item.kind {
                ReviewKind::Claim => (EvidenceGrade::Claim, None),
                _ => (EvidenceGrade::Leader, item.raised_by),
            };
            add_stay(ctx, tx, &one, by, policy.id).await.or_fault()?
        }
    };
    let verdict = Verdict::Correct { served: one.served, reason: one.reason };
    hours::service::settle_in(ctx, tx, stay, verdict).await.map_err(|stop| match stop {
        Stop::Refused(ConfirmRefusal::OwnHours) => Stop::Refused(DecideRefusal::OwnHours),
        Stop::Refused(why) => no_longer(&why.message(ctx.lang)),
        Stop::Fault(fault) => Stop::Fault(fault),
    })?;
    Ok(())
}

/// Nothing is booked, and whoever brought it forward reads why.
async fn decline(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    item: &review_item::Model,
    whose: Option<PersonId>,
    note: &str,
) -> Result<(), sea_orm::DbErr> {
    let subject = ("ReviewItem", item.id.0);
    let action = match (item.kind, item.volunteer_id, item.raised_by) {
        (ReviewKind::Claim, Some(volunteer), _) => {
            let place = Some((item.activity_id, item.shift_id));
            tell_volunteers(ctx, tx, &[volunteer], InboxKind::ClaimDeclined, place, note).await?;
            "DECLINE_CLAIM"
        }
        (_, _, Some(filler)) => {
            tell_persons(ctx, tx, &[filler], InboxKind::BackFillDeclined, note).await?;
            "DECLINE_BACK_FILL"
        }
        _ => "DECLINE_REVIEW_ITEM",
    };
    match whose {
        Some(person) => ctx.audit_about(tx, person, action, subject, Some(note.into())).await,
        None => ctx.audit(tx, action, subject.0, subject.1, Some(note.into())).await,
    }
}
