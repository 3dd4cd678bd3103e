//! What the law leaves to the platform: versioned data that branches inherit down the tree.

use boai_entity::{
    Instant,
    policy::{self, PolicyBody},
};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DbErr};

use crate::platform::db;

pub mod calendar;

/// The policy in force at a branch at a moment: the nearest one up the tree, of those the newest that is valid.
pub async fn policy_at(db: &impl ConnectionTrait, branch_path: &str, at: Instant) -> Result<policy::Model, DbErr> {
    let policy = db::one(
        db,
        "SELECT * FROM policy WHERE withdrawn_at IS NULL AND valid_from <= $2
           AND substr($1, 1, length(branch_path)) = branch_path
         ORDER BY length(branch_path) DESC, valid_from DESC, version DESC LIMIT 1",
        [branch_path.into(), at.into()],
    );
    policy
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("a policy in force; the migrations put the first one there".into()))
}

/// Whether it is too late to check out: whoever is still checked in has forgotten to.
pub fn check_out_closed(shift_ends_at: Instant, policy: &PolicyBody, now: Instant) -> bool {
    now > shift_ends_at + TimeDelta::minutes(policy.check_out_closes_after_min)
}
