//! The days on which a rule has a shift, and when that is. Pure.

use boai_entity::{Instant, kinds::Weekday, shift_rule};
use chrono::{Datelike, NaiveDate, TimeDelta};

use super::rules::{ActivityRefusal, ShiftPlan, check_shift};
use crate::{
    platform::civil::{civil_day, day_bounds},
    policies::calendar::{Calendar, Special},
};

/// Rules, apart from earlier versions, that one activity may have: some posts in the morning, some in the afternoon.
const RULES_MAX: u64 = 20;

/// A rule as the leader wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct RulePlan {
    pub weekdays: Vec<Weekday>,
    /// Minutes since midnight, Asia/Shanghai.
    pub starts_at_minute: i32,
    pub minutes: i32,
    pub capacity: i32,
    /// Name and seats.
    pub posts: Vec<(String, i32)>,
    pub leave_out_holidays: bool,
    pub add_moved_workdays: bool,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
}

impl RulePlan {
    pub fn of(rule: &shift_rule::Model) -> Self {
        Self {
            weekdays: rule.weekdays.0.clone(),
            starts_at_minute: rule.starts_at_minute,
            minutes: rule.minutes,
            capacity: rule.capacity,
            posts: rule.posts.0.clone(),
            leave_out_holidays: rule.leave_out_holidays,
            add_moved_workdays: rule.add_moved_workdays,
            valid_from: rule.valid_from,
            valid_to: rule.valid_to,
        }
    }

    /// Whether there is a shift on this day. A weekend that is worked for a holiday counts as the weekend's day too: a rule
    /// of every day keeps it.
    pub fn falls_on(&self, day: NaiveDate, calendar: &Calendar) -> bool {
        let valid = self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last);
        let by_weekday = self.weekdays.contains(&weekday(day));
        valid
            && match calendar.get(&day) {
                Some(Special::Holiday) => by_weekday && !self.leave_out_holidays,
                Some(Special::MovedWorkday) => by_weekday || self.add_moved_workdays,
                None => by_weekday,
            }
    }

    /// The days from one to another on which there is a shift.
    pub fn days(&self, from: NaiveDate, to: NaiveDate, calendar: &Calendar) -> Vec<NaiveDate> {
        from.iter_days().take_while(|day| *day <= to).filter(|day| self.falls_on(*day, calendar)).collect()
    }

    /// When the shift of a day is. It may go on over midnight.
    pub fn time_on(&self, day: NaiveDate) -> (Instant, Instant) {
        let starts_at = day_bounds(day).0 + TimeDelta::minutes(self.starts_at_minute.into());
        (starts_at, starts_at + TimeDelta::minutes(self.minutes.into()))
    }

    pub fn shift_on(&self, day: NaiveDate) -> ShiftPlan {
        let (starts_at, ends_at) = self.time_on(day);
        ShiftPlan { starts_at, ends_at, capacity: self.capacity, posts: self.posts.clone() }
    }
}

fn weekday(day: NaiveDate) -> Weekday {
    match day.weekday() {
        chrono::Weekday::Mon => Weekday::Monday,
        chrono::Weekday::Tue => Weekday::Tuesday,
        chrono::Weekday::Wed => Weekday::Wednesday,
        chrono::Weekday::Thu => Weekday::Thursday,
        chrono::Weekday::Fri => Weekday::Friday,
        chrono::Weekday::Sat => Weekday::Saturday,
        chrono::Weekday::Sun => Weekday::Sunday,
    }
}

/// Whether a rule may be so.
pub fn check_rule(plan: &RulePlan, now: Instant) -> Result<(), ActivityRefusal> {
    let today = civil_day(now);
    if plan.weekdays.is_empty() || plan.valid_from < today || plan.valid_to.is_some_and(|last| last < plan.valid_from) {
        return Err(ActivityRefusal::RuleDaysUnfit { today: today.to_string() });
    }
    check_shift(&plan.shift_on(plan.valid_from), now)
}

/// Whether an activity may have so many rules.
pub fn check_rule_count(rules: u64) -> Result<(), ActivityRefusal> {
    if rules <= RULES_MAX {
        return Ok(());
    }
    let [rules, at_most] = [rules, RULES_MAX].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    Err(ActivityRefusal::TooManyRules { rules, at_most })
}

/// A change from a day on begins tomorrow at the earliest, and while the version that is changed is in force.
pub fn check_from(from: NaiveDate, rule: &shift_rule::Model, now: Instant) -> Result<(), ActivityRefusal> {
    let first = civil_day(now).succ_opt().unwrap_or(from);
    if from >= first && rule.valid_to.is_none_or(|last| from <= last) {
        return Ok(());
    }
    Err(ActivityRefusal::DayOutOfRule { first: first.to_string() })
}

