//! How long what is kept, and indexes that find what is older.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The two conditions on coordinates are the index's own: a reduced row leaves it.
const SQL: &str = "
ALTER TABLE attendance ADD COLUMN location_reduced_at {time};
CREATE TABLE retention_policy (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL UNIQUE,
    valid_from {time} NOT NULL,
    days {json} NOT NULL
) {strict};
CREATE TABLE retention_run (
    kind text PRIMARY KEY,
    leased_until {time} NOT NULL,
    finished_at {time},
    touched integer NOT NULL
) {strict};
CREATE INDEX attendance_located ON attendance (checked_in_at)
    WHERE check_in_latitude IS NOT NULL OR check_out_latitude IS NOT NULL;
CREATE INDEX attendance_attempt_tried ON attendance_attempt (tried_at);
CREATE INDEX sign_in_code_expiry ON sign_in_code (expires_at);
CREATE INDEX session_ended ON session (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX session_token_expiry ON session_token (expires_at);
CREATE INDEX request_effect_made ON request_effect (made_at);
CREATE INDEX inbox_item_created ON inbox_item (created_at);
CREATE INDEX identity_try_day ON identity_try (day);
CREATE INDEX identity_ended ON identity (decided_at) WHERE fingerprint IS NULL;
CREATE INDEX account_recovery_expiry ON account_recovery (expires_at);
CREATE INDEX outbox_event_published ON outbox_event (published_at) WHERE published_at IS NOT NULL;
";

/// Location: domain policy, 180 days after the record is final. The others are as short as their use allows.
const DAYS: &str = r#"{
    "raw_location": 180, "unsettled_location": 365, "attempt": 180, "code": 1, "session": 30,
    "request_effect": 30, "inbox": 365, "outbox": 1, "export": 90,
    "identity_try": 7, "identity": 365, "recovery": 1095, "look": 1095
}"#;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await?;
        // A fixed id, so that every installation knows this policy by the same one.
        let id = match manager.get_database_backend() {
            DbBackend::Sqlite => "x'00000000000070008000000000000300'",
            _ => "'00000000-0000-7000-8000-000000000300'",
        };
        let row = format!("INSERT INTO retention_policy VALUES ({id}, 1, '1970-01-01T00:00:00+00:00', '{DAYS}')");
        ddl(manager, &row).await
    }
}
