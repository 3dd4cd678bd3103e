//! What else a volunteer's file holds (order 67): training, and evaluations.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A mistake is struck out with a reason and can then be entered again; nothing is edited.
const SQL: &str = "
CREATE TABLE training_record (
    id {uuid} PRIMARY KEY,
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    team_id {uuid} REFERENCES team (id),
    name text NOT NULL,
    content text NOT NULL,
    learning_minutes integer NOT NULL,
    trained_on {date} NOT NULL,
    recorded_by {uuid} NOT NULL REFERENCES person (id),
    recorded_at {time} NOT NULL,
    struck_by {uuid} REFERENCES person (id),
    struck_at {time},
    strike_reason text,
    CHECK (learning_minutes > 0),
    CHECK ((struck_at IS NULL) = (struck_by IS NULL))
) {strict};
CREATE UNIQUE INDEX training_record_once ON training_record (volunteer_id, branch_id, name, trained_on)
    WHERE struck_at IS NULL;
CREATE INDEX training_record_volunteer ON training_record (volunteer_id, trained_on, id);
CREATE TABLE evaluation (
    id {uuid} PRIMARY KEY,
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    branch_id {uuid} NOT NULL REFERENCES branch (id),
    team_id {uuid} REFERENCES team (id),
    year integer NOT NULL,
    rating integer NOT NULL,
    reason text,
    evaluated_by {uuid} NOT NULL REFERENCES person (id),
    evaluated_at {time} NOT NULL,
    struck_by {uuid} REFERENCES person (id),
    struck_at {time},
    strike_reason text,
    CHECK (rating BETWEEN 1 AND 5),
    CHECK ((struck_at IS NULL) = (struck_by IS NULL))
) {strict};
CREATE UNIQUE INDEX evaluation_once_a_year ON evaluation (volunteer_id, branch_id, year) WHERE struck_at IS NULL;
CREATE INDEX evaluation_volunteer ON evaluation (volunteer_id, evaluated_at, id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
