//! 月报: a branch signs its month when those below it have.
//!
//! Nothing is locked against late changes, and nobody who confirms hours ever waits for who signs. A statement takes up the ledger
//! entries of the branch's own teams that no statement has yet, and the statements of the branches below that none has: each
//! stands in one at most, which the database holds. So what is confirmed or corrected after the signature, however early it
//! began, is an adjustment in the next month that is signed; and what was published on a day can be told again on any later one.

pub mod audit;
pub mod graphql;
pub mod loaders;
pub mod rules;
pub mod service;
pub mod store;
