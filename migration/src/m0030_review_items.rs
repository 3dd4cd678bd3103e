//! What waits for the eye of a leader or of a branch's officer.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The same is raised once, whoever and how many notice it. Claims and back-fills may come again once they were decided on:
/// of those one waits at a time. Back-filled time that takes two persons is never accepted by the first of them.
const SQL: &str = "
CREATE TABLE review_item (
    id {uuid} PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    team_id {uuid} NOT NULL REFERENCES team (id),
    activity_id {uuid} NOT NULL REFERENCES activity (id),
    shift_id {uuid} REFERENCES shift (id),
    volunteer_id {uuid} REFERENCES volunteer (id),
    attendance_id {uuid} REFERENCES attendance (id),
    details {json} NOT NULL,
    reason text,
    policy_id {uuid} REFERENCES policy (id),
    officers_only {bool} NOT NULL,
    raised_by {uuid} REFERENCES person (id),
    raised_at {time} NOT NULL,
    state text NOT NULL,
    settled_by {uuid} REFERENCES person (id),
    settled_at {time},
    outcome text,
    note text,
    CHECK (state IN ('WAITING', 'SETTLED')),
    CHECK ((state = 'WAITING') = (settled_at IS NULL)),
    CHECK ((state = 'WAITING') = (outcome IS NULL)),
    CHECK (state = 'SETTLED' OR settled_by IS NULL),
    CHECK (kind <> 'BACK_FILL' OR raised_by IS NOT NULL),
    CHECK (kind <> 'BACK_FILL' OR outcome IS NULL OR outcome = 'WITHDRAWN' OR settled_by <> raised_by)
) {strict};
CREATE UNIQUE INDEX review_item_once ON review_item (kind, subject) WHERE kind NOT IN ('CLAIM', 'BACK_FILL');
CREATE UNIQUE INDEX review_item_one_waits ON review_item (kind, subject) WHERE kind IN ('CLAIM', 'BACK_FILL') AND state = 'WAITING';
CREATE INDEX review_item_of_team ON review_item (team_id, state, raised_at, id);
CREATE INDEX review_item_waiting ON review_item (raised_at, id) WHERE state = 'WAITING';
CREATE INDEX review_item_attendance ON review_item (attendance_id) WHERE attendance_id IS NOT NULL;
CREATE INDEX review_item_volunteer ON review_item (volunteer_id) WHERE volunteer_id IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
