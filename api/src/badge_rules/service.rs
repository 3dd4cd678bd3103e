//! Proposing a version of a badge's rule, and taking it back.

use boai_entity::{
    badge_rule,
    badge_rule::Rule,
    branch,
    ids::{BadgeRuleId, BranchId},
};
use chrono::NaiveDate;
use sea_orm::ConnectionTrait;

use super::{
    rules::{self, BadgeRuleRefusal, Draft, MOST_BADGES},
    store,
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    platform::{
        civil::civil_day,
        node::NOTHING,
        refusal::{OrFault, Stop, When},
    },
};

type Done<T> = Result<T, Stop<Vec<BadgeRuleRefusal>>>;

/// A badge as it is to be from a day on.
pub struct Proposal {
    pub branch: BranchId,
    pub code: String,
    pub valid_from: NaiveDate,
    pub name_zh: String,
    pub name_en: String,
    pub rule: Draft,
    pub reason: String,
}

/// Adds a version of a badge from a day on, whole.
pub async fn propose(ctx: &Ctx, given: Proposal) -> Done<badge_rule::Model> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let branch = in_care(ctx, &tx, given.branch).await?;
    rules::check_branch(branch.kind, branch.level).map_err(one)?;
    rules::check_code(&given.code).map_err(one)?;
    let valid_from = rules::begin(given.valid_from, ctx.now()).map_err(one)?;
    let rule: Rule = rules::read(&given.rule)?;
    let own = store::own(&tx, &branch.path, &given.code).await.or_fault()?;
    if let Some(later) = own.newest.filter(|newest| *newest >= valid_from) {
        return Err(one(BadgeRuleRefusal::LaterOneWaits { day: civil_day(later).to_string() }).into());
    }
    if own.newest.is_none() && own.others >= MOST_BADGES {
        return Err(one(BadgeRuleRefusal::TooManyBadges { at_most: MOST_BADGES }).into());
    }
    let before = store::in_force(&tx, (&branch.path, &given.code), valid_from, None).await.or_fault()?;
    let same = |it: &badge_rule::Model| (&it.rule, &it.name_zh, &it.name_en) == (&rule, &given.name_zh, &given.name_en);
    if before.as_ref().is_some_and(same) {
        return Err(one(BadgeRuleRefusal::NothingChanges).into());
    }
    let row = badge_rule::Model {
        id: BadgeRuleId(ctx.new_id()),
        code: given.code,
        version: own.next,
        branch_path: branch.path,
        valid_from,
        name_zh: given.name_zh,
        name_en: given.name_en,
        rule,
        reason: Some(given.reason.clone()),
        proposed_at: Some(ctx.now()),
        withdrawn_at: None,
    };
    if !store::add(&tx, row.clone()).await.or_fault()? {
        return Err(one(BadgeRuleRefusal::LaterOneWaits { day: given.valid_from.to_string() }).into());
    }
    ctx.audit(&tx, "PROPOSE_BADGE_RULE", "BadgeRule", row.id.0, Some(given.reason)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(row)
}

/// Takes a version back before it is in force. Each is whole, so none stands on another.
pub async fn withdraw(ctx: &Ctx, id: BadgeRuleId, reason: &str) -> Done<badge_rule::Model> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let rule = waiting_in_care(ctx, &tx, id).await?;
    if !store::withdraw(&tx, id, ctx.now()).await.or_fault()? {
        return Err(one(BadgeRuleRefusal::InForce { since: When(rule.valid_from) }).into());
    }
    ctx.audit(&tx, "WITHDRAW_BADGE_RULE", "BadgeRule", id.0, Some(reason.into())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(badge_rule::Model { withdrawn_at: Some(ctx.now()), ..rule })
}

/// The rule, if it is the caller's to take back and still waits, with its branch held until the transaction ends.
pub async fn waiting_in_care(ctx: &Ctx, tx: &impl ConnectionTrait, id: BadgeRuleId) -> Done<badge_rule::Model> {
    // What is not there is followed as far as what is not yours: the two cannot be told apart by the time that they take.
    let branch = store::placed(tx, id).await.or_fault()?.map_or(BranchId(NOTHING), |placed| placed.branch_id);
    in_care(ctx, tx, branch).await?;
    // Read again now that nobody else can propose or withdraw at this branch.
    let rule = store::placed(tx, id).await.or_fault()?.ok_or_else(|| one(BadgeRuleRefusal::NotFound))?.rule;
    if let Some(at) = rule.withdrawn_at {
        return Err(one(BadgeRuleRefusal::Withdrawn { at: When(at) }).into());
    }
    if rule.valid_from <= ctx.now() {
        return Err(one(BadgeRuleRefusal::InForce { since: When(rule.valid_from) }).into());
    }
    Ok(rule)
}

/// The branch, if its badges are the caller's to set, held until the transaction ends.
async fn in_care(ctx: &Ctx, tx: &impl ConnectionTrait, id: BranchId) -> Done<branch::Model> {
    let branch = store::lock_branch(tx, id).await.or_fault()?.ok_or_else(|| one(BadgeRuleRefusal::NotFound))?;
    if !ctx.may(Action::SetPolicies, Resource::Branch { path: &branch.path }).or_fault()? {
        return Err(one(BadgeRuleRefusal::NotFound).into());
    }
    Ok(branch)
}

fn one(refusal: BadgeRuleRefusal) -> Vec<BadgeRuleRefusal> {
    vec![refusal]
}
