//! Star badges: what branches have at hand, what was issued, and the places in the lists of revocations.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Nobody issues what is not there, and a star has one badge that is good. A list of revocations has 2²⁰ places.
const SQL: &str = "
CREATE TABLE badge_stock (
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    star integer NOT NULL CHECK (star BETWEEN 1 AND 5),
    on_hand integer NOT NULL CHECK (on_hand >= 0),
    PRIMARY KEY (branch_id, star)
) {strict};
CREATE TABLE badge_list (
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    year integer NOT NULL,
    taken integer NOT NULL CHECK (taken BETWEEN 0 AND 1048576),
    PRIMARY KEY (branch_id, year)
) {strict};
CREATE TABLE star_badge (
    id {uuid} PRIMARY KEY,
    number text NOT NULL UNIQUE,
    award_id {uuid} NOT NULL REFERENCES star_award (id),
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    issued_at {time} NOT NULL,
    issued_by {uuid} NOT NULL REFERENCES person (id),
    handed_out_at {time},
    handed_out_by {uuid} REFERENCES person (id),
    voided_at {time},
    voided_by {uuid} REFERENCES person (id),
    void_reason text,
    replaces {uuid} UNIQUE REFERENCES star_badge (id),
    public_id {uuid} NOT NULL UNIQUE,
    status_year integer NOT NULL,
    status_place integer NOT NULL CHECK (status_place BETWEEN 0 AND 1048575),
    credential text,
    UNIQUE (branch_id, status_year, status_place),
    CHECK ((handed_out_at IS NULL) = (handed_out_by IS NULL)),
    CHECK ((voided_at IS NULL) = (voided_by IS NULL))
) {strict};
CREATE UNIQUE INDEX star_badge_one_good ON star_badge (award_id) WHERE voided_at IS NULL;
CREATE INDEX star_badge_volunteer ON star_badge (volunteer_id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
