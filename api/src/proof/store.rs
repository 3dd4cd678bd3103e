//! Heads and roots in the database.

use boai_entity::{
    ids::{LedgerEntryId, VolunteerId},
    ledger_entry, ledger_head, ledger_root,
};
use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use uuid::Uuid;

use super::rules::Head;
use crate::platform::db;

/// Waits until no other instance makes a root, until the end of the transaction. On SQLite whoever writes is alone anyway.
pub async fn take_turn(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    if db.get_database_backend() != DbBackend::Sqlite {
        db.execute_unprepared("SELECT pg_advisory_xact_lock(20210509)").await?;
    }
    Ok(())
}

pub async fn last_root(db: &impl ConnectionTrait) -> Result<Option<ledger_root::Model>, DbErr> {
    ledger_root::Entity::find().order_by_desc(ledger_root::Column::Day).one(db).await
}

pub async fn root(db: &impl ConnectionTrait, day: NaiveDate) -> Result<Option<ledger_root::Model>, DbErr> {
    ledger_root::Entity::find_by_id(day).one(db).await
}

/// Keeps a root; false when the day has one.
pub async fn add_root(db: &impl ConnectionTrait, root: ledger_root::Model) -> Result<bool, DbErr> {
    let root: ledger_root::ActiveModel = root.into();
    let inserted = ledger_root::Entity::insert(root)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// The newest roots, or those before a day, newest first.
pub async fn roots_before(
    db: &impl ConnectionTrait,
    before: Option<NaiveDate>,
    limit: u64,
) -> Result<Vec<ledger_root::Model>, DbErr> {
    let mut roots = ledger_root::Entity::find().order_by_desc(ledger_root::Column::Day).limit(limit);
    if let Some(before) = before {
        roots = roots.filter(ledger_root::Column::Day.lt(before));
    }
    roots.all(db).await
}

/// The oldest roots, or those after a day, oldest first.
pub async fn roots_after(
    db: &impl ConnectionTrait,
    after: Option<NaiveDate>,
    limit: u64,
) -> Result<Vec<ledger_root::Model>, DbErr> {
    let mut roots = ledger_root::Entity::find().order_by_asc(ledger_root::Column::Day).limit(limit);
    if let Some(after) = after {
        roots = roots.filter(ledger_root::Column::Day.gt(after));
    }
    roots.all(db).await
}

/// Where a volunteer's chain stands, and where it stood when it was signed last.
#[derive(Debug, FromQueryResult)]
pub struct Standing {
    pub volunteer_id: VolunteerId,
    pub signed_seq: Option<i32>,
    pub signed_hash: Option<String>,
    pub seq: Option<i32>,
    pub hash: Option<String>,
}

/// A stretch of volunteers by id.
pub async fn standings(
    db: &impl ConnectionTrait,
    after: Option<VolunteerId>,
    limit: u64,
) -> Result<Vec<Standing>, DbErr> {
    let text = format!(
        "SELECT v.id AS volunteer_id, h.seq AS signed_seq, h.hash AS signed_hash, e.seq, e.hash
         FROM (SELECT id FROM volunteer WHERE id > $1 ORDER BY id LIMIT {limit}) v
         LEFT JOIN ledger_head h ON h.volunteer_id = v.id
         LEFT JOIN ledger_entry e ON e.volunteer_id = v.id
              AND e.seq = (SELECT MAX(m.seq) FROM ledger_entry m WHERE m.volunteer_id = v.id)
         ORDER BY v.id"
    );
    db::all(db, text, [after.map_or(Uuid::nil(), |after| after.0).into()]).await
}

/// A chain's entries from one on, in their order.
pub async fn entries_from(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    seq: i32,
) -> Result<Vec<ledger_entry::Model>, DbErr> {
    ledger_entry::Entity::find()
        .filter(ledger_entry::Column::VolunteerId.eq(volunteer))
        .filter(ledger_entry::Column::Seq.gte(seq))
        .order_by_asc(ledger_entry::Column::Seq)
        .all(db)
        .await
}

/// Moves the heads of these volunteers, in one statement.
pub async fn move_heads(db: &impl ConnectionTrait, heads: Vec<ledger_head::Model>) -> Result<(), DbErr> {
    use ledger_head::Column;
    if heads.is_empty() {
        return Ok(());
    }
    let moved =
        OnConflict::column(Column::VolunteerId).update_columns([Column::Seq, Column::Hash, Column::Day]).to_owned();
    let heads = heads.into_iter().map(ledger_head::ActiveModel::from);
    ledger_head::Entity::insert_many(heads).on_conflict(moved).exec_without_returning(db).await?;
    Ok(())
}

impl From<ledger_head::Model> for Head {
    fn from(row: ledger_head::Model) -> Self {
        Self { chain: row.chain, seq: row.seq, hash: row.hash }
    }
}

/// The first heads, or those behind one, in the order of their chains' names.
pub async fn heads_after(db: &impl ConnectionTrait, after: Option<Uuid>, limit: u64) -> Result<Vec<Head>, DbErr> {
    let mut heads = ledger_head::Entity::find().order_by_asc(ledger_head::Column::Chain).limit(limit);
    if let Some(after) = after {
        heads = heads.filter(ledger_head::Column::Chain.gt(after));
    }
    Ok(heads.all(db).await?.into_iter().map(Head::from).collect())
}

/// All heads of one part of the tree, in the order of their chains' names.
pub async fn heads_of_part(db: &impl ConnectionTrait, part: u8) -> Result<Vec<Head>, DbErr> {
    let bound = |fill: u8| {
        let mut bytes = [fill; 16];
        bytes[0] = part;
        Uuid::from_bytes(bytes)
    };
    let heads = ledger_head::Entity::find()
        .filter(ledger_head::Column::Chain.between(bound(0), bound(u8::MAX)))
        .order_by_asc(ledger_head::Column::Chain)
        .all(db)
        .await?;
    Ok(heads.into_iter().map(Head::from).collect())
}

pub async fn head_of(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<Option<ledger_head::Model>, DbErr> {
    ledger_head::Entity::find_by_id(volunteer).one(db).await
}

/// Volunteers with a head and no row of their own.
pub async fn heads_of_nobody(db: &impl ConnectionTrait) -> Result<Vec<ledger_head::Model>, DbErr> {
    let text = "SELECT h.* FROM ledger_head h WHERE NOT EXISTS (SELECT 1 FROM volunteer v WHERE v.id = h.volunteer_id)
                ORDER BY h.volunteer_id LIMIT 1000";
    db::all(db, text, []).await
}

/// A head beside the entry that it names, and how long the chain is now.
#[derive(Debug, FromQueryResult)]
pub struct Signed {
    pub volunteer_id: VolunteerId,
    pub chain: Uuid,
    pub seq: i32,
    pub hash: String,
    pub day: NaiveDate,
    pub entry_id: Option<LedgerEntryId>,
    pub entry_hash: Option<String>,
    pub last_seq: Option<i32>,
}

/// A stretch of heads by volunteer.
pub async fn signed_after(
    db: &impl ConnectionTrait,
    after: Option<VolunteerId>,
    limit: u64,
) -> Result<Vec<Signed>, DbErr> {
    let text = format!(
        "SELECT h.volunteer_id, h.chain, h.seq, h.hash, h.day, e.id AS entry_id, e.hash AS entry_hash,
                (SELECT MAX(m.seq) FROM ledger_entry m WHERE m.volunteer_id = h.volunteer_id) AS last_seq
         FROM (SELECT * FROM ledger_head WHERE volunteer_id > $1 ORDER BY volunteer_id LIMIT {limit}) h
         LEFT JOIN ledger_entry e ON e.volunteer_id = h.volunteer_id AND e.seq = h.seq
         ORDER BY h.volunteer_id"
    );
    db::all(db, text, [after.map_or(Uuid::nil(), |after| after.0).into()]).await
}

pub async fn count_entries(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let count: Option<Count> = db::one(db, "SELECT COUNT(*) AS count FROM ledger_entry", []).await?;
    Ok(count.map_or(0, |count| count.count))
}
