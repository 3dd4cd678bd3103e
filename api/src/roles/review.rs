//! The quarterly look at who holds which role: opened by the system, decided by officers above, told when overdue.

use std::collections::BTreeMap;

use boai_entity::{
    ids::{PersonId, RoleGrantId, RoleReviewId},
    kinds::{InboxKind, Role},
    role_review,
};

use super::{
    rules::{self, ReviewRefusal},
    service::take_back,
    store::{self, Reviewed, Reviewing},
};
use crate::{
    ctx::Ctx,
    inbox::tell_persons,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop, When},
    },
};

/// What an officer says of a role.
pub enum Word {
    Keep,
    TakeBack { reason: String },
}

/// Keeps a role or takes it back, within a review. The same word twice is one.
pub async fn decide(
    ctx: &Ctx,
    review: RoleReviewId,
    id: RoleGrantId,
    word: &Word,
) -> Result<RoleGrantId, Stop<ReviewRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let tx = ctx.db.begin().await.or_fault()?;
    let role = store::lock_role(&tx, id).await.or_fault()?.ok_or(ReviewRefusal::NotFound)?;
    let (action, resource) = role.competence();
    if !ctx.may(action, resource).or_fault()? {
        return Err(ReviewRefusal::NotFound.into());
    }
    let item = store::review_item(&tx, review, id).await.or_fault()?.ok_or(ReviewRefusal::NotFound)?;
    if role.grant.person_id == person {
        return Err(ReviewRefusal::Yourself.into());
    }
    let kept = matches!(word, Word::Keep);
    match item.kept {
        Some(before) if before == kept => return Ok(id),
        Some(_) => return Err(ReviewRefusal::AlreadyDecided.into()),
        None if !role.is_in_force(ctx.now()) => return Err(ReviewRefusal::NotInForce.into()),
        None => {}
    }
    if !store::decide_item(&tx, (review, id), kept, person, ctx.now()).await.or_fault()? {
        return Err(ReviewRefusal::AlreadyDecided.into());
    }
    match word {
        Word::Keep => {
            let holder = role.grant.person_id;
            ctx.audit_about(&tx, holder, "KEEP_ROLE", ("RoleGrant", id.0), None).await.or_fault()?;
        }
        Word::TakeBack { reason } if reason.is_empty() => return Err(ReviewRefusal::ReasonNeeded.into()),
        Word::TakeBack { reason } => {
            take_back(ctx, &tx, &role, reason).await.or_fault()?;
        }
    }
    tx.commit().await.or_fault()?;
    Ok(id)
}

/// Opens the quarter's reviews, all at once and once only: how many this call opened. Several instances may do so at once.
pub async fn open_due(ctx: &Ctx) -> Result<usize, Fault> {
    let now = ctx.now();
    let quarter = rules::quarter(now);
    if store::has_reviews(&ctx.db.conn, &quarter).await? {
        return Ok(0);
    }
    let tx = ctx.db.begin().await?;
    let branches = store::reviewing_branches(&tx).await?;
    let roles = store::roles_in_force(&tx, now).await?;
    let mut opened = 0;
    for (branch, grants) in by_reviewer(&branches, &roles) {
        let id = RoleReviewId(ctx.new_id());
        let due_at = rules::review_due(now);
        let review = role_review::Model {
            id,
            branch_id: branch.id,
            quarter: quarter.clone(),
            opened_at: now,
            due_at,
            overdue_told_at: None,
        };
        if !store::add_review(&tx, review).await? {
            // Another instance opens them at this moment, and tells.
            return Ok(0);
        }
        store::add_review_items(&tx, id, &grants).await?;
        let note = format!("{} · {} · {}", branch.name, grants.len(), When(due_at));
        let officers = officers_for(&branch.path, &roles);
        tell_persons(ctx, &tx, &officers, InboxKind::RoleReviewOpened, &note).await?;
        opened += 1;
    }
    tx.commit().await?;
    Ok(opened)
}

/// Tells of reviews that are overdue with something still waiting; how many those were. Several instances may do so at once.
pub async fn tell_overdue(ctx: &Ctx) -> Result<usize, Fault> {
    let now = ctx.now();
    let overdue = store::overdue_reviews(&ctx.db.conn, now).await?;
    let roles = if overdue.is_empty() { Vec::new() } else { store::roles_in_force(&ctx.db.conn, now).await? };
    let mut told = 0;
    for review in overdue {
        let tx = ctx.db.begin().await?;
        if !store::take_overdue(&tx, review.id, now).await? {
            continue;
        }
        let waiting = store::tally(&tx, review.id, now).await?.waiting;
        if waiting > 0 {
            let officers = officers_over(&review.path, &roles);
            let note = format!("{} · {waiting}", review.name);
            tell_persons(ctx, &tx, &officers, InboxKind::RoleReviewOverdue, &note).await?;
            told += 1;
        }
        tx.commit().await?;
    }
    Ok(told)
}

/// The roles that each branch reviews, for those that have any.
fn by_reviewer<'b>(branches: &'b [Reviewing], roles: &[Reviewed]) -> Vec<(&'b Reviewing, Vec<RoleGrantId>)> {
    let mut found: BTreeMap<&str, Vec<RoleGrantId>> = BTreeMap::new();
    for role in roles {
        let paths = branches.iter().map(|branch| branch.path.as_str());
        if let Some(path) = rules::reviewer(&role.path, role.on_branch, paths) {
            found.entry(path).or_default().push(role.id);
        }
    }
    branches.iter().filter_map(|branch| Some((branch, found.remove(branch.path.as_str())?))).collect()
}

/// The officers of a branch; where it has none, those of the nearest above.
fn officers_for(path: &str, roles: &[Reviewed]) -> Vec<PersonId> {
    let over: Vec<&Reviewed> = roles.iter().filter(|role| is_officer_over(path, role)).collect();
    let nearest = over.iter().map(|role| role.path.len()).max();
    distinct(over.into_iter().filter(|role| Some(role.path.len()) == nearest))
}

/// The officers of a branch and of all above it.
fn officers_over(path: &str, roles: &[Reviewed]) -> Vec<PersonId> {
    distinct(roles.iter().filter(|role| is_officer_over(path, role)))
}

fn is_officer_over(path: &str, role: &Reviewed) -> bool {
    role.role == Role::BranchOfficer && role.on_branch && path.starts_with(&role.path)
}

fn distinct<'r>(roles: impl Iterator<Item = &'r Reviewed>) -> Vec<PersonId> {
    let mut persons: Vec<PersonId> = roles.map(|role| role.person_id).collect();
    persons.sort_unstable();
    persons.dedup();
    persons
}
