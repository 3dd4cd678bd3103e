//! Honours that others gave, as their volunteers submit them and officers check them.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The same honour is in somebody's file once, or waits once; what was refused can be submitted again.
const SQL: &str = "
CREATE TABLE outside_honour (
    id {uuid} PRIMARY KEY,
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    county_code text NOT NULL,
    name text NOT NULL,
    awarded_on {date} NOT NULL,
    awarding_unit text NOT NULL,
    proof text,
    reference text,
    digest text,
    submitted_at {time} NOT NULL,
    state text NOT NULL,
    reason text,
    decided_by {uuid} REFERENCES person (id),
    decided_at {time},
    CHECK (state IN ('WAITING', 'RECOGNISED', 'REFUSED')),
    CHECK ((state = 'WAITING') = (decided_at IS NULL)),
    CHECK (digest IS NULL OR length(digest) = 64)
) {strict};
CREATE UNIQUE INDEX outside_honour_once ON outside_honour (volunteer_id, name, awarded_on, awarding_unit)
    WHERE state IN ('WAITING', 'RECOGNISED');
CREATE INDEX outside_honour_waiting ON outside_honour (submitted_at, id) WHERE state = 'WAITING';
CREATE INDEX outside_honour_volunteer ON outside_honour (volunteer_id, submitted_at, id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
