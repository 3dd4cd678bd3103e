//! The phone's clock, the order of things, and what can be wrong with an item.

use boai_entity::{
    Instant, attendance,
    ids::ShiftId,
    kinds::{AttendanceEnd, AttendanceState},
    policy::PolicyBody,
    sync_kinds::SyncReason,
};
use chrono::{SubsecRound, TimeDelta};
use uuid::Uuid;

use crate::{platform::refusal::When, refusals};

refusals! {
    /// Why an item was refused, but for what refuses every check-in or check-out. The try is kept.
    SyncRefusal, SyncItemErrorCode, SyncItemError {
        /// Something in the item cannot be read.
        Malformed { field: String } at "items" => "The item's `{field}` cannot be read. The others went on without it; set it right and send it again.", "该条记录的 {field} 无法识别,不影响其他记录。请更正后重新发送。";
        /// It happened later than the batch was sent.
        FromTheFuture { ahead_seconds: i64 } at "items.deviceTime" => "This lies {ahead_seconds} s after the batch was sent, by the same clock. Was the clock changed in between? Tell the leader who came and left, and when.", "该条时间比发送时间晚 {ahead_seconds} 秒,设备时间可能被调整过,请联系队长。";
        /// A check-out lies before its check-in.
        CheckOutBeforeCheckIn { seconds_before: i64, checked_in_at: When } at "items.deviceTime" => "This check-out lies {seconds_before} s before its check-in at {checked_in_at}. Was the clock changed in between? Tell the leader the right time.", "签退时间早于签到时间 {checked_in_at}({seconds_before} 秒),请联系队长。";
        /// The leader has settled this stay already.
        AlreadySettled => "The leader has settled this stay already. If the time is wrong, tell the leader.", "该次签到已由队长核定。如有异议,请联系队长。";
        /// This request id stands for something else already.
        RequestIdReused at "items.requestId" => "This request id was used for something else. Make a new one for each wish.", "该请求编号已用于其他操作,请重新生成。";
    }
}

refusals! {
    /// Why what came in later was not settled.
    SettleSyncedRefusal, SettleSyncedEndsErrorCode, SettleSyncedEndsError {
        /// There is no such item in your queue.
        NotFound at "reviewItemId" => "There is no such check-in or check-out in your queue.", "待核实列表中没有该记录。";
        /// It is your own.
        Own at "reviewItemId" => "This is your own. Another leader or an officer of the branch settles it.", "这是您本人的记录,须由其他队长或红十字会干部处理。";
        /// It was settled already.
        Settled at "reviewItemId" => "This was settled already.", "该记录已处理。";
        /// A refusal needs its reason.
        NoteNeeded at "note" => "A refusal needs a reason; the volunteer reads it.", "不采纳须填写理由,志愿者将看到。";
        /// A check-out without a check-in opens nothing.
        CheckInMissing at "reviewItemId" => "The check-in to this check-out is not known. Refuse it with a note, and fill in the time if the volunteer served.", "没有对应的签到,无法采纳。请填写说明,如确已服务可补录时长。";
        /// The stay that it would close is closed or settled already.
        StaySettled at "reviewItemId" => "The stay that this would close is closed or settled already. Refuse it with a note, and correct the hours if they are wrong.", "该次签到已签退或已核定。请填写说明,如时长有误请更正。";
    }
}

/// A right to a desk that somebody has or had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub from: Instant,
    /// When it ends, or ended, by itself.
    pub to: Option<Instant>,
    /// When somebody took it back.
    pub taken_back: Option<Instant>,
}

/// What somebody's rights to a desk are worth to what they tell of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    Good,
    /// It was good at that moment and was taken back since. Nothing that happened is lost for it, and nothing counts by the word
    /// of somebody who is trusted no longer and sends it only now: a person looks at it.
    TakenBack,
}

/// The right must have been there at that moment; that its days have gone by since takes nothing away.
pub fn right_at(held: impl IntoIterator<Item = Held>, at: Instant) -> Option<Right> {
    let then = held.into_iter().filter(|held| held.from <= at && held.to.is_none_or(|to| to > at));
    let then = then.filter(|held| held.taken_back.is_none_or(|back| back > at));
    then.map(|held| if held.taken_back.is_none() { Right::Good } else { Right::TakenBack })
        .reduce(|one, other| if one == Right::Good { one } else { other })
}

/// The stay whose beginning somebody tells of again: the phone of what the desk told, or the desk of what anybody did. A phone
/// that checks in again has left in between, and its check-out is still to come.
pub fn same_arrival<'s>(
    stays: &'s [attendance::Model],
    (shift, at): (ShiftId, Instant),
    by_desk: bool,
    policy: &PolicyBody,
) -> Option<&'s attendance::Model> {
    let told_by_another = |stay: &attendance::Model| by_desk || stay.check_in_by.is_some();
    let still_there = |stay: &attendance::Model| stay.checked_out_at.is_none_or(|left| at <= left);
    let near = stays.iter().filter(|stay| stay.shift_id == shift && same_end(stay.checked_in_at, at, policy));
    near.filter(|stay| told_by_another(stay) && still_there(stay)).min_by_key(|stay| (stay.checked_in_at - at).abs())
}

/// The same of its end.
pub fn is_same_departure(stay: &attendance::Model, at: Instant, by_desk: bool, policy: &PolicyBody) -> bool {
    let told_by_another = by_desk || stay.check_out_by.is_some();
    let near = stay.checked_out_at.is_some_and(|left| same_end(left, at, policy));
    stay.state == AttendanceState::Closed && told_by_another && near && at >= stay.checked_in_at
}

