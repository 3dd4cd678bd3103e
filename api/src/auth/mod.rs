//! Signing in by phone: one-time codes, and sessions with rotating refresh tokens.

pub mod graphql;
pub mod rules;
pub mod service;
mod store;
