//! 星级评定 scheme: the minutes each star takes, as versioned data.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};

use serde::{Deserialize, Serialize};

use crate::ids::{PolicyId, StarSchemeId};

/// Minutes, ascending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Thresholds(pub Vec<i64>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "star_scheme")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StarSchemeId,
    pub version: i32,
    pub branch_path: String,
    pub valid_from: ChronoDateTimeUtc,
    /// Minutes for the first star, the second …; reaching the number is enough.
    #[sea_orm(column_type = "JsonBinary")]
    pub thresholds: Thresholds,
    /// The policy set that it came with; none for what came with the product.
    pub policy_id: Option<PolicyId>,
    /// Taken back, with its policy set, before it was in force.
    pub withdrawn_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
