//! 星级评定: rounds in which branches award stars, objections, revocations, and stars that a correction put in question.
//!
//! Eligibility is derived and is told by `recognition`; an award is an act, and changes only by another act. Stars are awarded
//! in order: a round lists somebody from the star after the one that they hold, up to the one that the hours reach, and awards
//! from the lowest up, each only to who holds the one below. So whoever is refused for a star gets none above it either.

pub mod commendations;
pub mod graphql;
pub mod loaders;
pub mod objections;
pub mod review;
pub mod rules;
pub mod service;
pub mod stars;
pub mod store;
