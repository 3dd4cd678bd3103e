//! 星级 and badges: eligibility, derived from the ledger. Awards are a branch's act: see `awards`.

pub mod graphql;
pub mod language;
pub mod rules;
pub mod service;
pub mod store;
