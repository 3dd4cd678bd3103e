//! An account given back to a volunteer who lost the phone: one officer opens the recovery, a second one approves it, the
//! old number gets a notice and time to object, and whoever proves the new number completes it.

pub mod graphql;
pub mod rules;
pub mod service;
pub mod store;
