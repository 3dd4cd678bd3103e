//! Facilities: long-lived places of a branch, at which activities of any team take place.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE facility (
    id {uuid} PRIMARY KEY,
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    kind text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    division_code text NOT NULL REFERENCES division (code),
    latitude {real} NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude {real} NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    opening_hours {json} NOT NULL,
    created_at {time} NOT NULL,
    closed_at {time}
) {strict};
CREATE UNIQUE INDEX facility_name ON facility (branch_id, name) WHERE closed_at IS NULL;
CREATE INDEX facility_branch ON facility (branch_id, name, id);
ALTER TABLE activity ADD COLUMN facility_id {uuid} REFERENCES facility (id);
CREATE INDEX activity_facility ON activity (facility_id, starts_at, id) WHERE facility_id IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
