//! Stories of activities: posting, finding, signing up; and of bad input.

mod bad_input;
mod bad_requests;
mod coordinates;
mod counts;
mod drafts;
mod facilities;
mod finding;
mod names;
mod near;
mod pages;
mod posting;
mod races;
mod shifts;
mod signing_up;
mod sites;
mod telling;
mod verbs;
