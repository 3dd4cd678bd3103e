//! Places: datums, distances, coordinates in the API, and the facilities of branches.

pub mod geodesy;
pub mod graphql;
pub mod loaders;
pub mod rules;
pub mod service;
pub mod store;
