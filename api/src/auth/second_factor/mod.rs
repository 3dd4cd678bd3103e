//! The second factor: an authenticator app (TOTP, RFC 6238), and codes for when the phone is lost. A session that has
//! proved it may act, for a while, by roles that ask for it.

pub mod graphql;
pub mod rules;
pub mod service;
mod store;
