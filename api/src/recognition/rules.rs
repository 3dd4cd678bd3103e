//! What confirmed service makes a volunteer eligible for: stars by the hours, badges by rules over facts.
//!
//! Eligibility is derived and changes at once when the ledger is corrected; the award is an act of a branch and not decided
//! here (domain, section 5). Time is in whole minutes; days, months, years and nights are Asia/Shanghai's.

use std::collections::{BTreeSet, HashSet};

use boai_entity::{
    Instant,
    badge_rule::Rule,
    ids::{ActivityId, ShiftId},
    kinds::Category,
};
use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

use crate::platform::civil::{SHANGHAI, civil_day};

/// One confirmed service record (order 67, art. 5–7), as far as badges ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The activity served at.
    pub activity: ActivityId,
    /// The shift served in.
    pub shift: ShiftId,
    /// The activity's category.
    pub category: Category,
    /// Confirmed whole minutes; with none, or fewer, the fact counts for nothing.
    pub minutes: i64,
    /// When service began, UTC.
    pub from: Instant,
    /// The first moment after it, UTC.
    pub to: Instant,
}

/// How far confirmed minutes reach in a star scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StarProgress {
    /// The highest star reached; 0 is none.
    pub star: i32,
    /// None at the scheme's last star.
    pub next: Option<NextStar>,
}

/// The way to the next star.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextStar {
    /// Its number, from 1.
    pub star: i32,
    /// Confirmed minutes it takes.
    pub threshold_minutes: i64,
    /// Minutes that are still missing, at least 1.
    pub missing_minutes: i64,
}

/// The star that confirmed minutes reach, and the next. `thresholds` are a scheme's minutes for star 1, 2 …, ascending;
/// reaching one exactly is enough (domain, "star scheme": 100 h is one star).
pub fn star_progress(confirmed_minutes: i64, thresholds: &[i64]) -> StarProgress {
    let reached = thresholds.iter().take_while(|&&threshold| threshold <= confirmed_minutes).count();
    let star = reached as i32;
    let next = thresholds.get(reached).map(|&threshold_minutes| NextStar {
        star: star + 1,
        threshold_minutes,
        missing_minutes: threshold_minutes.saturating_sub(confirmed_minutes),
    });
    StarProgress { star, next }
}

/// How far facts reach towards a badge. The unit is the rule's: activities, shifts, days, months, years or minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadgeProgress {
    /// What the facts prove.
    pub have: i64,
    /// What the badge takes.
    pub need: i64,
}

impl BadgeProgress {
    /// Whether it is enough; exactly enough is.
    pub fn eligible(self) -> bool {
        self.have >= self.need
    }

    /// What is still missing, never below 0.
    pub fn missing(self) -> i64 {
        self.need.saturating_sub(self.have).max(0)
    }
}

/// How far a volunteer's facts reach towards a badge at the end of `today`, a civil day in Asia/Shanghai: a fact that starts
/// later does not count yet. The order of the facts does not matter, and one more never lowers what they prove.
pub fn badge_progress(rule: &Rule, facts: &[Fact], today: NaiveDate) -> BadgeProgress {
    let counted = || facts.iter().filter(|fact| fact.minutes > 0 && civil_day(fact.from) <= today);
    let days = || counted().map(|fact| civil_day(fact.from));
    let (have, need) = match *rule {
        Rule::Activities { at_least } => (distinct(counted().map(|fact| fact.activity)), at_least),
        Rule::CategoryMinutes { category, at_least } => {
            (sum(counted().filter(|fact| fact.category == category).map(|fact| fact.minutes)), at_least)
        }
        Rule::CampaignShifts { category, from, to, at_least } => {
            let in_campaign = |fact: &&Fact| fact.category == category && (from..=to).contains(&civil_day(fact.from));
            (distinct(counted().filter(in_campaign).map(|fact| fact.shift)), at_least)
        }
        Rule::MonthsInARow { at_least } => (longest_run(days().map(month_number).collect()), at_least),
        Rule::NightMinutes { at_least } => (sum(counted().map(night_minutes)), at_least),
        Rule::WeekendDays { at_least } => (distinct(counted().flat_map(weekend_days)), at_least),
        Rule::YearsOfService { at_least } => (distinct(days().map(|day| day.year())), at_least),
    };
    BadgeProgress { have, need }
}

