//! What looks odd, put before a person: never a punishment, and nothing is refused for it.

pub mod jobs;
pub mod rules;
pub mod service;
pub mod store;

pub use service::{Phone, note, note_presence};
