//! Stories of what branches award: stars, and the registration that comes before.

mod badges;
mod commendations;
mod explaining;
mod files;
mod honour_roll;
mod life;
mod objections;
mod questions;
mod races;
mod registration;
mod rounds;
mod support;
mod year;
