//! Raising and settling what waits for somebody's eye, inside the transaction that gives the reason for it.

use boai_entity::{
    ids::{ActivityId, AttendanceId, PolicyId, ReviewItemId, ShiftId, TeamId, VolunteerId},
    review_item::{self, Details},
    review_kinds::{ReviewKind, ReviewOutcome, ReviewState},
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    queue_topic,
    store::{self, PlacedItem, Settled},
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    organisation,
    platform::{
        errors::Fault,
        outbox::Event,
        refusal::{OrFault, Stop},
    },
    refusals,
};

refusals! {
    /// Why a flag was not settled.
    FlagRefusal, FlagErrorCode, FlagError {
        /// There is no such flag in your care.
        NotFound at "itemId" => "There is no such flag in your care.", "没有您可处理的该异常提示。";
        /// Somebody has settled it already.
        AlreadySettled at "itemId" => "Somebody has settled this already.", "该异常提示已处理。";
    }
}

/// Something for the queue.
#[derive(Clone, Debug)]
pub struct Raised {
    pub kind: ReviewKind,
    /// What it is about, in a word of its kind's own: the same is not raised twice.
    pub subject: String,
    pub team: TeamId,
    pub activity: ActivityId,
    pub shift: Option<ShiftId>,
    pub volunteer: Option<VolunteerId>,
    pub attendance: Option<AttendanceId>,
    pub details: Details,
    /// Why, in the words of whoever brings it forward.
    pub reason: Option<String>,
    pub policy: Option<PolicyId>,
    /// Kept from the team's leaders, since it is about one of them.
    pub officers_only: bool,
}

/// Puts it into the queue, in the name of whoever asks; `None` when it is there already, or was.
pub async fn raise(ctx: &Ctx, tx: &impl ConnectionTrait, raised: Raised) -> Result<Option<review_item::Model>, DbErr> {
    let item = review_item::Model {
        id: ReviewItemId(ctx.new_id()),
        kind: raised.kind,
        subject: raised.subject,
        team_id: raised.team,
        activity_id: raised.activity,
        shift_id: raised.shift,
        volunteer_id: raised.volunteer,
        attendance_id: raised.attendance,
        details: raised.details,
        reason: raised.reason,
        policy_id: raised.policy,
        officers_only: raised.officers_only,
        // What is noticed by the way, at somebody's check-in for example, nobody has brought forward.
        raised_by: match raised.kind {
            ReviewKind::Claim | ReviewKind::BackFill | ReviewKind::LongDay | ReviewKind::Correction => {
                ctx.actor.as_ref().map(|actor| actor.person)
            }
            ReviewKind::ForgottenCheckOut | ReviewKind::SyncItem | ReviewKind::Flag => None,
        },
        raised_at: ctx.now(),
        state: ReviewState::Waiting,
        settled_by: None,
        settled_at: None,
        outcome: None,
        note: None,
    };
    if !store::add(tx, item.clone()).await? {
        return Ok(None);
    }
    tell_queue(ctx, tx, item.team_id, [item.id]).await?;
    Ok(Some(item))
}

/// Settles an item in the name of whoever asks; false when it waits no longer: of two at one instant one settles it.
pub async fn settle(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    item: &review_item::Model,
    outcome: ReviewOutcome,
    note: Option<String>,
) -> Result<bool, DbErr> {
    if !store::settle(tx, item.id, &settled(ctx, outcome, note)).await? {
        return Ok(false);
    }
    tell_queue(ctx, tx, item.team_id, [item.id]).await?;
    Ok(true)
}

/// Settles whatever of these kinds waits about an attendance, for its time is settled.
pub async fn settle_of(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    (team, attendance): (TeamId, AttendanceId),
    kinds: &[ReviewKind],
    outcome: ReviewOutcome,
    note: Option<String>,
) -> Result<(), DbErr> {
    let settled = store::settle_of(tx, attendance, kinds, &settled(ctx, outcome, note)).await?;
    tell_queue(ctx, tx, team, settled).await
}

/// Tells who watches the team's queue, or that of a branch above it.
async fn tell_queue(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    team: TeamId,
    items: impl IntoIterator<Item = ReviewItemId>,
) -> Result<(), DbErr> {
    let mut items = items.into_iter().peekable();
    if items.peek().is_none() {
        return Ok(());
    }
    let Some(placed) = organisation::store::placed_team(tx, team).await? else { return Ok(()) };
    let topic = queue_topic(&placed.branch_path, team);
    ctx.tell_all(tx, items.map(|item| Event { topic: topic.clone(), subject: Some(item.0) })).await
}

fn settled(ctx: &Ctx, outcome: ReviewOutcome, note: Option<String>) -> Settled {
    Settled { by: ctx.actor.as_ref().map(|actor| actor.person), at: ctx.now(), outcome, note }
}

/// An item that the caller may settle; none when there is no such item or it is not the caller's to see to. Whether it still
/// waits is for [`settle`] to say.
pub async fn in_care(ctx: &Ctx, tx: &impl ConnectionTrait, id: ReviewItemId) -> Result<Option<PlacedItem>, Fault> {
    let Some(placed) = store::placed(tx, id).await? else { return Ok(None) };
    let team = Resource::Team { id: placed.item.team_id, branch_path: &placed.branch_path };
    let action = if placed.item.officers_only { Action::ReviewLeaders } else { Action::ConfirmHours };
    let allowed = ctx.may(action, team)? && !about_oneself(ctx, &placed.item);
    Ok(allowed.then_some(placed))
}

/// Whether the caller, who may see the queue that it stands in, sees this item.
pub fn is_shown(ctx: &Ctx, item: &review_item::Model, about_leaders: bool) -> bool {
    (about_leaders || !item.officers_only) && !about_oneself(ctx, item)
}

/// Nobody sees or settles a flag about themself.
fn about_oneself(ctx: &Ctx, item: &review_item::Model) -> bool {
    let own = ctx.actor.as_ref().and_then(|actor| actor.volunteer);
    item.kind == ReviewKind::Flag && own.is_some() && item.volunteer_id == own
}

/// Settles a flag with a note, which changes nobody's hours.
pub async fn settle_flag(ctx: &Ctx, id: ReviewItemId, note: String) -> Result<review_item::Model, Stop<FlagRefusal>> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = in_care(ctx, &tx, id).await.or_fault()?;
    let placed = placed.filter(|placed| placed.item.kind == ReviewKind::Flag).ok_or(FlagRefusal::NotFound)?;
    if !settle(ctx, &tx, &placed.item, ReviewOutcome::Noted, Some(note.clone())).await.or_fault()? {
        return Err(FlagRefusal::AlreadySettled.into());
    }
    let settled = store::placed(&tx, id).await.or_fault()?.ok_or(FlagRefusal::NotFound)?;
    ctx.audit(&tx, "SETTLE_FLAG", "ReviewItem", id.0, Some(note)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(settled.item)
}
