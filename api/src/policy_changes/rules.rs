//! What a policy may say, and which branch may make it say that.
//!
//! Each number has bounds: of the law where it has one, else of what a person could still mean. Branches of counties, cities
//! and provinces set them (below, nobody is there to answer for them every day); star schemes are a province's, which awards
//! in its whole system (domain, section 5). How long a day may be before the province has a word is the province's to say: a
//! branch below may ask for its own officers' word earlier, never later.

use boai_entity::{Instant, kinds::DivisionLevel, policy::PolicyBody};
use chrono::{Days, NaiveDate};

use crate::{
    platform::{
        civil::{civil_day, day_bounds},
        refusal::When,
    },
    refusals,
};

/// Days ahead for which a policy is proposed at most: further away nobody knows who will be asked about it.
pub const AHEAD_DAYS: u64 = 1096;

refusals! {
    /// Why the policy was not proposed, withdrawn or looked at ahead.
    PolicyRefusal, PolicyErrorCode, PolicyError {
        /// There is no such branch or policy in your care.
        NotFound => "There is no such branch or policy in your care.", "您名下没有该红十字会或该项规则。";
        /// Only branches of counties, cities and provinces set policies.
        BranchTooLow at "branchId" => "Policies are set by the branches of counties, cities and provinces; those below follow them. Ask the county's branch.", "规则由县级以上红十字会制定,其下级组织遵照执行。请联系县级红十字会。";
        /// Star schemes are set by provinces.
        StarsAreTheProvinces at "stars" => "What a star takes is set by the province's branch, for its whole system. Leave `stars` out.", "星级标准由省级红十字会统一制定,请勿填写星级标准。";
        /// The day must be a coming one.
        DayNotAhead { first: String, last: String } at "validFrom" => "A policy is valid from a coming day on, {first} to {last}: nobody is judged by what was not known yet.", "规则须自将来的某日起施行({first}至{last}),不得溯及既往。";
        /// The branch has one that begins then or later.
        LaterOneWaits { day: String } at "validFrom" => "The branch has a version that is valid from {day} on, and this one would be undone by it. Choose a later day, or withdraw that one with `withdrawPolicy`.", "已有自{day}起施行的版本,会覆盖本次修改。请选择更晚的日期,或先撤回该版本。";
        /// It would change nothing.
        NothingChanges => "Everything would stay as it is by then. Give at least one number another value.", "没有任何改动,请至少修改一项。";
        /// A number lies outside its bounds.
        OutOfBounds { field: String, given: i64, least: i64, most: i64, unit: String } => "`{field}` is {least} to {most} {unit}; {given} is outside.", "“{field}”须在 {least} 至 {most}({unit})之间,{given} 超出范围。";
        /// Two numbers do not go together.
        OutOfOrder { field: String, given: i64, other: String, most: i64 } => "`{field}` ({given}) must not be more than `{other}` ({most}).", "“{field}”({given})不得大于“{other}”({most})。";
        /// A branch above fixes this number.
        LooserThanAbove { field: String, given: i64, above: i64 } => "`{field}` may not be more than {above}, as the branch above has it: beyond that the word is not this branch's to give. {given} was given.", "“{field}”不得高于上级红十字会规定的 {above},超出部分须由上级确认;您填写的是 {given}。";
        /// The star scheme has too few or too many stars, or they are not in order.
        StarsUnfit { star: i64, least: i64, most: i64 } at "stars.thresholds" => "A scheme has 1 to 5 stars, each with more minutes than the one before. Star {star} takes {least} to {most} minutes here.", "星级为 1 至 5 级,逐级递增;第 {star} 级应为 {least} 至 {most} 分钟。";
        /// It is in force already, or was.
        InForce { since: When } at "policyId" => "It is in force since {since}, and what was done under it keeps it. Propose another one.", "该版本已于 {since} 起施行,不能撤回。请另行提出新版本。";
        /// It was withdrawn.
        Withdrawn { at: When } at "policyId" => "It was withdrawn at {at}.", "该版本已于 {at} 撤回。";
        /// A later version of the branch has been built on it.
        LaterOneBuildsOnIt { day: String } at "policyId" => "The version that is valid from {day} on was built on it. Withdraw that one first.", "自{day}起施行的版本以此为基础,请先撤回后者。";
    }
}

