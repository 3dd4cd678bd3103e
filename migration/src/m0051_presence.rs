//! A second proof in the middle of a shift: who was asked for it, and who answered.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Asks of a shift are numbered, so that of two at one instant one stands. A stay is asked once by each, and answers once.
const SQL: &str = "
CREATE TABLE presence_ask (
    id {uuid} PRIMARY KEY,
    shift_id {uuid} NOT NULL REFERENCES shift (id),
    number integer NOT NULL CHECK (number > 0),
    asked_at {time} NOT NULL,
    answer_by {time} NOT NULL,
    asked_by {uuid} NOT NULL REFERENCES person (id),
    request_id {uuid} NOT NULL,
    policy_id {uuid} NOT NULL REFERENCES policy (id),
    UNIQUE (shift_id, number),
    UNIQUE (asked_by, request_id),
    CHECK (answer_by >= asked_at)
) {strict};
CREATE INDEX presence_ask_asked ON presence_ask (asked_at);
CREATE TABLE presence_call (
    ask_id {uuid} NOT NULL REFERENCES presence_ask (id),
    attendance_id {uuid} NOT NULL REFERENCES attendance (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    answered_at {time},
    grade text,
    accuracy_m {real},
    distance_m {real},
    PRIMARY KEY (ask_id, attendance_id),
    CHECK ((answered_at IS NULL) = (grade IS NULL)),
    CHECK (answered_at IS NOT NULL OR distance_m IS NULL)
) {strict};
CREATE INDEX presence_call_attendance ON presence_call (attendance_id);
CREATE INDEX presence_call_volunteer ON presence_call (volunteer_id);
ALTER TABLE attendance ADD COLUMN presence_grade text;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
