//! 活动: one place, one or more shifts.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ActivityId, FacilityId, PersonId, TeamId},
    kinds::{ActivityKind, ActivityState, Category},
    volunteer::Skills,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActivityId,
    pub team_id: TeamId,
    pub kind: ActivityKind,
    pub category: Category,
    pub title: String,
    pub description: String,
    /// What a volunteer must know before signing up (State Council 685, art. 12–17).
    pub risks: String,
    pub place_name: String,
    pub address: String,
    pub division_code: String,
    /// WGS-84 degrees.
    pub latitude: f64,
    pub longitude: f64,
    /// The same point on the unit sphere, so that SQL finds the nearest with + - * alone.
    pub unit_x: f64,
    pub unit_y: f64,
    pub unit_z: f64,
    /// Metres within which a phone may check in.
    pub radius_m: i32,
    #[sea_orm(column_type = "JsonBinary")]
    pub skills_required: Skills,
    /// Whole years at the start of the shift.
    pub minimum_age: i32,
    pub dangerous: bool,
    pub state: ActivityState,
    /// 负责人: who answers for it (order 67, art. 5).
    pub person_in_charge: PersonId,
    pub created_at: ChronoDateTimeUtc,
    pub published_at: Option<ChronoDateTimeUtc>,
    pub cancelled_at: Option<ChronoDateTimeUtc>,
    pub cancel_reason: Option<String>,
    /// Start of the first shift and end of the last.
    pub starts_at: ChronoDateTimeUtc,
    pub ends_at: ChronoDateTimeUtc,
    /// Where it takes place, and gets its place from; none for a place of its own.
    pub facility_id: Option<FacilityId>,
}

impl ActiveModelBehavior for ActiveModel {}
