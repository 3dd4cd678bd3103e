//! 博爱 (Boai): the volunteer service of the Red Cross, as one server.
//!
//! A request comes in at [`server`], which finds out who is asking ([`access`]) and builds a [`ctx::Ctx`]: actor, language,
//! clock, database. The schema ([`graphql`]) hands each field to the room that owns it. In a room, `graphql` maps values,
//! `service` tells the story (authorize, load, decide, write, outbox, commit), `rules` decides without touching anything,
//! and `store` is the one place where SQL lives. [`app`] builds all parts from [`config`].
//!
//! Services use only rooms that stand above their own in this list:
//! platform, access, trail, inbox, auth, policies, organisation, people, identity, four_eyes, roles, places, activities,
//! reviews, awards, leaderboards, hours, registration, badges, proof, certificates, attendance, disputes, statements, desk,
//! presence, sync, recognition, honour_roll, files, policy_changes, badge_rules, explanations, live, privacy, demo.

// The roots of the schema are types within types, a level for each room, and the compiler looks through all of them.
#![recursion_limit = "256"]

pub mod access;
pub mod activities;
pub mod admission;
pub mod app;
pub mod attendance;
pub mod auth;
pub mod awards;
pub mod badge_rules;
pub mod badges;
pub mod certificates;
pub mod cli;
pub mod config;
pub mod ctx;
pub mod demo;
pub mod desk;
pub mod disputes;
pub mod explanations;
pub mod files;
pub mod four_eyes;
pub mod graphql;
pub mod honour_roll;
pub mod hours;
pub mod identity;
pub mod inbox;
pub mod leaderboards;
pub mod live;
pub mod organisation;
pub mod people;
pub mod places;
pub mod platform;
pub mod policies;
pub mod policy_changes;
pub mod presence;
pub mod privacy;
pub mod proof;
pub mod recognition;
pub mod registration;
pub mod reviews;
pub mod roles;
pub mod server;
pub mod statements;
pub mod sync;
pub mod trail;
