//! Roles and their reviews in the database.

use boai_entity::{
    Instant,
    ids::{BranchId, PersonId, RoleGrantId, RoleReviewId, TeamId},
    kinds::Role,
    role_grant, role_review, role_review_item,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, SqlErr, Value,
    sea_query::OnConflict,
};

use super::rules::REMINDER_DAYS;
use crate::{
    access::{Action, Resource},
    platform::{
        db,
        pages::{Page, Slice},
    },
};

/// A role in force, with the name of its place.
#[derive(Clone, FromQueryResult)]
pub struct HeldRole {
    pub id: RoleGrantId,
    pub role: Role,
    pub branch_id: Option<BranchId>,
    pub team_id: Option<TeamId>,
    pub granted_at: Instant,
    pub ends_at: Option<Instant>,
}

impl From<role_grant::Model> for HeldRole {
    fn from(grant: role_grant::Model) -> Self {
        let role_grant::Model { id, role, branch_id, team_id, granted_at, ends_at, .. } = grant;
        Self { id, role, branch_id, team_id, granted_at, ends_at }
    }
}

pub async fn roles_of(db: &impl ConnectionTrait, person: PersonId, now: Instant) -> Result<Vec<HeldRole>, DbErr> {
    db::all(
        db,
        "SELECT id, role, branch_id, team_id, granted_at, ends_at FROM role_grant
         WHERE person_id = $1 AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > $2) ORDER BY id LIMIT 200",
        [person.into(), now.into()],
    )
    .await
}

/// A role with its place in the tree: the branch it is on, or that of the team it is on.
#[derive(Clone, FromQueryResult)]
pub struct PlacedRole {
    #[sea_orm(nested)]
    pub grant: role_grant::Model,
    pub path: String,
    pub place_name: String,
}

/// What a role is asked for together with its place.
const PLACES: &str = "FROM role_grant g
    LEFT JOIN branch b ON b.id = g.branch_id
    LEFT JOIN team t ON t.id = g.team_id
    LEFT JOIN branch tb ON tb.id = t.branch_id";
const PATH: &str = "COALESCE(b.path, tb.path)";
const PLACE_NAME: &str = "COALESCE(b.name, t.name) AS place_name";
const IN_FORCE: &str = "g.revoked_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > $1)";

impl PlacedRole {
    /// What whoever grants, renews or takes back this role must be allowed to do, and to what.
    pub fn competence(&self) -> (Action, Resource<'_>) {
        match self.grant.team_id {
            Some(id) => (Action::GrantTeamRoles, Resource::Team { id, branch_path: &self.path }),
            None => (Action::GrantBranchRoles, Resource::Branch { path: &self.path }),
        }
    }

    pub fn is_on_branch(&self) -> bool {
        self.grant.branch_id.is_some()
    }

    pub fn is_in_force(&self, now: Instant) -> bool {
        self.grant.revoked_at.is_none() && self.grant.ends_at.is_none_or(|end| end > now)
    }
}

/// Takes the role's row, so that two who renew and revoke it come one after the other.
pub async fn lock_role(db: &impl ConnectionTrait, id: RoleGrantId) -> Result<Option<PlacedRole>, DbErr> {
    let lock = match db::for_update(db) {
        "" => String::new(),
        lock => format!("{lock} OF g"),
    };
    let text = format!("SELECT g.*, {PATH} AS path, {PLACE_NAME} {PLACES} WHERE g.id = $1 {lock}");
    db::one(db, text, [id.into()]).await
}

/// A person's roles on branches that are in force, the highest branch first.
pub async fn branch_roles_of(
    db: &impl ConnectionTrait,
    person: PersonId,
    now: Instant,
) -> Result<Vec<PlacedRole>, DbErr> {
    let text = format!(
        "SELECT g.*, {PATH} AS path, {PLACE_NAME} {PLACES}
         WHERE {IN_FORCE} AND g.person_id = $2 AND g.branch_id IS NOT NULL ORDER BY length(b.path), b.path, g.id LIMIT 200"
    );
    db::all(db, text, [now.into(), person.into()]).await
}

