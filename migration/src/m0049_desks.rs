//! Desks: who sits where on which days, what they entered, what they were refused, and which codes of volunteers they took.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE desk_grant (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    activity_id {uuid} REFERENCES activity (id),
    facility_id {uuid} REFERENCES facility (id),
    from_day {date} NOT NULL,
    to_day {date} NOT NULL,
    granted_by {uuid} NOT NULL REFERENCES person (id),
    granted_at {time} NOT NULL,
    revoked_at {time},
    revoked_by {uuid} REFERENCES person (id),
    CHECK ((activity_id IS NULL) <> (facility_id IS NULL)),
    CHECK (from_day <= to_day)
) {strict};
CREATE UNIQUE INDEX desk_grant_once_activity ON desk_grant (activity_id, person_id, from_day, to_day)
    WHERE revoked_at IS NULL AND activity_id IS NOT NULL;
CREATE UNIQUE INDEX desk_grant_once_facility ON desk_grant (facility_id, person_id, from_day, to_day)
    WHERE revoked_at IS NULL AND facility_id IS NOT NULL;
CREATE INDEX desk_grant_person ON desk_grant (person_id, to_day);
CREATE TABLE desk_entry (
    id {uuid} PRIMARY KEY,
    attendance_id {uuid} NOT NULL REFERENCES attendance (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    end_kind text NOT NULL,
    way text NOT NULL,
    walk_in {bool} NOT NULL,
    operator_id {uuid} NOT NULL REFERENCES person (id),
    made_at {time} NOT NULL,
    undone_at {time},
    undone_by {uuid} REFERENCES person (id),
    undo_reason text
) {strict};
CREATE UNIQUE INDEX desk_entry_stands_once ON desk_entry (attendance_id, end_kind) WHERE undone_at IS NULL;
CREATE INDEX desk_entry_volunteer ON desk_entry (volunteer_id, made_at);
CREATE INDEX desk_entry_operator ON desk_entry (operator_id, made_at);
CREATE TABLE refused_scan (
    id {uuid} PRIMARY KEY,
    activity_id {uuid} REFERENCES activity (id),
    facility_id {uuid} REFERENCES facility (id),
    volunteer_id {uuid} REFERENCES volunteer (id),
    end_kind text NOT NULL,
    way text NOT NULL,
    operator_id {uuid} NOT NULL REFERENCES person (id),
    tried_at {time} NOT NULL,
    refusal text NOT NULL,
    message_zh text NOT NULL,
    message_en text NOT NULL,
    CHECK ((activity_id IS NULL) <> (facility_id IS NULL))
) {strict};
CREATE INDEX refused_scan_activity ON refused_scan (activity_id, tried_at, id);
CREATE INDEX refused_scan_facility ON refused_scan (facility_id, tried_at, id);
CREATE INDEX refused_scan_volunteer ON refused_scan (volunteer_id, tried_at);
CREATE INDEX refused_scan_tried ON refused_scan (tried_at);
CREATE TABLE code_use (
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    step integer NOT NULL,
    attendance_id {uuid} NOT NULL REFERENCES attendance (id),
    end_kind text NOT NULL,
    used_by {uuid} NOT NULL REFERENCES person (id),
    used_at {time} NOT NULL,
    PRIMARY KEY (volunteer_id, step)
) {strict};
CREATE INDEX code_use_used ON code_use (used_at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
