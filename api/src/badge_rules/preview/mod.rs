//! A dry run: who would be eligible for a badge by a rule that waits, and who no longer, by what is known today. Nothing is
//! recorded.

pub mod graphql;
pub mod jobs;
pub mod service;
pub mod store;
