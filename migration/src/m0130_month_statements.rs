//! What branches sign of a month.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::ddl::{append_only, ddl};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A branch signs a month once. A ledger entry stands in one statement at most, and so does the statement of a branch below:
/// whatever is committed later than the branch has signed, however early it began, is for the next one. What a statement takes
/// up is written before its sums are known, and so before itself.
const SQL: &str = "
CREATE TABLE month_statement (
    id {uuid} PRIMARY KEY,
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    month {date} NOT NULL,
    signed_by {uuid} NOT NULL REFERENCES person (id),
    signed_at {time} NOT NULL,
    volunteers bigint NOT NULL CHECK (volunteers >= 0),
    digest text NOT NULL,
    UNIQUE (branch_id, month)
) {strict};
CREATE TABLE month_statement_line (
    statement_id {uuid} NOT NULL REFERENCES month_statement (id) DEFERRABLE INITIALLY DEFERRED,
    service_month {date} NOT NULL,
    book text NOT NULL CHECK (book IN ('SYSTEM_PROVED', 'BACK_FILLED')),
    minutes bigint NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (statement_id, service_month, book)
) {strict};
CREATE TABLE month_statement_entry (
    entry_id {uuid} PRIMARY KEY REFERENCES ledger_entry (id),
    statement_id {uuid} NOT NULL REFERENCES month_statement (id) DEFERRABLE INITIALLY DEFERRED,
    service_month {date} NOT NULL
) {strict};
CREATE INDEX month_statement_entries ON month_statement_entry (statement_id, entry_id);
CREATE TABLE month_statement_part (
    part_id {uuid} PRIMARY KEY REFERENCES month_statement (id),
    statement_id {uuid} NOT NULL REFERENCES month_statement (id) DEFERRABLE INITIALLY DEFERRED
) {strict};
CREATE INDEX month_statement_parts ON month_statement_part (statement_id);
CREATE INDEX service_record_team ON service_record (team_id, service_date, id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // `bigint` is no type of a strict table on SQLite, whose integers have 64 bits anyway.
        let bigint = if manager.get_database_backend() == DbBackend::Sqlite { "integer" } else { "bigint" };
        ddl(manager, &SQL.replace("bigint", bigint)).await?;
        for table in ["month_statement", "month_statement_line", "month_statement_entry", "month_statement_part"] {
            append_only(manager, table).await?;
        }
        Ok(())
    }
}
