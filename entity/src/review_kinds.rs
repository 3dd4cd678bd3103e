//! The kinds of what waits for a leader's or officer's eye.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

use crate::kinds::kinds;

kinds! {
    /// What waits for somebody's eye.
    ReviewKind {
        /// A volunteer never checked out: say until when they served, with `confirmHours`.
        ForgottenCheckOut,
        /// A volunteer says when they really served.
        Claim,
        /// A check-in or check-out made offline that a machine must not judge.
        SyncItem,
        /// A leader filled in time that takes a second person: their own, or that of many at once.
        BackFill,
        /// A leader confirmed time on a day so long that an officer confirms it too.
        LongDay,
        /// A leader or officer corrects or rejects time that is final: a second person decides.
        Correction,
        /// Something looks odd. Nothing follows from it by itself.
        Flag,
    }

    /// Where something stands that waits for somebody's eye.
    ReviewState {
        /// It waits.
        Waiting,
        /// Somebody has seen to it.
        Settled,
    }

    /// What became of it.
    ReviewOutcome {
        /// As it was proposed.
        Approved,
        /// Otherwise than it was proposed.
        Corrected,
        /// Nothing of it counts.
        Rejected,
        /// Whoever brought it forward took it back.
        Withdrawn,
        /// It was looked at, with a note.
        Noted,
    }

    /// Where a proposed end of service comes from.
    ProposalBasis {
        /// The shift's end: nothing else is known.
        ShiftEnd,
        /// The last proof that the volunteer was there, such as a check-out that was refused at the place.
        LastProof,
    }

    /// What looks odd. There may be a good reason: ask.
    FlagReason {
        /// The phone said that another program makes up its location.
        MockedLocation,
        /// One phone checked in or out for several volunteers within an hour.
        SharedDevice,
        /// The very same coordinates again and again; a real phone at rest jitters by some metres.
        IdenticalCoordinates,
        /// Faster from one fix to the next than people travel.
        ImpossibleSpeed,
        /// Many at one shift in the same second.
        SameSecond,
        /// Somebody confirms mostly the hours of the same few.
        OwnCircle,
        /// Most people of a large activity left soon after they came.
        LeftEarly,
    }
}
