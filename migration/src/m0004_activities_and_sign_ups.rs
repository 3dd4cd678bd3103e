//! Activities with their shifts and posts, and who signed up.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE activity (
    id {uuid} PRIMARY KEY,
    team_id {uuid} NOT NULL REFERENCES team (id),
    kind text NOT NULL,
    category text NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    risks text NOT NULL,
    place_name text NOT NULL,
    address text NOT NULL,
    division_code text NOT NULL REFERENCES division (code),
    latitude {real} NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude {real} NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    unit_x {real} NOT NULL,
    unit_y {real} NOT NULL,
    unit_z {real} NOT NULL,
    radius_m integer NOT NULL CHECK (radius_m > 0),
    skills_required {json} NOT NULL,
    minimum_age integer NOT NULL,
    dangerous {bool} NOT NULL,
    state text NOT NULL,
    person_in_charge {uuid} NOT NULL REFERENCES person (id),
    created_at {time} NOT NULL,
    published_at {time},
    cancelled_at {time},
    cancel_reason text,
    starts_at {time} NOT NULL,
    ends_at {time} NOT NULL,
    CHECK (ends_at > starts_at)
) {strict};
CREATE INDEX activity_near ON activity (latitude, longitude, ends_at) WHERE state = 'PUBLISHED';
CREATE INDEX activity_team ON activity (team_id, starts_at, id);
CREATE INDEX activity_time ON activity (starts_at, id) WHERE state = 'PUBLISHED';
CREATE INDEX activity_division ON activity (division_code, starts_at, id) WHERE state = 'PUBLISHED';
CREATE TABLE shift (
    id {uuid} PRIMARY KEY,
    activity_id {uuid} NOT NULL REFERENCES activity (id),
    starts_at {time} NOT NULL,
    ends_at {time} NOT NULL,
    capacity integer NOT NULL CHECK (capacity > 0),
    taken integer NOT NULL DEFAULT 0 CHECK (taken >= 0),
    CHECK (taken <= capacity),
    CHECK (ends_at > starts_at)
) {strict};
CREATE INDEX shift_activity ON shift (activity_id, starts_at, id);
CREATE INDEX shift_ends ON shift (ends_at);
CREATE TABLE post (
    id {uuid} PRIMARY KEY,
    shift_id {uuid} NOT NULL REFERENCES shift (id),
    name text NOT NULL,
    capacity integer NOT NULL CHECK (capacity > 0),
    taken integer NOT NULL DEFAULT 0 CHECK (taken >= 0),
    CHECK (taken <= capacity),
    UNIQUE (shift_id, name)
) {strict};
CREATE TABLE sign_up (
    id {uuid} PRIMARY KEY,
    shift_id {uuid} NOT NULL REFERENCES shift (id),
    post_id {uuid} REFERENCES post (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    state text NOT NULL,
    signed_up_at {time} NOT NULL,
    changed_at {time} NOT NULL,
    UNIQUE (shift_id, volunteer_id)
) {strict};
CREATE INDEX sign_up_volunteer ON sign_up (volunteer_id, state);
CREATE INDEX sign_up_waiting ON sign_up (shift_id, signed_up_at, id) WHERE state = 'WAITING';
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