/// False when the person holds the role there already. An ended grant is closed first, so that it stands in no one's way.
pub async fn add_role(db: &impl ConnectionTrait, row: role_grant::Model) -> Result<bool, DbErr> {
    role_grant::Entity::update_many()
        .col_expr(role_grant::Column::RevokedAt, row.granted_at.into())
        .filter(role_grant::Column::PersonId.eq(row.person_id))
        .filter(role_grant::Column::RevokedAt.is_null())
        .filter(role_grant::Column::EndsAt.lte(row.granted_at))
        .exec(db)
        .await?;
    let row: role_grant::ActiveModel = row.into();
    match role_grant::Entity::insert(row).exec_without_returning(db).await {
        Ok(_) => Ok(true),
        Err(error) => match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Ok(false),
            _ => Err(error),
        },
    }
}

/// Puts the end of a role off; its holder and granter will be told anew before it comes.
pub async fn renew_role(
    db: &impl ConnectionTrait,
    id: RoleGrantId,
    ends_at: Instant,
    by: Option<PersonId>,
    now: Instant,
) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "UPDATE role_grant SET ends_at = $2, renewed_by = $3, renewed_at = $4, reminded_at = NULL
         WHERE id = $1 AND revoked_at IS NULL AND ends_at > $4 AND ends_at < $2",
        [id.into(), ends_at.into(), by.into(), now.into()],
    )
    .await?;
    Ok(rows == 1)
}

pub async fn revoke_role(db: &impl ConnectionTrait, id: RoleGrantId, now: Instant) -> Result<bool, DbErr> {
    let update = role_grant::Entity::update_many()
        .col_expr(role_grant::Column::RevokedAt, now.into())
        .filter(role_grant::Column::Id.eq(id))
        .filter(role_grant::Column::RevokedAt.is_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Whose role ends soon, and who should hear of it too.
#[derive(FromQueryResult)]
pub struct Ending {
    pub id: RoleGrantId,
    pub person_id: PersonId,
    pub granter: Option<PersonId>,
    pub role: Role,
    pub place_name: String,
    pub ends_at: Instant,
}

/// Marks the roles that end soon as told of, and gives those that this call marked: however many instances ask at once,
/// each role is given to one of them.
pub async fn take_ending(db: &impl ConnectionTrait, now: Instant, at_most: u64) -> Result<Vec<Ending>, DbErr> {
    #[derive(FromQueryResult)]
    struct Taken {
        id: RoleGrantId,
    }
    let soon = now + chrono::TimeDelta::days(REMINDER_DAYS);
    let text = format!(
        "UPDATE role_grant SET reminded_at = $1
         WHERE reminded_at IS NULL AND id IN (
             SELECT g.id FROM role_grant g
             WHERE g.revoked_at IS NULL AND g.reminded_at IS NULL AND g.ends_at > $1 AND g.ends_at <= $2
             ORDER BY g.id LIMIT {at_most})
         RETURNING id"
    );
    let taken: Vec<Taken> = db::all(db, text, [now.into(), soon.into()]).await?;
    if taken.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT g.id, g.person_id, COALESCE(g.renewed_by, g.granted_by) AS granter, g.role, {PLACE_NAME}, g.ends_at
         {PLACES} WHERE g.id IN ({}) ORDER BY g.id",
        db::placeholders(1, taken.len())
    );
    db::all(db, text, taken.into_iter().map(|row| row.id.into())).await
}

/// Which roles are asked for.
#[derive(Clone, Default)]
pub struct HolderFilter {
    pub role: Option<Role>,
    /// Only what ends before this.
    pub ends_before: Option<Instant>,
    /// Only whose holder has not been seen since, and had the role by then.
    pub unused_since: Option<Instant>,
    /// Only what waits in this review.
    pub waits_in: Option<RoleReviewId>,
}

/// A role in force, who holds it, and when they and a reviewer were last seen.
#[derive(Clone, FromQueryResult)]
pub struct Holding {
    #[sea_orm(nested)]
    pub grant: role_grant::Model,
    pub path: String,
    pub place_name: String,
    pub holder_name: Option<String>,
    pub holder_number: Option<String>,
    pub granter_name: Option<String>,
    pub last_used_at: Option<Instant>,
    pub reviewed_at: Option<Instant>,
}

/// The roles in force on a branch, on everything below and on their teams, by the place in the tree.
pub async fn holdings(
    db: &impl ConnectionTrait,
    branch_path: &str,
    filter: &HolderFilter,
    now: Instant,
    page: Page<(String, uuid::Uuid)>,
) -> Result<Slice<Holding>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![now.into(), branch_path.into()];
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut filters = String::new();
    if let Some(role) = filter.role {
        filters += &format!(" AND g.role = {}", place(role.into()));
    }
    if let Some(before) = filter.ends_before {
        filters += &format!(" AND g.ends_at < {}", place(before.into()));
    }
    if let Some(since) = filter.unused_since {
        let since = place(since.into());
        filters += &format!(
            " AND g.granted_at < {since} AND NOT EXISTS (
                  SELECT 1 FROM session s WHERE s.person_id = g.person_id AND s.last_used_at >= {since})"
        );
    }
    if let Some(review) = filter.waits_in {
        filters += &format!(
            " AND EXISTS (SELECT 1 FROM role_review_item i
                          WHERE i.grant_id = g.id AND i.review_id = {} AND i.decided_at IS NULL)",
            place(review.into())
        );
    }
    if let Some((path, id)) = &page.from {
        let (path, id) = (place(path.as_str().into()), place((*id).into()));
        filters += &format!(" AND ({PATH}, g.id) {beyond} ({path}, {id})");
    }
    let text = format!(
        "SELECT g.*, {PATH} AS path, {PLACE_NAME}, v.name AS holder_name, v.number AS holder_number,
             gv.name AS granter_name,
             (SELECT MAX(s.last_used_at) FROM session s WHERE s.person_id = g.person_id) AS last_used_at,
             (SELECT MAX(i.decided_at) FROM role_review_item i WHERE i.grant_id = g.id) AS reviewed_at
         {PLACES}
         LEFT JOIN volunteer v ON v.person_id = g.person_id
         LEFT JOIN volunteer gv ON gv.person_id = COALESCE(g.renewed_by, g.granted_by)
         WHERE {IN_FORCE} AND substr({PATH}, 1, length($2)) = $2 {filters}
         ORDER BY {PATH} {order}, g.id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}

