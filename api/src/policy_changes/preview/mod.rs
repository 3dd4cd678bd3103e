//! What-if: what a policy that waits would move, had all that was served so far been counted by it. Nothing is recorded anew:
//! what was done keeps the version under which it was done.

pub mod graphql;
pub mod jobs;
pub mod rules;
pub mod service;
pub mod store;
