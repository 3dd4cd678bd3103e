//! 星级徽章: the numbered badges that branches hand out for stars, from their stock; and their digital twins, credentials of Open
//! Badges 3.0 that anybody can check by themselves.

pub mod credential;
pub mod graphql;
pub mod http;
pub mod loaders;
pub mod rules;
pub mod service;
pub mod store;
