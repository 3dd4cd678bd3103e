//! Stories of persons, branches and teams.

mod acts;
mod askers;
mod browsing;
mod cursors;
mod devices;
mod enrolment;
mod fields;
mod not_yours;
mod phone_change;
mod policy;
mod recovery;
mod recovery_races;
mod refresh;
mod roles;
mod root_fields;
mod root_fields_asked;
mod sessions;
mod sign_in;
mod sign_in_races;
mod sms;
mod statements;
mod teams;
mod unseen;
mod wechat;
mod wechat_server;
mod yours;
