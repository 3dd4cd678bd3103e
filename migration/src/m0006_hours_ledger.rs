//! Service time: records, the append-only ledger, and totals.

use sea_orm_migration::prelude::*;

use crate::ddl::{append_only, ddl};

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE service_record (
    id {uuid} PRIMARY KEY,
    attendance_id {uuid} NOT NULL UNIQUE REFERENCES attendance (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    shift_id {uuid} NOT NULL REFERENCES shift (id),
    activity_id {uuid} NOT NULL REFERENCES activity (id),
    team_id {uuid} NOT NULL REFERENCES team (id),
    category text NOT NULL,
    service_date {date} NOT NULL,
    served_from {time} NOT NULL,
    served_to {time} NOT NULL,
    minutes integer NOT NULL CHECK (minutes >= 0),
    state text NOT NULL,
    book text NOT NULL,
    reason text,
    recorded_at {time} NOT NULL,
    confirmed_at {time},
    confirmed_by {uuid} REFERENCES person (id)
) {strict};
CREATE INDEX service_record_volunteer ON service_record (volunteer_id, served_from, id);
CREATE INDEX service_record_shift ON service_record (shift_id, id);
CREATE TABLE ledger_entry (
    id {uuid} PRIMARY KEY,
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    seq integer NOT NULL CHECK (seq > 0),
    kind text NOT NULL,
    record_id {uuid} NOT NULL REFERENCES service_record (id),
    corrects {uuid} REFERENCES ledger_entry (id),
    book text NOT NULL,
    pending_minutes integer NOT NULL,
    confirmed_minutes integer NOT NULL,
    spans {json} NOT NULL,
    policy_id {uuid} NOT NULL REFERENCES policy (id),
    recorded_by {uuid} NOT NULL REFERENCES person (id),
    recorded_at {time} NOT NULL,
    reason text,
    previous_hash text NOT NULL,
    hash text NOT NULL UNIQUE,
    UNIQUE (volunteer_id, seq)
) {strict};
CREATE INDEX ledger_entry_record ON ledger_entry (record_id);
CREATE UNIQUE INDEX ledger_entry_corrected_once ON ledger_entry (corrects) WHERE corrects IS NOT NULL;
CREATE TABLE volunteer_total (
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    dimension text NOT NULL,
    key text NOT NULL,
    pending_minutes integer NOT NULL,
    confirmed_minutes integer NOT NULL,
    PRIMARY KEY (volunteer_id, dimension, key)
) {strict};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await?;
        append_only(manager, "ledger_entry").await
    }
}
