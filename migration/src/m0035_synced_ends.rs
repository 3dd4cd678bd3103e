//! Check-ins and check-outs made without a network that are looked at by a person before they count.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The unique key is the last word on repeats: a phone that sends an item twice has it looked at once.
const SQL: &str = "
CREATE TABLE synced_end (
    id {uuid} PRIMARY KEY,
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    shift_id {uuid} NOT NULL REFERENCES shift (id),
    end_kind text NOT NULL,
    person_id {uuid} NOT NULL REFERENCES person (id),
    request_id {uuid} NOT NULL,
    check_in_request_id {uuid},
    happened_at {time} NOT NULL,
    skew_s integer NOT NULL,
    heard_at {time} NOT NULL,
    grade text,
    accuracy_m {real},
    distance_m {real},
    reasons {json} NOT NULL,
    state text NOT NULL,
    review_item_id {uuid},
    attendance_id {uuid} REFERENCES attendance (id),
    UNIQUE (person_id, request_id),
    CHECK (happened_at <= heard_at),
    CHECK (state IN ('AWAITING', 'COUNTED', 'REFUSED'))
) {strict};
CREATE INDEX synced_end_volunteer ON synced_end (volunteer_id, state);
CREATE INDEX synced_end_review ON synced_end (review_item_id);
CREATE INDEX synced_end_attendance ON synced_end (attendance_id);
CREATE INDEX synced_end_heard ON synced_end (heard_at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
