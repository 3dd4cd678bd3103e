//! Who recorded each end of a stay, when it was not the volunteer: a desk, a leader.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
ALTER TABLE attendance ADD COLUMN check_in_by {uuid} REFERENCES person (id);
ALTER TABLE attendance ADD COLUMN check_out_by {uuid} REFERENCES person (id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