/// One number of a policy: where the API has it, its unit and its bounds.
pub struct Field {
    /// As in the API: part and name.
    pub path: &'static str,
    pub unit: &'static str,
    pub least: i32,
    pub most: i32,
    pub get: fn(&PolicyBody) -> i32,
    pub set: fn(&mut PolicyBody, i32),
}

/// A number as the body keeps it.
trait Number: Copy {
    fn shown(self) -> i32;
    fn read(given: i32) -> Self;
}

impl Number for i32 {
    fn shown(self) -> i32 {
        self
    }
    fn read(given: i32) -> Self {
        given
    }
}
impl Number for i64 {
    fn shown(self) -> i32 {
        i32::try_from(self).unwrap_or(i32::MAX)
    }
    fn read(given: i32) -> Self {
        given.into()
    }
}
impl Number for u32 {
    fn shown(self) -> i32 {
        i32::try_from(self).unwrap_or(i32::MAX)
    }
    fn read(given: i32) -> Self {
        given.unsigned_abs()
    }
}
impl Number for f64 {
    fn shown(self) -> i32 {
        self.round() as i32
    }
    fn read(given: i32) -> Self {
        given.into()
    }
}

macro_rules! fields {
    ($($path:literal, $least:literal to $most:literal $unit:literal => $($at:ident).+;)+) => {
        /// Every number of a policy.
        pub const FIELDS: &[Field] = &[$(Field {
            path: $path,
            unit: $unit,
            least: $least,
            most: $most,
            get: |body| body.$($at).+.shown(),
            set: |body, given| body.$($at).+ = Number::read(given),
        }),+];
    };
}

fields! {
    "fence.radiusMinMetres", 20 to 500 "m" => radius_min_m;
    "fence.radiusMaxMetres", 200 to 5000 "m" => radius_max_m;
    "fence.radiusDefaultMetres", 50 to 2000 "m" => radius_default_m;
    "fence.accuracyAllowanceMetres", 0 to 500 "m" => accuracy_allowance_m;
    "fence.accuracyMaxMetres", 50 to 2000 "m" => accuracy_max_m;
    "fence.fixMaxAgeSeconds", 10 to 600 "s" => fix_max_age_s;
    "fence.fixMaxAheadSeconds", 0 to 60 "s" => fix_max_ahead_s;
    "window.checkInOpensBeforeMinutes", 0 to 240 "min" => check_in_opens_before_min;
    "window.checkOutClosesAfterMinutes", 0 to 1440 "min" => check_out_closes_after_min;
    "counting.minimumMinutes", 0 to 120 "min" => minimum_min;
    "counting.roundingMinutes", 1 to 60 "min" => rounding_min;
    "counting.pairsPerDay", 1 to 20 "pairs" => pairs_per_day;
    "days.leaderMaxMinutes", 60 to 1440 "min" => days.leader_max_min;
    "days.branchMaxMinutes", 60 to 1440 "min" => days.branch_max_min;
    // Order 67, art. 11: ten working days, and not one more.
    "notice.recordWorkingDays", 1 to 10 "working days" => notice.record_working_days;
    "notice.workingDays", 1 to 30 "working days" => notice.working_days;
    "afterwards.withinDays", 1 to 365 "days" => afterwards.within_days;
    "afterwards.claims", 1 to 20 "claims" => afterwards.claims;
    "afterwards.alone", 1 to 500 "people" => afterwards.alone;
    "offline.lateAfterMinutes", 10 to 10080 "min" => offline.late_after_min;
    "offline.skewMaxSeconds", 0 to 3600 "s" => offline.skew_max_s;
    "offline.outOfPlaceMaxMetres", 0 to 50000 "m" => offline.out_of_place_max_m;
    "offline.sameEndMinutes", 1 to 120 "min" => offline.same_end_min;
    "presence.answerMinutes", 1 to 120 "min" => presence.answer_min;
    "presence.betweenMinutes", 1 to 480 "min" => presence.between_min;
    "presence.perShift", 0 to 20 "asks" => presence.per_shift;
    "flags.deviceMinutes", 1 to 1440 "min" => flags.device_minutes;
    "flags.sameFixTimes", 2 to 10 "times" => flags.same_fix_times;
    "flags.speedKmh", 30 to 1000 "km/h" => flags.speed_kmh;
    "flags.secondPeople", 2 to 1000 "people" => flags.second_people;
    "flags.circleDays", 1 to 365 "days" => flags.circle_days;
    "flags.circleRecords", 2 to 10000 "stays" => flags.circle_records;
    "flags.circlePeople", 1 to 100 "people" => flags.circle_people;
    "flags.circlePercent", 1 to 100 "%" => flags.circle_percent;
    "flags.earlyDays", 1 to 365 "days" => flags.early_days;
    "flags.earlyPeople", 2 to 10000 "people" => flags.early_people;
    "flags.earlyPercent", 1 to 100 "%" => flags.early_percent;
    "flags.earlyMinutes", 1 to 240 "min" => flags.early_minutes;
    "awards.noticeWorkingDays", 1 to 30 "working days" => awards.notice_working_days;
    "awards.registeredDays", 0 to 3650 "days" => awards.registered_days;
    "awards.openDisputes", 0 to 100 "disputes" => awards.open_disputes;
    "awards.systemProvedPercent", 0 to 100 "%" => awards.system_proved_percent;
    "disputes.withinDays", 1 to 3650 "days" => disputes.within_days;
    "disputes.atMost", 1 to 20 "disputes" => disputes.at_most;
    "disputes.answerWorkingDays", 1 to 30 "working days" => disputes.answer_working_days;
    "disputes.decideWorkingDays", 1 to 60 "working days" => disputes.decide_working_days;
    "disputes.appealWorkingDays", 1 to 30 "working days" => disputes.appeal_working_days;
}

