//! 志愿服务记录证明: what a volunteer shows to a school or an employer, and how they find out that it is true (order 67 of the
//! Ministry of Civil Affairs, art. 14–17).

pub mod check;
pub mod graphql;
pub mod http;
pub mod page;
pub mod pdf;
pub mod rules;
pub mod service;
pub mod store;
