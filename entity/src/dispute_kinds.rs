//! The kinds of a dispute over a service record.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

use crate::kinds::kinds;

kinds! {
    /// Where a dispute stands.
    DisputeState {
        /// It waits for an answer and a decision.
        Opened,
        /// It was decided, and either side may still appeal.
        Decided,
        /// It waits for a decision one level up.
        Appealed,
        /// It is over: nobody appealed in time, or the appeal was decided.
        Ended,
        /// Whoever opened it took it back.
        Withdrawn,
    }

    /// Whose word something is.
    DisputeSide {
        /// Of the volunteer whose service it is.
        Volunteer,
        /// Of a member of the team, who saw the record in its public notice.
        TeamMember,
        /// Of those who recorded the service: the team's leaders, or who confirmed it.
        TeamLeader,
    }

    /// What a dispute, or an appeal, came to.
    DisputeOutcome {
        /// Whoever objected is right: the record was changed.
        Upheld,
        /// The record stays as it was.
        Dismissed,
    }
}
