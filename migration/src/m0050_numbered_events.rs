//! What was told is numbered, so that whoever watches can say how far they heard. A number is given after the commit, by one
//! at a time: who has seen a number has seen, or can read, all below it.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
ALTER TABLE outbox_event ADD COLUMN subject_id {uuid};
ALTER TABLE outbox_event ADD COLUMN number bigint;
CREATE UNIQUE INDEX outbox_event_number ON outbox_event (number) WHERE number IS NOT NULL;
CREATE INDEX outbox_event_topic ON outbox_event (topic, number) WHERE number IS NOT NULL;
CREATE INDEX outbox_event_unnumbered ON outbox_event (id) WHERE number IS NULL;
CREATE TABLE outbox_number (
    id integer PRIMARY KEY CHECK (id = 1),
    last bigint NOT NULL
) {strict};
INSERT INTO outbox_number (id, last) VALUES (1, 0);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // `bigint` is no type of a strict table on SQLite, whose integers have 64 bits anyway.
        let bigint = if manager.get_database_backend() == DbBackend::Sqlite { "integer" } else { "bigint" };
        ddl(manager, &SQL.replace("bigint", bigint)).await
    }
}
