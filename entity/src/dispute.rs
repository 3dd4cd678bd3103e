//! 异议: somebody says that a service record is wrong, or missing.

use sea_orm::entity::prelude::*;

use crate::{
    dispute_kinds::{DisputeOutcome, DisputeSide, DisputeState},
    ids::{ActivityId, AttendanceId, DisputeId, PersonId, PolicyId, ShiftId, TeamId, VolunteerId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dispute")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DisputeId,
    /// The stay whose record it is; there may be none yet.
    pub attendance_id: AttendanceId,
    pub volunteer_id: VolunteerId,
    pub shift_id: ShiftId,
    pub activity_id: ActivityId,
    pub team_id: TeamId,
    /// The volunteer, or a member of the team.
    pub side: DisputeSide,
    pub opened_by: PersonId,
    pub opened_at: ChronoDateTimeUtc,
    /// Of the phone: the same again opens nothing again.
    pub request_id: Uuid,
    pub words: String,
    /// From when to when the volunteer served, as whoever opened it has it; none: not at all.
    pub wanted_from: Option<ChronoDateTimeUtc>,
    pub wanted_to: Option<ChronoDateTimeUtc>,
    /// Whose word the record had when it was disputed. They do not decide.
    pub confirmed_by: Option<PersonId>,
    /// Seconds of working days that were left of the public notice when the dispute stopped its clock; none when there was no
    /// notice.
    pub notice_left_s: Option<i32>,
    /// By whose numbers it goes.
    pub policy_id: PolicyId,
    pub state: DisputeState,
    /// Nobody decides before, unless those who recorded the service have answered.
    pub answer_by: ChronoDateTimeUtc,
    /// Later it is late.
    pub decide_by: ChronoDateTimeUtc,
    /// When it is over: later than now while an appeal can be made, none while a decision is missing.
    pub ends_at: Option<ChronoDateTimeUtc>,
    /// Of the volunteer, when a member of the team opened it.
    pub volunteer_words: Option<String>,
    pub volunteer_said_at: Option<ChronoDateTimeUtc>,
    /// Of those who recorded the service.
    pub answer: Option<String>,
    pub answered_by: Option<PersonId>,
    pub answered_at: Option<ChronoDateTimeUtc>,
    pub outcome: Option<DisputeOutcome>,
    /// What the decision made of the record.
    pub minutes: Option<i32>,
    pub reason: Option<String>,
    pub decided_by: Option<PersonId>,
    pub decided_at: Option<ChronoDateTimeUtc>,
    /// The branch for which it was decided; an appeal goes above it.
    pub decided_for: Option<String>,
    pub appeal_side: Option<DisputeSide>,
    pub appeal_words: Option<String>,
    pub appealed_by: Option<PersonId>,
    pub appealed_at: Option<ChronoDateTimeUtc>,
    pub appeal_outcome: Option<DisputeOutcome>,
    pub appeal_minutes: Option<i32>,
    pub appeal_reason: Option<String>,
    pub appeal_decided_by: Option<PersonId>,
    pub appeal_decided_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
