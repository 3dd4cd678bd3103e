//! What a device is, how it signed in, and which token was given for which.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
ALTER TABLE session ADD COLUMN platform text NOT NULL DEFAULT 'OTHER';
ALTER TABLE session ADD COLUMN way text NOT NULL DEFAULT 'CODE';
ALTER TABLE session ADD COLUMN installation_id {uuid};
ALTER TABLE session_token ADD COLUMN parent text;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
