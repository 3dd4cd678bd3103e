//! Stock and badges in the database.

use boai_entity::{
    Instant, badge_stock,
    ids::{BranchId, PersonId, StarAwardId, StarBadgeId, VolunteerId},
    star_badge,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Value,
};
use uuid::Uuid;

use crate::platform::db;

/// Puts so many badges of a star into a branch's stock; what is there then.
pub async fn receive(
    db: &impl ConnectionTrait,
    branch: BranchId,
    star: i32,
    count: i32,
) -> Result<Option<badge_stock::Model>, DbErr> {
    let text = "INSERT INTO badge_stock (branch_id, star, on_hand) VALUES ($1, $2, $3)
                ON CONFLICT (branch_id, star) DO UPDATE SET on_hand = badge_stock.on_hand + excluded.on_hand
                WHERE badge_stock.on_hand <= 1000000000
                RETURNING branch_id, star, on_hand";
    db::one(db, text, [branch.into(), star.into(), count.into()]).await
}

pub async fn stock(db: &impl ConnectionTrait, branch: BranchId) -> Result<Vec<badge_stock::Model>, DbErr> {
    badge_stock::Entity::find()
        .filter(badge_stock::Column::BranchId.eq(branch))
        .order_by_asc(badge_stock::Column::Star)
        .all(db)
        .await
}

/// A star for which a badge is issued, with all that the badge says.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Badged {
    pub id: StarAwardId,
    pub star: i32,
    pub awarded_at: Instant,
    pub revoked_at: Option<Instant>,
    pub volunteer_id: VolunteerId,
    pub volunteer_number: String,
    pub person_id: PersonId,
    pub branch_id: BranchId,
    pub branch_path: String,
    pub branch_name: String,
}

/// Those of these stars that there are, held in one order: of two officers who issue for the same at once, one comes after the
/// other.
pub async fn hold_awards(db: &impl ConnectionTrait, ids: &[StarAwardId]) -> Result<Vec<Badged>, DbErr> {
    let text = format!(
        "SELECT a.id, a.star, a.awarded_at, a.revoked_at, a.volunteer_id, v.number AS volunteer_number, v.person_id,
                b.id AS branch_id, b.path AS branch_path, b.name AS branch_name
         FROM star_award a JOIN volunteer v ON v.id = a.volunteer_id
         JOIN award_round r ON r.id = a.round_id JOIN branch b ON b.id = r.branch_id
         WHERE a.id IN ({}) ORDER BY a.id {}",
        db::placeholders(1, ids.len()),
        held(db, "a")
    );
    db::all(db, text, ids.iter().map(|id| (*id).into())).await
}

fn held(db: &impl ConnectionTrait, table: &str) -> String {
    match db.get_database_backend() {
        DbBackend::Sqlite => String::new(),
        _ => format!("FOR NO KEY UPDATE OF {table}"),
    }
}

/// For which of these stars there is a badge that is good.
pub async fn issued(db: &impl ConnectionTrait, ids: &[StarAwardId]) -> Result<Vec<StarAwardId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        award_id: StarAwardId,
    }
    let text = format!(
        "SELECT award_id FROM star_badge WHERE voided_at IS NULL AND award_id IN ({})",
        db::placeholders(1, ids.len())
    );
    let rows: Vec<Row> = db::all(db, text, ids.iter().map(|id| (*id).into())).await?;
    Ok(rows.into_iter().map(|row| row.award_id).collect())
}

/// What these branches have, held in one order until the transaction ends.
pub async fn hold_stock(db: &impl ConnectionTrait, branches: &[BranchId]) -> Result<Vec<badge_stock::Model>, DbErr> {
    let text = format!(
        "SELECT s.branch_id, s.star, s.on_hand FROM badge_stock s WHERE s.branch_id IN ({}) ORDER BY s.branch_id, s.star {}",
        db::placeholders(1, branches.len()),
        held(db, "s")
    );
    db::all(db, text, branches.iter().map(|id| (*id).into())).await
}