/// The same posts, whatever their seats.
pub fn same_posts(before: &[(String, i32)], after: &[(String, i32)]) -> bool {
    let names = |posts: &[(String, i32)]| {
        let mut names: Vec<String> = posts.iter().map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names
    };
    names(before) == names(after)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policies::calendar;

    fn announced() -> Calendar {
        let days = calendar::read(include_str!("../../data/state-council-calendar.csv")).unwrap();
        days.into_iter().map(|(day, special, _)| (day, special)).collect()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    fn plan(weekdays: &[Weekday], from: &str, to: &str) -> RulePlan {
        RulePlan {
            weekdays: weekdays.to_vec(),
            starts_at_minute: 390,
            minutes: 300,
            capacity: 8,
            posts: Vec::new(),
            leave_out_holidays: true,
            add_moved_workdays: true,
            valid_from: day(from),
            valid_to: Some(day(to)),
        }
    }

    #[test]
    fn labour_day_of_2026_on_weekdays() {
        let plan = plan(&ALL[..5], "2026-04-27", "2026-05-11");
        let days: Vec<_> =
            plan.days(day("2026-01-01"), day("2026-12-31"), &announced()).iter().map(ToString::to_string).collect();
        let expected = ["04-27", "04-28", "04-29", "04-30", "05-06", "05-07", "05-08", "05-09", "05-11"]
            .map(|it| format!("2026-{it}"));
        assert_eq!(days, expected);
    }

    #[test]
    fn a_shift_may_go_on_over_midnight() {
        let plan = RulePlan { starts_at_minute: 22 * 60, minutes: 480, ..plan(&ALL, "2026-05-08", "2026-05-09") };
        let (from, to) = plan.time_on(day("2026-05-08"));
        assert_eq!(
            (from.to_rfc3339(), to.to_rfc3339()),
            ("2026-05-08T14:00:00+00:00".into(), "2026-05-08T22:00:00+00:00".into())
        );
    }

    /// The slow way, by other means: the day of the week by Zeller's congruence, sets of days taken out and put in.
    fn slowly(plan: &RulePlan, from: NaiveDate, to: NaiveDate, calendar: &Calendar) -> BTreeSet<NaiveDate> {
        let mut days = BTreeSet::new();
        let (mut year, mut month, mut date) = (from.year(), from.month(), from.day());
        loop {
            let Some(today) = NaiveDate::from_ymd_opt(year, month, date) else {
                (year, month, date) = if month == 12 { (year + 1, 1, 1) } else { (year, month + 1, 1) };
                continue;
            };
            if today > to {
                break;
            }
            let (m, y) = if month < 3 { (month as i32 + 12, year - 1) } else { (month as i32, year) };
            let (k, j) = (y % 100, y / 100);
            // 0 is Saturday.
            let h = (date as i32 + 13 * (m + 1) / 5 + k + k / 4 + j / 4 + 5 * j) % 7;
            if plan.weekdays.iter().any(|weekday| (*weekday as i32 + 2) % 7 == h) {
                days.insert(today);
            }
            date += 1;
        }
        let of = |kind| calendar.iter().filter(move |(_, is)| **is == kind).map(|(day, _)| *day);
        if plan.leave_out_holidays {
            of(Special::Holiday).for_each(|day| {
                days.remove(&day);
            });
        }
        if plan.add_moved_workdays {
            days.extend(of(Special::MovedWorkday).filter(|day| (from..=to).contains(day)));
        }
        days.retain(|day| *day >= plan.valid_from && plan.valid_to.is_none_or(|last| *day <= last));
        days
    }

    #[test]
    fn rules_of_every_kind_fall_on_the_days_that_the_slow_way_finds() {
        let calendar = announced();
        let mut state = 20_260_508_u64;
        let mut below = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        for _ in 0..2_000 {
            let mut at = |span: u64| day("2024-11-01") + TimeDelta::days(i64::try_from(below(span)).unwrap());
            let (valid_from, from) = (at(900), at(900));
            let (last, to) =
                (valid_from + TimeDelta::days(i64::try_from(below(400)).unwrap()), from + TimeDelta::days(60));
            let weekdays: Vec<_> = ALL.into_iter().filter(|_| below(2) == 1).collect();
            let plan = RulePlan {
                weekdays,
                leave_out_holidays: below(2) == 1,
                add_moved_workdays: below(2) == 1,
                valid_from,
                valid_to: (below(3) > 0).then_some(last),
                ..plan(&ALL, "2026-01-01", "2026-01-01")
            };
            let found: BTreeSet<_> = plan.days(from, to, &calendar).into_iter().collect();
            assert_eq!(found, slowly(&plan, from, to, &calendar), "{plan:?} {from} {to}");
        }
    }
}
