//! Badge rules that a branch's officers propose: a new version of a badge from a day on, never an old one edited.

pub mod graphql;
pub mod loaders;
pub mod preview;
pub mod rules;
pub mod service;
pub mod store;
