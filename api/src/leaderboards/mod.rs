//! 排行榜: boards by branch, team, category and period; who is shown, and where somebody stands.
//!
//! **An indexed table, and no sorted set.** What a volunteer has on each board (`leaderboard_standing`) moves in the transaction
//! that books the hours: no reader and no instance ever sees a board that differs from the ledger, a correction moves it at once,
//! and what was acknowledged survives. A sorted set in Redis is as fast, but is another database, which may lose or miss what the
//! ledger has; what this product keeps there may be lost.
//!
//! **A rank is "how many have more, and one".** Below a county, and in a team, they are counted in the index. Of a province's
//! million that would touch a million entries, so there and for cities it is a sum over tallies (`leaderboard_tally`): how many have
//! how much, in buckets less than a hundredth wide, and only one's own bucket is counted in the index.
//!
//! **No lock is shared between volunteers where hours are booked.** Everybody's tallies are the same rows, and whole shifts are
//! confirmed at once: those who book do not touch them. A standing remembers what the tallies have of it (`counted`), a partial
//! index finds where that differs, a job adds the differences up some seconds later, and a rank reads both in one moment: it is
//! exact whether or not the job runs. The job holds some volunteers' rows for some milliseconds, as a booking of theirs does, and
//! passes over those that somebody holds.
//!
//! Who lives in a division counts for its branch and for every one above; a branch without a division of its own (a school's, a
//! firm's) has the members of its teams. Who was erased is on no board.

pub mod check;
pub mod graphql;
pub mod jobs;
pub mod rules;
pub mod service;
pub mod store;
