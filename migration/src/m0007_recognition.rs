//! Star schemes and badge rules, as versioned data.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE star_scheme (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    branch_path text NOT NULL,
    valid_from {time} NOT NULL,
    thresholds {json} NOT NULL,
    UNIQUE (branch_path, version)
) {strict};
CREATE TABLE badge_rule (
    id {uuid} PRIMARY KEY,
    code text NOT NULL,
    version integer NOT NULL,
    valid_from {time} NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    rule {json} NOT NULL,
    UNIQUE (code, version)
) {strict};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
