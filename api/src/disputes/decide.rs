//! The word of an officer who is no party: on a dispute, and on an appeal.

use boai_entity::{
    dispute,
    dispute_kinds::{DisputeOutcome, DisputeState},
    ids::DisputeId,
    kinds::InboxKind,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::{
    rules::{self, DisputeRefusal},
    service::{go_on, held, leads, moved_on, written},
    store::Placed,
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    hours::{
        self, notice,
        rules::Span,
        service::{Verdict, Word},
    },
    platform::refusal::{OrFault, Refusal, Stop, When},
    policies::policy_at,
};

/// What an officer says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finding {
    /// Whoever objected is right: the volunteer served from then to then; none: not at all.
    Upheld(Option<Span>),
    /// What stands is right.
    Dismissed,
}

impl Finding {
    fn outcome(self) -> DisputeOutcome {
        match self {
            Self::Upheld(_) => DisputeOutcome::Upheld,
            Self::Dismissed => DisputeOutcome::Dismissed,
        }
    }
}

type Done<T> = Result<T, Stop<DisputeRefusal>>;

/// Decides a dispute, or the appeal against its decision. What is upheld is booked in the same transaction, as a reversing entry
/// and a new one. The same again by the same officer is the same success.
pub async fn decide(ctx: &Ctx, id: DisputeId, finding: Finding, reason: String) -> Done<dispute::Model> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = held(&tx, id).await?;
    match in_care(ctx, &placed)? {
        DisputeState::Opened => first(ctx, tx, placed, finding, reason).await,
        DisputeState::Appealed => on_appeal(ctx, tx, placed, finding, reason).await,
        state => again(ctx, placed.dispute, finding, &reason).ok_or_else(|| moved_on(state).into()),
    }
}

/// Where a dispute stands whose next word may be the caller's.
fn in_care(ctx: &Ctx, placed: &Placed) -> Done<DisputeState> {
    let team = Resource::Team { id: placed.dispute.team_id, branch_path: &placed.branch_path };
    let state = rules::state_at(&placed.dispute, ctx.now());
    if let (DisputeState::Appealed, Some(path)) = (state, &placed.dispute.decided_for) {
        if ctx.may(Action::DecideAppeals, Resource::Branch { path }).or_fault()? {
            return Ok(state);
        }
        let sees = ctx.may_see(Action::DecideDisputes, team);
        return Err(if sees { DisputeRefusal::AppealGoesUp } else { DisputeRefusal::NotFound }.into());
    }
    if ctx.may(Action::DecideDisputes, team).or_fault()? { Ok(state) } else { Err(DisputeRefusal::NotFound.into()) }
}

/// The dispute, if just this is what the caller has decided.
fn again(ctx: &Ctx, dispute: dispute::Model, finding: Finding, reason: &str) -> Option<dispute::Model> {
    let said = (ctx.actor.as_ref().map(|actor| actor.person), Some(finding.outcome()), Some(reason));
    let first = (dispute.decided_by, dispute.outcome, dispute.reason.as_deref());
    let last = (dispute.appeal_decided_by, dispute.appeal_outcome, dispute.appeal_reason.as_deref());
    (said == first || said == last).then_some(dispute)
}

fn no_party(ctx: &Ctx, placed: &Placed, finding: Finding) -> Result<(), DisputeRefusal> {
    let parties = rules::parties(&placed.dispute, placed.person_id);
    if leads(ctx, &placed.dispute) || ctx.actor.as_ref().is_none_or(|actor| parties.contains(&actor.person)) {
        return Err(DisputeRefusal::Party);
    }
    if let Finding::Upheld(Some(served)) = finding {
        rules::check_time(served, ctx.now())?;
    }
    Ok(())
}