fn distinct<T: Eq + std::hash::Hash>(items: impl Iterator<Item = T>) -> i64 {
    items.collect::<HashSet<_>>().len() as i64
}

fn sum(minutes: impl Iterator<Item = i64>) -> i64 {
    minutes.fold(0, i64::saturating_add)
}

/// Consecutive months have consecutive numbers, across years too.
fn month_number(day: NaiveDate) -> i32 {
    day.year() * 12 + day.month0() as i32
}

/// The longest run of consecutive numbers, wherever it lies: a badge once reached is not lost by a pause.
fn longest_run(numbers: BTreeSet<i32>) -> i64 {
    let (mut longest, mut run, mut expected) = (0, 0, None);
    for number in numbers {
        run = if expected == Some(number) { run + 1 } else { 1 };
        expected = Some(number + 1);
        longest = longest.max(run);
    }
    longest
}

/// The Saturdays and Sundays on which the fact has time; one that ends at midnight has none on the day that begins then.
fn weekend_days(fact: &Fact) -> impl Iterator<Item = NaiveDate> {
    let has_time = fact.from < fact.to;
    let last = civil_day(fact.to - TimeDelta::nanoseconds(1));
    let days = civil_day(fact.from).iter_days().take_while(move |day| has_time && *day <= last);
    days.filter(|day| matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
}

/// The whole minutes from `from` to `to` that lie in 22:00–06:00.
///
/// A fact does not say which of the time between its ends was credited, so its minutes are taken as night as far as they
/// can be: never more than them, but a pause in the night may be counted for served time in the day.
fn night_minutes(fact: &Fact) -> i64 {
    let milliseconds = night_milliseconds_before(fact.to) - night_milliseconds_before(fact.from);
    (milliseconds / 60_000).clamp(0, fact.minutes)
}

/// Night between one fixed evening, 22:00, and `at`: the difference of two is the night between them.
fn night_milliseconds_before(at: Instant) -> i64 {
    const HOUR: i64 = 3_600_000;
    let since_evening = at.timestamp_millis() + i64::from(SHANGHAI.local_minus_utc()) * 1000 + 2 * HOUR;
    let (nights, into_this) = (since_evening.div_euclid(24 * HOUR), since_evening.rem_euclid(24 * HOUR));
    nights * 8 * HOUR + into_this.min(8 * HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveDateTime, Timelike};
    use proptest::{collection::vec, prelude::*};
    use uuid::Uuid;

    const SCHEME: [i64; 5] = [100 * 60, 300 * 60, 600 * 60, 1000 * 60, 1500 * 60];

    #[test]
    fn a_star_takes_its_hours_and_not_a_minute_less() {
        for (reached, threshold_minutes) in (1..).zip(SCHEME) {
            let short = star_progress(threshold_minutes - 1, &SCHEME);
            let next = NextStar { star: reached, threshold_minutes, missing_minutes: 1 };
            assert_eq!(short, StarProgress { star: reached - 1, next: Some(next) });
            assert_eq!(star_progress(threshold_minutes, &SCHEME).star, reached);
            assert_eq!(star_progress(threshold_minutes + 1, &SCHEME).star, reached);
        }
        let second = NextStar { star: 2, threshold_minutes: 18_000, missing_minutes: 12_000 };
        assert_eq!(star_progress(100 * 60, &SCHEME), StarProgress { star: 1, next: Some(second) });
        assert_eq!(star_progress(0, &SCHEME).next.map(|next| next.missing_minutes), Some(6000));
        assert_eq!(star_progress(1500 * 60, &SCHEME), StarProgress { star: 5, next: None });
        assert_eq!(star_progress(60, &[]), StarProgress { star: 0, next: None });
    }

    #[test]
    fn exactly_enough_is_enough() {
        for (have, eligible, missing) in [(2, false, 1), (3, true, 0), (4, true, 0)] {
            let progress = BadgeProgress { have, need: 3 };
            assert_eq!((progress.eligible(), progress.missing()), (eligible, missing));
        }
    }

    fn at(shanghai: &str) -> Instant {
        let local = NaiveDateTime::parse_from_str(shanghai, "%F %T").unwrap();
        local.and_local_timezone(SHANGHAI).unwrap().to_utc()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// At a vaccination site, each time another activity and shift, all its minutes confirmed.
    fn served(from: &str, minutes: i64) -> Fact {
        let from = at(from);
        let id = Uuid::from_u128(from.timestamp() as u128);
        let (activity, shift, category) = (ActivityId(id), ShiftId(id), Category::Vaccination);
        Fact { activity, shift, category, minutes, from, to: from + TimeDelta::minutes(minutes) }
    }

    fn have(rule: Rule, facts: &[Fact]) -> i64 {
        badge_progress(&rule, facts, day("2026-12-31")).have
    }

    const ACTIVITIES: Rule = Rule::Activities { at_least: 1 };
    const MONTHS: Rule = Rule::MonthsInARow { at_least: 1 };
    const NIGHT: Rule = Rule::NightMinutes { at_least: 1 };
    const WEEKEND: Rule = Rule::WeekendDays { at_least: 1 };
    const YEARS: Rule = Rule::YearsOfService { at_least: 1 };

    #[test]
    fn activities_and_years_count_once_and_empty_facts_not_at_all() {
        let [first, second] = ["2025-12-31 23:59:00", "2026-01-01 00:00:00"].map(|from| served(from, 60));
        let nothing = Fact { minutes: 0, ..served("2024-05-08 08:00:00", 60) };
        assert_eq!((have(ACTIVITIES, &[]), have(YEARS, &[nothing])), (0, 0));
        assert_eq!(have(ACTIVITIES, &[first, second, nothing, first]), 2);
        assert_eq!((have(YEARS, &[first, nothing, first]), have(YEARS, &[first, second])), (1, 2));
    }

    #[test]
    fn what_starts_after_today_does_not_count_yet() {
        let facts = ["2026-05-08 23:59:59", "2026-05-09 00:00:00"].map(|from| served(from, 60));
        let progress = badge_progress(&Rule::Activities { at_least: 2 }, &facts, day("2026-05-08"));
        assert_eq!(progress, BadgeProgress { have: 1, need: 2 });
    }

    #[test]
    fn a_category_s_minutes_are_summed() {
        let blood = Fact { category: Category::Blood, ..served("2026-05-08 08:00:00", 7) };
        let facts = [served("2026-05-08 08:00:00", 60), blood, served("2026-05-09 08:00:00", 45)];
        assert_eq!(have(Rule::CategoryMinutes { category: Category::Vaccination, at_least: 1 }, &facts), 105);
    }

    #[test]
    fn a_campaign_s_first_and_last_day_are_in_it() {
        let (from, to, category) = (day("2026-05-01"), day("2026-05-08"), Category::Vaccination);
        let campaign = Rule::CampaignShifts { category, from, to, at_least: 1 };
        let (first, last) = (served("2026-05-01 00:00:00", 60), served("2026-05-08 23:59:59", 60));
        let (early, late) = (served("2026-04-30 23:59:59", 60), served("2026-05-09 00:00:00", 60));
        let elsewhere = Fact { category: Category::Blood, ..served("2026-05-04 08:00:00", 60) };
        let back_again = Fact { from: at("2026-05-02 08:00:00"), ..first };
        assert_eq!(have(campaign, &[early, first, back_again, last, late, elsewhere]), 2);
    }

    #[test]
    fn months_in_a_row_cross_new_year_and_are_not_lost_by_a_pause() {
        let months = |text: &str| -> Vec<_> {
            text.split_whitespace().map(|month| served(&format!("{month}-28 08:00:00"), 60)).collect()
        };
        assert_eq!(have(MONTHS, &[]), 0);
        assert_eq!(have(MONTHS, &months("2025-11 2025-12 2026-01 2026-01")), 3);
        assert_eq!(have(MONTHS, &months("2024-01 2024-02 2024-03 2025-03 2026-01 2026-02")), 3);
        assert_eq!(have(MONTHS, &["2026-03-31 23:59:00", "2026-05-01 00:00:00"].map(|from| served(from, 60))), 1);
    }

    #[test]
    fn night_is_from_ten_to_six() {
        for (from, minutes, night) in [
            ("2026-05-08 21:59:00", 1, 0),
            ("2026-05-08 21:59:00", 2, 1),
            ("2026-05-09 05:59:00", 60, 1),
            ("2026-05-09 06:00:00", 60, 0),
            ("2026-05-08 20:00:00", 24 * 60 + 60, 8 * 60),
            ("2026-05-08 20:00:00", 28 * 60, 10 * 60),
        ] {
            assert_eq!(have(NIGHT, &[served(from, minutes)]), night, "{from} + {minutes}");
        }
        let mostly_away = Fact { minutes: 90, ..served("2026-05-08 20:00:00", 600) };
        assert_eq!(have(NIGHT, &[mostly_away]), 90);
    }

    #[test]
    fn a_weekend_day_needs_time_on_it() {
        for (from, minutes, days) in [
            ("2026-05-08 23:00:00", 60, 0), // Friday, until midnight
            ("2026-05-08 23:00:00", 61, 1),
            ("2026-05-09 00:00:00", 24 * 60, 1),
            ("2026-05-09 23:00:00", 25 * 60 + 1, 2),
            ("2026-05-11 00:00:00", 60, 0),
        ] {
            assert_eq!(have(WEEKEND, &[served(from, minutes)]), days, "{from} + {minutes}");
        }
        assert_eq!(have(WEEKEND, &["2026-05-09 08:00:00", "2026-05-09 14:00:00"].map(|from| served(from, 60))), 1);
        let no_time = Fact { minutes: 60, ..served("2026-05-09 08:00:00", 0) };
        assert_eq!(have(WEEKEND, &[no_time]), 0);
    }

    fn any_rule() -> impl Strategy<Value = Rule> {
        let category = prop::sample::select(vec![Category::Blood, Category::Rescue]);
        let campaign = (category.clone(), 0..800u64, 0..800u64).prop_map(|(category, from, to)| {
            let [from, to] = [from, to].map(|days| day("2024-12-01") + chrono::Days::new(days));
            Rule::CampaignShifts { category, from, to, at_least: 3 }
        });
        prop_oneof![
            prop::sample::select(vec![ACTIVITIES, MONTHS, NIGHT, WEEKEND, YEARS]),
            category.prop_map(|category| Rule::CategoryMinutes { category, at_least: 3 }),
            campaign,
        ]
    }

    /// Within two years, some reversed, some without minutes.
    fn any_fact() -> impl Strategy<Value = Fact> {
        let category = prop::sample::select(vec![Category::Blood, Category::Rescue]);
        (0..4u128, 0..9u128, category, -60..900i64, 0..1_051_200i64, -60..4000i64).prop_map(
            |(activity, shift, category, minutes, start, length)| {
                let (activity, shift) = (ActivityId(Uuid::from_u128(activity)), ShiftId(Uuid::from_u128(shift)));
                let from = at("2025-01-01 00:00:00") + TimeDelta::minutes(start);
                Fact { activity, shift, category, minutes, from, to: from + TimeDelta::minutes(length) }
            },
        )
    }

    proptest! {
        #[test]
        fn order_does_not_matter_and_more_is_never_less(
            (facts, shuffled) in
                vec(any_fact(), 1..12).prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
            rule in any_rule(),
        ) {
            let today = day("2026-10-01");
            let progress = badge_progress(&rule, &facts, today);
            prop_assert_eq!(progress, badge_progress(&rule, &shuffled, today));
            prop_assert!(badge_progress(&rule, &facts[1..], today).have <= progress.have);
            prop_assert!(progress.have >= 0 && progress.missing() >= 0);
        }

        #[test]
        fn nights_and_weekends_are_what_single_minutes_say(fact in any_fact()) {
            let minutes = (fact.to - fact.from).num_minutes();
            let local = |n| (fact.from + TimeDelta::minutes(n)).with_timezone(&SHANGHAI);
            let night = (0..minutes).filter(|n| !(6..22).contains(&local(*n).hour())).count() as i64;
            let weekends = (0..minutes).map(|n| local(n).date_naive()).filter(|day| day.weekday().number_from_monday() > 5);
            let counts = fact.minutes > 0;
            prop_assert_eq!(have(NIGHT, &[fact]), if counts { night.min(fact.minutes) } else { 0 });
            prop_assert_eq!(have(WEEKEND, &[fact]), if counts { distinct(weekends) } else { 0 });
        }
    }
}