/// Whether two tellings of an arrival, or of a departure, are of one.
pub fn same_end(one: Instant, other: Instant, policy: &PolicyBody) -> bool {
    (one - other).abs() <= TimeDelta::minutes(policy.offline.same_end_min)
}

/// A phone's clock, measured when the phone sent: by how much it is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneClock {
    pub behind: TimeDelta,
}

impl PhoneClock {
    pub fn measured(sent_at: Instant, now: Instant) -> Self {
        Self { behind: now - sent_at.trunc_subsecs(3) }
    }

    /// In seconds, to be told.
    #[expect(clippy::cast_precision_loss, reason = "a clock is wrong by less than 2^52 ms")]
    pub fn behind_s(self) -> f64 {
        self.behind.num_milliseconds() as f64 / 1000.0
    }

    /// What the server's clock showed when the phone's showed this; none outside of time.
    pub fn right(self, shown: Instant) -> Option<Instant> {
        shown.trunc_subsecs(3).checked_add_signed(self.behind)
    }
}

/// Why a person looks at something whose time and place are in order.
pub fn reasons(at: Instant, clock: PhoneClock, policy: &PolicyBody, now: Instant) -> Vec<SyncReason> {
    let mut reasons = Vec::new();
    if now - at > TimeDelta::minutes(policy.offline.late_after_min) {
        reasons.push(SyncReason::Late);
    }
    if clock.behind.abs() > TimeDelta::seconds(policy.offline.skew_max_s) {
        reasons.push(SyncReason::Skew);
    }
    reasons
}

/// What happened first comes first; of a check-in and a check-out at one moment, the check-out is of an earlier stay only when
/// it names one, so the check-in comes first.
pub fn order(at: Instant, end: AttendanceEnd, request_id: Uuid) -> (Instant, bool, Uuid) {
    (at, end == AttendanceEnd::CheckOut, request_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        format!("2026-05-08T{text}+08:00").parse().unwrap()
    }

    fn policy() -> PolicyBody {
        serde_json::from_str(
            r#"{"radius_min_m":50,"radius_max_m":2000,"radius_default_m":300,"accuracy_allowance_m":200,"accuracy_max_m":500,
                "fix_max_age_s":120,"fix_max_ahead_s":5,"check_in_opens_before_min":30,"check_out_closes_after_min":120,
                "minimum_min":15,"pairs_per_day":3}"#,
        )
        .expect("a version from before there was a sync")
    }

    #[test]
    fn a_clock_that_is_wrong_is_set_right() {
        let behind = PhoneClock::measured(at("08:53:00"), at("09:00:00"));
        assert_eq!(behind.right(at("08:00:00")), Some(at("08:07:00")));
        let ahead = PhoneClock::measured(at("09:07:00"), at("09:00:00"));
        assert_eq!(ahead.right(at("08:07:00.0005")), Some(at("08:00:00")));
        assert_eq!(ahead.right(Instant::MIN_UTC), None);
    }

    #[test]
    fn a_right_counts_for_its_time_and_one_that_was_taken_back_takes_a_person() {
        let time = |text: &str| at(&format!("{text}:00"));
        let held = |from, to: Option<&str>, back: Option<&str>| Held {
            from: time(from),
            to: to.map(time),
            taken_back: back.map(time),
        };
        let days = held("06:00", Some("18:00"), None);
        let back = held("06:00", Some("18:00"), Some("09:00"));
        for (rights, moment, expected) in [
            (vec![days], "05:59:59", None),
            (vec![days], "06:00", Some(Right::Good)),
            (vec![days], "18:00", None),
            (vec![back], "08:59:59", Some(Right::TakenBack)),
            (vec![back], "09:00", None),
            (vec![back, days], "08:00", Some(Right::Good)),
            (vec![days, back], "08:00", Some(Right::Good)),
            (vec![back, held("08:30", None, None)], "08:00", Some(Right::TakenBack)),
            (vec![], "08:00", None),
        ] {
            let moment = if moment.len() == 5 { format!("{moment}:00") } else { moment.to_owned() };
            assert_eq!(right_at(rights, at(&moment)), expected, "{moment}");
        }
    }

    #[test]
    fn a_phone_and_a_desk_within_a_quarter_of_an_hour_tell_of_one_arrival() {
        let same = |other| same_end(at("08:00:00"), at(other), &policy());
        assert_eq!(["07:45:00", "08:15:00", "07:44:59", "08:15:01"].map(same), [true, true, false, false]);
    }

    #[test]
    fn a_person_looks_at_what_is_over_the_limits_and_not_at_what_is_on_them() {
        let right = PhoneClock::measured(at("09:00:00"), at("09:00:00"));
        let late = |at_| reasons(at_, right, &policy(), at("09:00:00") + TimeDelta::days(1));
        assert_eq!(late(at("09:00:00")), []);
        assert_eq!(late(at("08:59:59.999")), [SyncReason::Late]);
        for (sent, expected) in
            [("08:58:00", vec![]), ("08:57:59.999", vec![SyncReason::Skew]), ("09:02:00.001", vec![SyncReason::Skew])]
        {
            let clock = PhoneClock::measured(at(sent), at("09:00:00"));
            assert_eq!(reasons(at("09:00:00"), clock, &policy(), at("09:00:00")), expected, "{sent}");
        }
    }
}
