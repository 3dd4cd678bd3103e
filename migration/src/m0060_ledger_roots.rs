//! Signed roots over all chains of the ledger, and where each chain stood at the last one.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::ddl::{append_only, ddl};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A head has no foreign key: whoever removes a volunteer must not take the head along.
const SQL: &str = "
CREATE TABLE ledger_head (
    volunteer_id {uuid} PRIMARY KEY,
    chain {uuid} NOT NULL UNIQUE,
    seq integer NOT NULL CHECK (seq > 0),
    hash text NOT NULL,
    day {date} NOT NULL
) {strict};
CREATE TABLE ledger_root (
    day {date} PRIMARY KEY,
    made_at {time} NOT NULL,
    chains bigint NOT NULL,
    entries bigint NOT NULL,
    root text NOT NULL,
    previous text NOT NULL UNIQUE,
    hash text NOT NULL,
    key_id text NOT NULL,
    signature text NOT NULL,
    parts {bytes} NOT NULL
) {strict};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // `bigint` is no type of a strict table on SQLite, whose integers have 64 bits anyway.
        let bigint = if manager.get_database_backend() == DbBackend::Sqlite { "integer" } else { "bigint" };
        ddl(manager, &SQL.replace("bigint", bigint)).await?;
        append_only(manager, "ledger_root").await
    }
}
