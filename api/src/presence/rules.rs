//! When a leader may ask, and what an answer is worth.
//!
//! An answer is taken by the server's clock until the ask's time is over. One that the network brings later is refused with the
//! minutes, and costs nobody anything; what it says of the place is kept all the same, as every refused try, and helps to
//! propose an end should the check-out be forgotten.

use boai_entity::{
    Instant,
    kinds::{ActivityState, AttendanceState, EvidenceGrade},
    policy::{self, PolicyBody},
};
use chrono::TimeDelta;

use crate::{
    attendance::rules::{Evidence, minutes_up, prove, refuse_faulty_proof},
    platform::refusal::When,
    refusals,
};

refusals! {
    /// Why nobody was asked.
    PresenceAskRefusal, PresenceAskErrorCode, PresenceAskError {
        /// There is no such shift at whose desk you sit.
        NotFound at "shiftId" => "There is no such shift in your care.", "您名下没有该班次。";
        /// The activity or the shift was cancelled.
        Cancelled at "shiftId" => "This was cancelled.", "该班次已取消。";
        /// The shift has not begun.
        TooEarly { minutes_until_start: i64, starts_at: When } at "shiftId" => "The shift begins at {starts_at}, in {minutes_until_start} min. Ask while it runs.", "班次将于 {starts_at} 开始,还有 {minutes_until_start} 分钟。请在班次进行中发起。";
        /// The shift is over.
        TooLate { minutes_since_end: i64, ended_at: When } at "shiftId" => "The shift ended at {ended_at}, {minutes_since_end} min ago. There is nobody to ask any more.", "班次已于 {ended_at} 结束({minutes_since_end} 分钟前),无法再发起。";
        /// Nobody is checked in.
        NobodyThere at "shiftId" => "Nobody is checked in at this shift now. Ask when somebody is.", "该班次目前无人在岗,请在有人签到后发起。";
        /// The last ask is too near.
        TooSoon { minutes_until_next: i64, least_minutes_between: i64, asked_at: When } at "shiftId" => "Everybody was asked at {asked_at}; {least_minutes_between} min must lie between two asks. Ask again in {minutes_until_next} min.", "已于 {asked_at} 发起过,两次之间须间隔 {least_minutes_between} 分钟,请 {minutes_until_next} 分钟后再试。";
        /// Everybody was asked as often as a shift allows.
        TooMany { asks: i64, at_most: i64 } at "shiftId" => "Everybody at this shift was asked {asks} times; {at_most} are allowed.", "该班次已发起 {asks} 次(上限 {at_most} 次)。";
        /// This request id stands for something else already.
        RequestIdReused at "requestId" => "This request id was used for something else. Make a new one for each wish.", "该请求编号已用于其他操作,请重新生成。";
    }
}

refusals! {
    /// Why the answer was not taken. Who gives none, or one that is refused, loses nothing.
    PresenceRefusal, PresenceErrorCode, PresenceError {
        /// Nobody asked you this.
        NotAsked at "askId" => "Nobody asked you for this proof.", "没有向您发起的该项在岗确认。";
        /// You are not checked in there any more.
        NoLongerThere at "askId" => "You are not checked in at this shift any more, so there is nothing to prove.", "您已不在该班次签到中,无需确认。";
        /// The time to answer is over.
        TooLate { minutes_late: i64, minutes_to_answer: i64 } at "askId" => "The answer comes {minutes_late} min late; {minutes_to_answer} min were given. You lose nothing by it.", "已超时 {minutes_late} 分钟(限 {minutes_to_answer} 分钟内)。您的记录不受影响。";
        /// You are outside the circle of the activity.
        OutOfRange { distance_metres: i64, radius_metres: i64, allowed_metres: i64 } at "fix" => "You are {distance_metres} m from the place; it takes at most {radius_metres} m, {allowed_metres} m with your phone's accuracy. Go closer, or type the site's code.", "您距活动地点 {distance_metres} 米,范围为 {radius_metres} 米(计入定位误差为 {allowed_metres} 米)。请靠近后重试,或输入现场签到码。";
        /// The fix is too inaccurate to prove anything.
        FixInaccurate { accuracy_metres: i64, at_most_metres: i64 } at "fix.accuracy" => "Your phone knows its place only to {accuracy_metres} m; {at_most_metres} m are needed. Step outside and turn on precise location, or type the site's code.", "定位精度为 {accuracy_metres} 米,需在 {at_most_metres} 米以内。请到室外并开启精确定位,或输入现场签到码。";
        /// The fix is too old.
        FixStale { age_seconds: i64, at_most_seconds: i64 } at "fix.fixedAt" => "This fix is {age_seconds} s old; at most {at_most_seconds} s are taken. Let the phone find its place again.", "定位已过去 {age_seconds} 秒,须在 {at_most_seconds} 秒以内,请重新定位。";
        /// The fix comes from the future: the phone's clock is wrong.
        FixFromTheFuture { ahead_seconds: i64 } at "fix.fixedAt" => "This fix lies {ahead_seconds} s in the future. Set the phone's clock to automatic and try again.", "定位时间超前 {ahead_seconds} 秒,请将手机时间设为自动后重试。";
        /// The consent to use the location is missing or was withdrawn.
        LocationConsentMissing => "You have not agreed to the use of your location. Agree with `giveConsent`, or type the site's code.", "您未授权使用位置信息。可授权后重试,或输入现场签到码。";
        /// This is not what the site's screen shows.
        CodeWrong at "code" => "This is not the code on the site's screen, or no longer: it is new every 30 s. Type the 8 letters and digits that it shows now, or use your location.", "签到码不正确或已过期(每 30 秒更新一次)。请输入屏幕上当前的 8 位签到码,或使用定位。";
        /// Too many codes were tried.
        TooManyCodes { minutes: i64 } at "code" => "Too many codes were tried. Try again in {minutes} min, or use your location.", "签到码尝试次数过多,请 {minutes} 分钟后重试,或使用定位。";
    }
}

