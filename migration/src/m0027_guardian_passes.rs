//! What a guardian who has proved their phone number may act with, for a short while.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE guardian_pass (
    hash text PRIMARY KEY,
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    phone text NOT NULL,
    given_at {time} NOT NULL,
    expires_at {time} NOT NULL
) {strict};
CREATE INDEX guardian_pass_volunteer ON guardian_pass (volunteer_id);
CREATE INDEX guardian_pass_phone ON guardian_pass (phone);
CREATE INDEX guardian_pass_expiry ON guardian_pass (expires_at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
