//! Whom a badge rule that waits would make eligible, worked out over everybody's service. Also the job that does it.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{BadgeRuleId, BadgeRulePreviewId},
    policy_preview::PreviewState,
};

/// Volunteers who live in one branch, as far as the rule would be in force for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchBadges {
    pub path: String,
    pub people: i64,
    /// Who would be eligible, and of them or of the others who is not, or is, now.
    pub holding: i64,
    pub gaining: i64,
    pub losing: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Badges(pub Vec<BranchBadges>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "badge_rule_preview")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BadgeRulePreviewId,
    pub badge_rule_id: BadgeRuleId,
    pub asked_at: ChronoDateTimeUtc,
    pub state: PreviewState,
    /// How often somebody began; only the newest attempt may finish.
    pub attempt: i32,
    /// Until when whoever works at it is believed to be alive.
    pub leased_until: Option<ChronoDateTimeUtc>,
    /// Volunteers looked at, of all who live there.
    pub done: i32,
    pub total: i32,
    pub finished_at: Option<ChronoDateTimeUtc>,
    /// By branch; none until it is done.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub moves: Option<Badges>,
}

impl ActiveModelBehavior for ActiveModel {}
