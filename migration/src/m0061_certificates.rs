//! Certificates of service records, as they were issued.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE certificate (
    id {uuid} PRIMARY KEY,
    number text NOT NULL UNIQUE,
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    issued_at {time} NOT NULL,
    shown {json} NOT NULL,
    seq integer NOT NULL,
    head text NOT NULL,
    digest text NOT NULL,
    payload text NOT NULL,
    key_id text NOT NULL,
    address text,
    revoked_at {time},
    revoke_reason text
) {strict};
CREATE UNIQUE INDEX certificate_same ON certificate (volunteer_id, digest) WHERE revoked_at IS NULL;
CREATE INDEX certificate_volunteer ON certificate (volunteer_id, issued_at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
