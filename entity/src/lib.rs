//! The tables, one file each, with the typed ids and the kinds (enums) that their columns hold.
//!
//! This crate depends on nothing of ours. Times are UTC instants with millisecond precision; civil days are
//! worked out in Asia/Shanghai by the rooms that need them. Coordinates are WGS-84 degrees, lengths metres,
//! service time whole minutes.

pub mod award_kinds;
pub mod dispute_kinds;
pub mod honour_kinds;
pub mod ids;
pub mod kinds;
pub mod presence_kinds;
pub mod review_kinds;
pub mod sync_kinds;

pub mod account_recovery;
pub mod activity;
pub mod attendance;
pub mod attendance_attempt;
pub mod attendance_signal;
pub mod audit_chain;
pub mod audit_entry;
pub mod audit_seal;
pub mod award_candidate;
pub mod award_objection;
pub mod award_round;
pub mod badge_rule;
pub mod badge_stock;
pub mod branch;
pub mod certificate;
pub mod code_use;
pub mod commendation_nominee;
pub mod commendation_quota;
pub mod commendation_round;
pub mod consent;
pub mod consent_text;
pub mod data_export;
pub mod data_export_chunk;
pub mod desk_entry;
pub mod desk_grant;
pub mod dispute;
pub mod division;
pub mod erasure;
pub mod evaluation;
pub mod facility;
pub mod guardian_pass;
pub mod honour_roll_entry;
pub mod honour_roll_issue;
pub mod identity;
pub mod inbox_item;
pub mod ledger_entry;
pub mod ledger_head;
pub mod ledger_root;
pub mod outbox_event;
pub mod outside_honour;
pub mod pending_act;
pub mod person;
pub mod policy;
pub mod policy_preview;
pub mod post;
pub mod presence_ask;
pub mod presence_call;
pub mod recovery_code;
pub mod refused_scan;
pub mod registration;
pub mod request_effect;
pub mod retention_policy;
pub mod retention_run;
pub mod review_item;
pub mod role_grant;
pub mod role_review;
pub mod role_review_item;
pub mod second_factor;
pub mod service_record;
pub mod session;
pub mod session_token;
pub mod shift;
pub mod shift_rule;
pub mod sign_in_code;
pub mod sign_up;
pub mod star_award;
pub mod star_badge;
pub mod star_case;
pub mod star_scheme;
pub mod synced_end;
pub mod team;
pub mod team_member;
pub mod training_record;
pub mod volunteer;
pub mod volunteer_total;
pub mod wechat_link;
pub mod wechat_ticket;

/// A point in time as the tables keep it.
pub type Instant = chrono::DateTime<chrono::Utc>;
