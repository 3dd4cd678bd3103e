//! Which boards there are, what moves them, and how ranks are counted.

use boai_entity::{
    ids::TeamId,
    kinds::{Category, DivisionLevel},
};
use chrono::{Datelike, NaiveDate};

/// A stretch of the calendar, as the database has it: 0 is all time, 202600 a year, 202605 a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period(pub i32);

impl Period {
    /// The three that a day of service (Asia/Shanghai) counts for.
    pub fn of(day: NaiveDate) -> [Self; 3] {
        [Self(0), Self(day.year() * 100), Self(day.year() * 100 + i32::try_from(day.month()).unwrap_or(0))]
    }

    /// All time without a year, a year without a month; none for what is no month, or no year that a database keeps.
    pub fn read(year: Option<i32>, month: Option<i32>) -> Option<Self> {
        match (year, month) {
            (None, None) => Some(Self(0)),
            (Some(year), None) if (1900..=2999).contains(&year) => Some(Self(year * 100)),
            (Some(year), Some(month)) if (1900..=2999).contains(&year) && (1..=12).contains(&month) => {
                Some(Self(year * 100 + month))
            }
            _ => None,
        }
    }
}

/// Whose board it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Among {
    /// Who lives in the division of this code.
    Division(String),
    /// The members of the teams of the branch at this path, which has no division of its own.
    Members(String),
    /// What was served in the activities of a team.
    Team(TeamId),
}

impl Among {
    /// Those of a branch.
    pub fn branch(path: &str) -> Self {
        if path.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::Division(path.into())
        } else {
            Self::Members(path.into())
        }
    }

    /// Whether tallies are kept of it.
    pub fn tallied(&self) -> bool {
        matches!(self, Self::Division(code) if TALLIED.contains(&code.len()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    pub among: Among,
    /// None for all of them together.
    pub category: Option<Category>,
    pub period: Period,
}

/// Digits of the divisions of which tallies are kept: provinces and cities. A county has some ten thousand volunteers, whom an index
/// counts in a millisecond.
pub const TALLIED: [usize; 2] = [digits(DivisionLevel::Province), digits(DivisionLevel::City)];
/// Digits of a county, by which an index finds all below it.
pub const COUNTY: usize = digits(DivisionLevel::County);

const fn digits(level: DivisionLevel) -> usize {
    match level {
        DivisionLevel::Province => 2,
        DivisionLevel::City => 4,
        DivisionLevel::County => 6,
        DivisionLevel::Township => 9,
        DivisionLevel::Village => 12,
    }
}

/// Up to here a bucket is a minute.
const EXACT: i32 = 256;

/// The first minute after the bucket that holds so many: each is less than a hundredth as wide as what it holds.
pub fn bucket_end(minutes: i32) -> i32 {
    let width = if minutes < EXACT { 1 } else { 1 << (minutes.ilog2() - EXACT.ilog2() + 1) };
    (minutes / width * width).saturating_add(width)
}

/// The first minute of the bucket, in SQL.
pub fn bucket_sql(minutes: &str) -> String {
    let mut steps = format!("CASE WHEN {minutes} < {EXACT} THEN {minutes}");
    for power in EXACT.ilog2()..30 {
        let width = 1 << (power - EXACT.ilog2() + 1);
        steps.push_str(&format!(" WHEN {minutes} < {} THEN {minutes} / {width} * {width}", 1 << (power + 1)));
    }
    let width = 1 << (30 - EXACT.ilog2() + 1);
    format!("{steps} ELSE {minutes} / {width} * {width} END")
}

/// The ranks of these minutes, most first, where the first of them has the rank `first` and `between` says how many volunteers have
/// each number of minutes from the first down to the last. Who has as much shares a rank: 1, 2, 2, 4.
pub fn ranks(first: i64, between: &[(i32, i64)], minutes: &[i32]) -> Vec<i64> {
    let above = |minutes: i32| between.iter().filter(|(more, _)| *more > minutes).map(|(_, count)| count).sum::<i64>();
    minutes.iter().map(|minutes| first + above(*minutes)).collect()
}

/// The latest birthday of who is of age on a day.
pub fn of_age_since(today: NaiveDate, years: i32) -> NaiveDate {
    let then = today.with_year(today.year() - years);
    // On February 29 of a year that follows on none 18 years before.
    then.or_else(|| NaiveDate::from_ymd_opt(today.year() - years, 2, 28)).unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::people::rules::{OF_AGE, age_on};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_counts_for_its_month_its_year_and_all_time() {
        assert_eq!(Period::of(day("2026-05-08")), [Period(0), Period(202_600), Period(202_605)]);
        assert_eq!(Period::read(Some(2026), Some(5)), Some(Period(202_605)));
        assert_eq!(Period::read(Some(2026), None), Some(Period(202_600)));
        assert_eq!(Period::read(None, None), Some(Period(0)));
        for (year, month) in [(None, Some(5)), (Some(2026), Some(0)), (Some(2026), Some(13)), (Some(i32::MAX), None)] {
            assert_eq!(Period::read(year, month), None);
        }
    }

    #[test]
    fn a_branch_without_a_division_has_its_members() {
        assert_eq!(Among::branch("330106"), Among::Division("330106".into()));
        assert_eq!(Among::branch("330106/school"), Among::Members("330106/school".into()));
        let tallied = ["33", "3301", "330106", "330106109", "33/x"].map(|path| Among::branch(path).tallied());
        assert_eq!(tallied, [true, true, false, false, false]);
    }

    #[test]
    fn who_has_as_much_shares_a_rank() {
        assert_eq!(ranks(1, &[(90, 1), (60, 2), (30, 1)], &[90, 60, 60, 30]), [1, 2, 2, 4]);
        // Of those between some are not shown.
        assert_eq!(ranks(7, &[(90, 3), (80, 5), (60, 1)], &[90, 60]), [7, 15]);
        assert!(ranks(1, &[], &[]).is_empty());
    }

    proptest! {
        #[test]
        fn a_bucket_holds_its_minutes_and_is_narrow(minutes in 0..i32::MAX) {
            let end = bucket_end(minutes);
            prop_assert!(end > minutes || end == i32::MAX);
            prop_assert!(i64::from(end) - i64::from(minutes) <= 1 + i64::from(minutes) / 100);
            // Who has more is in the same bucket, or in a later one.
            prop_assert!(bucket_end(minutes.saturating_add(1)) >= end);
            if end < i32::MAX {
                prop_assert!(bucket_end(end) > end);
                prop_assert_eq!(bucket_end(end - 1), end);
            }
        }

        #[test]
        fn who_is_of_age_was_born_by_then(today in 0..20_000i64, born in 0..20_000i64) {
            let first = day("1990-01-01");
            let (today, born) = (first + chrono::TimeDelta::days(today), first + chrono::TimeDelta::days(born));
            prop_assert_eq!(born <= of_age_since(today, OF_AGE), age_on(born, today) >= OF_AGE);
        }
    }
}
