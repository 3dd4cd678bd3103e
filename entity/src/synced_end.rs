//! A check-in or check-out that was made without a network and is looked at by a person before it counts. Where the phone was is
//! not in it: how far from the place is enough to decide on.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    desk_entry::DeskWay,
    ids::{AttendanceId, PersonId, ReviewItemId, SessionId, ShiftId, SyncedEndId, VolunteerId},
    kinds::{AttendanceEnd, EvidenceGrade},
    sync_kinds::{SyncReason, SyncedState},
};

/// Why it is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct SyncReasons(pub Vec<SyncReason>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "synced_end")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SyncedEndId,
    pub volunteer_id: VolunteerId,
    pub shift_id: ShiftId,
    pub end_kind: AttendanceEnd,
    /// Who sent it, and the request id that it has on the phone.
    pub person_id: PersonId,
    pub request_id: Uuid,
    /// Of a check-out: the request id of its check-in, if the phone knew.
    pub check_in_request_id: Option<Uuid>,
    /// By the server's clock.
    pub happened_at: ChronoDateTimeUtc,
    /// How far the phone's clock was behind, in seconds.
    pub skew_s: i32,
    pub heard_at: ChronoDateTimeUtc,
    /// What it proves; none out of place.
    pub grade: Option<EvidenceGrade>,
    pub accuracy_m: Option<f64>,
    pub distance_m: Option<f64>,
    #[sea_orm(column_type = "JsonBinary")]
    pub reasons: SyncReasons,
    pub state: SyncedState,
    pub review_item_id: Option<ReviewItemId>,
    /// The stay that it opened or closed, or is to close.
    pub attendance_id: Option<AttendanceId>,
    /// The volunteer's phone: that sent it, or whose code a desk scanned.
    pub session_id: Option<SessionId>,
    /// The phone said that another program makes up its location.
    pub mocked: bool,
    /// How a desk knew the volunteer; none when their own phone tells of it.
    pub way: Option<DeskWay>,
    /// The 30 s of the code that was scanned.
    pub step: Option<i32>,
}

impl ActiveModelBehavior for ActiveModel {}
