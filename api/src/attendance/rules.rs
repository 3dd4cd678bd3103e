//! The fence, the windows and every way a check-in or check-out can be refused, as pure decisions.

use boai_entity::{
    Instant,
    kinds::{ActivityState, EvidenceGrade, SignUpState},
    policy::PolicyBody,
};
use chrono::TimeDelta;

use crate::{platform::refusal::When, policies::check_out_closed, refusals};

refusals! {
    /// Why the check-in was refused. A refused try is kept, so that the volunteer can show that they were there.
    CheckInRefusal, CheckInErrorCode, CheckInError {
        /// There is no such shift that you could check in to.
        ShiftNotFound at "shiftId" => "There is no such shift.", "没有找到该班次。";
        /// You are not signed up for this shift.
        NotSignedUp at "shiftId" => "You are not signed up for this shift. Sign up first with `signUpForShift`, or ask the leader.", "您没有报名该班次。请先报名,或联系队长。";
        /// You are on the wait-list, without a seat.
        OnWaitList at "shiftId" => "You are on the wait-list of this shift. Ask the leader whether there is a seat for you.", "您在该班次的候补名单中,请向队长确认是否有名额。";
        /// The activity was cancelled.
        Cancelled at "shiftId" => "The activity was cancelled.", "活动已取消。";
        /// Check-in has not opened yet.
        TooEarly { minutes_until_open: i64, opens_at: When } at "shiftId" => "Check-in opens at {opens_at}, in {minutes_until_open} min. Come back then.", "签到将于 {opens_at} 开放,还有 {minutes_until_open} 分钟。";
        /// The shift is over.
        TooLate { minutes_since_end: i64, ended_at: When } at "shiftId" => "The shift ended at {ended_at}, {minutes_since_end} min ago. If you served, tell the leader, who can record it.", "班次已于 {ended_at} 结束({minutes_since_end} 分钟前)。如您已参加服务,请联系队长补录。";
        /// You are outside the circle within which check-in works.
        OutOfRange { distance_metres: i64, radius_metres: i64, allowed_metres: i64 } at "fix" => "You are {distance_metres} m from the place; check-in works within {radius_metres} m, {allowed_metres} m with your phone's accuracy. Go closer, or use the site's code, the desk, or the leader.", "您距活动地点 {distance_metres} 米,签到范围为 {radius_metres} 米(计入定位误差为 {allowed_metres} 米)。请靠近后重试,或使用现场签到码、签到台或联系队长。";
        /// The fix is too inaccurate to prove anything.
        FixInaccurate { accuracy_metres: i64, at_most_metres: i64 } at "fix.accuracy" => "Your phone knows its place only to {accuracy_metres} m; {at_most_metres} m are needed. Step outside and turn on precise location, or use the site's code, the desk, or the leader.", "定位精度为 {accuracy_metres} 米,需在 {at_most_metres} 米以内。请到室外并开启精确定位,或使用现场签到码、签到台或联系队长。";
        /// The fix is too old.
        FixStale { age_seconds: i64, at_most_seconds: i64 } at "fix.fixedAt" => "This fix is {age_seconds} s old; at most {at_most_seconds} s are taken. Let the phone find its place again.", "定位已过去 {age_seconds} 秒,须在 {at_most_seconds} 秒以内,请重新定位。";
        /// The fix comes from the future: the phone's clock is wrong.
        FixFromTheFuture { ahead_seconds: i64 } at "fix.fixedAt" => "This fix lies {ahead_seconds} s in the future. Set the phone's clock to automatic and try again.", "定位时间超前 {ahead_seconds} 秒,请将手机时间设为自动后重试。";
        /// The consent to use the location is missing or was withdrawn.
        LocationConsentMissing => "You have not agreed to the use of your location. Agree with `giveConsent`, or use the site's code, the desk, or the leader.", "您未授权使用位置信息。可授权后重试,或使用现场签到码、签到台或联系队长。";
        /// You are checked in already, to another shift.
        CheckedInElsewhere { activity: String } => "You are still checked in to {activity}. Check out there first.", "您仍在“{activity}”签到中,请先签退。";
        /// You are checked in to this shift already.
        AlreadyCheckedIn { checked_in_at: When } => "You checked in to this shift at {checked_in_at}.", "您已于 {checked_in_at} 签到该班次。";
        /// You have checked in and out of this activity as often as a day allows.
        TooManyPairs { pairs: i64, at_most: i64 } at "shiftId" => "You have checked in and out {pairs} times at this activity today; {at_most} are allowed. Tell the leader.", "您今天在该活动已签到签退 {pairs} 次(上限 {at_most} 次),请联系队长。";
        /// This is not what the site's screen shows.
        CodeWrong at "code" => "This is not the code on the site's screen, or no longer: it is new every 30 s. Type the 8 letters and digits that it shows now, or use your location, the desk, or the leader.", "签到码不正确或已过期(每 30 秒更新一次)。请输入屏幕上当前的 8 位签到码,或使用定位、签到台或联系队长。";
        /// Too many codes were tried.
        TooManyCodes { minutes: i64 } at "code" => "Too many codes were tried. Try again in {minutes} min, or use your location, the desk, or the leader.", "签到码尝试次数过多,请 {minutes} 分钟后重试,或使用定位、签到台或联系队长。";
        /// It came in earlier, with a batch, and a person looks at it or has refused it.
        InReview at "requestId" => "This came in earlier and needs a person to look at it. You hear of it in your inbox.", "该记录已上传,须由人工核实,结果将通过消息通知您。";
        /// This request id stands for something else already.
        RequestIdReused at "requestId" => "This request id was used for something else. Make a new one for each wish.", "该请求编号已用于其他操作,请重新生成。";
    }
}

