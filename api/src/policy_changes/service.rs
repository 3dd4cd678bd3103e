//! Proposing a version of a branch's policy, and taking it back.

use boai_entity::{
    branch,
    ids::{BranchId, PolicyId, StarSchemeId},
    kinds::DivisionLevel,
    policy,
    star_scheme::{self, Thresholds},
};
use chrono::NaiveDate;
use sea_orm::ConnectionTrait;

use super::{
    rules::{self, Change, PolicyRefusal},
    store,
};
use crate::{
    access::{Action, Resource},
    awards::store::star_scheme_at,
    ctx::Ctx,
    platform::{
        civil::civil_day,
        node::NOTHING,
        refusal::{OrFault, Stop, When},
    },
    policies::policy_at,
};

type Done<T> = Result<T, Stop<Vec<PolicyRefusal>>>;

/// What is to be different from a day on; the rest stays as it is in force by then.
pub struct Proposal {
    pub branch: BranchId,
    pub valid_from: NaiveDate,
    pub reason: String,
    pub changes: Vec<Change>,
    /// Minutes for each star.
    pub stars: Option<Vec<i64>>,
}

/// Adds a version from a day on, whole: what it does not change it takes from what is in force at the branch by then.
pub async fn propose(ctx: &Ctx, given: Proposal) -> Done<policy::Model> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let branch = in_care(ctx, &tx, given.branch).await?;
    rules::check_level(branch.level, given.stars.is_some()).map_err(one)?;
    let valid_from = rules::begin(given.valid_from, ctx.now()).map_err(one)?;
    let waits = store::newest(&tx, &branch.path).await.or_fault()?.filter(|newest| newest.valid_from >= valid_from);
    if let Some(later) = waits {
        return Err(one(later_one_waits(&later)).into());
    }
    let base = policy_at(&tx, &branch.path, valid_from).await.or_fault()?;
    // A province has nobody above: what came with the product is a beginning, nobody's word.
    let above = match branch.level {
        DivisionLevel::Province => None,
        _ => store::above(&tx, &branch.path, valid_from).await.or_fault()?,
    };
    let body = rules::changed(&base.body, &given.changes, above.as_ref().map(|above| &above.body))?;
    let mut stars = given.stars;
    if let Some(thresholds) = &stars {
        rules::check_stars(thresholds).map_err(one)?;
        let now = star_scheme_at(&tx, &branch.path, valid_from).await.or_fault()?;
        stars = stars.filter(|thresholds| *thresholds != now.thresholds.0);
    }
    if body == base.body && stars.is_none() {
        return Err(one(PolicyRefusal::NothingChanges).into());
    }
    let policy = policy::Model {
        id: PolicyId(ctx.new_id()),
        version: 0,
        branch_path: branch.path,
        valid_from,
        body,
        reason: Some(given.reason.clone()),
        proposed_at: Some(ctx.now()),
        withdrawn_at: None,
    };
    let Some(policy) = store::add(&tx, policy.clone()).await.or_fault()? else {
        return Err(one(later_one_waits(&policy)).into());
    };
    if let Some(thresholds) = stars {
        let scheme = star_scheme::Model {
            id: StarSchemeId(ctx.new_id()),
            version: 0,
            branch_path: policy.branch_path.clone(),
            valid_from,
            thresholds: Thresholds(thresholds),
            policy_id: Some(policy.id),
            withdrawn_at: None,
        };
        store::add_scheme(&tx, scheme).await.or_fault()?;
    }
    ctx.audit(&tx, "PROPOSE_POLICY", "Policy", policy.id.0, Some(given.reason)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(policy)
}

/// Takes a version back before it is in force; what waits behind it has been built on it, and goes first.
pub async fn withdraw(ctx: &Ctx, id: PolicyId, reason: &str) -> Done<policy::Model> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let policy = policy_in_care(ctx, &tx, id).await?;
    if let Some(at) = policy.withdrawn_at {
        return Err(one(PolicyRefusal::Withdrawn { at: When(at) }).into());
    }
    let in_force = || one(PolicyRefusal::InForce { since: When(policy.valid_from) });
    if policy.valid_from <= ctx.now() {
        return Err(in_force().into());
    }
    let newest = store::newest(&tx, &policy.branch_path).await.or_fault()?;
    if let Some(later) = newest.filter(|newest| newest.valid_from > policy.valid_from) {
        return Err(one(PolicyRefusal::LaterOneBuildsOnIt { day: civil_day(later.valid_from).to_string() }).into());
    }
    if !store::withdraw(&tx, id, ctx.now()).await.or_fault()? {
        return Err(in_force().into());
    }
    ctx.audit(&tx, "WITHDRAW_POLICY", "Policy", id.0, Some(reason.into())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(policy::Model { withdrawn_at: Some(ctx.now()), ..policy })
}

/// The policy, if it is the caller's to take back, with its branch held until the transaction ends.
pub async fn policy_in_care(ctx: &Ctx, tx: &impl ConnectionTrait, id: PolicyId) -> Done<policy::Model> {
    // What is not there is followed as far as what is not yours: the two cannot be told apart by the time that they take.
    let branch = store::placed(tx, id).await.or_fault()?.map_or(BranchId(NOTHING), |placed| placed.branch_id);
    in_care(ctx, tx, branch).await?;
    // Read again now that nobody else can propose or withdraw at this branch.
    Ok(store::placed(tx, id).await.or_fault()?.ok_or_else(not_found)?.policy)
}

/// The branch, if its policies are the caller's to set, held until the transaction ends.
async fn in_care(ctx: &Ctx, tx: &impl ConnectionTrait, id: BranchId) -> Done<branch::Model> {
    let branch = store::lock_branch(tx, id).await.or_fault()?.ok_or_else(not_found)?;
    if !ctx.may(Action::SetPolicies, Resource::Branch { path: &branch.path }).or_fault()? {
        return Err(not_found().into());
    }
    Ok(branch)
}

fn later_one_waits(later: &policy::Model) -> PolicyRefusal {
    PolicyRefusal::LaterOneWaits { day: civil_day(later.valid_from).to_string() }
}

fn not_found() -> Vec<PolicyRefusal> {
    one(PolicyRefusal::NotFound)
}

fn one(refusal: PolicyRefusal) -> Vec<PolicyRefusal> {
    vec![refusal]
}
