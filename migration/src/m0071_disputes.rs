//! Disputes over service records.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A stay has one dispute at a time. Nobody decides on what they brought forward, answered, or decided before.
const SQL: &str = "
CREATE TABLE dispute (
    id {uuid} PRIMARY KEY,
    attendance_id {uuid} NOT NULL REFERENCES attendance (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    shift_id {uuid} NOT NULL REFERENCES shift (id),
    activity_id {uuid} NOT NULL REFERENCES activity (id),
    team_id {uuid} NOT NULL REFERENCES team (id),
    side text NOT NULL CHECK (side IN ('VOLUNTEER', 'TEAM_MEMBER')),
    opened_by {uuid} NOT NULL REFERENCES person (id),
    opened_at {time} NOT NULL,
    request_id {uuid} NOT NULL,
    words text NOT NULL,
    wanted_from {time},
    wanted_to {time},
    confirmed_by {uuid} REFERENCES person (id),
    notice_left_s integer CHECK (notice_left_s >= 0),
    policy_id {uuid} NOT NULL REFERENCES policy (id),
    state text NOT NULL CHECK (state IN ('OPENED', 'DECIDED', 'APPEALED', 'ENDED', 'WITHDRAWN')),
    answer_by {time} NOT NULL,
    decide_by {time} NOT NULL,
    ends_at {time},
    volunteer_words text,
    volunteer_said_at {time},
    answer text,
    answered_by {uuid} REFERENCES person (id),
    answered_at {time},
    outcome text CHECK (outcome IN ('UPHELD', 'DISMISSED')),
    minutes integer,
    reason text,
    decided_by {uuid} REFERENCES person (id),
    decided_at {time},
    decided_for text,
    appeal_side text CHECK (appeal_side IN ('VOLUNTEER', 'TEAM_MEMBER', 'TEAM_LEADER')),
    appeal_words text,
    appealed_by {uuid} REFERENCES person (id),
    appealed_at {time},
    appeal_outcome text CHECK (appeal_outcome IN ('UPHELD', 'DISMISSED')),
    appeal_minutes integer,
    appeal_reason text,
    appeal_decided_by {uuid} REFERENCES person (id),
    appeal_decided_at {time},
    UNIQUE (opened_by, request_id),
    CHECK ((wanted_from IS NULL) = (wanted_to IS NULL)),
    CHECK (wanted_from < wanted_to),
    CHECK ((state IN ('OPENED', 'APPEALED')) = (ends_at IS NULL)),
    CHECK ((outcome IS NULL) = (decided_at IS NULL)),
    CHECK ((state IN ('OPENED', 'WITHDRAWN')) = (decided_at IS NULL)),
    CHECK ((appeal_outcome IS NULL) = (appeal_decided_at IS NULL)),
    CHECK (state <> 'APPEALED' OR (appealed_at IS NOT NULL AND appeal_decided_at IS NULL)),
    CHECK (appeal_decided_at IS NULL OR appealed_at IS NOT NULL),
    CHECK (decided_by <> opened_by),
    CHECK (decided_by <> answered_by),
    CHECK (decided_by <> confirmed_by),
    CHECK (appeal_decided_by <> opened_by),
    CHECK (appeal_decided_by <> answered_by),
    CHECK (appeal_decided_by <> confirmed_by),
    CHECK (appeal_decided_by <> decided_by),
    CHECK (appeal_decided_by <> appealed_by)
) {strict};
CREATE UNIQUE INDEX dispute_one_open ON dispute (attendance_id) WHERE state IN ('OPENED', 'DECIDED', 'APPEALED');
CREATE INDEX dispute_attendance ON dispute (attendance_id, opened_at);
CREATE INDEX dispute_volunteer ON dispute (volunteer_id, opened_at);
CREATE INDEX dispute_opener ON dispute (opened_by, opened_at);
CREATE INDEX dispute_team ON dispute (team_id, opened_at, id);
CREATE INDEX dispute_open ON dispute (opened_at, id) WHERE state IN ('OPENED', 'DECIDED', 'APPEALED');
CREATE INDEX dispute_ended ON dispute (ends_at) WHERE ends_at IS NOT NULL;
CREATE INDEX service_record_stopped ON service_record (team_id, id) WHERE state = 'CONFIRMED' AND notice_until IS NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
