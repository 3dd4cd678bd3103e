//! Rounds of awards for stars, who is in them, what was awarded, and stars in question.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A star is held once. Five stars have rounds of their own, for those are of the whole system. The list of a round looks only at
/// who has the hours for its lowest star, which `volunteer_total_all` finds.
const SQL: &str = "
CREATE TABLE award_round (
    id {uuid} PRIMARY KEY,
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    from_star integer NOT NULL,
    to_star integer NOT NULL,
    cut_off {date} NOT NULL,
    state text NOT NULL,
    opened_by {uuid} NOT NULL REFERENCES person (id),
    opened_at {time} NOT NULL,
    scheme_id {uuid} REFERENCES star_scheme (id),
    policy_id {uuid} REFERENCES policy (id),
    frozen_at {time},
    notice_until {time},
    closed_at {time},
    cancel_reason text,
    CHECK (from_star >= 1 AND from_star <= to_star AND (to_star <= 4 OR from_star = 5)),
    CHECK (state IN ('OPENED', 'REVIEWING', 'NOTICE', 'AWARDED', 'CANCELLED')),
    CHECK (state IN ('OPENED', 'CANCELLED') OR frozen_at IS NOT NULL),
    CHECK ((frozen_at IS NULL) = (scheme_id IS NULL) AND (frozen_at IS NULL) = (policy_id IS NULL)),
    CHECK (state NOT IN ('NOTICE', 'AWARDED') OR notice_until IS NOT NULL),
    CHECK ((state IN ('AWARDED', 'CANCELLED')) = (closed_at IS NOT NULL)),
    CHECK ((state = 'CANCELLED') = (cancel_reason IS NOT NULL))
) {strict};
CREATE INDEX award_round_of_branch ON award_round (branch_id, opened_at, id);
CREATE TABLE award_candidate (
    id {uuid} PRIMARY KEY,
    round_id {uuid} NOT NULL REFERENCES award_round (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    star integer NOT NULL,
    minutes integer NOT NULL,
    threshold integer NOT NULL,
    state text NOT NULL,
    reason text,
    decided_by {uuid} REFERENCES person (id),
    decided_at {time},
    UNIQUE (round_id, volunteer_id, star),
    CHECK (minutes >= threshold),
    CHECK (state IN ('LISTED', 'PASSED', 'REFUSED', 'AWARDED', 'LAPSED')),
    CHECK ((state = 'LISTED') = (decided_at IS NULL))
) {strict};
CREATE INDEX award_candidate_in_order ON award_candidate (round_id, star, minutes, id);
CREATE INDEX award_candidate_volunteer ON award_candidate (volunteer_id);
CREATE TABLE award_objection (
    id {uuid} PRIMARY KEY,
    candidate_id {uuid} NOT NULL REFERENCES award_candidate (id),
    raised_by {uuid} NOT NULL REFERENCES person (id),
    words text NOT NULL,
    raised_at {time} NOT NULL,
    state text NOT NULL,
    answer text,
    answered_by {uuid} REFERENCES person (id),
    answered_at {time},
    UNIQUE (candidate_id, raised_by),
    CHECK (state IN ('WAITING', 'UPHELD', 'DISMISSED')),
    CHECK ((state = 'WAITING') = (answered_at IS NULL)),
    CHECK (answered_by IS NULL OR answered_by <> raised_by)
) {strict};
CREATE INDEX award_objection_raised_by ON award_objection (raised_by);
CREATE TABLE star_award (
    id {uuid} PRIMARY KEY,
    round_id {uuid} NOT NULL REFERENCES award_round (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    star integer NOT NULL,
    minutes integer NOT NULL,
    threshold integer NOT NULL,
    awarded_at {time} NOT NULL,
    awarded_by {uuid} NOT NULL REFERENCES person (id),
    revoked_at {time},
    revoked_by {uuid} REFERENCES person (id),
    revoke_reason text,
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
) {strict};
CREATE UNIQUE INDEX star_award_once ON star_award (volunteer_id, star) WHERE revoked_at IS NULL;
CREATE INDEX star_award_volunteer ON star_award (volunteer_id, awarded_at, star);
CREATE TABLE star_case (
    id {uuid} PRIMARY KEY,
    award_id {uuid} NOT NULL REFERENCES star_award (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    confirmed_minutes integer NOT NULL,
    raised_at {time} NOT NULL,
    state text NOT NULL,
    reason text,
    decided_by {uuid} REFERENCES person (id),
    decided_at {time},
    CHECK (state IN ('WAITING', 'KEPT', 'REVOKED')),
    CHECK ((state = 'WAITING') = (decided_at IS NULL))
) {strict};
CREATE UNIQUE INDEX star_case_one_waits ON star_case (award_id) WHERE state = 'WAITING';
CREATE INDEX star_case_award ON star_case (award_id);
CREATE INDEX star_case_volunteer ON star_case (volunteer_id);
CREATE INDEX star_case_waiting ON star_case (raised_at, id) WHERE state = 'WAITING';
CREATE INDEX volunteer_total_all ON volunteer_total (confirmed_minutes) WHERE dimension = 'ALL';
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
