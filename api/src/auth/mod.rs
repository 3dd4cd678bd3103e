//! Signing in by phone or WeChat: one-time codes, sessions with rotating refresh tokens, the number an account is at, and a
//! second factor for officers.

pub mod codes;
pub mod graphql;
pub mod phone;
pub mod rules;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;
pub mod store;
pub mod wechat;
