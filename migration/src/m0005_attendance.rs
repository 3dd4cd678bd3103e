//! Check-ins and check-outs, refused tries, and what each client request led to.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE policy (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    branch_path text NOT NULL,
    valid_from {time} NOT NULL,
    body {json} NOT NULL,
    UNIQUE (branch_path, version)
) {strict};
CREATE TABLE attendance (
    id {uuid} PRIMARY KEY,
    shift_id {uuid} NOT NULL REFERENCES shift (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    state text NOT NULL,
    checked_in_at {time} NOT NULL,
    check_in_grade text NOT NULL,
    check_in_latitude {real},
    check_in_longitude {real},
    check_in_accuracy_m {real},
    check_in_distance_m {real},
    checked_out_at {time},
    check_out_grade text,
    check_out_latitude {real},
    check_out_longitude {real},
    check_out_accuracy_m {real},
    check_out_distance_m {real},
    policy_id {uuid} NOT NULL REFERENCES policy (id),
    CHECK (checked_out_at IS NULL OR checked_out_at >= checked_in_at)
) {strict};
CREATE UNIQUE INDEX attendance_one_open ON attendance (volunteer_id) WHERE state = 'OPEN';
CREATE INDEX attendance_shift ON attendance (shift_id, checked_in_at, id);
CREATE INDEX attendance_volunteer ON attendance (volunteer_id, checked_in_at);
CREATE TABLE attendance_attempt (
    id {uuid} PRIMARY KEY,
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    shift_id {uuid} REFERENCES shift (id),
    end_kind text NOT NULL,
    tried_at {time} NOT NULL,
    fixed_at {time},
    latitude {real},
    longitude {real},
    accuracy_m {real},
    distance_m {real},
    refusal text NOT NULL
) {strict};
CREATE INDEX attendance_attempt_volunteer ON attendance_attempt (volunteer_id, tried_at);
CREATE INDEX attendance_attempt_shift ON attendance_attempt (shift_id, tried_at);
CREATE TABLE request_effect (
    person_id {uuid} NOT NULL REFERENCES person (id),
    request_id {uuid} NOT NULL,
    operation text NOT NULL,
    asked text NOT NULL,
    subject_id {uuid} NOT NULL,
    made_at {time} NOT NULL,
    PRIMARY KEY (person_id, request_id)
) {strict};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
