//! Indexes that find what was reviewed, counted and granted long ago: it does not stay for ever.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE INDEX review_item_settled ON review_item (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX back_fill_count_day ON back_fill_count (day);
CREATE INDEX desk_grant_ended ON desk_grant (to_day);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
