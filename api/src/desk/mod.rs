//! 签到台: the desk of a site, which checks people in and out. Whoever sits there is granted it for the site and some days,
//! and sees the roster, and nothing else.

pub mod find;
pub mod grants;
pub mod graphql;
pub mod rules;
pub mod service;
pub mod store;
pub mod undo;
