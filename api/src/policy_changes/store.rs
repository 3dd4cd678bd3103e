//! Versions of policies in the database, which itself keeps one for each first day and lets none be edited.

use boai_entity::{
    Instant, branch,
    ids::{BranchId, PolicyId},
    policy, star_scheme,
};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Value, sea_query::OnConflict};
use uuid::Uuid;

use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// Takes the branch's row, so that of two proposals the later one sees the earlier.
pub async fn lock_branch(db: &impl ConnectionTrait, id: BranchId) -> Result<Option<branch::Model>, DbErr> {
    db::one(db, format!("SELECT * FROM branch WHERE id = $1 {}", db::for_update(db)), [id.into()]).await
}

/// The branch's own newest version that was not withdrawn.
pub async fn newest(db: &impl ConnectionTrait, branch_path: &str) -> Result<Option<policy::Model>, DbErr> {
    let text = "SELECT * FROM policy WHERE branch_path = $1 AND withdrawn_at IS NULL ORDER BY valid_from DESC LIMIT 1";
    db::one(db, text, [branch_path.into()]).await
}

/// What the branches above have at a moment: the nearest one's.
pub async fn above(db: &impl ConnectionTrait, branch_path: &str, at: Instant) -> Result<Option<policy::Model>, DbErr> {
    let text = "SELECT * FROM policy WHERE withdrawn_at IS NULL AND valid_from <= $2
                  AND length(branch_path) < length($1) AND substr($1, 1, length(branch_path)) = branch_path
                ORDER BY length(branch_path) DESC, valid_from DESC, version DESC LIMIT 1";
    db::one(db, text, [branch_path.into(), at.into()]).await
}

#[derive(FromQueryResult)]
struct Number {
    number: i32,
}

async fn next_version(db: &impl ConnectionTrait, table: &str, branch_path: &str) -> Result<i32, DbErr> {
    let text = format!("SELECT COALESCE(MAX(version), 0) + 1 AS number FROM {table} WHERE branch_path = $1");
    let next: Option<Number> = db::one(db, text, [branch_path.into()]).await?;
    Ok(next.map_or(1, |next| next.number))
}

/// Adds a version under the branch's next number; none when another begins at the same moment.
pub async fn add(db: &impl ConnectionTrait, row: policy::Model) -> Result<Option<policy::Model>, DbErr> {
    let row = policy::Model { version: next_version(db, "policy", &row.branch_path).await?, ..row };
    let inserted = policy::Entity::insert(policy::ActiveModel::from(row.clone()))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok((inserted == 1).then_some(row))
}

pub async fn add_scheme(db: &impl ConnectionTrait, row: star_scheme::Model) -> Result<(), DbErr> {
    let row = star_scheme::Model { version: next_version(db, "star_scheme", &row.branch_path).await?, ..row };
    star_scheme::Entity::insert(star_scheme::ActiveModel::from(row)).exec_without_returning(db).await?;
    Ok(())
}

/// A version, and the branch that it is of; none of those that came with the product, which no branch has.
#[derive(FromQueryResult)]
pub struct Placed {
    #[sea_orm(nested)]
    pub policy: policy::Model,
    pub branch_id: BranchId,
}

pub async fn placed(db: &impl ConnectionTrait, id: PolicyId) -> Result<Option<Placed>, DbErr> {
    let text = "SELECT p.*, b.id AS branch_id FROM policy p JOIN branch b ON b.path = p.branch_path WHERE p.id = $1";
    db::one(db, text, [id.into()]).await
}

/// Withdraws a version, with what came with it; false when it is in force by now, or withdrawn.
pub async fn withdraw(db: &impl ConnectionTrait, id: PolicyId, now: Instant) -> Result<bool, DbErr> {
    let text = "UPDATE policy SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL AND valid_from > $2";
    if db::run(db, text, [id.into(), now.into()]).await? == 0 {
        return Ok(false);
    }
    let text = "UPDATE star_scheme SET withdrawn_at = $2 WHERE policy_id = $1 AND withdrawn_at IS NULL";
    db::run(db, text, [id.into(), now.into()]).await?;
    Ok(true)
}

/// A branch's own versions, those that begin last first.
pub async fn of_branch(
    db: &impl ConnectionTrait,
    branch_path: &str,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<policy::Model>, DbErr> {
    let (beyond, order) = page.seek(true);
    let mut values: Vec<Value> = vec![branch_path.into()];
    let mut from = String::new();
    if let Some((valid_from, id)) = page.from {
        values.extend([valid_from.into(), id.into()]);
        from = format!("AND (valid_from, id) {beyond} ($2, $3)");
    }
    let text = format!(
        "SELECT * FROM policy WHERE branch_path = $1 {from} ORDER BY valid_from {order}, id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}

/// Whatever is in force at a moment anywhere up the tree from these places: at most one for each path above them.
pub async fn in_force_above<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    table: &str,
    paths: &[&str],
    at: Instant,
) -> Result<Vec<T>, DbErr> {
    let mut above: Vec<&str> = paths.iter().flat_map(|path| prefixes(path)).collect();
    above.sort_unstable();
    above.dedup();
    let text = format!(
        "SELECT p.* FROM {table} p WHERE p.withdrawn_at IS NULL AND p.valid_from <= $1 AND p.branch_path IN ({})
           AND NOT EXISTS (SELECT 1 FROM {table} n WHERE n.branch_path = p.branch_path AND n.withdrawn_at IS NULL
                             AND n.valid_from <= $1 AND (n.valid_from, n.version) > (p.valid_from, p.version))",
        db::placeholders(2, above.len())
    );
    let values = std::iter::once(at.into()).chain(above.into_iter().map(Value::from));
    db::all(db, text, values).await
}

/// Every path above a place, and its own: the empty one is everywhere.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    path.char_indices().map(|(end, _)| &path[..end]).chain([path])
}
