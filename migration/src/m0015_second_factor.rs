//! The second factor: an authenticator app's secret, the codes for when the phone is lost, and until when a session has
//! proved it.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE second_factor (
    person_id {uuid} PRIMARY KEY REFERENCES person (id),
    secret text,
    confirmed_at {time},
    new_secret text,
    new_secret_until {time},
    last_step integer NOT NULL,
    wrong_tries integer NOT NULL,
    locked_until {time},
    CHECK ((secret IS NULL) = (confirmed_at IS NULL)),
    CHECK ((new_secret IS NULL) = (new_secret_until IS NULL))
) {strict};
CREATE TABLE recovery_code (
    hash text PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    used_at {time}
) {strict};
CREATE INDEX recovery_code_person ON recovery_code (person_id);
ALTER TABLE session ADD COLUMN second_factor_until {time};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
