//! Acts that take two persons: one proposes, another with the same competence approves, and only then it is done. What is
//! done belongs to the room that it changes; here is who may say yes to it.

pub mod graphql;
pub mod rules;
pub mod service;
pub mod store;
