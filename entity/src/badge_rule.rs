//! The rule that makes a volunteer eligible for a badge, as a branch has it from a day on: versioned data, never edited.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter, FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    ids::BadgeRuleId,
    kinds::{Category, kinds},
};

kinds! {
    /// What a badge's rule can ask about a volunteer. Days, months, years and nights are Asia/Shanghai's; only confirmed service
    /// counts.
    BadgeMeasure {
        /// 服务时间: minutes of service.
        Minutes,
        /// 活动次数: different activities.
        Activities,
        /// 班次: different shifts.
        Shifts,
        /// 连续月数: calendar months in a row with service, wherever they lie.
        MonthsInARow,
        /// 夜间服务: minutes between 22:00 and 06:00.
        NightMinutes,
        /// 周末: different Saturdays and Sundays with service.
        WeekendDays,
        /// 服务年数: different calendar years with service.
        YearsOfService,
        /// 注册: being a registered volunteer; 1 is.
        Registered,
        /// 星级: the highest star that a branch has awarded and not revoked.
        Star,
    }
}

/// Which days count: a record counts by the civil day (Asia/Shanghai) on which its service began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Period {
    /// From one day to another, both included.
    Days { from: Date, to: Date },
    /// So many civil days, today the last of them.
    LastDays(u32),
    /// From the day after today's of so many months ago to today.
    LastMonths(u32),
    /// A calendar year: 0 is this one, 1 the last one.
    YearsAgo(u32),
}

/// One thing that is asked, and how much of it the badge takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    pub measure: BadgeMeasure,
    pub at_least: i64,
    /// Only service of this category; none is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Only service of these days; none is all up to today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// What a badge takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rule {
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    Ask(Ask),
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "badge_rule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BadgeRuleId,
    /// Stable name of the badge; the nearest branch's newest version is in force.
    pub code: String,
    /// Of its branch and badge: 1, 2, 3 …
    pub version: i32,
    /// The branch it applies to and everything below; empty is everywhere.
    pub branch_path: String,
    pub valid_from: ChronoDateTimeUtc,
    pub name_zh: String,
    pub name_en: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub rule: Rule,
    /// Why it was proposed; none for those that came with the product.
    pub reason: Option<String>,
    pub proposed_at: Option<ChronoDateTimeUtc>,
    /// Taken back before it was in force: then it never is.
    pub withdrawn_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
