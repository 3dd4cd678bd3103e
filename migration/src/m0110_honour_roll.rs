//! 红人榜: dated issues of a branch, and who is asked to be in them.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Nobody is shown without having agreed, and of whoever is not or no longer shown no story is left: the database itself sees to
/// both.
const SQL: &str = "
CREATE TABLE honour_roll_issue (
    id {uuid} PRIMARY KEY,
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    title text NOT NULL,
    issued_on {date} NOT NULL,
    opened_by {uuid} NOT NULL REFERENCES person (id),
    opened_at {time} NOT NULL,
    published_by {uuid} REFERENCES person (id),
    published_at {time},
    CHECK ((published_at IS NULL) = (published_by IS NULL))
) {strict};
CREATE INDEX honour_roll_issue_published ON honour_roll_issue (branch_id, issued_on, id) WHERE published_at IS NOT NULL;
CREATE INDEX honour_roll_issue_drafts ON honour_roll_issue (branch_id, issued_on, id) WHERE published_at IS NULL;
CREATE TABLE honour_roll_entry (
    id {uuid} PRIMARY KEY,
    issue_id {uuid} NOT NULL REFERENCES honour_roll_issue (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    place integer NOT NULL,
    story text,
    revision integer NOT NULL,
    state text NOT NULL,
    asked_by {uuid} NOT NULL REFERENCES person (id),
    asked_at {time} NOT NULL,
    agreed_at {time},
    shown_name text,
    guardian_agreed_at {time},
    guardian_allows text,
    published_at {time},
    ended_at {time},
    reason text,
    UNIQUE (issue_id, volunteer_id),
    CHECK (state IN ('ASKED', 'AGREED', 'PUBLISHED', 'DECLINED', 'LEFT_OUT', 'TAKEN_DOWN')),
    CHECK (shown_name IN ('WHOLE', 'MASKED')),
    CHECK (guardian_allows IN ('WHOLE', 'MASKED')),
    CHECK ((state IN ('ASKED', 'AGREED', 'PUBLISHED')) = (story IS NOT NULL)),
    CHECK ((state IN ('ASKED', 'AGREED', 'PUBLISHED')) = (ended_at IS NULL)),
    CHECK (state NOT IN ('AGREED', 'PUBLISHED') OR (agreed_at IS NOT NULL AND shown_name IS NOT NULL)),
    CHECK (state <> 'PUBLISHED' OR published_at IS NOT NULL)
) {strict};
CREATE INDEX honour_roll_entry_in_order ON honour_roll_entry (issue_id, place, id);
CREATE INDEX honour_roll_entry_volunteer ON honour_roll_entry (volunteer_id, asked_at);
CREATE INDEX honour_roll_entry_asked_by ON honour_roll_entry (asked_by);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
