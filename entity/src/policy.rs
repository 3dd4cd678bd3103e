//! What the law leaves to the platform, as versioned data that branches inherit down the tree.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};

use serde::{Deserialize, Serialize};

use crate::ids::PolicyId;

/// The numbers of a policy set. Units are in the names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(deny_unknown_fields)]
pub struct PolicyBody {
    /// Smallest and largest radius that an activity may set.
    pub radius_min_m: i32,
    pub radius_max_m: i32,
    pub radius_default_m: i32,
    /// How much of the phone's own inaccuracy is allowed for beyond the radius.
    pub accuracy_allowance_m: f64,
    /// A fix less accurate than this proves nothing.
    pub accuracy_max_m: f64,
    /// A fix older than this is stale.
    pub fix_max_age_s: i64,
    /// A fix may seem this far in the future, for clocks differ.
    pub fix_max_ahead_s: i64,
    /// How long before the start a check-in opens.
    pub check_in_opens_before_min: i64,
    /// How long after the end a check-out is still taken; later it is forgotten.
    pub check_out_closes_after_min: i64,
    /// Less than this counts 0.
    pub minimum_min: i64,
    /// Service time counts in whole steps of so many minutes, rounded down: nobody is credited with what was not served. 1 is to
    /// the minute; older versions say nothing of it.
    #[serde(default = "to_the_minute")]
    pub rounding_min: i64,
    /// Check-in/out pairs per person, civil day and activity.
    pub pairs_per_day: i64,
    /// What is said of served time afterwards; older versions say nothing of it.
    #[serde(default)]
    pub afterwards: Afterwards,
    /// From when on something looks odd; older versions say nothing of it.
    #[serde(default)]
    pub flags: FlagLimits,
    /// What is said of what phones without a network bring in later; older versions say nothing of it.
    #[serde(default)]
    pub offline: Offline,
    /// How often a leader may ask for a second proof; older versions say nothing of it.
    #[serde(default)]
    pub presence: Presence,
    /// How long a day may be before others than the leader have a word; older versions say nothing of it.
    #[serde(default)]
    pub days: Days,
    /// What is said of confirming and of the public notice; older versions say nothing of it.
    #[serde(default)]
    pub notice: Notice,
    /// What a star takes beyond the hours; older versions say nothing of it.
    #[serde(default)]
    pub awards: Awards,
    /// What is said of disputes; older versions say nothing of it.
    #[serde(default)]
    pub disputes: Disputes,
}

fn to_the_minute() -> i64 {
    1
}

/// 星级评定: what is asked of who is awarded a star, beyond the hours of the scheme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Awards {
    /// Working days for which anybody may object to who passed.
    pub notice_working_days: u32,
    /// Days for which somebody must have been registered at the cut-off; 0 asks for no registration.
    pub registered_days: i64,
    /// Disputes over one's records, and corrections of final time, that may be open; who has more is not listed.
    pub open_disputes: i64,
    /// The least share of the hours that the system must have proved, in per cent.
    pub system_proved_percent: i64,
}

impl Default for Awards {
    fn default() -> Self {
        Self { notice_working_days: 5, registered_days: 0, open_disputes: 0, system_proved_percent: 0 }
    }
}

/// The second proof that a leader may ask for in the middle of a shift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Presence {
    /// Minutes in which an answer is taken: for whoever has both hands full, or goes to where there is a network.
    pub answer_min: i64,
    /// The least minutes between two asks of a shift.
    pub between_min: i64,
    /// Asks of one shift: service is no roll call.
    pub per_shift: i64,
}

impl Default for Presence {
    fn default() -> Self {
        Self { answer_min: 15, between_min: 30, per_shift: 3 }
    }
}

/// Service time of one person on one civil day (Asia/Shanghai), with all teams together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Days {
    /// As far as this a leader's word is enough.
    pub leader_max_min: i64,
    /// As far as this that of an officer of the team's branch is; beyond it the province's.
    pub branch_max_min: i64,
}