refusals! {
    /// Why the check-out was refused. A refused try is kept.
    CheckOutRefusal, CheckOutErrorCode, CheckOutError {
        /// You are not checked in.
        NotCheckedIn => "You are not checked in anywhere.", "您当前没有签到。";
        /// It is too long after the shift's end: the leader settles it now.
        Forgotten { minutes_since_end: i64, closed_after_minutes: i64 } => "The shift ended {minutes_since_end} min ago and check-out closed {closed_after_minutes} min after the end. Nothing is lost: the leader has your check-in and settles the time.", "班次已结束 {minutes_since_end} 分钟(签退在结束后 {closed_after_minutes} 分钟关闭)。您的签到已保留,将由队长核定时长。";
        /// You are outside the circle within which check-out works.
        OutOfRange { distance_metres: i64, radius_metres: i64, allowed_metres: i64 } at "fix" => "You are {distance_metres} m from the place; check-out works within {radius_metres} m, {allowed_metres} m with your phone's accuracy. Go back, or use the site's code, the desk, or the leader.", "您距活动地点 {distance_metres} 米,签退范围为 {radius_metres} 米(计入定位误差为 {allowed_metres} 米)。请返回后重试,或使用现场签到码、签到台或联系队长。";
        /// The fix is too inaccurate to prove anything.
        FixInaccurate { accuracy_metres: i64, at_most_metres: i64 } at "fix.accuracy" => "Your phone knows its place only to {accuracy_metres} m; {at_most_metres} m are needed. Step outside and turn on precise location, or use the site's code, the desk, or the leader.", "定位精度为 {accuracy_metres} 米,需在 {at_most_metres} 米以内。请到室外并开启精确定位,或使用现场签到码、签到台或联系队长。";
        /// The fix is too old.
        FixStale { age_seconds: i64, at_most_seconds: i64 } at "fix.fixedAt" => "This fix is {age_seconds} s old; at most {at_most_seconds} s are taken. Let the phone find its place again.", "定位已过去 {age_seconds} 秒,须在 {at_most_seconds} 秒以内,请重新定位。";
        /// The fix comes from the future: the phone's clock is wrong.
        FixFromTheFuture { ahead_seconds: i64 } at "fix.fixedAt" => "This fix lies {ahead_seconds} s in the future. Set the phone's clock to automatic and try again.", "定位时间超前 {ahead_seconds} 秒,请将手机时间设为自动后重试。";
        /// The consent to use the location is missing or was withdrawn.
        LocationConsentMissing => "You have not agreed to the use of your location. Agree with `giveConsent`, or use the site's code, the desk, or the leader.", "您未授权使用位置信息。可授权后重试,或使用现场签到码、签到台或联系队长。";
        /// This is not what the site's screen shows.
        CodeWrong at "code" => "This is not the code on the site's screen, or no longer: it is new every 30 s. Type the 8 letters and digits that it shows now, or use your location, the desk, or the leader.", "签到码不正确或已过期(每 30 秒更新一次)。请输入屏幕上当前的 8 位签到码,或使用定位、签到台或联系队长。";
        /// Too many codes were tried.
        TooManyCodes { minutes: i64 } at "code" => "Too many codes were tried. Try again in {minutes} min, or use your location, the desk, or the leader.", "签到码尝试次数过多,请 {minutes} 分钟后重试,或使用定位、签到台或联系队长。";
        /// It came in earlier, with a batch, and a person looks at it or has refused it.
        InReview at "requestId" => "This came in earlier and needs a person to look at it. You hear of it in your inbox.", "该记录已上传,须由人工核实,结果将通过消息通知您。";
        /// This request id stands for something else already.
        RequestIdReused at "requestId" => "This request id was used for something else. Make a new one for each wish.", "该请求编号已用于其他操作,请重新生成。";
    }
}

