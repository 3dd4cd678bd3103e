//! How long what is kept: versioned data, one for the whole installation, for whoever runs it answers for all of it (PIPL,
//! art. 19).

use sea_orm::{FromJsonQueryResult, entity::prelude::*};

use serde::{Deserialize, Serialize};

use crate::ids::RetentionPolicyId;

/// Days, each counted from what its comment says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(deny_unknown_fields)]
pub struct RetentionDays {
    /// Coordinates of a check-in or check-out, from when its record was settled; where there is no record to come, from the
    /// check-out.
    pub raw_location: i64,
    /// Coordinates of a stay that nobody ever settled, from the check-in.
    pub unsettled_location: i64,
    /// Refused check-ins and check-outs, from the try; asks whether somebody is there, and their answers, from the ask.
    pub attempt: i64,
    /// One-time codes, guardians' passes and tickets for linking, from their expiry. At least 1: codes carry the day's count.
    pub code: i64,
    /// Sessions with their tokens, from their end or the expiry of their last token.
    pub session: i64,
    /// What a request id led to, from then on: a phone that was offline may repeat itself.
    pub request_effect: i64,
    /// Inbox items, from when they came.
    pub inbox: i64,
    /// Published outbox events, from publication.
    pub outbox: i64,
    /// That an export was asked for, from then on. Its bytes go when its link expires.
    pub export: i64,
    /// How often somebody handed in a number of an identity document, from that day on. At least 1: the day's are counted.
    pub identity_try: i64,
    /// Identities that were rejected or withdrawn, from then on.
    pub identity: i64,
    /// Recoveries of accounts with their phone numbers, from their end.
    pub recovery: i64,
    /// Whom somebody looked at, and what for, from the look. At least three years, whatever stands here (PIPL, art. 56).
    pub look: i64,
    /// What was reviewed (claims, flags, back-filled time …), from when it was settled, disputes, from their end, and desks, from their last day: as long as
    /// claims about it can be brought (Civil Code, art. 188). Older versions say nothing of it.
    #[serde(default = "three_years")]
    pub review: i64,
    /// For how many people a leader filled hours in on a day, from that day on. At least 1: the day's are counted. Older versions
    /// say nothing of it.
    #[serde(default = "a_month")]
    pub back_fill_count: i64,
}

fn three_years() -> i64 {
    1095
}

fn a_month() -> i64 {
    30
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "retention_policy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RetentionPolicyId,
    #[sea_orm(unique)]
    pub version: i32,
    pub valid_from: ChronoDateTimeUtc,
    #[sea_orm(column_type = "JsonBinary")]
    pub days: RetentionDays,
}

impl ActiveModelBehavior for ActiveModel {}
