//! Service records by id and by attendance.

use boai_entity::ids::{AttendanceId, ServiceRecordId};

use crate::load_by_id;

load_by_id! {
    RecordById(ServiceRecordId) => service_record: id,
    RecordOf(AttendanceId) => service_record: attendance_id,
}
