//! 签到 and 签退 by location, or by the code on the screen of the site.

pub mod afterwards;
pub mod attempts;
pub mod codes;
pub mod flags;
pub mod forgotten;
pub mod graphql;
pub mod jobs;
pub mod loaders;
pub mod rules;
pub mod service;
pub mod stay;
pub mod store;
pub mod volunteer_codes;
pub mod wishes;
