//! Roots: once a day a signed hash over the chains of all volunteers, published and kept. What a chain by itself cannot show (an
//! end that was cut off, a chain written anew or removed) does not fit the root any more, and nobody makes another one
//! without the key, which the database does not hold.

pub mod graphql;
pub mod http;
pub mod jobs;
pub mod rules;
pub mod service;
pub mod store;
pub mod verify;
