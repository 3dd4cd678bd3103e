//! What policies that wait would move: jobs, of which one at a time is under way for a policy.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE policy_preview (
    id {uuid} PRIMARY KEY,
    policy_id {uuid} NOT NULL REFERENCES policy (id),
    asked_at {time} NOT NULL,
    state text NOT NULL,
    attempt integer NOT NULL,
    leased_until {time},
    done integer NOT NULL,
    total integer NOT NULL,
    finished_at {time},
    moves {json}
) {strict};
CREATE UNIQUE INDEX policy_preview_one_open ON policy_preview (policy_id) WHERE state IN ('WAITING', 'RUNNING');
CREATE INDEX policy_preview_of_policy ON policy_preview (policy_id, asked_at, id);
CREATE INDEX policy_preview_waiting ON policy_preview (asked_at) WHERE state IN ('WAITING', 'RUNNING');
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
