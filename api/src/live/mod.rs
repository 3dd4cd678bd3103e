//! What moves while people watch: subscriptions over the outbox.

pub mod feed;
pub mod graphql;
