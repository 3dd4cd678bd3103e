//! The kinds of what a phone or a desk without a network brings in later.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

use crate::kinds::kinds;

kinds! {
    /// Why a check-in or check-out made without a network is looked at by a person.
    SyncReason {
        /// It came in later than the policy lets pass, usually 24 hours.
        Late,
        /// The phone's clock was wrong by more than the policy lets pass, usually 2 minutes. The time is corrected all the same.
        Skew,
        /// The volunteer was at another stay at that time.
        Overlapping,
        /// The fix lies outside the circle, but not so far that nobody could have been there.
        OutOfPlace,
        /// A check-out whose check-in is not known, or not yet.
        WithoutCheckIn,
        /// A check-out whose check-in waits for review itself.
        CheckInWaits,
        /// The operator had the desk at that time, and it was taken back since.
        DeskTakenBack,
        /// A desk let somebody in for whom there was no seat.
        WithoutSeat,
    }

    /// Where a check-in or check-out stands that was made without a network and is looked at by a person.
    SyncedState {
        /// It waits.
        Awaiting,
        /// It counts: a person accepted it, or its check-in came in later.
        Counted,
        /// A person refused it.
        Refused,
    }
}
