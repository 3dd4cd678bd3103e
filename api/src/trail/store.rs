//! The audit trail in the database.

use boai_entity::{
    Instant, audit_entry, audit_seal,
    ids::{AuditEntryId, PersonId, VolunteerId},
};
use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use uuid::Uuid;

use super::rules::GENESIS;
use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// Entries written by one statement: their values stay below what one may bind (32,766 on SQLite).
const AT_ONCE: usize = 1000;

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct End {
    pub seq: i32,
    pub hash: String,
}

/// Takes a chain's end, which is made when there is none yet: nobody else appends to it before this transaction is over.
pub async fn hold_chain(db: &impl ConnectionTrait, chain: Uuid) -> Result<End, DbErr> {
    let text = "INSERT INTO audit_chain (chain, seq, hash) VALUES ($1, 0, $2)
                ON CONFLICT (chain) DO UPDATE SET seq = audit_chain.seq RETURNING seq, hash";
    let end = db::one(db, text, [chain.into(), GENESIS.into()]).await?;
    end.ok_or_else(|| DbErr::RecordNotFound("the end of the chain just held".into()))
}

pub async fn add_entries(db: &impl ConnectionTrait, entries: Vec<audit_entry::Model>) -> Result<(), DbErr> {
    for some in entries.chunks(AT_ONCE) {
        let some = some.iter().cloned().map(audit_entry::ActiveModel::from);
        audit_entry::Entity::insert_many(some).exec_without_returning(db).await?;
    }
    Ok(())
}

pub async fn move_end(db: &impl ConnectionTrait, chain: Uuid, end: &End) -> Result<(), DbErr> {
    let text = "UPDATE audit_chain SET seq = $2, hash = $3 WHERE chain = $1";
    db::run(db, text, [chain.into(), end.seq.into(), end.hash.clone().into()]).await?;
    Ok(())
}

/// What concerns a person, newest first; only who looked, when `looks`.
pub async fn about(
    db: &impl ConnectionTrait,
    person: PersonId,
    volunteer: Option<VolunteerId>,
    looks: bool,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<audit_entry::Model>, DbErr> {
    use audit_entry::Column;
    let subjects = std::iter::once(person.0).chain(volunteer.map(|volunteer| volunteer.0));
    let concerned = Condition::any().add(Column::SubjectId.is_in(subjects)).add(Column::SubjectPerson.eq(person));
    let mut entries = audit_entry::Entity::find().filter(concerned);
    if looks {
        entries = entries.filter(Column::Purpose.is_not_null());
    }
    let mut cursor = entries.cursor_by((Column::At, Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

/// Entries behind this one, by chain and number.
pub async fn by_chain(
    db: &impl ConnectionTrait,
    after: Option<(Uuid, i32)>,
    limit: u64,
) -> Result<Vec<audit_entry::Model>, DbErr> {
    let (chain, seq) = after.unwrap_or((Uuid::nil(), 0));
    db::all(
        db,
        "SELECT * FROM audit_entry WHERE (chain, seq) > ($1, $2) ORDER BY chain, seq LIMIT $3",
        [chain.into(), seq.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()],
    )
    .await
}

/// How many entries lost what was sealed in them without cause: a reason although nobody whom it concerned was erased, a look
/// although it is younger than `looks_before`.
pub async fn gone_without_cause(db: &impl ConnectionTrait, looks_before: Instant) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let text = "SELECT COUNT(*) AS count FROM audit_entry e
                WHERE (look_seal IS NOT NULL AND look_salt IS NULL AND at >= $1)
                   OR (reason_seal IS NOT NULL AND reason_salt IS NULL
                       AND NOT (look_seal IS NOT NULL AND look_salt IS NULL)
                       AND NOT EXISTS (SELECT 1 FROM person p LEFT JOIN volunteer v ON v.person_id = p.id
                                       WHERE p.erased_at IS NOT NULL
                                         AND (p.id IN (e.subject_id, e.subject_person) OR v.id = e.subject_id)))";
    let count: Option<Count> = db::one(db, text, [looks_before.into()]).await?;
    Ok(count.map_or(0, |count| count.count))
}

#[derive(FromQueryResult)]
pub struct KeptEnd {
    pub chain: Uuid,
    pub seq: i32,
    pub hash: String,
}

/// The ends of these chains.
pub async fn ends_of(db: &impl ConnectionTrait, chains: &[Uuid]) -> Result<Vec<KeptEnd>, DbErr> {
    let text =
        format!("SELECT chain, seq, hash FROM audit_chain WHERE chain IN ({})", db::placeholders(1, chains.len()));
    db::all(db, text, chains.iter().map(|chain| (*chain).into())).await
}

/// Ends of chains that have no entry at all, although they had some.
pub async fn ends_of_nothing(db: &impl ConnectionTrait) -> Result<Vec<KeptEnd>, DbErr> {
    let text = "SELECT chain, seq, hash FROM audit_chain c
                WHERE seq > 0 AND NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.chain = c.chain) ORDER BY chain LIMIT 1000";
    db::all(db, text, []).await
}

/// Time, id and hash of an entry.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Timed {
    pub at: Instant,
    pub id: AuditEntryId,
    pub hash: String,
}

/// Entries from a moment on, or behind one of them, by time and id.
pub async fn by_time(
    db: &impl ConnectionTrait,
    from: Instant,
    after: Option<&Timed>,
    to: Instant,
    limit: i64,
) -> Result<Vec<Timed>, DbErr> {
    match after {
        None => {
            let text = "SELECT at, id, hash FROM audit_entry WHERE at >= $1 AND at < $2 ORDER BY at, id LIMIT $3";
            db::all(db, text, [from.into(), to.into(), limit.into()]).await
        }
        Some(after) => {
            let text = "SELECT at, id, hash FROM audit_entry WHERE (at, id) > ($1, $2) AND at < $3
                        ORDER BY at, id LIMIT $4";
            db::all(db, text, [after.at.into(), after.id.into(), to.into(), limit.into()]).await
        }
    }
}

/// When the first entry from a moment on was written.
pub async fn first_from(db: &impl ConnectionTrait, from: Instant) -> Result<Option<Instant>, DbErr> {
    let first = audit_entry::Entity::find()
        .filter(audit_entry::Column::At.gte(from))
        .order_by_asc(audit_entry::Column::At)
        .limit(1)
        .one(db)
        .await?;
    Ok(first.map(|entry| entry.at))
}

pub async fn last_seal(db: &impl ConnectionTrait) -> Result<Option<audit_seal::Model>, DbErr> {
    audit_seal::Entity::find().order_by_desc(audit_seal::Column::Day).one(db).await
}

/// Keeps a seal; false when another instance was faster.
pub async fn add_seal(db: &impl ConnectionTrait, seal: audit_seal::Model) -> Result<bool, DbErr> {
    let seal: audit_seal::ActiveModel = seal.into();
    let inserted = audit_seal::Entity::insert(seal)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

pub async fn seals_after(
    db: &impl ConnectionTrait,
    after: Option<NaiveDate>,
    limit: u64,
) -> Result<Vec<audit_seal::Model>, DbErr> {
    let mut seals = audit_seal::Entity::find().order_by_asc(audit_seal::Column::Day).limit(limit);
    if let Some(after) = after {
        seals = seals.filter(audit_seal::Column::Day.gt(after));
    }
    seals.all(db).await
}
