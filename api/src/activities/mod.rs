//! 活动, 班次, 岗位, 报名 and 候补.

pub mod graphql;
pub mod jobs;
pub mod loaders;
pub mod near;
pub mod recurrence;
pub mod rules;
pub mod service;
pub mod sign_up;
pub mod sites;
pub mod store;

/// What the outbox calls a shift's live board.
pub fn board_topic(shift: boai_entity::ids::ShiftId) -> String {
    format!("board:{shift}")
}
