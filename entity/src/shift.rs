//! 班次: a stretch of an activity's time with its own seats.

use sea_orm::entity::prelude::*;

use crate::{
    Instant,
    ids::{ActivityId, ShiftId, ShiftRuleId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "shift")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShiftId,
    pub activity_id: ActivityId,
    pub starts_at: ChronoDateTimeUtc,
    pub ends_at: ChronoDateTimeUtc,
    pub capacity: i32,
    /// Seats taken; moved only by conditional statements, never above capacity.
    pub taken: i32,
    /// The series of the rule that made it, and the day it is for; none for a shift that somebody added.
    pub series_id: Option<ShiftRuleId>,
    pub day: Option<Date>,
    /// Somebody changed or cancelled this day by itself: no change of the rule moves it.
    pub own_plan: bool,
    pub cancelled_at: Option<ChronoDateTimeUtc>,
    pub cancel_reason: Option<String>,
}

impl Model {
    /// A shift that somebody added, with all its seats free.
    pub fn new(id: ShiftId, activity_id: ActivityId, starts_at: Instant, ends_at: Instant, capacity: i32) -> Self {
        let (taken, own_plan) = (0, false);
        let (series_id, day, cancelled_at, cancel_reason) = (None, None, None, None);
        Self {
            id,
            activity_id,
            starts_at,
            ends_at,
            capacity,
            taken,
            series_id,
            day,
            own_plan,
            cancelled_at,
            cancel_reason,
        }
    }
}

impl ActiveModelBehavior for ActiveModel {}
