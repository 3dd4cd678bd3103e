//! 在岗确认: a leader asked everybody at a shift for a second proof that they are there.

use sea_orm::entity::prelude::*;

use crate::ids::{PersonId, PolicyId, PresenceAskId, ShiftId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "presence_ask")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PresenceAskId,
    pub shift_id: ShiftId,
    /// The how manieth of its shift, from 1: of two asks at one instant the database takes one.
    pub number: i32,
    pub asked_at: ChronoDateTimeUtc,
    /// The last moment that an answer is taken.
    pub answer_by: ChronoDateTimeUtc,
    pub asked_by: PersonId,
    /// Of the leader's phone: the same again asks nobody again.
    pub request_id: Uuid,
    /// By whose numbers it was asked.
    pub policy_id: PolicyId,
}

impl ActiveModelBehavior for ActiveModel {}
