//! 评价: how a branch, or a team of it, rates a volunteer's year (order 67).

use sea_orm::entity::prelude::*;

use crate::ids::{BranchId, EvaluationId, PersonId, TeamId, VolunteerId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EvaluationId,
    pub volunteer_id: VolunteerId,
    pub branch_id: BranchId,
    pub team_id: Option<TeamId>,
    pub year: i32,
    /// 1 to 5, the best.
    pub rating: i32,
    /// Goes when its volunteer is erased.
    pub reason: Option<String>,
    pub evaluated_by: PersonId,
    pub evaluated_at: ChronoDateTimeUtc,
    pub struck_by: Option<PersonId>,
    pub struck_at: Option<ChronoDateTimeUtc>,
    pub strike_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