/// Where a phone is: distance from the place and its own accuracy, both in metres, and when it found out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proof {
    pub distance_m: f64,
    pub accuracy_m: f64,
    pub fixed_at: Instant,
}

/// What is to prove that somebody is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Evidence {
    Place(Proof),
    /// What became of the code that was typed off the site's screen.
    SiteCode(CodeVerdict),
    /// Whoever records it vouches for it: the desk, the leader.
    Vouched(EvidenceGrade),
}

impl Evidence {
    /// From the place; none without a fix.
    pub fn distance_m(self) -> Option<f64> {
        match self {
            Self::Place(proof) => Some(proof.distance_m),
            Self::SiteCode(_) | Self::Vouched(_) => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeVerdict {
    Good,
    Wrong,
    /// Nobody looked at it.
    TooMany {
        minutes: i64,
    },
}

/// What a proof is not good for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ProofFault {
    NoConsent,
    CodeWrong,
    TooManyCodes { minutes: i64 },
    Outside { distance_m: f64, radius_m: f64, allowed_m: f64 },
    Inaccurate { accuracy_m: f64, at_most_m: f64 },
    Stale { age_s: i64, at_most_s: i64 },
    FromTheFuture { ahead_s: i64 },
}

/// The three verdicts: inside (`LOCATION`), undecided (`LOCATION_WEAK`: beyond the radius by no more than the phone's own
/// accuracy, of which the policy allows so much), outside (a fault). The rim belongs to the inside.
pub fn judge(proof: Proof, radius_m: i32, policy: &PolicyBody, now: Instant) -> Result<EvidenceGrade, ProofFault> {
    let age = now - proof.fixed_at;
    if age < -TimeDelta::seconds(policy.fix_max_ahead_s) {
        return Err(ProofFault::FromTheFuture { ahead_s: seconds_up(-age) });
    }
    if age > TimeDelta::seconds(policy.fix_max_age_s) {
        return Err(ProofFault::Stale { age_s: seconds_up(age), at_most_s: policy.fix_max_age_s });
    }
    if proof.accuracy_m > policy.accuracy_max_m {
        return Err(ProofFault::Inaccurate { accuracy_m: proof.accuracy_m, at_most_m: policy.accuracy_max_m });
    }
    let radius_m = f64::from(radius_m);
    let allowed_m = radius_m + proof.accuracy_m.min(policy.accuracy_allowance_m);
    if proof.distance_m <= radius_m {
        Ok(EvidenceGrade::Location)
    } else if proof.distance_m <= allowed_m {
        Ok(EvidenceGrade::LocationWeak)
    } else {
        Err(ProofFault::Outside { distance_m: proof.distance_m, radius_m, allowed_m })
    }
}

/// Who has withdrawn the consent to use the location still has the code.
pub fn prove(
    evidence: Evidence,
    location_consent: bool,
    radius_m: i32,
    policy: &PolicyBody,
    now: Instant,
) -> Result<EvidenceGrade, ProofFault> {
    match evidence {
        Evidence::Place(_) if !location_consent => Err(ProofFault::NoConsent),
        Evidence::Place(proof) => judge(proof, radius_m, policy, now),
        Evidence::SiteCode(CodeVerdict::Good) => Ok(EvidenceGrade::Desk),
        Evidence::SiteCode(CodeVerdict::Wrong) => Err(ProofFault::CodeWrong),
        Evidence::SiteCode(CodeVerdict::TooMany { minutes }) => Err(ProofFault::TooManyCodes { minutes }),
        Evidence::Vouched(grade) => Ok(grade),
    }
}

/// What is true of a shift and a volunteer when they check in.
#[derive(Clone, Debug)]
pub struct CheckInCase {
    pub activity_state: ActivityState,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub radius_m: i32,
    pub sign_up: Option<SignUpState>,
    pub location_consent: bool,
    /// Check-in/out pairs that the volunteer has at this activity on this civil day.
    pub pairs_today: i64,
    pub evidence: Evidence,
}

/// Whether a check-in counts, and what it proves.
pub fn decide_check_in(case: &CheckInCase, policy: &PolicyBody, now: Instant) -> Result<EvidenceGrade, CheckInRefusal> {
    match case.activity_state {
        ActivityState::Draft => return Err(CheckInRefusal::ShiftNotFound),
        ActivityState::Cancelled => return Err(CheckInRefusal::Cancelled),
        ActivityState::Published => {}
    }
    match case.sign_up {
        Some(SignUpState::Seated) => {}
        Some(SignUpState::Waiting) => return Err(CheckInRefusal::OnWaitList),
        _ => return Err(CheckInRefusal::NotSignedUp),
    }
    let opens_at = case.starts_at - TimeDelta::minutes(policy.check_in_opens_before_min);
    if now < opens_at {
        let minutes_until_open = minutes_up(opens_at - now);
        return Err(CheckInRefusal::TooEarly { minutes_until_open, opens_at: When(opens_at) });
    }
    if now >= case.ends_at {
        let minutes_since_end = (now - case.ends_at).num_minutes();
        return Err(CheckInRefusal::TooLate { minutes_since_end, ended_at: When(case.ends_at) });
    }
    if case.pairs_today >= policy.pairs_per_day {
        return Err(CheckInRefusal::TooManyPairs { pairs: case.pairs_today, at_most: policy.pairs_per_day });
    }
    Ok(prove(case.evidence, case.location_consent, case.radius_m, policy, now)?)
}

/// What is true of an open attendance when its volunteer checks out.
#[derive(Clone, Debug)]
pub struct CheckOutCase {
    pub ends_at: Instant,
    pub radius_m: i32,
    pub location_consent: bool,
    pub evidence: Evidence,
}

/// Whether a check-out counts, and what it proves. Leaving before the end is fine; it just counts for less.
pub fn decide_check_out(
    case: &CheckOutCase,
    policy: &PolicyBody,
    now: Instant,
) -> Result<EvidenceGrade, CheckOutRefusal> {
    if check_out_closed(case.ends_at, policy, now) {
        return Err(CheckOutRefusal::Forgotten {
            minutes_since_end: minutes_up(now - case.ends_at),
            closed_after_minutes: policy.check_out_closes_after_min,
        });
    }
    Ok(prove(case.evidence, case.location_consent, case.radius_m, policy, now)?)
}

/// The end that is proposed for a stay inside (from, the shift's end) that was never checked out of, by the last proof that the
/// volunteer was there; none when there is no proof that tells anything.
pub fn proposed_end((from, ends_at): (Instant, Instant), proof: Option<Instant>) -> Option<Instant> {
    proof.filter(|seen| *seen > from).map(|seen| seen.min(ends_at))
}

/// How a whole stay is proved: as well as its weaker end, and better where the volunteer proved in between to be there. Nobody is
/// worse off for an answer, or for none; and what a person said is not made into what was proved, for a proof in the middle
/// tells nothing of when somebody came or left.
pub fn stay_grade(
    check_in: EvidenceGrade,
    check_out: Option<EvidenceGrade>,
    presence: Option<EvidenceGrade>,
) -> EvidenceGrade {
    // The strongest comes first.
    let weaker = check_out.map_or(check_in, |check_out| check_in.max(check_out));
    match presence {
        Some(proof) if !is_said(weaker) => weaker.min(proof),
        _ => weaker,
    }
}

/// What a leader or the volunteer says, other than what the desk or the location proves.
pub fn is_said(grade: EvidenceGrade) -> bool {
    matches!(grade, EvidenceGrade::Leader | EvidenceGrade::Claim)
}

/// Rounded up, as [`metres`] are: a number told beside its limit must not look as if it were within.
fn seconds_up(time: TimeDelta) -> i64 {
    (time.num_milliseconds() + 999).div_euclid(1000)
}

pub fn minutes_up(time: TimeDelta) -> i64 {
    (time.num_milliseconds() + 59_999).div_euclid(60_000)
}

/// Whole metres for people; beyond 20,000 km there is nothing on Earth.
#[expect(clippy::cast_possible_truncation, reason = "clamped to half the circumference of the Earth")]
pub fn metres(length: f64) -> i64 {
    length.clamp(0.0, 2.1e7).ceil() as i64
}

/// A faulty proof refuses whatever it was for in the same words.
macro_rules! refuse_faulty_proof {
    ($($refusal:ident),*) => {$(
        impl From<$crate::attendance::rules::ProofFault> for $refusal {
            fn from(fault: $crate::attendance::rules::ProofFault) -> Self {
                use $crate::attendance::rules::{ProofFault, metres};
                match fault {
                    ProofFault::NoConsent => Self::LocationConsentMissing,
                    ProofFault::CodeWrong => Self::CodeWrong,
                    ProofFault::TooManyCodes { minutes } => Self::TooManyCodes { minutes },
                    ProofFault::Outside { distance_m, radius_m, allowed_m } => Self::OutOfRange {
                        distance_metres: metres(distance_m),
                        radius_metres: metres(radius_m.floor()),
                        allowed_metres: metres(allowed_m.floor()),
                    },
                    ProofFault::Inaccurate { accuracy_m, at_most_m } => {
                        Self::FixInaccurate { accuracy_metres: metres(accuracy_m), at_most_metres: metres(at_most_m.floor()) }
                    }
                    ProofFault::Stale { age_s, at_most_s } => {
                        Self::FixStale { age_seconds: age_s, at_most_seconds: at_most_s }
                    }
                    ProofFault::FromTheFuture { ahead_s } => Self::FixFromTheFuture { ahead_seconds: ahead_s },
                }
            }
        }
    )*};
}

pub(crate) use refuse_faulty_proof;

refuse_faulty_proof!(CheckInRefusal, CheckOutRefusal);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        format!("2026-05-08T{text}+08:00").parse().unwrap()
    }

