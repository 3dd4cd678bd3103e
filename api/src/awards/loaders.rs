//! Awards and the rounds of them by id.

use boai_entity::ids::{AwardRoundId, StarAwardId, StarCandidateId};

use crate::load_by_id;

load_by_id! {
    AwardById(StarAwardId) => star_award: id,
    CandidateById(StarCandidateId) => award_candidate: id,
    RoundById(AwardRoundId) => award_round: id,
}
