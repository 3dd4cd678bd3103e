//! Proposing, approving and declining what takes two persons.

use boai_entity::{
    branch,
    ids::{PendingActId, PersonId},
    kinds::{ActState, InboxKind},
    pending_act::{self, Deed},
};
use sea_orm::ConnectionTrait;

use super::{
    rules::{self, ActRefusal},
    store::{self, PlacedAct},
};
use crate::{
    access::{self, Action, Resource, allows},
    ctx::Ctx,
    inbox::tell_persons,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop},
    },
};

type Done<T> = Result<T, Stop<ActRefusal>>;

/// What became of a proposal.
pub enum Proposed {
    Waits(pending_act::Model),
    /// The same waits already.
    Already,
    /// Nobody else has the competence.
    NobodyElse,
}

/// Puts an act before a second person, in the transaction of whoever may propose it: who may decide hears of it.
pub async fn propose(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    branch: &branch::Model,
    subject: PersonId,
    deed: Deed,
    reason: &str,
) -> Result<Proposed, Fault> {
    let person = ctx.actor()?.person;
    let now = ctx.now();
    let mut others = access::store::officers_above(tx, &branch.path, now).await?;
    others.retain(|other| *other != person && *other != subject);
    if others.is_empty() {
        return Ok(Proposed::NobodyElse);
    }
    let act = pending_act::Model {
        id: PendingActId(ctx.new_id()),
        kind: deed.kind(),
        branch_id: branch.id,
        subject_id: subject,
        deed,
        reason: reason.into(),
        proposed_by: person,
        proposed_at: now,
        expires_at: rules::expires(now),
        state: ActState::Waiting,
        decided_by: None,
        decided_at: None,
    };
    if !store::add(tx, act.clone()).await? {
        return Ok(Proposed::Already);
    }
    // The reason speaks of a person; it stands in `pendingActs` alone, from where an erasure takes it.
    let note = format!("{} · {}", act.kind.as_str(), branch.name);
    tell_persons(ctx, tx, &others, InboxKind::ActProposed, &note).await?;
    let action = format!("PROPOSE_{}", act.kind.as_str());
    ctx.audit_about(tx, subject, &action, ("PendingAct", act.id.0), Some(reason.into())).await?;
    Ok(Proposed::Waits(act))
}

/// Says yes to an act, in the transaction that carries it out: done and approved are one.
pub async fn approve(ctx: &Ctx, tx: &impl ConnectionTrait, id: PendingActId) -> Done<pending_act::Model> {
    let person = ctx.actor().or_fault()?.person;
    let now = ctx.now();
    let placed = store::lock(tx, id).await.or_fault()?.ok_or(ActRefusal::NotFound)?;
    if !ctx.may(Action::GrantBranchRoles, Resource::Branch { path: &placed.branch_path }).or_fault()? {
        return Err(ActRefusal::NotFound.into());
    }
    rules::may_approve(&placed.act, person, now)?;
    // A second pair of eyes is worth nothing when the first was found to be a thief's since.
    let proposer = access::store::grants_of(tx, placed.act.proposed_by, now).await.or_fault()?;
    if !allows(&proposer, Action::GrantBranchRoles, Resource::Branch { path: &placed.branch_path }) {
        return Err(ActRefusal::ProposerGone.into());
    }
    decide(ctx, tx, placed, ActState::Approved, None).await
}

/// Says no to an act; whoever proposed it withdraws it.
pub async fn decline(ctx: &Ctx, id: PendingActId, reason: &str) -> Done<pending_act::Model> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = store::lock(&tx, id).await.or_fault()?.ok_or(ActRefusal::NotFound)?;
    let own = placed.act.proposed_by == person;
    if !own && !ctx.may(Action::GrantBranchRoles, Resource::Branch { path: &placed.branch_path }).or_fault()? {
        return Err(ActRefusal::NotFound.into());
    }
    rules::is_waiting(&placed.act, ctx.now())?;
    let state = if own { ActState::Withdrawn } else { ActState::Declined };
    let act = decide(ctx, &tx, placed, state, Some(reason)).await?;
    tx.commit().await.or_fault()?;
    Ok(act)
}

async fn decide(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    placed: PlacedAct,
    state: ActState,
    reason: Option<&str>,
) -> Done<pending_act::Model> {
    let person = ctx.actor().or_fault()?.person;
    let (act, now) = (placed.act, ctx.now());
    if !store::decide(tx, act.id, state, person, now).await.or_fault()? {
        return Err(ActRefusal::AlreadyDecided { state: act.state.as_str() }.into());
    }
    if act.proposed_by != person {
        let why = reason.map(|reason| format!(" · {reason}")).unwrap_or_default();
        let note = format!("{} · {} · {}{why}", state.as_str(), act.kind.as_str(), placed.branch_name);
        tell_persons(ctx, tx, &[act.proposed_by], InboxKind::ActDecided, &note).await.or_fault()?;
    }
    let action = format!("{}_{}", state.as_str(), act.kind.as_str());
    let about = ("PendingAct", act.id.0);
    ctx.audit_about(tx, act.subject_id, &action, about, reason.map(Into::into)).await.or_fault()?;
    Ok(pending_act::Model { state, decided_by: Some(person), decided_at: Some(now), ..act })
}
