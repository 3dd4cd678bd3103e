//! How many people's hours a leader filled in, and who did what an inbox tells of.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE back_fill_count (
    person_id {uuid} NOT NULL REFERENCES person (id),
    shift_id {uuid} NOT NULL REFERENCES shift (id),
    day {date} NOT NULL,
    people integer NOT NULL CHECK (people > 0),
    PRIMARY KEY (person_id, shift_id, day)
) {strict};
ALTER TABLE inbox_item ADD COLUMN by_person {uuid} REFERENCES person (id);
CREATE INDEX inbox_item_by ON inbox_item (by_person) WHERE by_person IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
