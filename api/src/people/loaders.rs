//! Persons and volunteers by id.

use boai_entity::ids::{PersonId, VolunteerId};

use crate::load_by_id;

load_by_id! {
    PersonById(PersonId) => person: id,
    VolunteerById(VolunteerId) => volunteer: id,
    VolunteerOfPerson(PersonId) => volunteer: person_id,
}
