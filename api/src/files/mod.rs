//! 志愿者档案: a volunteer's file as order 67 names its parts: service, training, honours and evaluation. Service and stars are
//! other rooms'; here are honours from outside, which officers check, and what branches and teams enter.

pub mod entries;
pub mod graphql;
pub mod honours;
pub mod rules;
pub mod store;
