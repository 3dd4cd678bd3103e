//! What is said of served time afterwards: a volunteer claims it, a leader fills it in, a second person decides.

pub mod back_fill;
pub mod claims;
pub mod decide;
pub mod graphql;
pub mod rules;
pub mod store;
