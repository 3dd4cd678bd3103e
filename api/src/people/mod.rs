//! Volunteers, their consents, what they are told, and who holds which role.

pub mod graphql;
pub mod loaders;
pub mod recovery;
pub mod rules;
pub mod service;
pub mod store;
