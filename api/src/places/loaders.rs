//! Facilities by id.

use boai_entity::ids::FacilityId;

use crate::load_by_id;

load_by_id! {
    FacilityById(FacilityId) => facility: id,
}