refuse_faulty_proof!(PresenceRefusal);

/// What is true of a shift when its leader asks.
#[derive(Clone, Copy, Debug)]
pub struct AskCase {
    pub activity_state: ActivityState,
    pub cancelled: bool,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// Asks of this shift so far.
    pub asks: i64,
    pub last_asked_at: Option<Instant>,
}

/// Whether everybody may be asked now, and until when they can answer.
pub fn decide_ask(case: &AskCase, limits: &policy::Presence, now: Instant) -> Result<Instant, PresenceAskRefusal> {
    match case.activity_state {
        ActivityState::Draft => return Err(PresenceAskRefusal::NotFound),
        ActivityState::Published if !case.cancelled => {}
        ActivityState::Published | ActivityState::Cancelled => return Err(PresenceAskRefusal::Cancelled),
    }
    if now < case.starts_at {
        let minutes_until_start = minutes_up(case.starts_at - now);
        return Err(PresenceAskRefusal::TooEarly { minutes_until_start, starts_at: When(case.starts_at) });
    }
    if now >= case.ends_at {
        let minutes_since_end = (now - case.ends_at).num_minutes();
        return Err(PresenceAskRefusal::TooLate { minutes_since_end, ended_at: When(case.ends_at) });
    }
    if case.asks >= limits.per_shift {
        return Err(PresenceAskRefusal::TooMany { asks: case.asks, at_most: limits.per_shift });
    }
    let between = TimeDelta::minutes(limits.between_min);
    if let Some(last) = case.last_asked_at.filter(|last| now < *last + between) {
        return Err(too_soon(last, limits, now));
    }
    Ok(now + TimeDelta::minutes(limits.answer_min))
}

/// The refusal that tells of the last ask.
pub fn too_soon(last: Instant, limits: &policy::Presence, now: Instant) -> PresenceAskRefusal {
    let next = last + TimeDelta::minutes(limits.between_min);
    PresenceAskRefusal::TooSoon {
        minutes_until_next: minutes_up(next - now).max(1),
        least_minutes_between: limits.between_min,
        asked_at: When(last),
    }
}

/// What is true of somebody who was asked when they answer.
#[derive(Clone, Copy, Debug)]
pub struct AnswerCase {
    pub state: AttendanceState,
    pub asked_at: Instant,
    pub answer_by: Instant,
    pub radius_m: i32,
    pub location_consent: bool,
    pub evidence: Evidence,
}

/// Whether an answer is taken, and what it proves.
pub fn decide_answer(case: &AnswerCase, policy: &PolicyBody, now: Instant) -> Result<EvidenceGrade, PresenceRefusal> {
    if case.state != AttendanceState::Open {
        return Err(PresenceRefusal::NoLongerThere);
    }
    if now > case.answer_by {
        return Err(PresenceRefusal::TooLate {
            minutes_late: minutes_up(now - case.answer_by),
            minutes_to_answer: (case.answer_by - case.asked_at).num_minutes(),
        });
    }
    Ok(prove(case.evidence, case.location_consent, case.radius_m, policy, now)?)
}

