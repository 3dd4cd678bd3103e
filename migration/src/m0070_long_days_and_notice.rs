//! Whose word a long day takes, how long a confirmed record is under public notice, and who corrects what is final.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// What was confirmed before there was a notice is final. What was taken back may be raised again.
const SQL: &str = "
ALTER TABLE service_record ADD COLUMN awaits text CHECK (awaits IS NULL OR (state = 'PENDING' AND awaits IN ('BRANCH', 'PROVINCE')));
ALTER TABLE service_record ADD COLUMN notice_until {time};
UPDATE service_record SET notice_until = confirmed_at WHERE state = 'CONFIRMED';
CREATE INDEX service_record_of_team ON service_record (team_id, notice_until, id) WHERE notice_until IS NOT NULL;
CREATE INDEX service_record_pending ON service_record (team_id, served_to, id) WHERE state = 'PENDING';
DROP INDEX review_item_once;
DROP INDEX review_item_one_waits;
CREATE UNIQUE INDEX review_item_once ON review_item (kind, subject) WHERE kind NOT IN ('CLAIM', 'BACK_FILL', 'LONG_DAY', 'CORRECTION') AND (outcome IS NULL OR outcome <> 'WITHDRAWN');
CREATE UNIQUE INDEX review_item_one_waits ON review_item (kind, subject) WHERE kind IN ('CLAIM', 'BACK_FILL', 'LONG_DAY', 'CORRECTION') AND state = 'WAITING';
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
