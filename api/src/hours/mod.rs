//! 志愿服务时间: the ledger, confirmation, totals and their audit.

pub mod audit;
pub mod booking;
pub mod graphql;
pub mod ledger;
pub mod loaders;
pub mod long_days;
pub mod notice;
pub mod rules;
pub mod service;
pub mod store;
