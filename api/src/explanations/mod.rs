//! 为什么: each record, star and badge explains itself, by its facts, the version of the rule, and the evidence.

pub mod graphql;
pub mod loaders;
pub mod store;
