//! Rounds of commendations by id.

use boai_entity::ids::CommendationRoundId;

use crate::load_by_id;

load_by_id! {
    CommendationRoundById(CommendationRoundId) => commendation_round: id,
}