    fn policy() -> PolicyBody {
        PolicyBody {
            afterwards: boai_entity::policy::Afterwards::default(),
            days: boai_entity::policy::Days::default(),
            notice: boai_entity::policy::Notice::default(),
            awards: boai_entity::policy::Awards::default(),
            disputes: boai_entity::policy::Disputes::default(),
            flags: boai_entity::policy::FlagLimits::default(),
            radius_min_m: 50,
            radius_max_m: 2000,
            radius_default_m: 300,
            accuracy_allowance_m: 200.0,
            accuracy_max_m: 500.0,
            fix_max_age_s: 120,
            fix_max_ahead_s: 5,
            check_in_opens_before_min: 30,
            check_out_closes_after_min: 120,
            minimum_min: 15,
            rounding_min: 1,
            pairs_per_day: 3,
            offline: boai_entity::policy::Offline::default(),
            presence: boai_entity::policy::Presence::default(),
        }
    }

    fn proof(distance_m: f64, accuracy_m: f64, fixed_at: &str) -> Proof {
        Proof { distance_m, accuracy_m, fixed_at: at(fixed_at) }
    }

    fn judged(distance_m: f64, accuracy_m: f64) -> Result<EvidenceGrade, ProofFault> {
        judge(proof(distance_m, accuracy_m, "08:00:00"), 300, &policy(), at("08:00:00"))
    }

