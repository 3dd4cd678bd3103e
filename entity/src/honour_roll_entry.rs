//! Somebody whom a branch wants in an issue of its honour roll, and what they agreed to.

use sea_orm::entity::prelude::*;

use crate::{
    honour_kinds::{HonourEntryState, ShownName},
    ids::{HonourRollEntryId, HonourRollIssueId, PersonId, VolunteerId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "honour_roll_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HonourRollEntryId,
    pub issue_id: HonourRollIssueId,
    pub volunteer_id: VolunteerId,
    /// From 1, in the order in which people were put into the issue.
    pub place: i32,
    /// Goes as soon as it is not or no longer to be shown.
    pub story: Option<String>,
    /// Of the story: whoever agrees says to which one.
    pub revision: i32,
    pub state: HonourEntryState,
    pub asked_by: PersonId,
    pub asked_at: ChronoDateTimeUtc,
    pub agreed_at: Option<ChronoDateTimeUtc>,
    pub shown_name: Option<ShownName>,
    /// Of who is under 18: the guardian agrees too, and may allow less.
    pub guardian_agreed_at: Option<ChronoDateTimeUtc>,
    pub guardian_allows: Option<ShownName>,
    pub published_at: Option<ChronoDateTimeUtc>,
    pub ended_at: Option<ChronoDateTimeUtc>,
    /// Why the branch took it off.
    pub reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
