//! What phones tell of themselves at a check-in, held against each other to notice what looks odd.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE attendance_signal (
    id {uuid} PRIMARY KEY,
    attendance_id {uuid} NOT NULL REFERENCES attendance (id),
    end_kind text NOT NULL,
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    shift_id {uuid} NOT NULL REFERENCES shift (id),
    device {uuid} NOT NULL,
    mocked {bool} NOT NULL,
    at {time} NOT NULL,
    looked_at {time},
    UNIQUE (attendance_id, end_kind)
) {strict};
CREATE INDEX attendance_signal_device ON attendance_signal (device, at);
CREATE INDEX attendance_signal_shift ON attendance_signal (shift_id, at);
CREATE INDEX attendance_signal_at ON attendance_signal (at);
CREATE INDEX attendance_signal_volunteer ON attendance_signal (volunteer_id);
CREATE INDEX attendance_signal_unseen ON attendance_signal (id) WHERE looked_at IS NULL;
CREATE INDEX service_record_confirmed ON service_record (confirmed_at) WHERE confirmed_at IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
