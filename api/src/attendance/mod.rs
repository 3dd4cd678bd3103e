//! 签到 and 签退 by location.

pub mod graphql;
pub mod jobs;
pub mod loaders;
pub mod rules;
pub mod service;
pub mod store;
