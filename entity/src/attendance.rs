//! 签到/签退: one stay of a volunteer at a shift. At most one is open per volunteer.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{AttendanceId, PersonId, PolicyId, ShiftId, VolunteerId},
    kinds::{AttendanceState, EvidenceGrade},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttendanceId,
    pub shift_id: ShiftId,
    pub volunteer_id: VolunteerId,
    pub state: AttendanceState,
    pub checked_in_at: ChronoDateTimeUtc,
    pub check_in_grade: EvidenceGrade,
    /// WGS-84 degrees, metres: sensitive, reduced when the policy's retention ends (see `location_reduced_at`).
    pub check_in_latitude: Option<f64>,
    pub check_in_longitude: Option<f64>,
    pub check_in_accuracy_m: Option<f64>,
    pub check_in_distance_m: Option<f64>,
    /// Who recorded it, when it was not the volunteer.
    pub check_in_by: Option<PersonId>,
    pub checked_out_at: Option<ChronoDateTimeUtc>,
    pub check_out_grade: Option<EvidenceGrade>,
    pub check_out_latitude: Option<f64>,
    pub check_out_longitude: Option<f64>,
    pub check_out_accuracy_m: Option<f64>,
    pub check_out_distance_m: Option<f64>,
    pub check_out_by: Option<PersonId>,
    /// The best proof given in between, when the leader asked for one.
    pub presence_grade: Option<EvidenceGrade>,
    /// The policy it was made under.
    pub policy_id: PolicyId,
    /// Since when there are no coordinates any more, and the distances are the upper ends of their bands.
    pub location_reduced_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
