//! Who holds which role where: granted from above and for a term, renewed, taken back, looked at each quarter.

pub mod graphql;
pub mod jobs;
pub mod review;
pub mod rules;
pub mod service;
pub mod store;
