//! Stories of persons, branches and teams.

mod acts;
mod askers;
mod browsing;
mod enrolment;
mod fields;
mod four_eyes;
mod not_yours;
mod policy;
mod role_reviews;
mod role_terms;
mod roles;
mod root_fields;
mod root_fields_asked;
mod second_factor;
mod sessions;
mod sign_in;
mod sign_in_races;
mod sms;
mod statements;
mod teams;
mod yours;
