//! 异议: the volunteer, or a member of the team while it sees the record, says that a service record is wrong or missing. Both
//! sides are heard, an officer who is no party decides, and an appeal goes one level up. Meanwhile the record is not final, and
//! nothing else changes it.
//!
//! Who objects to a friend's or a leader's hours has something to fear. So whoever opened a dispute as a member of the team is
//! named to nobody but the officers who may decide it: not to the volunteer, not to the team's leaders.

pub mod decide;
pub mod graphql;
pub mod loaders;
pub mod rules;
pub mod service;
pub mod store;