async fn first(
    ctx: &Ctx,
    tx: DatabaseTransaction,
    mut placed: Placed,
    finding: Finding,
    reason: String,
) -> Done<dispute::Model> {
    let now = ctx.now();
    no_party(ctx, &placed, finding)?;
    if !rules::is_heard(&placed.dispute, now) {
        return Err(DisputeRefusal::AwaitsAnswer { answer_by: When(placed.dispute.answer_by) }.into());
    }
    let minutes = book(ctx, &tx, &placed, finding, &reason).await?;
    let policy = policy_at(&tx, &placed.branch_path, now).await.or_fault()?;
    let days = policy.body.disputes.appeal_working_days;
    let ends_at = notice::working_days_from(&tx, days, now).await.or_fault()?;
    go_on(&tx, &placed, ends_at).await.or_fault()?;
    let level = nearest_office(ctx, &placed.branch_path);
    let dispute = &mut placed.dispute;
    dispute.state = DisputeState::Decided;
    dispute.ends_at = Some(ends_at);
    dispute.outcome = Some(finding.outcome());
    dispute.minutes = minutes;
    dispute.reason = Some(reason.clone());
    dispute.decided_by = ctx.actor.as_ref().map(|actor| actor.person);
    dispute.decided_at = Some(now);
    dispute.decided_for = Some(level);
    let words = words_of(finding, minutes, &reason);
    written(ctx, tx, placed, DisputeState::Opened, (InboxKind::DisputeDecided, &words)).await
}

/// The branch for which the caller decides: of those held, the one nearest to the team, so that there is most above it.
fn nearest_office(ctx: &Ctx, branch_path: &str) -> String {
    let offices = ctx.actor.as_ref().map(|actor| actor.offices()).unwrap_or_default();
    let above = offices.into_iter().filter(|path| branch_path.starts_with(path));
    above.max_by_key(|path| path.len()).unwrap_or(branch_path).to_owned()
}

async fn on_appeal(
    ctx: &Ctx,
    tx: DatabaseTransaction,
    mut placed: Placed,
    finding: Finding,
    reason: String,
) -> Done<dispute::Model> {
    let now = ctx.now();
    no_party(ctx, &placed, finding)?;
    let minutes = book(ctx, &tx, &placed, finding, &reason).await?;
    go_on(&tx, &placed, now).await.or_fault()?;
    let dispute = &mut placed.dispute;
    dispute.state = DisputeState::Ended;
    dispute.ends_at = Some(now);
    dispute.appeal_outcome = Some(finding.outcome());
    dispute.appeal_minutes = minutes;
    dispute.appeal_reason = Some(reason.clone());
    dispute.appeal_decided_by = ctx.actor.as_ref().map(|actor| actor.person);
    dispute.appeal_decided_at = Some(now);
    let words = words_of(finding, minutes, &reason);
    written(ctx, tx, placed, DisputeState::Appealed, (InboxKind::AppealDecided, &words)).await
}

/// Books what was upheld, as any correction is: a long day still waits for its officer. The minutes of the record then; none
/// when there is no record.
async fn book(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    placed: &Placed,
    finding: Finding,
    reason: &str,
) -> Done<Option<i32>> {
    let stay = placed.dispute.attendance_id;
    let verdict = match finding {
        Finding::Dismissed => {
            let record = hours::store::record_of(tx, stay).await.or_fault()?;
            return Ok(record.map(|record| record.minutes));
        }
        Finding::Upheld(Some(served)) => Verdict::Correct { served, reason: reason.into() },
        Finding::Upheld(None) => Verdict::Reject { reason: reason.into() },
    };
    let settled = hours::service::settle_in(ctx, tx, stay, verdict, Word::OnDispute).await;
    let settled = settled.map_err(|stop| stop.map(|why| DisputeRefusal::NotBooked { why: why.message(ctx.lang) }))?;
    Ok(Some(settled.record.minutes))
}

/// How it came out and why, for who hears of it.
fn words_of(finding: Finding, minutes: Option<i32>, reason: &str) -> String {
    let minutes = minutes.map(|minutes| format!(" · {minutes} min")).unwrap_or_default();
    format!("{}{minutes} · {reason}", finding.outcome().as_str())
}
