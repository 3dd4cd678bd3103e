//! The parts of a policy: each number as it is shown, and as it is given to be another.

use async_graphql::{InputObject, SimpleObject};
use boai_entity::policy::PolicyBody;

use crate::policy_changes::rules::{self, Change};

fn shown(body: &PolicyBody, path: &str) -> i32 {
    rules::field(path).map_or(0, |field| (field.get)(body))
}

/// Declares the parts: for each number its name, its path in `rules::FIELDS`, and what it says.
macro_rules! parts {
    ($($(#[$doc:meta])* $part:ident: $shown:ident, $input:ident {
        $($(#[$item_doc:meta])* $item:ident = $path:literal;)+
    })+) => {
        $(
            $(#[$doc])*
            #[derive(SimpleObject)]
            pub struct $shown { $($(#[$item_doc])* $item: i32),+ }

            impl $shown {
                pub fn of(body: &PolicyBody) -> Self {
                    Self { $($item: shown(body, $path)),+ }
                }
            }

            $(#[$doc])*
            #[doc = "Leave out what stays as it is."]
            #[derive(InputObject)]
            pub struct $input { $($(#[$item_doc])* $item: Option<i32>),+ }
        )+

        /// What of a policy is to be different.
        pub struct Given { $(pub $part: Option<$input>),+ }

        impl Given {
            /// The numbers that were given.
            pub fn changes(&self) -> Vec<Change> {
                let mut changes = Vec::new();
                $(if let Some(part) = &self.$part {
                    $(changes.extend(part.$item.map(|given| Change { path: $path, given }));)+
                })+
                changes
            }
        }

        #[cfg(test)]
        const PATHS: &[&str] = &[$($($path),+),+];
    };
}

parts! {
    /// 电子围栏: how near to the place a check-in by location is taken, and which fixes prove anything.
    fence: FencePolicy, FencePolicyInput {
        /// The smallest radius that an activity may set, in metres; 20 to 500.
        radius_min_metres = "fence.radiusMinMetres";
        /// The largest radius that an activity may set, in metres; 200 to 5,000.
        radius_max_metres = "fence.radiusMaxMetres";
        /// The radius of an activity that sets none, in metres; 50 to 2,000.
        radius_default_metres = "fence.radiusDefaultMetres";
        /// How much of the phone's own inaccuracy is allowed for beyond the radius, in metres; 0 to 500.
        accuracy_allowance_metres = "fence.accuracyAllowanceMetres";
        /// A fix that is less accurate than so many metres proves nothing; 50 to 2,000.
        accuracy_max_metres = "fence.accuracyMaxMetres";
        /// A fix that is older than so many seconds is stale; 10 to 600.
        fix_max_age_seconds = "fence.fixMaxAgeSeconds";
        /// So many seconds a fix may lie in the future, for clocks differ; 0 to 60.
        fix_max_ahead_seconds = "fence.fixMaxAheadSeconds";
    }
    /// When check-in and check-out are taken.
    window: WindowPolicy, WindowPolicyInput {
        /// Minutes before the shift's start from which on a check-in is taken; 0 to 240. Time before the start does not count.
        check_in_opens_before_minutes = "window.checkInOpensBeforeMinutes";
        /// Minutes after the shift's end until which a check-out is taken; 0 to 1,440. Later it was forgotten.
        check_out_closes_after_minutes = "window.checkOutClosesAfterMinutes";
    }
    /// What of a stay counts.
    counting: CountingPolicy, CountingPolicyInput {
        /// A stay of fewer minutes counts nothing; 0 to 120.
        minimum_minutes = "counting.minimumMinutes";
        /// Service counts in whole steps of so many minutes, rounded down; 1 to 60, and 1 is to the minute.
        rounding_minutes = "counting.roundingMinutes";
        /// Check-ins with a check-out of one person on one day at one activity; 1 to 20.
        pairs_per_day = "counting.pairsPerDay";
    }
    /// How long one person's day (Asia/Shanghai) may be before others than the leader have a word.
    days: DayPolicy, DayPolicyInput {
        /// As many minutes of a day as a leader's word is enough for; 60 to 1,440, not more than the branch above has.
        leader_max_minutes = "days.leaderMaxMinutes";
        /// As many as the word of an officer of the team's branch is; beyond it is the province's. 60 to 1,440, not more than the
        /// branch above has.
        branch_max_minutes = "days.branchMaxMinutes";
    }
    /// 公示, and what comes before it.
    notice: NoticePolicy, NoticePolicyInput {
        /// Working days after an activity in which its service is recorded; 1 to 10, which is the law's (order 67, art. 11).
        record_working_days = "notice.recordWorkingDays";
        /// Working days for which a team sees what was confirmed, before it is final; 1 to 30.
        working_days = "notice.workingDays";
    }
    /// Time that is claimed or filled in afterwards.
    afterwards: AfterwardsPolicy, AfterwardsPolicyInput {
        /// Days after a shift's end in which time can be claimed or filled in; 1 to 365.
        within_days = "afterwards.withinDays";
        /// Claims about one stay, with those that were declined; 1 to 20.
        claims = "afterwards.claims";
        /// People of one shift on one day whose time a leader fills in without a second person; 1 to 500.
        alone = "afterwards.alone";
    }
    /// Check-ins and check-outs that were made without a network.
    offline: OfflinePolicy, OfflinePolicyInput {
        /// What comes in later than so many minutes is looked at by a person; 10 to 10,080.
        late_after_minutes = "offline.lateAfterMinutes";
        /// And so is what comes from a phone whose clock is wrong by more seconds; 0 to 3,600.
        skew_max_seconds = "offline.skewMaxSeconds";
        /// Of what is out of place, but no farther than so many metres, a person decides; 0 to 50,000.
        out_of_place_max_metres = "offline.outOfPlaceMaxMetres";
        /// The phone and the desk tell of one arrival, or one departure, within so many minutes; 1 to 120.
        same_end_minutes = "offline.sameEndMinutes";
    }
    /// 在岗确认: the second proof that a leader may ask for in the middle of a shift.
    presence: PresencePolicy, PresencePolicyInput {
        /// Minutes in which an answer is taken; 1 to 120.
        answer_minutes = "presence.answerMinutes";
        /// The fewest minutes between two asks of a shift; 1 to 480.
        between_minutes = "presence.betweenMinutes";
        /// Asks of one shift; 0 to 20.
        per_shift = "presence.perShift";
    }
    /// From when on something is put before a person because it looks odd.
    flags: FlagPolicy, FlagPolicyInput {
        /// One phone for several volunteers within so many minutes; 1 to 1,440.
        device_minutes = "flags.deviceMinutes";
        /// The very same coordinates so many times in the last ten stays; 2 to 10.
        same_fix_times = "flags.sameFixTimes";
        /// Faster than so many km/h between two fixes; 30 to 1,000.
        speed_kmh = "flags.speedKmh";
        /// So many people of a shift in one second; 2 to 1,000.
        second_people = "flags.secondPeople";
        /// Days over which one's confirming for few people is looked at; 1 to 365.
        circle_days = "flags.circleDays";
        /// Stays from which on it is looked at; 2 to 10,000.
        circle_records = "flags.circleRecords";
        /// What is few people; 1 to 100.
        circle_people = "flags.circlePeople";
        /// The share that goes to them, in per cent; 1 to 100.
        circle_percent = "flags.circlePercent";
        /// Days over which leaving early is looked at; 1 to 365.
        early_days = "flags.earlyDays";
        /// People from which on it is looked at; 2 to 10,000.
        early_people = "flags.earlyPeople";
        /// The share that left early, in per cent; 1 to 100.
        early_percent = "flags.earlyPercent";
        /// Who stayed no longer than so many minutes left early; 1 to 240.
        early_minutes = "flags.earlyMinutes";
    }
    /// What is asked of who is awarded a star, beyond the hours.
    awards: AwardPolicy, AwardPolicyInput {
        /// Working days for which anybody may object to who passed; 1 to 30.
        notice_working_days = "awards.noticeWorkingDays";
        /// Days for which somebody must have been registered at the cut-off; 0 asks for no registration; 0 to 3,650.
        registered_days = "awards.registeredDays";
        /// Disputes over one's records, and corrections of final time, that may be open; 0 to 100.
        open_disputes = "awards.openDisputes";
        /// The least share of the hours that the system must have proved, in per cent; 0 to 100.
        system_proved_percent = "awards.systemProvedPercent";
    }
    /// 异议: who disputes a record until when, and by when it is answered and decided.
    disputes: DisputePolicy, DisputePolicyInput {
        /// Days for which the volunteer may dispute what is final, or was rejected; 1 to 3,650.
        within_days = "disputes.withinDays";
        /// Disputes of one person over the same stay, with those that were withdrawn; 1 to 20.
        at_most = "disputes.atMost";
        /// Working days in which those who recorded the service answer; 1 to 30.
        answer_working_days = "disputes.answerWorkingDays";
        /// Working days in which a dispute, and then an appeal, is decided; 1 to 60.
        decide_working_days = "disputes.decideWorkingDays";
        /// Working days in which a decision can be appealed; 1 to 30.
        appeal_working_days = "disputes.appealWorkingDays";
    }
}

#[cfg(test)]
mod tests {
    use super::{PATHS, rules::FIELDS};

    #[test]
    fn every_number_of_a_policy_is_shown_and_can_be_given() {
        assert_eq!(PATHS, FIELDS.iter().map(|field| field.path).collect::<Vec<_>>());
    }
}
