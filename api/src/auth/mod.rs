//! Signing in by phone or WeChat: one-time codes, sessions with rotating refresh tokens, and the number an account is at.

pub mod codes;
pub mod graphql;
pub mod phone;
pub mod rules;
pub mod sessions;
pub mod sign_in;
pub mod store;
pub mod wechat;
