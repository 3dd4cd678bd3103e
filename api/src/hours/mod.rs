//! 志愿服务时间: the ledger, confirmation, totals and their audit.

pub mod audit;
pub mod graphql;
pub mod ledger;
pub mod loaders;
pub mod rules;
pub mod service;
pub mod store;
