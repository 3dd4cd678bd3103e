//! What waits for the eye of a leader or of a branch's officer: forgotten check-outs, claims, what came offline, back-filled
//! time that takes two persons, flags. Other rooms raise it and know what settling it changes; here is the queue.

pub mod graphql;
pub mod service;
pub mod store;

pub use service::{Raised, raise, settle, settle_of};

/// What the outbox calls a team's queue.
pub fn queue_topic(team: boai_entity::ids::TeamId) -> String {
    format!("reviews:{team}")
}