/// The number that the API knows by this path; the schema's own paths are all there.
pub fn field(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == path)
}

/// A number that is to be another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub path: &'static str,
    pub given: i32,
}

/// Pairs of numbers of which the first is never more than the second.
const ORDER: [(&str, &str); 4] = [
    ("fence.radiusMinMetres", "fence.radiusDefaultMetres"),
    ("fence.radiusDefaultMetres", "fence.radiusMaxMetres"),
    ("fence.accuracyAllowanceMetres", "fence.accuracyMaxMetres"),
    ("days.leaderMaxMinutes", "days.branchMaxMinutes"),
];

/// What is not to be more than the branch above has it: beyond, the word is that branch's.
const FIXED_ABOVE: [&str; 2] = ["days.leaderMaxMinutes", "days.branchMaxMinutes"];

/// The policy with these changes, or everything that is wrong with them. `above` is what the branches above it have.
pub fn changed(
    base: &PolicyBody,
    changes: &[Change],
    above: Option<&PolicyBody>,
) -> Result<PolicyBody, Vec<PolicyRefusal>> {
    let mut body = base.clone();
    let mut wrong = Vec::new();
    for change in changes {
        let Some(field) = field(change.path) else { continue };
        if (field.least..=field.most).contains(&change.given) {
            (field.set)(&mut body, change.given);
        } else {
            wrong.push(PolicyRefusal::OutOfBounds {
                field: field.path.into(),
                given: change.given.into(),
                least: field.least.into(),
                most: field.most.into(),
                unit: field.unit.into(),
            });
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let value = |body: &PolicyBody, path: &str| field(path).map_or(0, |field| i64::from((field.get)(body)));
    for (less, more) in ORDER {
        let (given, most) = (value(&body, less), value(&body, more));
        if given > most {
            wrong.push(PolicyRefusal::OutOfOrder { field: less.into(), given, other: more.into(), most });
        }
    }
    for (path, above) in FIXED_ABOVE.iter().filter_map(|path| Some((path, value(above?, path)))) {
        let given = value(&body, path);
        if given > above {
            wrong.push(PolicyRefusal::LooserThanAbove { field: (*path).into(), given, above });
        }
    }
    if wrong.is_empty() { Ok(body) } else { Err(wrong) }
}

/// Whether a branch of this level sets policies, and a star scheme if it gives one.
pub fn check_level(level: DivisionLevel, gives_stars: bool) -> Result<(), PolicyRefusal> {
    match level {
        DivisionLevel::Province => Ok(()),
        DivisionLevel::City | DivisionLevel::County if gives_stars => Err(PolicyRefusal::StarsAreTheProvinces),
        DivisionLevel::City | DivisionLevel::County => Ok(()),
        DivisionLevel::Township | DivisionLevel::Village => Err(PolicyRefusal::BranchTooLow),
    }
}

/// The first and the last day from which on something new may be valid.
pub fn coming_days(now: Instant) -> (NaiveDate, NaiveDate) {
    let today = civil_day(now);
    (today + Days::new(1), today + Days::new(AHEAD_DAYS))
}

/// The first moment of a policy that is to be valid from a day on; the day begins in Asia/Shanghai.
pub fn begin(day: NaiveDate, now: Instant) -> Result<Instant, PolicyRefusal> {
    let (first, last) = coming_days(now);
    if (first..=last).contains(&day) {
        return Ok(day_bounds(day).0);
    }
    Err(PolicyRefusal::DayNotAhead { first: first.to_string(), last: last.to_string() })
}

/// Minutes that the stars of a scheme take: one star to five, each more than the one before.
pub fn check_stars(thresholds: &[i64]) -> Result<(), PolicyRefusal> {
    const LEAST: i64 = 60;
    const MOST: i64 = 600_000; // 10,000 h
    let mut least = LEAST;
    for (star, minutes) in (1..).zip(thresholds) {
        if !(least..=MOST).contains(minutes) || star > 5 {
            return Err(PolicyRefusal::StarsUnfit { star, least, most: MOST });
        }
        least = minutes + 1;
    }
    if thresholds.is_empty() { Err(PolicyRefusal::StarsUnfit { star: 1, least, most: MOST }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body() -> PolicyBody {
        serde_json::from_str(
            r#"{ "radius_min_m": 50, "radius_max_m": 2000, "radius_default_m": 300, "accuracy_allowance_m": 200,
                 "accuracy_max_m": 500, "fix_max_age_s": 120, "fix_max_ahead_s": 5, "check_in_opens_before_min": 30,
                 "check_out_closes_after_min": 120, "minimum_min": 15, "pairs_per_day": 3 }"#,
        )
        .unwrap()
    }

    fn one(path: &'static str, given: i32) -> Result<PolicyBody, Vec<PolicyRefusal>> {
        changed(&body(), &[Change { path, given }], None)
    }

    /// Whatever number the body gets, it is one that somebody can change, and no two are the same.
    #[test]
    fn every_number_of_the_body_is_a_field() {
        fn leaves(value: &serde_json::Value) -> usize {
            match value {
                serde_json::Value::Object(map) => map.values().map(leaves).sum(),
                _ => 1,
            }
        }
        let whole = serde_json::to_value(body()).unwrap();
        assert_eq!(leaves(&whole), FIELDS.len());
        for field in FIELDS {
            let mut other = body();
            (field.set)(&mut other, (field.get)(&body()) + 1);
            let differing = FIELDS.iter().filter(|it| (it.get)(&other) != (it.get)(&body())).map(|it| it.path);
            assert_eq!(differing.collect::<Vec<_>>(), [field.path]);
            assert!((field.least..=field.most).contains(&(field.get)(&body())), "{}", field.path);
        }
    }

    #[test]
    fn the_last_number_within_is_taken_and_the_next_is_not() {
        for field in FIELDS {
            let refused = |given: i32| {
                let code = one(field.path, given).err().map(|wrong| wrong[0].clone());
                matches!(code, Some(PolicyRefusal::OutOfBounds { .. }))
            };
            assert!(!refused(field.least) && !refused(field.most), "{}", field.path);
            assert!(refused(field.least - 1) && refused(field.most + 1), "{}", field.path);
        }
    }

    #[test]
    fn what_must_be_in_order_is() {
        assert!(one("fence.radiusDefaultMetres", 2000).is_ok());
        let wrong = one("fence.radiusMinMetres", 301).unwrap_err();
        let expected = PolicyRefusal::OutOfOrder {
            field: "fence.radiusMinMetres".into(),
            given: 301,
            other: "fence.radiusDefaultMetres".into(),
            most: 300,
        };
        assert_eq!(wrong, [expected]);
        assert!(one("days.leaderMaxMinutes", 720).is_ok());
        assert!(one("days.leaderMaxMinutes", 721).is_err());
    }

    #[test]
    fn a_day_gets_no_longer_than_the_branch_above_has_it() {
        let longer = [Change { path: "days.branchMaxMinutes", given: 721 }];
        assert!(changed(&body(), &longer, None).is_ok());
        let wrong = changed(&body(), &longer, Some(&body())).unwrap_err();
        let field = "days.branchMaxMinutes".to_owned();
        assert_eq!(wrong, [PolicyRefusal::LooserThanAbove { field, given: 721, above: 720 }]);
        let shorter = [Change { path: "days.leaderMaxMinutes", given: 360 }];
        assert!(changed(&body(), &shorter, Some(&body())).is_ok());
    }

    #[test]
    fn everything_that_is_out_of_bounds_is_told_at_once() {
        let changes = [("counting.minimumMinutes", -1), ("counting.pairsPerDay", 0), ("notice.recordWorkingDays", 11)];
        let changes = changes.map(|(path, given)| Change { path, given });
        assert_eq!(changed(&body(), &changes, None).unwrap_err().len(), 3);
    }

    #[test]
    fn a_policy_begins_tomorrow_at_the_earliest() {
        let now: Instant = "2026-05-08T23:59:59+08:00".parse().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert!(begin(day("2026-05-08"), now).is_err());
        assert_eq!(begin(day("2026-05-09"), now).unwrap().to_rfc3339(), "2026-05-08T16:00:00+00:00");
        assert!(begin(day("2026-05-08") + Days::new(AHEAD_DAYS), now).is_ok());
        assert!(begin(day("2026-05-09") + Days::new(AHEAD_DAYS), now).is_err());
    }

    #[test]
    fn stars_go_up() {
        for (thresholds, fits) in [
            (&[6000, 18_000, 36_000, 60_000, 90_000][..], true),
            (&[60], true),
            (&[59], false),
            (&[], false),
            (&[60, 60], false),
            (&[60, 61, 62, 63, 64, 65], false),
            (&[60, 600_001], false),
        ] {
            assert_eq!(check_stars(thresholds).is_ok(), fits, "{thresholds:?}");
        }
    }

    proptest! {
        /// Whatever is given: what is taken is within all bounds and in order, and says nothing else than was asked.
        #[test]
        fn what_is_taken_is_what_was_given_and_fits(given in proptest::collection::vec((0..FIELDS.len(), -10..12_000i32), 0..6)) {
            let changes: Vec<Change> =
                given.iter().map(|(at, given)| Change { path: FIELDS[*at].path, given: *given }).collect();
            let Ok(taken) = changed(&body(), &changes, Some(&body())) else { return Ok(()) };
            for field in FIELDS {
                let value = (field.get)(&taken);
                prop_assert!((field.least..=field.most).contains(&value));
                let last = changes.iter().rev().find(|change| change.path == field.path);
                prop_assert_eq!(value, last.map_or((field.get)(&body()), |change| change.given));
            }
            prop_assert!(taken.radius_min_m <= taken.radius_default_m && taken.radius_default_m <= taken.radius_max_m);
            prop_assert!(taken.days.branch_max_min <= 720);
        }
    }
}
