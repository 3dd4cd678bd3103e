//! At which post somebody was before a desk moved them, to be put back when its entry is undone.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
ALTER TABLE desk_entry ADD COLUMN moved_from {uuid} REFERENCES post (id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
