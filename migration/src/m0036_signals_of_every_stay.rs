//! Every end of a stay is held against the others, whoever recorded it: of some no phone is known. And what waits for a person
//! remembers the phone that it came from, and the desk that saw the volunteer.

use sea_orm_migration::prelude::*;

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE attendance_signal_of_any (
    id {uuid} PRIMARY KEY,
    attendance_id {uuid} NOT NULL REFERENCES attendance (id),
    end_kind text NOT NULL,
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    shift_id {uuid} NOT NULL REFERENCES shift (id),
    device {uuid},
    mocked {bool} NOT NULL,
    at {time} NOT NULL,
    looked_at {time},
    UNIQUE (attendance_id, end_kind)
) {strict};
INSERT INTO attendance_signal_of_any (id, attendance_id, end_kind, volunteer_id, shift_id, device, mocked, at, looked_at)
    SELECT id, attendance_id, end_kind, volunteer_id, shift_id, device, mocked, at, looked_at FROM attendance_signal;
DROP TABLE attendance_signal;
ALTER TABLE attendance_signal_of_any RENAME TO attendance_signal;
CREATE INDEX attendance_signal_device ON attendance_signal (device, at) WHERE device IS NOT NULL;
CREATE INDEX attendance_signal_shift ON attendance_signal (shift_id, at);
CREATE INDEX attendance_signal_at ON attendance_signal (at);
CREATE INDEX attendance_signal_volunteer ON attendance_signal (volunteer_id);
CREATE INDEX attendance_signal_unseen ON attendance_signal (id) WHERE looked_at IS NULL;
ALTER TABLE synced_end ADD COLUMN session_id {uuid};
ALTER TABLE synced_end ADD COLUMN mocked {bool} NOT NULL DEFAULT FALSE;
ALTER TABLE synced_end ADD COLUMN way text;
ALTER TABLE synced_end ADD COLUMN step integer;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await
    }
}
