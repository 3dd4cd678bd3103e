//! What a person may ask of their own data: a copy of everything, and to be forgotten.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The last six indexes find the rows of others in which a person had a hand.
const SQL: &str = "
ALTER TABLE person ADD COLUMN erased_at {time};
CREATE TABLE data_export (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    kind text NOT NULL,
    asked_by text NOT NULL,
    request_id {uuid} NOT NULL,
    asked_at {time} NOT NULL,
    asked_on {date} NOT NULL,
    state text NOT NULL,
    attempt integer NOT NULL,
    leased_until {time},
    parts_done integer NOT NULL,
    parts_total integer NOT NULL,
    ready_at {time},
    expires_at {time},
    size_bytes integer NOT NULL,
    token_hash text UNIQUE,
    UNIQUE (person_id, request_id)
) {strict};
CREATE UNIQUE INDEX data_export_one_open ON data_export (person_id) WHERE state IN ('WAITING', 'RUNNING');
CREATE UNIQUE INDEX data_export_one_a_day ON data_export (person_id, asked_on)
    WHERE kind = 'MY_DATA' AND state <> 'FAILED';
CREATE INDEX data_export_person ON data_export (person_id, asked_at, id);
CREATE INDEX data_export_work ON data_export (asked_at) WHERE state IN ('WAITING', 'RUNNING');
CREATE INDEX data_export_expiry ON data_export (expires_at) WHERE state = 'READY';
CREATE INDEX data_export_asked ON data_export (asked_at);
CREATE TABLE data_export_chunk (
    export_id {uuid} NOT NULL REFERENCES data_export (id) ON DELETE CASCADE,
    attempt integer NOT NULL,
    part text NOT NULL,
    seq integer NOT NULL,
    bytes {bytes} NOT NULL,
    PRIMARY KEY (export_id, attempt, part, seq)
) {strict};
CREATE TABLE erasure (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    asked_by text NOT NULL,
    asked_at {time} NOT NULL,
    takes_effect_at {time} NOT NULL,
    state text NOT NULL,
    ended_at {time},
    report_token_hash text,
    last_word_to text,
    language text NOT NULL
) {strict};
CREATE UNIQUE INDEX erasure_one_waiting ON erasure (person_id) WHERE state = 'WAITING';
CREATE INDEX erasure_due ON erasure (takes_effect_at, id) WHERE state = 'WAITING';
CREATE INDEX erasure_last_word ON erasure (ended_at) WHERE last_word_to IS NOT NULL;
CREATE INDEX erasure_person ON erasure (person_id, asked_at);
CREATE INDEX volunteer_guardian ON volunteer (guardian_phone) WHERE guardian_phone IS NOT NULL;
CREATE INDEX team_member_decider ON team_member (decided_by, team_id) WHERE decided_by IS NOT NULL;
CREATE INDEX role_grant_granter ON role_grant (granted_by, id) WHERE granted_by IS NOT NULL;
CREATE INDEX activity_in_charge ON activity (person_in_charge, id);
CREATE INDEX service_record_confirmer ON service_record (confirmed_by, id) WHERE confirmed_by IS NOT NULL;
CREATE INDEX ledger_entry_recorder ON ledger_entry (recorded_by, id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