    #[test]
    fn the_three_verdicts_meet_at_the_rim() {
        assert_eq!(judged(300.0, 10.0), Ok(EvidenceGrade::Location));
        assert_eq!(judged(300.01, 10.0), Ok(EvidenceGrade::LocationWeak));
        assert_eq!(judged(310.0, 10.0), Ok(EvidenceGrade::LocationWeak));
        let outside = ProofFault::Outside { distance_m: 310.01, radius_m: 300.0, allowed_m: 310.0 };
        assert_eq!(judged(310.01, 10.0), Err(outside));
        assert_eq!(judged(500.0, 450.0), Ok(EvidenceGrade::LocationWeak), "of 450 m accuracy 200 m are allowed for");
        assert!(judged(500.01, 450.0).is_err());
    }

    #[test]
    fn a_fix_must_be_accurate_fresh_and_not_from_the_future() {
        assert!(judged(0.0, 500.0).is_ok());
        assert_eq!(judged(0.0, 500.1), Err(ProofFault::Inaccurate { accuracy_m: 500.1, at_most_m: 500.0 }));
        let fixed = |fixed_at| judge(proof(0.0, 5.0, fixed_at), 300, &policy(), at("08:00:00"));
        assert!(fixed("07:58:00").is_ok());
        assert_eq!(fixed("07:57:59"), Err(ProofFault::Stale { age_s: 121, at_most_s: 120 }));
        assert!(fixed("08:00:05").is_ok());
        assert_eq!(fixed("08:00:06"), Err(ProofFault::FromTheFuture { ahead_s: 6 }));
    }

