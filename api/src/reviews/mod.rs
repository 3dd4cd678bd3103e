//! What waits for the eye of a leader or of a branch's officer: forgotten check-outs, claims, what came offline, back-filled
//! time that takes two persons, flags. Other rooms raise it and know what settling it changes; here is the queue.

pub mod graphql;
pub mod service;
pub mod store;

pub use service::{Raised, raise, settle, settle_of};

/// What the outbox calls a team's queue. Those of all teams below a branch begin alike.
#[must_use]
pub fn queue_topic(branch_path: &str, team: boai_entity::ids::TeamId) -> String {
    format!("{}/{team}", queues_below(branch_path))
}

/// How the topics of the queues below a branch begin.
#[must_use]
pub fn queues_below(branch_path: &str) -> String {
    format!("reviews:{branch_path}")
}
