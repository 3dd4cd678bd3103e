//! Roles on a branch have an end, which can be put off; nobody grants one to themself. What had no end gets a year.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// SQLite adds no checks to a table that is there: it is made anew.
const SQLITE: &str = "
CREATE TABLE role_grant_with_term (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    role text NOT NULL,
    branch_id {uuid} REFERENCES branch (id),
    team_id {uuid} REFERENCES team (id),
    granted_by {uuid} REFERENCES person (id),
    granted_at {time} NOT NULL,
    ends_at {time},
    revoked_at {time},
    renewed_at {time},
    renewed_by {uuid} REFERENCES person (id),
    reminded_at {time},
    CHECK ((branch_id IS NULL) <> (team_id IS NULL)),
    CHECK (branch_id IS NULL OR ends_at IS NOT NULL),
    CHECK (granted_by IS NULL OR granted_by <> person_id),
    CHECK (renewed_by IS NULL OR renewed_by <> person_id)
) {strict};
INSERT INTO role_grant_with_term
    (id, person_id, role, branch_id, team_id, granted_by, granted_at, ends_at, revoked_at)
SELECT id, person_id, role, branch_id, team_id, granted_by, granted_at,
    CASE WHEN branch_id IS NULL THEN ends_at
         ELSE COALESCE(ends_at, strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', '+1 year')) END,
    revoked_at
FROM role_grant;
DROP TABLE role_grant;
ALTER TABLE role_grant_with_term RENAME TO role_grant;
CREATE UNIQUE INDEX role_grant_one_on_branch ON role_grant (person_id, role, branch_id) WHERE revoked_at IS NULL AND branch_id IS NOT NULL;
CREATE UNIQUE INDEX role_grant_one_on_team ON role_grant (person_id, role, team_id) WHERE revoked_at IS NULL AND team_id IS NOT NULL;
CREATE INDEX role_grant_branch ON role_grant (branch_id);
CREATE INDEX role_grant_team ON role_grant (team_id);
";

const POSTGRES: &str = "
ALTER TABLE role_grant ADD COLUMN renewed_at {time};
ALTER TABLE role_grant ADD COLUMN renewed_by {uuid} REFERENCES person (id);
ALTER TABLE role_grant ADD COLUMN reminded_at {time};
UPDATE role_grant SET ends_at = date_trunc('second', now()) + interval '1 year' WHERE branch_id IS NOT NULL AND ends_at IS NULL;
ALTER TABLE role_grant ADD CHECK (branch_id IS NULL OR ends_at IS NOT NULL);
ALTER TABLE role_grant ADD CHECK (granted_by IS NULL OR granted_by <> person_id);
ALTER TABLE role_grant ADD CHECK (renewed_by IS NULL OR renewed_by <> person_id);
";

const BOTH: &str = "
CREATE INDEX role_grant_ending ON role_grant (ends_at) WHERE revoked_at IS NULL AND reminded_at IS NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = match manager.get_database_backend() {
            DbBackend::Sqlite => SQLITE,
            _ => POSTGRES,
        };
        ddl(manager, own).await?;
        ddl(manager, BOTH).await
    }
}