/// Takes so many of a star out of a branch's stock. More than there is breaks the table's constraint.
pub async fn take(db: &impl ConnectionTrait, branch: BranchId, taken: &[(i32, i32)]) -> Result<(), DbErr> {
    let mut values: Vec<Value> = vec![branch.into()];
    let mut counts = String::new();
    for (star, count) in taken {
        values.extend([(*star).into(), (*count).into()]);
        counts.push_str(&format!(" WHEN ${} THEN ${}", values.len() - 1, values.len()));
    }
    let stars: Vec<String> = (0..taken.len()).map(|place| format!("${}", place * 2 + 2)).collect();
    let text = format!(
        "UPDATE badge_stock SET on_hand = on_hand - CASE star{counts} END WHERE branch_id = $1 AND star IN ({})",
        stars.join(", ")
    );
    db::run(db, text, values).await?;
    Ok(())
}

/// Takes so many places of a branch's list of a year; the first of them. None when it has not so many left.
pub async fn take_places(
    db: &impl ConnectionTrait,
    branch: BranchId,
    year: i32,
    count: i32,
    most: i32,
) -> Result<Option<i32>, DbErr> {
    #[derive(FromQueryResult)]
    struct Taken {
        taken: i32,
    }
    let text = "INSERT INTO badge_list (branch_id, year, taken) VALUES ($1, $2, $3)
                ON CONFLICT (branch_id, year) DO UPDATE SET taken = badge_list.taken + excluded.taken
                WHERE badge_list.taken + excluded.taken <= $4
                RETURNING taken";
    let taken: Option<Taken> = db::one(db, text, [branch.into(), year.into(), count.into(), most.into()]).await?;
    Ok(taken.map(|row| row.taken - count))
}

pub async fn add(db: &impl ConnectionTrait, badges: Vec<star_badge::Model>) -> Result<(), DbErr> {
    let badges = badges.into_iter().map(star_badge::ActiveModel::from);
    star_badge::Entity::insert_many(badges).exec_without_returning(db).await?;
    Ok(())
}

pub async fn badge(db: &impl ConnectionTrait, id: StarBadgeId) -> Result<Option<star_badge::Model>, DbErr> {
    star_badge::Entity::find_by_id(id).one(db).await
}

/// False when it is void or was handed out.
pub async fn hand_out(db: &impl ConnectionTrait, id: StarBadgeId, by: PersonId, now: Instant) -> Result<bool, DbErr> {
    let text = "UPDATE star_badge SET handed_out_at = $2, handed_out_by = $3
                WHERE id = $1 AND handed_out_at IS NULL AND voided_at IS NULL";
    Ok(db::run(db, text, [id.into(), now.into(), by.into()]).await? == 1)
}

/// False when it is void already.
pub async fn void(
    db: &impl ConnectionTrait,
    id: StarBadgeId,
    reason: &str,
    by: PersonId,
    now: Instant,
) -> Result<bool, DbErr> {
    let text = "UPDATE star_badge SET voided_at = $2, voided_by = $3, void_reason = $4
                WHERE id = $1 AND voided_at IS NULL";
    Ok(db::run(db, text, [id.into(), now.into(), by.into(), reason.into()]).await? == 1)
}

#[derive(FromQueryResult)]
struct Text {
    credential: Option<String>,
}

/// The credential behind a link.
pub async fn credential(db: &impl ConnectionTrait, public: Uuid) -> Result<Option<String>, DbErr> {
    let text = "SELECT credential FROM star_badge WHERE public_id = $1";
    let found: Option<Text> = db::one(db, text, [public.into()]).await?;
    Ok(found.and_then(|found| found.credential))
}

/// The places of a branch's list that are revoked: the badge is void, the star was revoked, or the volunteer is erased. None when
/// there is no such list.
pub async fn revoked_places(db: &impl ConnectionTrait, branch: BranchId, year: i32) -> Result<Option<Vec<i32>>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        place: Option<i32>,
    }
    // The list itself comes first, without a place.
    let text = "SELECT CAST(NULL AS integer) AS place FROM badge_list WHERE branch_id = $1 AND year = $2
                UNION ALL
                SELECT g.status_place FROM star_badge g JOIN star_award a ON a.id = g.award_id
                JOIN volunteer v ON v.id = g.volunteer_id JOIN person p ON p.id = v.person_id
                WHERE g.branch_id = $1 AND g.status_year = $2
                  AND (g.voided_at IS NOT NULL OR a.revoked_at IS NOT NULL OR p.erased_at IS NOT NULL)";
    let rows: Vec<Row> = db::all(db, text, [branch.into(), year.into()]).await?;
    let is_there = rows.iter().any(|row| row.place.is_none());
    Ok(is_there.then(|| rows.into_iter().filter_map(|row| row.place).collect()))
}
