//! Certificates in the database, and the records that they are made of.

use boai_entity::{
    Instant, certificate,
    ids::{CertificateId, ServiceRecordId, VolunteerId},
    kinds::{Book, Category},
};
use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};

use crate::platform::db;

/// A record that is final, with who recorded it and what it was.
#[derive(Debug, FromQueryResult)]
pub struct Final {
    pub record_id: ServiceRecordId,
    pub minutes: i32,
    pub service_date: NaiveDate,
    pub served_from: Instant,
    pub served_to: Instant,
    pub book: Book,
    pub title: String,
    pub place_name: String,
    pub category: Category,
    pub team: String,
    pub branch: String,
    pub branch_path: String,
}

/// What stands in the ledger of a volunteer for these days and has been under public notice; by recording unit, then by time.
/// One more than `limit` says that there are more.
pub async fn finals(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    (from, to): (NaiveDate, NaiveDate),
    now: Instant,
    limit: usize,
) -> Result<Vec<Final>, DbErr> {
    let text = format!(
        "SELECT l.record_id, l.confirmed_minutes AS minutes, r.service_date, r.served_from, r.served_to, l.book, a.title,
                a.place_name, r.category, t.name AS team, b.name AS branch, b.path AS branch_path
         FROM ledger_entry l
         JOIN service_record r ON r.id = l.record_id
         JOIN activity a ON a.id = r.activity_id
         JOIN team t ON t.id = r.team_id
         JOIN branch b ON b.id = t.branch_id
         WHERE {STANDS} AND r.notice_until <= $4
         ORDER BY b.path, t.id, r.served_from, r.id LIMIT {}",
        limit + 1
    );
    db::all(db, &text, [volunteer.into(), from.into(), to.into(), now.into()]).await
}

/// What of `l` and its record `r` stands confirmed, for the volunteer and the days of `$1` to `$3`.
const STANDS: &str = "l.volunteer_id = $1 AND l.kind = 'CONFIRMED' AND l.confirmed_minutes > 0
           AND r.service_date >= $2 AND r.service_date <= $3
           AND NOT EXISTS (SELECT 1 FROM ledger_entry n WHERE n.corrects = l.id)";

/// How many records stand confirmed for these days.
#[derive(Debug, FromQueryResult)]
pub struct Counted {
    pub finals: i64,
    /// Under public notice still, or disputed.
    pub others: i64,
}

pub async fn counted(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    (from, to): (NaiveDate, NaiveDate),
    now: Instant,
) -> Result<Counted, DbErr> {
    let text = format!(
        "SELECT COUNT(CASE WHEN r.notice_until <= $4 THEN 1 END) AS finals,
                COUNT(CASE WHEN r.notice_until <= $4 THEN NULL ELSE 1 END) AS others
         FROM ledger_entry l JOIN service_record r ON r.id = l.record_id WHERE {STANDS}"
    );
    let counted = db::one(db, &text, [volunteer.into(), from.into(), to.into(), now.into()]).await?;
    Ok(counted.unwrap_or(Counted { finals: 0, others: 0 }))
}

async fn count(db: &impl ConnectionTrait, text: &str, values: Vec<sea_orm::Value>) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let count: Option<Count> = db::one(db, text, values).await?;
    Ok(count.map_or(0, |count| count.count))
}

pub async fn issued_since(db: &impl ConnectionTrait, volunteer: VolunteerId, at: Instant) -> Result<i64, DbErr> {
    let text = "SELECT COUNT(*) AS count FROM certificate WHERE volunteer_id = $1 AND issued_at >= $2";
    count(db, text, vec![volunteer.into(), at.into()]).await
}

/// The one that shows the same and was not revoked.
pub async fn same(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    digest: &str,
) -> Result<Option<certificate::Model>, DbErr> {
    certificate::Entity::find()
        .filter(certificate::Column::VolunteerId.eq(volunteer))
        .filter(certificate::Column::Digest.eq(digest))
        .filter(certificate::Column::RevokedAt.is_null())
        .one(db)
        .await
}

/// False when its number is taken, or the same one is there.
pub async fn add(db: &impl ConnectionTrait, row: certificate::Model) -> Result<bool, DbErr> {
    let row: certificate::ActiveModel = row.into();
    let inserted = certificate::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

pub async fn by_number(db: &impl ConnectionTrait, number: &str) -> Result<Option<certificate::Model>, DbErr> {
    certificate::Entity::find().filter(certificate::Column::Number.eq(number)).one(db).await
}

pub async fn by_id(db: &impl ConnectionTrait, id: CertificateId) -> Result<Option<certificate::Model>, DbErr> {
    certificate::Entity::find_by_id(id).one(db).await
}

/// A volunteer's newest ones.
pub async fn newest(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    limit: u64,
) -> Result<Vec<certificate::Model>, DbErr> {
    certificate::Entity::find()
        .filter(certificate::Column::VolunteerId.eq(volunteer))
        .order_by_desc(certificate::Column::IssuedAt)
        .order_by_desc(certificate::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// The records of a volunteer that ledger entries behind this one took confirmed minutes back from, with their numbers.
pub async fn taken_back(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    seq: i32,
) -> Result<Vec<(i32, ServiceRecordId)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        seq: i32,
        record_id: ServiceRecordId,
    }
    let text = "SELECT seq, record_id FROM ledger_entry
                WHERE volunteer_id = $1 AND seq > $2 AND kind = 'REVERSAL' AND confirmed_minutes < 0 ORDER BY seq";
    let rows: Vec<Row> = db::all(db, text, [volunteer.into(), seq.into()]).await?;
    Ok(rows.into_iter().map(|row| (row.seq, row.record_id)).collect())
}

/// False when it is revoked already, or never was.
pub async fn revoke(db: &impl ConnectionTrait, number: &str, at: Instant, reason: &str) -> Result<bool, DbErr> {
    let text = "UPDATE certificate SET revoked_at = $2, revoke_reason = $3 WHERE number = $1 AND revoked_at IS NULL";
    Ok(db::run(db, text, [number.into(), at.into(), reason.into()]).await? == 1)
}
