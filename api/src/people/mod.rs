//! Volunteers, their consents, and what they are told.

pub mod graphql;
pub mod loaders;
pub mod recovery;
pub mod rules;
pub mod service;
pub mod store;
