//! Applications of enrolled volunteers to be registered.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// One waits at a time; who was declined may apply again.
const SQL: &str = "
CREATE TABLE registration (
    id {uuid} PRIMARY KEY,
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    county_code text NOT NULL,
    year integer NOT NULL,
    minutes integer NOT NULL,
    applied_at {time} NOT NULL,
    state text NOT NULL,
    reason text,
    decided_by {uuid} REFERENCES person (id),
    decided_at {time},
    CHECK (state IN ('WAITING', 'APPROVED', 'DECLINED')),
    CHECK ((state = 'WAITING') = (decided_at IS NULL))
) {strict};
CREATE UNIQUE INDEX registration_one_waits ON registration (volunteer_id) WHERE state = 'WAITING';
CREATE UNIQUE INDEX registration_once ON registration (volunteer_id) WHERE state = 'APPROVED';
CREATE INDEX registration_waiting ON registration (applied_at, id) WHERE state = 'WAITING';
CREATE INDEX registration_volunteer ON registration (volunteer_id, applied_at, id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
