//! Volunteers, their consents, teams, and who may do what where.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE volunteer (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL UNIQUE REFERENCES person (id),
    number text NOT NULL UNIQUE,
    name text NOT NULL,
    birth_date {date} NOT NULL,
    guardian_name text,
    guardian_phone text,
    residence_code text NOT NULL REFERENCES division (code),
    skills {json} NOT NULL,
    availability {json} NOT NULL,
    state text NOT NULL,
    enrolled_at {time} NOT NULL,
    registered_at {time}
) {strict};
CREATE INDEX volunteer_residence ON volunteer (residence_code);
CREATE TABLE consent (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    kind text NOT NULL,
    version text NOT NULL,
    given_at {time} NOT NULL,
    withdrawn_at {time}
) {strict};
CREATE UNIQUE INDEX consent_one_in_force ON consent (person_id, kind) WHERE withdrawn_at IS NULL;
CREATE TABLE team (
    id {uuid} PRIMARY KEY,
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    name text NOT NULL,
    speciality text NOT NULL,
    description text NOT NULL,
    created_at {time} NOT NULL,
    UNIQUE (branch_id, name)
) {strict};
CREATE TABLE team_member (
    team_id {uuid} NOT NULL REFERENCES team (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    state text NOT NULL,
    asked_at {time} NOT NULL,
    decided_at {time},
    decided_by {uuid} REFERENCES person (id),
    PRIMARY KEY (team_id, volunteer_id)
) {strict};
CREATE INDEX team_member_volunteer ON team_member (volunteer_id);
CREATE TABLE role_grant (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    role text NOT NULL,
    branch_id {uuid} REFERENCES branch (id),
    team_id {uuid} REFERENCES team (id),
    granted_by {uuid} REFERENCES person (id),
    granted_at {time} NOT NULL,
    ends_at {time},
    revoked_at {time},
    CHECK ((branch_id IS NULL) <> (team_id IS NULL))
) {strict};
CREATE UNIQUE INDEX role_grant_one_on_branch ON role_grant (person_id, role, branch_id) WHERE revoked_at IS NULL AND branch_id IS NOT NULL;
CREATE UNIQUE INDEX role_grant_one_on_team ON role_grant (person_id, role, team_id) WHERE revoked_at IS NULL AND team_id IS NOT NULL;
CREATE INDEX role_grant_branch ON role_grant (branch_id);
CREATE INDEX role_grant_team ON role_grant (team_id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
