//! An account that two officers give back to the person who lost the phone.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The checks hold what a service could forget: two officers, neither of them the person, and no effect without a
/// waiting period that somebody was told of.
const SQL: &str = "
CREATE TABLE account_recovery (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    old_phone text NOT NULL,
    new_phone text NOT NULL,
    reason text NOT NULL,
    identity_check text NOT NULL,
    state text NOT NULL,
    opened_by {uuid} NOT NULL REFERENCES person (id),
    opened_at {time} NOT NULL,
    approved_by {uuid} REFERENCES person (id),
    approved_at {time},
    objection_hash text UNIQUE,
    waits_until {time},
    expires_at {time} NOT NULL,
    ended_at {time},
    ended_by {uuid} REFERENCES person (id),
    end_note text,
    CHECK (opened_by <> person_id),
    CHECK (approved_by <> person_id),
    CHECK (approved_by <> opened_by),
    CHECK (state <> 'APPROVED' OR approved_by IS NOT NULL),
    CHECK (state <> 'COMPLETED' OR (approved_by IS NOT NULL AND waits_until IS NOT NULL AND ended_at >= waits_until))
) {strict};
CREATE UNIQUE INDEX account_recovery_one_open ON account_recovery (person_id) WHERE state IN ('OPENED', 'APPROVED');
CREATE UNIQUE INDEX account_recovery_one_number ON account_recovery (new_phone) WHERE state IN ('OPENED', 'APPROVED');
CREATE INDEX account_recovery_opened ON account_recovery (opened_at, id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
