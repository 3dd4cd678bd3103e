//! The word of the leader on a claim, and of a second person on hours that were filled in, on a long day, or on a
//! correction of what is final.

use boai_entity::{
    ids::{AttendanceId, PersonId, ReviewItemId},
    kinds::{AwaitedWord, EvidenceGrade, InboxKind},
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
        service::{ConfirmRefusal, Verdict, Word},
    },
    inbox::{tell_persons, tell_volunteers},
    people,
    platform::{
        errors::Fault,
        lang::Lang,
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
    let kinds = [ReviewKind::Claim, ReviewKind::BackFill, ReviewKind::LongDay, ReviewKind::Correction];
    let placed = placed.filter(|it| kinds.contains(&it.item.kind));
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
    let (ReviewKind::BackFill | ReviewKind::Correction, Some(filler)) = (placed.item.kind, placed.item.raised_by)
    else {
        return Ok(());
    };
    let grants = access::store::grants_of(tx, filler, ctx.now()).await.or_fault()?;
    let team = Resource::Team { id: placed.item.team_id, branch_path: &placed.branch_path };
    if allows(&grants, Action::ConfirmHours, team) { Ok(()) } else { Err(DecideRefusal::FillerGone.into()) }
}

async fn book(ctx: &Ctx, tx: &impl ConnectionTrait, placed: &PlacedItem, note: &str) -> Done<()> {
    let item = &placed.item;
    let reason = if note.is_empty() { item.reason.clone().unwrap_or_default() } else { note.to_owned() };
    let (stay, verdict) = match (item.kind, item.attendance_id, item.details.from.zip(item.details.to)) {
        (ReviewKind::LongDay, Some(stay), _) => (stay, Verdict::Confirm),
        (ReviewKind::Correction, Some(stay), None) => (stay, Verdict::Reject { reason }),
        (_, Some(stay), Some((from, to))) => (stay, Verdict::Correct { served: Span { from, to }, reason }),
        (_, None, Some((from, to))) => {
            let served = Span { from, to };
            (fill_in(ctx, tx, placed, served, &reason).await?, Verdict::Correct { served, reason })
        }
        _ => return Err(Stop::Fault(Fault::Internal(format!("the review item {} is incomplete", item.id)))),
    };
    let settled = hours::service::settle_in(ctx, tx, stay, verdict, Word::Second).await.map_err(|stop| match stop {
        Stop::Refused(ConfirmRefusal::OwnHours) => Stop::Refused(DecideRefusal::OwnHours),
        Stop::Refused(why) => no_longer(&why.message(ctx.lang)),
        Stop::Fault(fault) => Stop::Fault(fault),
    })?;
    match (item.kind, settled.record.awaits) {
        (ReviewKind::LongDay, Some(word)) => Err(takes_officer(ctx, item, word).into()),
        _ => Ok(()),
    }
}

fn no_longer(why: &str) -> Stop<DecideRefusal> {
    Stop::Refused(DecideRefusal::NoLongerPossible { why: why.into() })
}

/// Back-filled or claimed time that nobody checked in for.
async fn fill_in(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    placed: &PlacedItem,
    served: Span,
    reason: &str,
) -> Done<AttendanceId> {
    let item = &placed.item;
    let (Some(shift), Some(volunteer)) = (item.shift_id, item.volunteer_id) else {
        return Err(Stop::Fault(Fault::Internal(format!("the review item {} is incomplete", item.id))));
    };
    let facts = store::shift_facts(tx, shift, volunteer).await.or_fault()?.ok_or(DecideRefusal::NotFound)?;
    if facts.attendance_id.is_some() {
        return Err(no_longer(&super::rules::BackFillRefusal::CheckedIn.message(ctx.lang)));
    }
    let policy = policy_at(tx, &placed.branch_path, ctx.now()).await.or_fault()?;
    let by = match item.kind {
        ReviewKind::Claim => (EvidenceGrade::Claim, None),
        _ => (EvidenceGrade::Leader, item.raised_by),
    };
    let one = Filled { shift, volunteer, served, reason: reason.to_owned() };
    add_stay(ctx, tx, &one, by, policy.id).await.or_fault()
}

fn takes_officer(ctx: &Ctx, item: &review_item::Model, word: AwaitedWord) -> DecideRefusal {
    let by = match (word, ctx.lang) {
        (AwaitedWord::Branch, Lang::En) => "of the team's branch, or above it",
        (AwaitedWord::Branch, Lang::Zh) => "服务队所属红十字会或其上级",
        (AwaitedWord::Province, Lang::En) => "of the province",
        (AwaitedWord::Province, Lang::Zh) => "省红十字会",
    };
    let minutes = item.details.numbers.get("dayMinutes").copied().unwrap_or_default();
    DecideRefusal::TakesOfficer { day_minutes: minutes as i64, by: by.into() }
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
        (ReviewKind::BackFill, _, Some(filler)) => {
            tell_persons(ctx, tx, &[filler], InboxKind::BackFillDeclined, note).await?;
            "DECLINE_BACK_FILL"
        }
        (kind, _, Some(leader)) => {
            if let (ReviewKind::LongDay, Some(stay)) = (kind, item.attendance_id) {
                hours::service::hand_back(ctx, tx, stay).await?;
            }
            tell_persons(ctx, tx, &[leader], InboxKind::SecondWordDeclined, note).await?;
            if kind == ReviewKind::LongDay { "DECLINE_LONG_DAY" } else { "DECLINE_CORRECTION" }
        }
        _ => "DECLINE_REVIEW_ITEM",
    };
    match whose {
        Some(person) => ctx.audit_about(tx, person, action, subject, Some(note.into())).await,
        None => ctx.audit(tx, action, subject.0, subject.1, Some(note.into())).await,
    }
}
