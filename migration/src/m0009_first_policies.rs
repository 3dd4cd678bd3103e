//! The policies to begin with: version 1 everywhere. Later versions are added beside them, never in place.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const POLICY: &str = r#"{
    "radius_min_m": 50, "radius_max_m": 2000, "radius_default_m": 300,
    "accuracy_allowance_m": 200, "accuracy_max_m": 500,
    "fix_max_age_s": 120, "fix_max_ahead_s": 5,
    "check_in_opens_before_min": 30, "check_out_closes_after_min": 120,
    "minimum_min": 15, "pairs_per_day": 3
}"#;

/// 100, 300, 600, 1000 and 1500 hours, in minutes: used nationwide, by the Red Cross too.
const STARS: &str = "[6000, 18000, 36000, 60000, 90000]";

/// Code, Chinese name, English name, rule. The vaccination campaign ran from 2021 on and has no end yet.
const BADGES: [(&str, &str, &str, &str); 8] = [
    ("FIRST_ACTIVITY", "初心徽章", "First step", r#"{"fact":"ACTIVITIES","at_least":1}"#),
    ("TEN_ACTIVITIES", "十次行动徽章", "Ten activities", r#"{"fact":"ACTIVITIES","at_least":10}"#),
    (
        "ELDERLY_50H",
        "敬老徽章",
        "Fifty hours with the elderly",
        r#"{"fact":"CATEGORY_MINUTES","category":"ELDERLY","at_least":3000}"#,
    ),
    ("SIX_MONTHS", "半年坚持徽章", "Six months in a row", r#"{"fact":"MONTHS_IN_A_ROW","at_least":6}"#),
    (
        "VACCINATION",
        "疫苗接种点志愿徽章",
        "Vaccination sites",
        r#"{"fact":"CAMPAIGN_SHIFTS","category":"VACCINATION","from":"2021-01-01","to":"2099-12-31","at_least":5}"#,
    ),
    ("NIGHT", "守夜徽章", "Night watch", r#"{"fact":"NIGHT_MINUTES","at_least":600}"#),
    ("WEEKEND", "周末徽章", "Weekends given", r#"{"fact":"WEEKEND_DAYS","at_least":10}"#),
    ("FIVE_YEARS", "五年徽章", "Five years of service", r#"{"fact":"YEARS_OF_SERVICE","at_least":5}"#),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        insert(
            manager,
            "policy (id, version, branch_path, valid_from, body)",
            1,
            &format!("1, '', {ALWAYS}, '{POLICY}'"),
        )
        .await?;
        insert(
            manager,
            "star_scheme (id, version, branch_path, valid_from, thresholds)",
            2,
            &format!("1, '', {ALWAYS}, '{STARS}'"),
        )
        .await?;
        for (number, (code, name_zh, name_en, rule)) in (16..).zip(BADGES) {
            insert(
                manager,
                "badge_rule (id, code, version, valid_from, name_zh, name_en, rule)",
                number,
                &format!("'{code}', 1, {ALWAYS}, '{name_zh}', '{name_en}', '{rule}'"),
            )
            .await?;
        }
        Ok(())
    }
}

const ALWAYS: &str = "'1970-01-01T00:00:00+00:00'";

/// Inserts a row under a fixed id, so that every installation knows these policies by the same ones.
async fn insert(manager: &SchemaManager<'_>, table: &str, number: u8, values: &str) -> Result<(), DbErr> {
    let id = match manager.get_database_backend() {
        DbBackend::Sqlite => format!("x'000000000000700080000000000000{number:02x}'"),
        _ => format!("'00000000-0000-7000-8000-0000000000{number:02x}'"),
    };
    ddl(manager, &format!("INSERT INTO {table} VALUES ({id}, {values})")).await
}