    fn case(fixed_at: &str) -> CheckInCase {
        CheckInCase {
            activity_state: ActivityState::Published,
            starts_at: at("08:00:00"),
            ends_at: at("12:00:00"),
            radius_m: 300,
            sign_up: Some(SignUpState::Seated),
            location_consent: true,
            pairs_today: 0,
            evidence: Evidence::Place(proof(20.0, 10.0, fixed_at)),
        }
    }

    fn check_in_at(time: &str) -> Result<EvidenceGrade, CheckInRefusal> {
        decide_check_in(&case(time), &policy(), at(time))
    }

    #[test]
    fn check_in_opens_thirty_minutes_before_the_start_and_closes_at_the_end() {
        let opens_at = When(at("07:30:00"));
        assert_eq!(check_in_at("07:29:59"), Err(CheckInRefusal::TooEarly { minutes_until_open: 1, opens_at }));
        assert_eq!(check_in_at("07:28:00"), Err(CheckInRefusal::TooEarly { minutes_until_open: 2, opens_at }));
        assert!(check_in_at("07:30:00").is_ok());
        assert!(check_in_at("11:59:59").is_ok());
        let ended_at = When(at("12:00:00"));
        assert_eq!(check_in_at("12:00:00"), Err(CheckInRefusal::TooLate { minutes_since_end: 0, ended_at }));
    }

    #[test]
    fn who_has_no_seat_gave_no_consent_or_came_too_often_is_told_so() {
        let decide = |change: fn(&mut CheckInCase)| {
            let mut case = case("08:00:00");
            change(&mut case);
            decide_check_in(&case, &policy(), at("08:00:00")).unwrap_err()
        };
        assert_eq!(decide(|case| case.sign_up = None), CheckInRefusal::NotSignedUp);
        assert_eq!(decide(|case| case.sign_up = Some(SignUpState::Left)), CheckInRefusal::NotSignedUp);
        assert_eq!(decide(|case| case.sign_up = Some(SignUpState::Waiting)), CheckInRefusal::OnWaitList);
        assert_eq!(decide(|case| case.activity_state = ActivityState::Draft), CheckInRefusal::ShiftNotFound);
        assert_eq!(decide(|case| case.activity_state = ActivityState::Cancelled), CheckInRefusal::Cancelled);
        assert_eq!(decide(|case| case.location_consent = false), CheckInRefusal::LocationConsentMissing);
        assert_eq!(decide(|case| case.pairs_today = 3), CheckInRefusal::TooManyPairs { pairs: 3, at_most: 3 });
    }

    #[test]
    fn a_code_takes_no_consent_to_use_the_location() {
        let decide = |verdict| {
            let evidence = Evidence::SiteCode(verdict);
            let case = CheckInCase { evidence, location_consent: false, ..case("08:00:00") };
            decide_check_in(&case, &policy(), at("08:00:00"))
        };
        assert_eq!(decide(CodeVerdict::Good), Ok(EvidenceGrade::Desk));
        assert_eq!(decide(CodeVerdict::Wrong), Err(CheckInRefusal::CodeWrong));
        assert_eq!(decide(CodeVerdict::TooMany { minutes: 3 }), Err(CheckInRefusal::TooManyCodes { minutes: 3 }));
    }

