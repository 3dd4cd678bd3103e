//! Versions of badge rules in the database, which itself keeps one of a badge for each first day and lets none be edited.

use boai_entity::{
    Instant, badge_rule, branch,
    ids::{BadgeRuleId, BranchId},
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

/// What a branch has of its own.
#[derive(FromQueryResult)]
pub struct Own {
    /// Badges, with those that wait, less this one.
    pub others: i64,
    /// When the newest version of this one begins that was not withdrawn.
    pub newest: Option<Instant>,
    /// The number of its next version.
    pub next: i32,
}

pub async fn own(db: &impl ConnectionTrait, branch_path: &str, code: &str) -> Result<Own, DbErr> {
    let text = "SELECT COUNT(DISTINCT CASE WHEN code <> $2 AND withdrawn_at IS NULL THEN code END) AS others,
                       MAX(CASE WHEN code = $2 AND withdrawn_at IS NULL THEN valid_from END) AS newest,
                       COALESCE(MAX(CASE WHEN code = $2 THEN version END), 0) + 1 AS next
                FROM badge_rule WHERE branch_path = $1";
    let own = db::one(db, text, [branch_path.into(), code.into()]).await?;
    Ok(own.unwrap_or(Own { others: 0, newest: None, next: 1 }))
}

/// Adds a version; false when another one of the badge begins at the same moment.
pub async fn add(db: &impl ConnectionTrait, row: badge_rule::Model) -> Result<bool, DbErr> {
    let inserted = badge_rule::Entity::insert(badge_rule::ActiveModel::from(row))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// A version, and the branch that it is of; none of those that came with the product, which no branch has.
#[derive(FromQueryResult)]
pub struct Placed {
    #[sea_orm(nested)]
    pub rule: badge_rule::Model,
    pub branch_id: BranchId,
}

pub async fn placed(db: &impl ConnectionTrait, id: BadgeRuleId) -> Result<Option<Placed>, DbErr> {
    let text =
        "SELECT r.*, b.id AS branch_id FROM badge_rule r JOIN branch b ON b.path = r.branch_path WHERE r.id = $1";
    db::one(db, text, [id.into()]).await
}

/// Withdraws a version; false when it is in force by now, or withdrawn.
pub async fn withdraw(db: &impl ConnectionTrait, id: BadgeRuleId, now: Instant) -> Result<bool, DbErr> {
    let text = "UPDATE badge_rule SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL AND valid_from > $2";
    Ok(db::run(db, text, [id.into(), now.into()]).await? == 1)
}

/// Of one badge what is in force at a branch at a moment, as if one version was not there.
pub async fn in_force(
    db: &impl ConnectionTrait,
    (branch_path, code): (&str, &str),
    at: Instant,
    without: Option<BadgeRuleId>,
) -> Result<Option<badge_rule::Model>, DbErr> {
    let (but, mut values) = match without {
        Some(id) => ("AND id <> $4", vec![Value::from(id)]),
        None => ("", vec![]),
    };
    values.splice(0..0, [branch_path.into(), code.into(), at.into()]);
    let text = format!(
        "SELECT * FROM badge_rule WHERE code = $2 AND withdrawn_at IS NULL AND valid_from <= $3
           AND substr($1, 1, length(branch_path)) = branch_path {but}
         ORDER BY length(branch_path) DESC, valid_from DESC, version DESC LIMIT 1"
    );
    db::one(db, text, values).await
}

/// A branch's own versions, those that begin last first.
pub async fn of_branch(
    db: &impl ConnectionTrait,
    branch_path: &str,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<badge_rule::Model>, DbErr> {
    let (beyond, order) = page.seek(true);
    let mut values: Vec<Value> = vec![branch_path.into()];
    let mut from = String::new();
    if let Some((valid_from, id)) = page.from {
        values.extend([valid_from.into(), id.into()]);
        from = format!("AND (valid_from, id) {beyond} ($2, $3)");
    }
    let text = format!(
        "SELECT * FROM badge_rule WHERE branch_path = $1 {from} ORDER BY valid_from {order}, id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}

/// Of each badge the newest version that is in force at a moment, at each path above these places.
pub async fn in_force_above(
    db: &impl ConnectionTrait,
    paths: &[&str],
    at: Instant,
) -> Result<Vec<badge_rule::Model>, DbErr> {
    let mut above: Vec<&str> = paths.iter().flat_map(|path| prefixes(path)).collect();
    above.sort_unstable();
    above.dedup();
    let text = format!(
        "WITH near AS (SELECT r.*, ROW_NUMBER() OVER (
                           PARTITION BY r.branch_path, r.code ORDER BY r.valid_from DESC, r.version DESC) AS place
                       FROM badge_rule r
                       WHERE r.withdrawn_at IS NULL AND r.valid_from <= $1 AND r.branch_path IN ({}))
         SELECT * FROM near WHERE place = 1 ORDER BY code",
        db::placeholders(2, above.len())
    );
    let values = std::iter::once(at.into()).chain(above.into_iter().map(Value::from));
    db::all(db, text, values).await
}

/// Every path above a place, and its own: the empty one is everywhere.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    path.char_indices().map(|(end, _)| &path[..end]).chain([path])
}
