//! Codes, persons, sessions, tokens and WeChat accounts in the database.
//!
//! Rows are taken in one order: the codes', the person's, a recovery's, the sessions', their tokens'; a person's number
//! changes last of all. (Its unique index makes PostgreSQL take the whole row, so that whoever holds a session and writes
//! to the person's inbox would wait for it.)

pub mod codes;
pub mod persons;
pub mod sessions;
pub mod wechat;
