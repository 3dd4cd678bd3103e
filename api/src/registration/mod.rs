//! 注册: enrolled volunteers with 20 hours of service in a calendar year apply to be registered, and a county or one above it
//! approves (《中国红十字志愿服务管理办法》, art. 3).

pub mod graphql;
pub mod rules;
pub mod service;
pub mod store;