impl Default for Days {
    fn default() -> Self {
        Self { leader_max_min: 8 * 60, branch_max_min: 12 * 60 }
    }
}

/// 公示, and what comes before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notice {
    /// Working days after the activity's end in which service is recorded (order 67, art. 11).
    pub record_working_days: u32,
    /// Working days for which the team sees what was confirmed, before it is final.
    pub working_days: u32,
}

impl Default for Notice {
    fn default() -> Self {
        Self { record_working_days: 10, working_days: 3 }
    }
}

/// 异议 over service records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Disputes {
    /// Days for which the volunteer may dispute what is final, or was rejected.
    pub within_days: i64,
    /// Disputes of one person over the same stay, with those that were withdrawn.
    pub at_most: i64,
    /// Working days in which those who recorded the service answer.
    pub answer_working_days: u32,
    /// Working days in which a dispute, and then an appeal, is decided.
    pub decide_working_days: u32,
    /// Working days in which a decision can be appealed.
    pub appeal_working_days: u32,
}

impl Default for Disputes {
    fn default() -> Self {
        Self { within_days: 180, at_most: 3, answer_working_days: 3, decide_working_days: 10, appeal_working_days: 5 }
    }
}

/// From when on something is put before a person because it looks odd.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FlagLimits {
    /// One phone for several volunteers within so many minutes.
    pub device_minutes: i64,
    /// The very same coordinates so many times in the last ten stays.
    pub same_fix_times: i64,
    /// Faster than this between two fixes.
    pub speed_kmh: f64,
    /// So many people of a shift in one second.
    pub second_people: i64,
    /// Of at least so many stays that somebody confirmed for a team in so many days, so many per cent of so few people, where the
    /// team has three times as many.
    pub circle_days: i64,
    pub circle_records: i64,
    pub circle_people: i64,
    pub circle_percent: i64,
    /// At an activity of so many people in so many days, more than so many per cent stayed no longer than so many minutes.
    pub early_days: i64,
    pub early_people: i64,
    pub early_percent: i64,
    pub early_minutes: i64,
}

impl Default for FlagLimits {
    fn default() -> Self {
        Self {
            device_minutes: 60,
            same_fix_times: 3,
            speed_kmh: 150.0,
            second_people: 10,
            circle_days: 30,
            circle_records: 20,
            circle_people: 3,
            circle_percent: 80,
            early_days: 30,
            early_people: 50,
            early_percent: 50,
            early_minutes: 30,
        }
    }
}

/// Check-ins and check-outs made without a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Offline {
    /// What comes in later than this is looked at by a person.
    pub late_after_min: i64,
    /// And so is what comes from a phone whose clock is wrong by more than this.
    pub skew_max_s: i64,
    /// Of what is out of place, but no farther from it than this, a person decides.
    pub out_of_place_max_m: f64,
    /// The phone and the desk tell of one arrival, or one departure, when their times lie within this.
    pub same_end_min: i64,
}

impl Default for Offline {
    fn default() -> Self {
        Self { late_after_min: 24 * 60, skew_max_s: 120, out_of_place_max_m: 5000.0, same_end_min: 15 }
    }
}

/// Claims and back-filled time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Afterwards {
    /// Days after a shift's end in which time can be claimed or filled in.
    pub within_days: i64,
    /// Claims about the same stay, with those that were declined or withdrawn.
    pub claims: i64,
    /// People whose time a leader fills in alone: of one shift, on one day. More take a second person.
    pub alone: i64,
}

impl Default for Afterwards {
    fn default() -> Self {
        Self { within_days: 30, claims: 3, alone: 20 }
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "policy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PolicyId,
    pub version: i32,
    /// The branch it applies to and everything below; empty is everywhere.
    pub branch_path: String,
    pub valid_from: ChronoDateTimeUtc,
    #[sea_orm(column_type = "JsonBinary")]
    pub body: PolicyBody,
    /// Why it was proposed; none for those that came with the product.
    pub reason: Option<String>,
    pub proposed_at: Option<ChronoDateTimeUtc>,
    /// Taken back before it was in force: then it never is.
    pub withdrawn_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