/// A branch whose officers review: of a county, a city or a province.
#[derive(Clone, FromQueryResult)]
pub struct Reviewing {
    pub id: BranchId,
    pub path: String,
    pub name: String,
}

pub async fn reviewing_branches(db: &impl ConnectionTrait) -> Result<Vec<Reviewing>, DbErr> {
    let text = "SELECT id, path, name FROM branch
                WHERE kind = 'TERRITORIAL' AND level IN ('PROVINCE', 'CITY', 'COUNTY') ORDER BY path";
    db::all(db, text, []).await
}

/// A role in force, as a review sees it.
#[derive(Clone, FromQueryResult)]
pub struct Reviewed {
    pub id: RoleGrantId,
    pub person_id: PersonId,
    pub role: Role,
    pub on_branch: bool,
    pub path: String,
}

pub async fn roles_in_force(db: &impl ConnectionTrait, now: Instant) -> Result<Vec<Reviewed>, DbErr> {
    let text = format!(
        "SELECT g.id, g.person_id, g.role, g.branch_id IS NOT NULL AS on_branch, {PATH} AS path {PLACES}
         WHERE {IN_FORCE} ORDER BY g.id"
    );
    db::all(db, text, [now.into()]).await
}

pub async fn has_reviews(db: &impl ConnectionTrait, quarter: &str) -> Result<bool, DbErr> {
    Ok(role_review::Entity::find().filter(role_review::Column::Quarter.eq(quarter)).one(db).await?.is_some())
}

