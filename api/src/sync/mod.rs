//! What a phone or a desk did while it had no network, brought in later: judged for the time when it happened, once, whatever
//! the order and however often it comes. What a machine must not judge waits for the leader.

pub mod batch;
pub mod graphql;
pub mod items;
pub mod people;
pub mod rules;
pub mod service;
pub mod settling;
pub mod store;
