//! Something about served time that waits for the eye of a leader or of a branch's officer.

use std::collections::BTreeMap;

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    Instant,
    ids::{ActivityId, AttendanceId, PersonId, PolicyId, ReviewItemId, ShiftId, TeamId, VolunteerId},
    review_kinds::{FlagReason, ProposalBasis, ReviewKind, ReviewOutcome, ReviewState},
};

/// What there is to know. Moments, counts, distances and speeds: never where somebody was, and no words about anybody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct Details {
    /// From when to when somebody served, as it is proposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<ProposalBasis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<FlagReason>,
    /// By names with units, as in a refusal: `minutesApart`, `volunteers` …
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, f64>,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "review_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReviewItemId,
    pub kind: ReviewKind,
    /// What it is about, in a word of its kind's own: the same is not raised twice.
    pub subject: String,
    pub team_id: TeamId,
    pub activity_id: ActivityId,
    pub shift_id: Option<ShiftId>,
    /// Whom it is about.
    pub volunteer_id: Option<VolunteerId>,
    pub attendance_id: Option<AttendanceId>,
    #[sea_orm(column_type = "JsonBinary")]
    pub details: Details,
    /// Why, in the words of whoever brought it forward.
    pub reason: Option<String>,
    /// The policy by whose numbers it was raised.
    pub policy_id: Option<PolicyId>,
    /// Kept from the team's leaders, since it is about one of them.
    pub officers_only: bool,
    /// None: the system itself.
    pub raised_by: Option<PersonId>,
    pub raised_at: ChronoDateTimeUtc,
    pub state: ReviewState,
    pub settled_by: Option<PersonId>,
    pub settled_at: Option<ChronoDateTimeUtc>,
    pub outcome: Option<ReviewOutcome>,
    /// In the words of whoever settled it.
    pub note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
