//! 班次: a stretch of an activity's time with its own seats.

use sea_orm::entity::prelude::*;

use crate::ids::{ActivityId, ShiftId};

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
}

impl ActiveModelBehavior for ActiveModel {}
