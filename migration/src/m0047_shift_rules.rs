//! Day shifts by a recurrence rule, one for each series and day; and shifts that were called off.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE shift_rule (
    id {uuid} PRIMARY KEY,
    series_id {uuid} NOT NULL,
    activity_id {uuid} NOT NULL REFERENCES activity (id),
    weekdays {json} NOT NULL,
    starts_at_minute integer NOT NULL CHECK (starts_at_minute BETWEEN 0 AND 1439),
    minutes integer NOT NULL CHECK (minutes > 0),
    capacity integer NOT NULL CHECK (capacity > 0),
    posts {json} NOT NULL,
    leave_out_holidays {bool} NOT NULL,
    add_moved_workdays {bool} NOT NULL,
    valid_from {date} NOT NULL,
    valid_to {date},
    made_until {date} NOT NULL,
    created_at {time} NOT NULL
) {strict};
CREATE INDEX shift_rule_activity ON shift_rule (activity_id, valid_from, id);
CREATE INDEX shift_rule_series ON shift_rule (series_id);
CREATE INDEX shift_rule_due ON shift_rule (made_until);
ALTER TABLE shift ADD COLUMN series_id {uuid};
ALTER TABLE shift ADD COLUMN day {date};
ALTER TABLE shift ADD COLUMN own_plan {bool} NOT NULL DEFAULT FALSE;
ALTER TABLE shift ADD COLUMN cancelled_at {time};
ALTER TABLE shift ADD COLUMN cancel_reason text;
CREATE UNIQUE INDEX shift_series_day ON shift (series_id, day) WHERE series_id IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
