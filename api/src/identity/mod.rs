//! 实名认证: the number of somebody's identity document, taken for that alone, sealed, and shown to an officer who says why.

pub mod checker;
pub mod graphql;
pub mod jobs;
pub mod rules;
pub mod service;
pub mod store;
