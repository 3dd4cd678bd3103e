//! 红人榜: dated issues in which a branch shows people and their stories, each as they agreed, to anybody.
//!
//! Who agrees does so to one story and one form of the name; another story asks anew. Who withdraws is shown no more from the same
//! transaction on, and the story goes with it: the issue then says that an entry was taken down, not whose.

pub mod graphql;
pub mod loaders;
pub mod rules;
pub mod service;
pub mod store;
