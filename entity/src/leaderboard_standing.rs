//! What a volunteer has on one board: a cache of the ledger's confirmed minutes, moved in the transaction that books them.

use sea_orm::entity::prelude::*;

use crate::ids::{TeamId, VolunteerId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "leaderboard_standing")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// The team in whose activities it was served; nil for all of them together.
    #[sea_orm(primary_key, auto_increment = false)]
    pub team_id: TeamId,
    /// What the activities were about; empty for all of it together.
    #[sea_orm(primary_key, auto_increment = false)]
    pub category: String,
    /// 0 for all time, 202600 for a year, 202605 for a month: civil days (Asia/Shanghai) on which service began.
    #[sea_orm(primary_key, auto_increment = false)]
    pub period: i32,
    /// The division where the volunteer lives: on the boards of its branch, and of every one above.
    pub home: String,
    /// Whether others may see it: the consent in force.
    pub shown: bool,
    pub minutes: i32,
    /// What the tallies have of it.
    pub counted: i32,
    /// Worked out by the database: whether the tallies, which are of all teams together, have something else of it.
    pub uncounted: bool,
}

impl ActiveModelBehavior for ActiveModel {}
