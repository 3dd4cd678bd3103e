//! Official divisions, and the Red Cross branches that serve them.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE division (
    code text PRIMARY KEY,
    level text NOT NULL,
    parent_code text REFERENCES division (code),
    name text NOT NULL,
    valid_from {date},
    valid_to {date}
) {strict};
CREATE INDEX division_parent ON division (parent_code, code);
CREATE TABLE branch (
    id {uuid} PRIMARY KEY,
    division_code text NOT NULL REFERENCES division (code),
    level text NOT NULL,
    kind text NOT NULL,
    parent_id {uuid} REFERENCES branch (id),
    path text NOT NULL UNIQUE,
    name text NOT NULL,
    founded_on {date}
) {strict};
CREATE INDEX branch_parent ON branch (parent_id, path);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
