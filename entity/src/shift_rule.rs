//! A rule by which an activity at a facility gets its day shifts. A change from a day on is a new version of the same
//! series.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{ActivityId, ShiftRuleId},
    kinds::Weekday,
};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Weekdays(pub Vec<Weekday>);

/// Name and seats of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct RulePosts(pub Vec<(String, i32)>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "shift_rule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShiftRuleId,
    /// The first version's id. A series has at most one shift a day.
    pub series_id: ShiftRuleId,
    pub activity_id: ActivityId,
    #[sea_orm(column_type = "JsonBinary")]
    pub weekdays: Weekdays,
    /// Minutes since midnight, Asia/Shanghai.
    pub starts_at_minute: i32,
    /// How long a shift is.
    pub minutes: i32,
    pub capacity: i32,
    #[sea_orm(column_type = "JsonBinary")]
    pub posts: RulePosts,
    pub leave_out_holidays: bool,
    pub add_moved_workdays: bool,
    pub valid_from: Date,
    /// The last day; none for a rule without end.
    pub valid_to: Option<Date>,
    /// The shifts of every day up to this one have been made.
    pub made_until: Date,
    pub created_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
