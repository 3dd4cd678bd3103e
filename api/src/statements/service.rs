//! Signing a month, and what was published of one.

use boai_entity::{
    branch,
    ids::{BranchId, MonthStatementId},
    month_statement,
};
use chrono::NaiveDate;
use sea_orm::ConnectionTrait;

use super::{
    rules::{self, SignMonthRefusal, TakenUp},
    store,
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop},
    },
};

/// Branches that a refusal names, at most.
const NAMED: usize = 5;
/// Those that are counted and listed, at most.
pub const LISTED: usize = 100;

/// Signs a month of a branch: all service of its own teams until then that is confirmed and in no statement yet, and what those
/// below have signed. Written after they have, or have nothing to sign.
pub async fn sign(ctx: &Ctx, id: BranchId, month: NaiveDate) -> Result<month_statement::Model, Stop<SignMonthRefusal>> {
    ctx.actor().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let branch = store::lock(&tx, id).await.or_fault()?.ok_or(SignMonthRefusal::NotFound)?;
    if !ctx.may(Action::SignMonths, Resource::Branch { path: &branch.path }).or_fault()? {
        return Err(SignMonthRefusal::NotFound.into());
    }
    rules::check(month, &store::standing(&tx, &branch).await.or_fault()?, ctx.now())?;
    let missing = store::missing(&tx, id, month, rules::next(month), LISTED).await.or_fault()?;
    if !missing.is_empty() {
        return Err(below_missing(&missing).into());
    }
    let statement = taken_up(ctx, &tx, &branch, month).await.or_fault()?;
    store::add(&tx, statement.clone()).await.or_fault()?;
    let noted = format!("{} {}", rules::name(month), statement.digest);
    ctx.audit(&tx, "SIGN_MONTH", "MonthStatement", statement.id.0, Some(noted)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(statement)
}

/// Takes up what there is, and says what it comes to.
async fn taken_up(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    branch: &branch::Model,
    month: NaiveDate,
) -> Result<month_statement::Model, Fault> {
    let id = MonthStatementId(ctx.new_id());
    store::take_entries(tx, id, branch.id, month).await?;
    store::take_parts(tx, id, branch.id, month).await?;
    store::add_lines(tx, id).await?;
    let taken = TakenUp {
        id,
        branch: branch.id,
        month,
        signed_at: ctx.now(),
        volunteers: store::volunteers(tx, id).await?,
        lines: &store::lines(tx, &[id]).await?,
        entries: store::entries_digest(tx, id).await?,
        parts: &store::part_digests(tx, id).await?,
    };
    let digest = rules::digest(&taken);
    let TakenUp { signed_at, volunteers, .. } = taken;
    let signed_by = ctx.actor()?.person;
    Ok(month_statement::Model { id, branch_id: branch.id, month, signed_by, signed_at, volunteers, digest })
}

fn below_missing(missing: &[branch::Model]) -> SignMonthRefusal {
    let mut names: Vec<&str> = missing.iter().take(NAMED).map(|branch| branch.name.as_str()).collect();
    if missing.len() > NAMED {
        names.push("…");
    }
    SignMonthRefusal::BelowMissing { count: missing.len() as i64, names: names.join(", ") }
}