    #[test]
    fn check_out_works_until_two_hours_after_the_end() {
        let check_out = |time| {
            let case = CheckOutCase {
                ends_at: at("12:00:00"),
                radius_m: 300,
                location_consent: true,
                evidence: Evidence::Place(proof(20.0, 10.0, time)),
            };
            decide_check_out(&case, &policy(), at(time))
        };
        assert_eq!(check_out("09:00:00"), Ok(EvidenceGrade::Location));
        assert_eq!(check_out("14:00:00"), Ok(EvidenceGrade::Location));
        let forgotten = CheckOutRefusal::Forgotten { minutes_since_end: 121, closed_after_minutes: 120 };
        assert_eq!(check_out("14:01:00"), Err(forgotten));
    }

    #[test]
    fn ages_are_told_in_whole_seconds_and_minutes_that_never_contradict_the_refusal() {
        let fixed = |fixed_at| judge(proof(0.0, 5.0, fixed_at), 300, &policy(), at("08:00:00"));
        assert_eq!(fixed("07:57:59.999"), Err(ProofFault::Stale { age_s: 121, at_most_s: 120 }));
        assert_eq!(fixed("08:00:05.001"), Err(ProofFault::FromTheFuture { ahead_s: 6 }));
        let late = CheckOutCase {
            ends_at: at("12:00:00"),
            radius_m: 300,
            location_consent: true,
            evidence: Evidence::Place(proof(20.0, 10.0, "14:00:00")),
        };
        let forgotten = CheckOutRefusal::Forgotten { minutes_since_end: 121, closed_after_minutes: 120 };
        assert_eq!(decide_check_out(&late, &policy(), at("14:00:00.001")), Err(forgotten));
    }

    #[test]
    fn distances_are_told_in_whole_metres_that_never_contradict_the_refusal() {
        let fault = ProofFault::Outside { distance_m: 310.01, radius_m: 300.0, allowed_m: 310.0 };
        let told = CheckInRefusal::OutOfRange { distance_metres: 311, radius_metres: 300, allowed_metres: 310 };
        assert_eq!(CheckInRefusal::from(fault), told);
    }

    const GRADES: [EvidenceGrade; 5] = [
        EvidenceGrade::Desk,
        EvidenceGrade::Location,
        EvidenceGrade::LocationWeak,
        EvidenceGrade::Leader,
        EvidenceGrade::Claim,
    ];

    #[test]
    fn who_proves_in_between_to_be_there_gets_the_better_grade() {
        use EvidenceGrade::{Claim, Desk, Leader, Location, LocationWeak};
        for (check_in, check_out, presence, grade) in [
            (LocationWeak, None, None, LocationWeak),
            (LocationWeak, None, Some(Location), Location),
            (LocationWeak, Some(Location), Some(Location), Location),
            (Location, Some(LocationWeak), None, LocationWeak),
            (Location, Some(LocationWeak), Some(Desk), Desk),
            (Desk, Some(Location), Some(LocationWeak), Location),
            (Leader, Some(Location), Some(Desk), Leader),
            (Location, Some(Claim), Some(Desk), Claim),
        ] {
            assert_eq!(stay_grade(check_in, check_out, presence), grade, "{check_in:?} {check_out:?} {presence:?}");
        }
    }

    #[test]
    fn no_answer_makes_a_grade_worse_or_moves_a_stay_to_another_book() {
        let maybe = || GRADES.into_iter().map(Some).chain([None]);
        for check_in in GRADES {
            for (check_out, presence) in maybe().flat_map(|check_out| maybe().map(move |proof| (check_out, proof))) {
                let (before, after) =
                    (stay_grade(check_in, check_out, None), stay_grade(check_in, check_out, presence));
                assert!(after <= before, "{check_in:?} {check_out:?} {presence:?}");
                assert!(presence.is_some_and(is_said) || is_said(before) == is_said(after));
            }
        }
    }
}
