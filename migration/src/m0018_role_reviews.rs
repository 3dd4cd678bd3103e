//! Each quarter the officers of a branch look at every role in their care: still needed, or not.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE role_review (
    id {uuid} PRIMARY KEY,
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    quarter text NOT NULL,
    opened_at {time} NOT NULL,
    due_at {time} NOT NULL,
    overdue_told_at {time},
    UNIQUE (branch_id, quarter)
) {strict};
CREATE INDEX role_review_due ON role_review (due_at) WHERE overdue_told_at IS NULL;
CREATE TABLE role_review_item (
    review_id {uuid} NOT NULL REFERENCES role_review (id),
    grant_id {uuid} NOT NULL REFERENCES role_grant (id),
    decided_at {time},
    decided_by {uuid} REFERENCES person (id),
    kept {bool},
    PRIMARY KEY (review_id, grant_id),
    CHECK ((decided_at IS NULL) = (kept IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL))
) {strict};
CREATE INDEX role_review_item_grant ON role_review_item (grant_id, decided_at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
