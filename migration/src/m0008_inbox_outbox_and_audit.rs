//! What people are told, what the live boards are told, and who did what.

use sea_orm_migration::prelude::*;

use crate::ddl::{append_only, ddl};

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE inbox_item (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    kind text NOT NULL,
    activity_id {uuid} REFERENCES activity (id),
    shift_id {uuid} REFERENCES shift (id),
    note text NOT NULL,
    created_at {time} NOT NULL,
    read_at {time}
) {strict};
CREATE INDEX inbox_item_person ON inbox_item (person_id, created_at, id);
CREATE TABLE outbox_event (
    id {uuid} PRIMARY KEY,
    topic text NOT NULL,
    created_at {time} NOT NULL,
    published_at {time}
) {strict};
CREATE INDEX outbox_event_unpublished ON outbox_event (id) WHERE published_at IS NULL;
CREATE TABLE audit_entry (
    id {uuid} PRIMARY KEY,
    at {time} NOT NULL,
    actor {uuid} REFERENCES person (id),
    action text NOT NULL,
    subject text NOT NULL,
    subject_id {uuid} NOT NULL,
    reason text,
    request_id text NOT NULL
) {strict};
CREATE INDEX audit_entry_subject ON audit_entry (subject_id, at);
CREATE INDEX audit_entry_actor ON audit_entry (actor, at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await?;
        append_only(manager, "audit_entry").await
    }
}
