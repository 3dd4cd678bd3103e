//! What a desk entered: a check-in or a check-out of somebody who stood there.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AttendanceId, DeskEntryId, PersonId, PostId, VolunteerId},
    kinds::{AttendanceEnd, kinds},
};

kinds! {
    /// How a desk knew whom it had before it.
    DeskWay {
        /// 扫码: by the code on the volunteer's phone.
        Scan,
        /// By the last digits of the phone number.
        PhoneDigits,
        /// By ticking the roster.
        RosterTick,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "desk_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeskEntryId,
    pub attendance_id: AttendanceId,
    pub volunteer_id: VolunteerId,
    pub end_kind: AttendanceEnd,
    pub way: DeskWay,
    /// Took a seat at the desk, without having signed up: an undone check-in gives it back.
    pub walk_in: bool,
    /// The post that the desk moved them from: an undone check-in puts them back.
    pub moved_from: Option<PostId>,
    pub operator_id: PersonId,
    pub made_at: ChronoDateTimeUtc,
    pub undone_at: Option<ChronoDateTimeUtc>,
    pub undone_by: Option<PersonId>,
    pub undo_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
