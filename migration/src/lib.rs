//! The schema, step by step. See `README.md` beside this crate for how a change is made.

use sea_orm_migration::prelude::*;

mod ddl;
mod m0001_divisions_and_branches;
mod m0002_persons_and_sessions;
mod m0003_volunteers_teams_and_roles;
mod m0004_activities_and_sign_ups;
mod m0005_attendance;
mod m0006_hours_ledger;
mod m0007_recognition;
mod m0008_inbox_outbox_and_audit;
mod m0009_first_policies;
mod m0010_devices;
mod m0011_code_purposes;
mod m0012_account_recovery;
mod m0013_wechat;
mod m0015_second_factor;
mod m0016_role_terms;
mod m0017_pending_acts;
mod m0018_role_reviews;
mod m0020_audit_chains;
mod m0021_identities;
mod m0022_consent_texts;
mod m0025_exports_and_erasures;
mod m0026_retention;
mod m0027_guardian_passes;
mod m0028_audit_words;
mod m0029_guardian_consent;
mod m0030_review_items;
mod m0031_back_fills;
mod m0032_flags;
mod m0034_who_recorded_a_stay;
mod m0035_synced_ends;
mod m0036_signals_of_every_stay;
mod m0045_facilities;
mod m0046_holidays;
mod m0047_shift_rules;
mod m0049_desks;
mod m0050_numbered_events;
mod m0051_presence;
mod m0052_moved_posts;
mod m0053_reviews_do_not_stay;
mod m0060_ledger_roots;
mod m0061_certificates;
mod m0070_long_days_and_notice;
mod m0071_disputes;
mod m0080_award_rounds;
mod m0081_registrations;
mod m0082_star_badges;
mod m0090_policies_are_proposed;
mod m0091_policy_previews;
mod m0100_badge_rules_are_proposed;
mod m0110_honour_roll;
mod m0111_honours_from_outside;
mod m0112_training_and_evaluations;
mod m0113_commendations;
mod m0120_leaderboards;
mod m0130_month_statements;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_divisions_and_branches::Migration),
            Box::new(m0002_persons_and_sessions::Migration),
            Box::new(m0003_volunteers_teams_and_roles::Migration),
            Box::new(m0004_activities_and_sign_ups::Migration),
            Box::new(m0005_attendance::Migration),
            Box::new(m0006_hours_ledger::Migration),
            Box::new(m0007_recognition::Migration),
            Box::new(m0008_inbox_outbox_and_audit::Migration),
            Box::new(m0009_first_policies::Migration),
            Box::new(m0010_devices::Migration),
            Box::new(m0011_code_purposes::Migration),
            Box::new(m0012_account_recovery::Migration),
            Box::new(m0013_wechat::Migration),
            Box::new(m0015_second_factor::Migration),
            Box::new(m0016_role_terms::Migration),
            Box::new(m0017_pending_acts::Migration),
            Box::new(m0018_role_reviews::Migration),
            Box::new(m0020_audit_chains::Migration),
            Box::new(m0021_identities::Migration),
            Box::new(m0022_consent_texts::Migration),
            Box::new(m0025_exports_and_erasures::Migration),
            Box::new(m0026_retention::Migration),
            Box::new(m0027_guardian_passes::Migration),
            Box::new(m0028_audit_words::Migration),
            Box::new(m0029_guardian_consent::Migration),
            Box::new(m0030_review_items::Migration),
            Box::new(m0031_back_fills::Migration),
            Box::new(m0032_flags::Migration),
            Box::new(m0034_who_recorded_a_stay::Migration),
            Box::new(m0035_synced_ends::Migration),
            Box::new(m0036_signals_of_every_stay::Migration),
            Box::new(m0045_facilities::Migration),
            Box::new(m0046_holidays::Migration),
            Box::new(m0047_shift_rules::Migration),
            Box::new(m0049_desks::Migration),
            Box::new(m0050_numbered_events::Migration),
            Box::new(m0051_presence::Migration),
            Box::new(m0052_moved_posts::Migration),
            Box::new(m0053_reviews_do_not_stay::Migration),
            Box::new(m0060_ledger_roots::Migration),
            Box::new(m0061_certificates::Migration),
            Box::new(m0070_long_days_and_notice::Migration),
            Box::new(m0071_disputes::Migration),
            Box::new(m0080_award_rounds::Migration),
            Box::new(m0081_registrations::Migration),
            Box::new(m0082_star_badges::Migration),
            Box::new(m0090_policies_are_proposed::Migration),
            Box::new(m0091_policy_previews::Migration),
            Box::new(m0100_badge_rules_are_proposed::Migration),
            Box::new(m0110_honour_roll::Migration),
            Box::new(m0111_honours_from_outside::Migration),
            Box::new(m0112_training_and_evaluations::Migration),
            Box::new(m0113_commendations::Migration),
            Box::new(m0120_leaderboards::Migration),
            Box::new(m0130_month_statements::Migration),
        ]
    }
}
