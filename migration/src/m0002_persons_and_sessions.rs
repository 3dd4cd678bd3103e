//! Who can sign in, their one-time codes and their devices.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE person (
    id {uuid} PRIMARY KEY,
    phone text NOT NULL UNIQUE,
    created_at {time} NOT NULL
) {strict};
CREATE TABLE sign_in_code (
    phone text PRIMARY KEY,
    code_hash text NOT NULL,
    sent_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    tries integer NOT NULL,
    used_at {time},
    day {date} NOT NULL,
    sent_today integer NOT NULL
) {strict};
CREATE TABLE session (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    device text NOT NULL,
    created_at {time} NOT NULL,
    last_used_at {time} NOT NULL,
    ended_at {time},
    end_reason text
) {strict};
CREATE INDEX session_person ON session (person_id, id);
CREATE TABLE session_token (
    hash text PRIMARY KEY,
    session_id {uuid} NOT NULL REFERENCES session (id),
    kind text NOT NULL,
    expires_at {time} NOT NULL,
    used_at {time}
) {strict};
CREATE INDEX session_token_session ON session_token (session_id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
