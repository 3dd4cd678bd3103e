//! 行政区划, 红十字会 and 志愿服务队: the tree that everything hangs on.

pub mod graphql;
pub mod loaders;
pub mod rules;
pub mod service;
pub mod store;