/// The best proof that was given so far, with this one.
pub fn best(before: Option<EvidenceGrade>, now: EvidenceGrade) -> EvidenceGrade {
    // The strongest comes first.
    before.map_or(now, |before| before.min(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        format!("2026-05-08T{text}+08:00").parse().unwrap()
    }

    fn case(asks: i64, last: Option<&str>) -> AskCase {
        AskCase {
            activity_state: ActivityState::Published,
            cancelled: false,
            starts_at: at("08:00:00"),
            ends_at: at("12:00:00"),
            asks,
            last_asked_at: last.map(at),
        }
    }

    fn ask(case: &AskCase, time: &str) -> Result<Instant, PresenceAskRefusal> {
        decide_ask(case, &policy::Presence::default(), at(time))
    }

    #[test]
    fn a_leader_asks_while_the_shift_runs() {
        let refused = PresenceAskRefusal::TooEarly { minutes_until_start: 1, starts_at: When(at("08:00:00")) };
        assert_eq!(ask(&case(0, None), "07:59:59"), Err(refused));
        assert_eq!(ask(&case(0, None), "08:00:00"), Ok(at("08:15:00")));
        assert_eq!(ask(&case(0, None), "11:59:59"), Ok(at("12:14:59")));
        let refused = PresenceAskRefusal::TooLate { minutes_since_end: 0, ended_at: When(at("12:00:00")) };
        assert_eq!(ask(&case(0, None), "12:00:00"), Err(refused));
        for (activity_state, cancelled, refused) in [
            (ActivityState::Draft, false, PresenceAskRefusal::NotFound),
            (ActivityState::Cancelled, false, PresenceAskRefusal::Cancelled),
            (ActivityState::Published, true, PresenceAskRefusal::Cancelled),
        ] {
            let case = AskCase { activity_state, cancelled, ..case(0, None) };
            assert_eq!(ask(&case, "09:00:00"), Err(refused));
        }
    }

    #[test]
    fn half_an_hour_lies_between_two_asks_and_three_are_enough() {
        let soon = |minutes_until_next| PresenceAskRefusal::TooSoon {
            minutes_until_next,
            least_minutes_between: 30,
            asked_at: When(at("09:00:00")),
        };
        assert_eq!(ask(&case(1, Some("09:00:00")), "09:00:00"), Err(soon(30)));
        assert_eq!(ask(&case(1, Some("09:00:00")), "09:29:59"), Err(soon(1)));
        assert_eq!(ask(&case(1, Some("09:00:00")), "09:30:00"), Ok(at("09:45:00")));
        let enough = PresenceAskRefusal::TooMany { asks: 3, at_most: 3 };
        assert_eq!(ask(&case(3, Some("09:00:00")), "11:00:00"), Err(enough));
    }

    #[test]
    fn an_answer_counts_to_the_last_second_and_from_whoever_is_there() {
        let body: PolicyBody = serde_json::from_value(serde_json::json!({
            "radius_min_m": 50, "radius_max_m": 2000, "radius_default_m": 300, "accuracy_allowance_m": 200.0,
            "accuracy_max_m": 500.0, "fix_max_age_s": 120, "fix_max_ahead_s": 5, "check_in_opens_before_min": 30,
            "check_out_closes_after_min": 120, "minimum_min": 15, "pairs_per_day": 3
        }))
        .unwrap();
        let evidence = Evidence::SiteCode(crate::attendance::rules::CodeVerdict::Good);
        let answer = |state, time: &str| {
            let (asked_at, answer_by) = (at("09:00:00"), at("09:15:00"));
            let case = AnswerCase { state, asked_at, answer_by, radius_m: 300, location_consent: false, evidence };
            decide_answer(&case, &body, at(time))
        };
        assert_eq!(answer(AttendanceState::Open, "09:15:00"), Ok(EvidenceGrade::Desk));
        let late = PresenceRefusal::TooLate { minutes_late: 1, minutes_to_answer: 15 };
        assert_eq!(answer(AttendanceState::Open, "09:15:01"), Err(late));
        for state in [AttendanceState::Closed, AttendanceState::Forgotten, AttendanceState::Undone] {
            assert_eq!(answer(state, "09:10:00"), Err(PresenceRefusal::NoLongerThere));
        }
    }

    #[test]
    fn the_best_proof_stands() {
        use EvidenceGrade::{Desk, Location, LocationWeak};
        assert_eq!(best(None, LocationWeak), LocationWeak);
        assert_eq!(best(Some(LocationWeak), Location), Location);
        assert_eq!(best(Some(Desk), LocationWeak), Desk);
    }
}
