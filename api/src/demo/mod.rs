//! The demo: real divisions and places, made-up people, and one volunteer's day.

pub mod town;
