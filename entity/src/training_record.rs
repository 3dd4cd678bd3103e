//! 培训记录: what somebody learned, when and from whom (order 67).

use sea_orm::entity::prelude::*;

use crate::ids::{BranchId, PersonId, TeamId, TrainingRecordId, VolunteerId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "training_record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TrainingRecordId,
    pub volunteer_id: VolunteerId,
    /// The organiser: a branch, or a team of it.
    pub branch_id: BranchId,
    pub team_id: Option<TeamId>,
    pub name: String,
    pub content: String,
    pub learning_minutes: i32,
    pub trained_on: ChronoDate,
    pub recorded_by: PersonId,
    pub recorded_at: ChronoDateTimeUtc,
    pub struck_by: Option<PersonId>,
    pub struck_at: Option<ChronoDateTimeUtc>,
    pub strike_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
