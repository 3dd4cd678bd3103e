//! 通报表扬: rounds with a quota for each branch and kind, and who is nominated.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A branch never nominates more than its quota: a place is taken by one conditional statement, and the database refuses more.
const SQL: &str = "
CREATE TABLE commendation_round (
    id {uuid} PRIMARY KEY,
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    title text NOT NULL,
    state text NOT NULL,
    opened_by {uuid} NOT NULL REFERENCES person (id),
    opened_at {time} NOT NULL,
    notice_until {time},
    closed_at {time},
    cancel_reason text,
    CHECK (state IN ('OPENED', 'REVIEWING', 'NOTICE', 'AWARDED', 'CANCELLED')),
    CHECK (state NOT IN ('NOTICE', 'AWARDED') OR notice_until IS NOT NULL),
    CHECK ((state IN ('AWARDED', 'CANCELLED')) = (closed_at IS NOT NULL)),
    CHECK ((state = 'CANCELLED') = (cancel_reason IS NOT NULL))
) {strict};
CREATE INDEX commendation_round_of_branch ON commendation_round (branch_id, opened_at, id);
CREATE TABLE commendation_quota (
    round_id {uuid} NOT NULL REFERENCES commendation_round (id),
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    kind text NOT NULL,
    quota integer NOT NULL,
    taken integer NOT NULL,
    PRIMARY KEY (round_id, branch_id, kind),
    CHECK (kind IN ('VOLUNTEER', 'TEAM')),
    CHECK (taken BETWEEN 0 AND quota)
) {strict};
CREATE INDEX commendation_quota_branch ON commendation_quota (branch_id);
CREATE TABLE commendation_nominee (
    id {uuid} PRIMARY KEY,
    round_id {uuid} NOT NULL REFERENCES commendation_round (id),
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    kind text NOT NULL,
    volunteer_id {uuid} REFERENCES volunteer (id),
    team_id {uuid} REFERENCES team (id),
    merits text,
    nominated_by {uuid} NOT NULL REFERENCES person (id),
    nominated_at {time} NOT NULL,
    state text NOT NULL,
    reason text,
    decided_by {uuid} REFERENCES person (id),
    decided_at {time},
    UNIQUE (round_id, volunteer_id),
    UNIQUE (round_id, team_id),
    CHECK (kind IN ('VOLUNTEER', 'TEAM')),
    CHECK ((kind = 'VOLUNTEER') = (volunteer_id IS NOT NULL) AND (kind = 'TEAM') = (team_id IS NOT NULL)),
    CHECK (state IN ('LISTED', 'PASSED', 'REFUSED', 'AWARDED', 'LAPSED')),
    CHECK ((state = 'LISTED') = (decided_at IS NULL))
) {strict};
CREATE INDEX commendation_nominee_in_order ON commendation_nominee (round_id, nominated_at, id);
CREATE INDEX commendation_nominee_volunteer ON commendation_nominee (volunteer_id) WHERE volunteer_id IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
