//! Real-name verification: numbers of identity documents, sealed before they come here.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

// A number is one person's, and a person has one, as long as it is not rejected or withdrawn: then it is erased.
const SQL: &str = "
CREATE TABLE identity (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    document text NOT NULL,
    number_sealed text,
    fingerprint text,
    masked text NOT NULL,
    state text NOT NULL CHECK (state IN ('PENDING', 'VERIFIED', 'REJECTED', 'WITHDRAWN')),
    submitted_at {time} NOT NULL,
    decided_at {time},
    decided_by {uuid} REFERENCES person (id),
    reason text,
    asks integer NOT NULL,
    asked_at {time},
    answer text,
    CHECK ((state IN ('PENDING', 'VERIFIED')) = (fingerprint IS NOT NULL)),
    CHECK ((state IN ('PENDING', 'VERIFIED')) = (number_sealed IS NOT NULL)),
    CHECK ((state = 'PENDING') = (decided_at IS NULL))
) {strict};
CREATE UNIQUE INDEX identity_one_person_each ON identity (fingerprint) WHERE fingerprint IS NOT NULL;
CREATE UNIQUE INDEX identity_one_each_person ON identity (person_id) WHERE fingerprint IS NOT NULL;
CREATE INDEX identity_person ON identity (person_id, submitted_at);
CREATE INDEX identity_state ON identity (state, submitted_at, id);
CREATE TABLE identity_try (
    person_id {uuid} NOT NULL REFERENCES person (id),
    day {date} NOT NULL,
    tries integer NOT NULL,
    PRIMARY KEY (person_id, day)
) {strict};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
