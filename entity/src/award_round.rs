//! 星级评定: a branch's round of awards for stars in its competence.

use sea_orm::entity::prelude::*;

use crate::{
    award_kinds::AwardRoundState,
    ids::{AwardRoundId, BranchId, PersonId, PolicyId, StarSchemeId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "award_round")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AwardRoundId,
    pub branch_id: BranchId,
    /// The first and the last star that it awards.
    pub from_star: i32,
    pub to_star: i32,
    /// The last civil day (Asia/Shanghai) whose entries count.
    pub cut_off: Date,
    pub state: AwardRoundState,
    pub opened_by: PersonId,
    pub opened_at: ChronoDateTimeUtc,
    /// By whose numbers the list was frozen; none before.
    pub scheme_id: Option<StarSchemeId>,
    pub policy_id: Option<PolicyId>,
    pub frozen_at: Option<ChronoDateTimeUtc>,
    pub notice_until: Option<ChronoDateTimeUtc>,
    /// When it was awarded or cancelled.
    pub closed_at: Option<ChronoDateTimeUtc>,
    pub cancel_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
