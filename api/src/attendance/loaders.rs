//! Attendances by id.

use boai_entity::ids::AttendanceId;

use crate::load_by_id;

load_by_id! {
    AttendanceById(AttendanceId) => attendance: id,
}
