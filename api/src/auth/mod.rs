//! Signing in by phone: one-time codes, sessions with rotating refresh tokens, and a second factor for officers.

pub mod graphql;
pub mod rules;
pub mod second_factor;
pub mod service;
mod store;
