//! What a person may ask of their own data: a copy of all of it, and to be forgotten; and what is forgotten by itself.

mod archive;
mod cells;
pub mod dictionary;
pub mod erasure;
pub mod export;
pub mod graphql;
pub mod guardian;
pub mod http;
pub mod jobs;
pub mod registry;
pub mod retention;
pub mod rules;
mod store;
