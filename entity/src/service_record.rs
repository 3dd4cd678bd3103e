//! 志愿服务记录: what order 67 asks for, one per attendance. Its minutes are a cache of the ledger's.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ActivityId, AttendanceId, PersonId, ServiceRecordId, ShiftId, TeamId, VolunteerId},
    kinds::{AwaitedWord, Book, Category, RecordState},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "service_record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ServiceRecordId,
    #[sea_orm(unique)]
    pub attendance_id: AttendanceId,
    pub volunteer_id: VolunteerId,
    pub shift_id: ShiftId,
    pub activity_id: ActivityId,
    /// 记录单位: the team that organised and recorded.
    pub team_id: TeamId,
    pub category: Category,
    /// The civil day (Asia/Shanghai) on which service began.
    pub service_date: Date,
    pub served_from: ChronoDateTimeUtc,
    pub served_to: ChronoDateTimeUtc,
    pub minutes: i32,
    pub state: RecordState,
    pub book: Book,
    /// Why the leader changed it.
    pub reason: Option<String>,
    pub recorded_at: ChronoDateTimeUtc,
    pub confirmed_at: Option<ChronoDateTimeUtc>,
    pub confirmed_by: Option<PersonId>,
    /// While it is pending: the leader has confirmed it, and this one's word is still missing.
    pub awaits: Option<AwaitedWord>,
    /// 公示: until then the team sees it and may object; then it is final. None unless it is confirmed.
    pub notice_until: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
