//! 通报表扬: a round in which a branch commends whom the branches below nominate.

use sea_orm::entity::prelude::*;

use crate::{
    award_kinds::AwardRoundState,
    ids::{BranchId, CommendationRoundId, PersonId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "commendation_round")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommendationRoundId,
    pub branch_id: BranchId,
    pub title: String,
    pub state: AwardRoundState,
    pub opened_by: PersonId,
    pub opened_at: ChronoDateTimeUtc,
    pub notice_until: Option<ChronoDateTimeUtc>,
    pub closed_at: Option<ChronoDateTimeUtc>,
    pub cancel_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
