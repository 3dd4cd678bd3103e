//! Acts that take two persons: proposed by one, approved by another.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE pending_act (
    id {uuid} PRIMARY KEY,
    kind text NOT NULL,
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    subject_id {uuid} NOT NULL REFERENCES person (id),
    deed {json} NOT NULL,
    reason text NOT NULL,
    proposed_by {uuid} NOT NULL REFERENCES person (id),
    proposed_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    state text NOT NULL,
    decided_by {uuid} REFERENCES person (id),
    decided_at {time},
    CHECK (proposed_by <> subject_id),
    CHECK ((state = 'WAITING') = (decided_at IS NULL)),
    CHECK ((decided_by IS NULL) = (state IN ('WAITING', 'EXPIRED'))),
    CHECK (state <> 'APPROVED' OR (decided_by <> proposed_by AND decided_by <> subject_id))
) {strict};
CREATE UNIQUE INDEX pending_act_one_waiting ON pending_act (kind, subject_id, branch_id) WHERE state = 'WAITING';
CREATE INDEX pending_act_waiting ON pending_act (proposed_at, id) WHERE state = 'WAITING';
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
