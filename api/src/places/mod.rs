//! Places: datums, distances, and coordinates in the API.

pub mod geodesy;
pub mod graphql;
