//! The audit trail becomes chains of hashes, one for each actor, and learns who looked at what. What it holds already is
//! chained as it stands. An instance of before this step cannot write into it: stop them all first.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{
        ConnectionTrait, DbBackend, QueryResult, Statement, Value,
        prelude::{DateTimeUtc, Uuid},
    },
};
use sha2::{Digest, Sha256};

use crate::ddl::{append_only, ddl};

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE audit_entry (
    id {uuid} PRIMARY KEY,
    chain {uuid} NOT NULL,
    seq integer NOT NULL CHECK (seq > 0),
    at {time} NOT NULL,
    actor {uuid} REFERENCES person (id),
    actor_roles text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    subject_id {uuid} NOT NULL,
    subject_person {uuid} REFERENCES person (id),
    sights {json} NOT NULL,
    purpose text,
    reason text,
    request_id text NOT NULL,
    previous_hash text NOT NULL,
    hash text NOT NULL,
    UNIQUE (chain, seq)
) {strict};
CREATE INDEX audit_entry_subject ON audit_entry (subject_id, at, id);
CREATE INDEX audit_entry_person ON audit_entry (subject_person, at, id) WHERE subject_person IS NOT NULL;
CREATE INDEX audit_entry_actor ON audit_entry (actor, at);
CREATE INDEX audit_entry_day ON audit_entry (at, id);
CREATE TABLE audit_chain (
    chain {uuid} PRIMARY KEY,
    seq integer NOT NULL,
    hash text NOT NULL
) {strict};
CREATE TABLE audit_seal (
    day {date} PRIMARY KEY,
    sealed_at {time} NOT NULL,
    entries bigint NOT NULL,
    digest text NOT NULL,
    previous_hash text NOT NULL UNIQUE,
    hash text NOT NULL,
    proof text NOT NULL
) {strict};
";

const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        ddl(manager, "DROP INDEX audit_entry_subject;\nDROP INDEX audit_entry_actor").await?;
        ddl(manager, "ALTER TABLE audit_entry RENAME TO audit_entry_before").await?;
        if manager.get_database_backend() != DbBackend::Sqlite {
            ddl(
                manager,
                "ALTER TABLE audit_entry_before RENAME CONSTRAINT audit_entry_pkey TO audit_entry_before_pkey",
            )
            .await?;
        }
        // `bigint` is no type of a strict table on SQLite, whose integers have 64 bits anyway.
        let bigint = if manager.get_database_backend() == DbBackend::Sqlite { "integer" } else { "bigint" };
        ddl(manager, &SQL.replace("bigint", bigint)).await?;
        chain_what_is_there(db).await?;
        ddl(manager, "DROP TABLE audit_entry_before").await?;
        append_only(manager, "audit_entry").await?;
        append_only(manager, "audit_seal").await
    }
}

/// An entry of before, a chain's at a time in the order of time.
struct Entry {
    id: Uuid,
    chain: Uuid,
    at: DateTimeUtc,
    actor: Option<Uuid>,
    action: String,
    subject: String,
    subject_id: Uuid,
    reason: Option<String>,
    request_id: String,
}

impl Entry {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.try_get("", "id")?,
            chain: row.try_get("", "chain")?,
            at: row.try_get("", "at")?,
            actor: row.try_get("", "actor")?,
            action: row.try_get("", "action")?,
            subject: row.try_get("", "subject")?,
            subject_id: row.try_get("", "subject_id")?,
            reason: row.try_get("", "reason")?,
            request_id: row.try_get("", "request_id")?,
        })
    }

    /// As trail/rules.rs has it, frozen here as a migration is.
    fn hash(&self, seq: i32, previous: &str) -> String {
        let (nothing, no_sights) = (None::<String>, Vec::<String>::new());
        let text = serde_json::json!([
            previous,
            self.id.to_string(),
            self.chain.to_string(),
            seq,
            self.at.timestamp_millis(),
            self.actor.map(|id| id.to_string()),
            "",
            self.action,
            self.subject,
            self.subject_id.to_string(),
            nothing,
            no_sights,
            nothing,
            self.reason,
            self.request_id,
        ]);
        hex::encode(Sha256::digest(text.to_string()))
    }
}

async fn chain_what_is_there(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let statement =
        |text: &str, values: Vec<Value>| Statement::from_sql_and_values(db.get_database_backend(), text, values);
    let mut end: Option<(Uuid, i32, String)> = None;
    let mut after: Option<Entry> = None;
    loop {
        let columns = "SELECT id, COALESCE(actor, subject_id) AS chain, at, actor, action, subject, subject_id, reason,
                       request_id FROM audit_entry_before";
        let order = "ORDER BY COALESCE(actor, subject_id), at, id LIMIT 1000";
        let rows = match &after {
            None => statement(&format!("{columns} {order}"), Vec::new()),
            Some(last) => statement(
                &format!("{columns} WHERE (COALESCE(actor, subject_id), at, id) > ($1, $2, $3) {order}"),
                vec![last.chain.into(), last.at.into(), last.id.into()],
            ),
        };
        let rows = db.query_all_raw(rows).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            let entry = Entry::read(row)?;
            let (seq, previous) = match end.take() {
                Some((chain, seq, hash)) if chain == entry.chain => (seq + 1, hash),
                _ => (1, GENESIS.to_owned()),
            };
            let hash = entry.hash(seq, &previous);
            let insert = "INSERT INTO audit_entry VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, NULL, '[]', NULL, $9, $10, $11, $12)";
            let values = vec![
                entry.id.into(),
                entry.chain.into(),
                seq.into(),
                entry.at.into(),
                entry.actor.into(),
                entry.action.clone().into(),
                entry.subject.clone().into(),
                entry.subject_id.into(),
                entry.reason.clone().into(),
                entry.request_id.clone().into(),
                previous.into(),
                hash.clone().into(),
            ];
            db.execute_raw(statement(insert, values)).await?;
            let head = "INSERT INTO audit_chain VALUES ($1, $2, $3)
                        ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash";
            db.execute_raw(statement(head, vec![entry.chain.into(), seq.into(), hash.clone().into()])).await?;
            end = Some((entry.chain, seq, hash));
            after = Some(entry);
        }
    }
}