/// Opens a branch's review of a quarter; false when it is open already. Another instance that opens it at this moment is
/// waited for.
pub async fn add_review(db: &impl ConnectionTrait, row: role_review::Model) -> Result<bool, DbErr> {
    let row: role_review::ActiveModel = row.into();
    let columns = [role_review::Column::BranchId, role_review::Column::Quarter];
    let inserted = role_review::Entity::insert(row)
        .on_conflict(OnConflict::columns(columns).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

pub async fn add_review_items(
    db: &impl ConnectionTrait,
    review: RoleReviewId,
    grants: &[RoleGrantId],
) -> Result<(), DbErr> {
    for some in grants.chunks(2000) {
        let rows = some.iter().map(|grant| {
            role_review_item::ActiveModel::from(role_review_item::Model {
                review_id: review,
                grant_id: *grant,
                decided_at: None,
                decided_by: None,
                kept: None,
            })
        });
        role_review_item::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// A branch's newest review.
pub async fn newest_review(db: &impl ConnectionTrait, branch: BranchId) -> Result<Option<role_review::Model>, DbErr> {
    let text = "SELECT * FROM role_review WHERE branch_id = $1 ORDER BY quarter DESC LIMIT 1";
    db::one(db, text, [branch.into()]).await
}

/// How a review stands: what waits, what was kept, what was taken back or ended by itself.
#[derive(Clone, Copy, Debug, Default, FromQueryResult, PartialEq, Eq)]
pub struct Tally {
    pub waiting: i64,
    pub kept: i64,
    pub over: i64,
}

pub async fn tally(db: &impl ConnectionTrait, review: RoleReviewId, now: Instant) -> Result<Tally, DbErr> {
    let text = format!(
        "SELECT COUNT(CASE WHEN i.kept IS NULL AND {IN_FORCE} THEN 1 END) AS waiting,
                COUNT(CASE WHEN i.kept = $3 THEN 1 END) AS kept,
                COUNT(CASE WHEN i.kept = $4 OR (i.kept IS NULL AND NOT ({IN_FORCE})) THEN 1 END) AS over
         FROM role_review_item i JOIN role_grant g ON g.id = i.grant_id WHERE i.review_id = $2"
    );
    let tally = db::one(db, text, [now.into(), review.into(), true.into(), false.into()]).await?;
    Ok(tally.unwrap_or_default())
}

pub async fn review_item(
    db: &impl ConnectionTrait,
    review: RoleReviewId,
    grant: RoleGrantId,
) -> Result<Option<role_review_item::Model>, DbErr> {
    role_review_item::Entity::find_by_id((review, grant)).one(db).await
}

/// False when somebody has decided already.
pub async fn decide_item(
    db: &impl ConnectionTrait,
    (review, grant): (RoleReviewId, RoleGrantId),
    kept: bool,
    by: PersonId,
    now: Instant,
) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "UPDATE role_review_item SET kept = $3, decided_by = $4, decided_at = $5
         WHERE review_id = $1 AND grant_id = $2 AND decided_at IS NULL",
        [review.into(), grant.into(), kept.into(), by.into(), now.into()],
    )
    .await?;
    Ok(rows == 1)
}

/// A review whose time is over.
#[derive(FromQueryResult)]
pub struct Overdue {
    pub id: RoleReviewId,
    pub path: String,
    pub name: String,
}

pub async fn overdue_reviews(db: &impl ConnectionTrait, now: Instant) -> Result<Vec<Overdue>, DbErr> {
    let text = "SELECT r.id, b.path, b.name FROM role_review r JOIN branch b ON b.id = r.branch_id
                WHERE r.due_at <= $1 AND r.overdue_told_at IS NULL ORDER BY r.id LIMIT 200";
    db::all(db, text, [now.into()]).await
}

/// False when another instance was faster to tell.
pub async fn take_overdue(db: &impl ConnectionTrait, review: RoleReviewId, now: Instant) -> Result<bool, DbErr> {
    let text = "UPDATE role_review SET overdue_told_at = $2 WHERE id = $1 AND overdue_told_at IS NULL";
    Ok(db::run(db, text, [review.into(), now.into()]).await? == 1)
}
