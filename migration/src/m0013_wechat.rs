//! WeChat accounts of persons: one account one person, one person one account per mini program.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE wechat_link (
    app_id text NOT NULL,
    openid_hash text NOT NULL,
    person_id {uuid} NOT NULL REFERENCES person (id),
    linked_at {time} NOT NULL,
    PRIMARY KEY (app_id, openid_hash),
    UNIQUE (person_id, app_id)
) {strict};
CREATE TABLE wechat_ticket (
    hash text PRIMARY KEY,
    app_id text NOT NULL,
    openid_hash text NOT NULL,
    expires_at {time} NOT NULL
) {strict};
CREATE INDEX wechat_ticket_expires ON wechat_ticket (expires_at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
