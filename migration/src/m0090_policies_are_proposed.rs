//! Policies and star schemes that branches propose: one for each day from which it is valid, never edited, taken back only
//! before it is in force.

use sea_orm_migration::prelude::*;

use crate::ddl::{ddl, only_withdrawn};

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
ALTER TABLE policy ADD COLUMN reason text;
ALTER TABLE policy ADD COLUMN proposed_at {time};
ALTER TABLE policy ADD COLUMN withdrawn_at {time};
ALTER TABLE star_scheme ADD COLUMN policy_id {uuid} REFERENCES policy (id);
ALTER TABLE star_scheme ADD COLUMN withdrawn_at {time};
CREATE UNIQUE INDEX policy_one_from ON policy (branch_path, valid_from) WHERE withdrawn_at IS NULL;
CREATE UNIQUE INDEX star_scheme_one_from ON star_scheme (branch_path, valid_from) WHERE withdrawn_at IS NULL;
CREATE INDEX policy_of_branch ON policy (branch_path, valid_from, id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await?;
        let policy = ["id", "version", "branch_path", "valid_from", "body", "reason", "proposed_at"];
        only_withdrawn(manager, "policy", &policy).await?;
        let scheme = ["id", "version", "branch_path", "valid_from", "thresholds", "policy_id"];
        only_withdrawn(manager, "star_scheme", &scheme).await
    }
}
