//! What a policy that waits would move, worked out over the whole ledger. Also the job that does it.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter, FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{PolicyId, PolicyPreviewId},
    kinds::kinds,
};

kinds! {
    /// Where it stands.
    PreviewState {
        /// 等待: nobody has begun.
        Waiting,
        /// 计算中
        Running,
        /// 已完成
        Done,
        /// 失败: it was begun too often; ask again.
        Failed,
    }
}

/// What would move in one branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchMoves {
    pub path: String,
    /// Volunteers who live there and would have more stars, or fewer.
    pub gaining: i64,
    pub losing: i64,
    /// Minutes of its teams' records that would count and do not, or the other way round.
    pub added_min: i64,
    pub removed_min: i64,
    /// Minutes of its teams' records on days that would take more than a leader's word, less those that do now.
    pub officer_min: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Moves(pub Vec<BranchMoves>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_preview")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PolicyPreviewId,
    pub policy_id: PolicyId,
    pub asked_at: ChronoDateTimeUtc,
    pub state: PreviewState,
    /// How often somebody began; only the newest attempt may finish.
    pub attempt: i32,
    /// Until when whoever works at it is believed to be alive.
    pub leased_until: Option<ChronoDateTimeUtc>,
    /// Volunteers looked at, of all.
    pub done: i32,
    pub total: i32,
    pub finished_at: Option<ChronoDateTimeUtc>,
    /// By branch; none until it is done.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub moves: Option<Moves>,
}

impl ActiveModelBehavior for ActiveModel {}
