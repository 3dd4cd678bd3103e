//! A rule over facts that makes a volunteer eligible for a badge, as versioned data.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};

use serde::{Deserialize, Serialize};

use crate::{ids::BadgeRuleId, kinds::Category};

/// A fact that confirmed service records prove, and how much of it the badge takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(tag = "fact", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Rule {
    /// Different activities served at.
    Activities { at_least: i64 },
    /// Minutes in a category.
    CategoryMinutes { category: Category, at_least: i64 },
    /// Shifts in a category within a campaign's days, both included.
    CampaignShifts { category: Category, from: Date, to: Date, at_least: i64 },
    /// Calendar months in a row with service.
    MonthsInARow { at_least: i64 },
    /// Minutes between 22:00 and 06:00 (Asia/Shanghai).
    NightMinutes { at_least: i64 },
    /// Different Saturdays and Sundays (Asia/Shanghai) with service.
    WeekendDays { at_least: i64 },
    /// Different calendar years with service.
    YearsOfService { at_least: i64 },
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "badge_rule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BadgeRuleId,
    /// Stable name of the badge; a newer version replaces an older one.
    pub code: String,
    pub version: i32,
    pub valid_from: ChronoDateTimeUtc,
    pub name_zh: String,
    pub name_en: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub rule: Rule,
}

impl ActiveModelBehavior for ActiveModel {}
