//! The language of badge rules: all, any and not over what confirmed service proves, and how far a volunteer is.
//!
//! Time is in whole minutes; days, months, years and nights are Asia/Shanghai's. A record belongs to the civil day on which its
//! service began, and to the periods which have that day.

use std::collections::{BTreeSet, HashSet};

use boai_entity::{
    Instant,
    badge_rule::{Ask, BadgeMeasure, Period, Rule},
    ids::{ActivityId, ShiftId},
    kinds::Category,
};
use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta, Weekday};

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

/// All that a rule can ask about a volunteer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'f> {
    pub facts: &'f [Fact],
    pub registered: bool,
    /// The highest star that was awarded and not revoked; 0 is none.
    pub star: i32,
}

/// How far somebody is at one place of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'r> {
    /// Where it stands, as the API writes it: `rule`, `rule.all.0`, `rule.all.0.not` …
    pub path: String,
    /// 0 for the whole rule.
    pub depth: usize,
    pub rule: &'r Rule,
    /// Of what is asked, in its own unit; of all, any and not: conditions met.
    pub have: i64,
    /// What is enough; exactly enough is.
    pub need: i64,
    pub met: bool,
}

impl Step<'_> {
    /// What is still missing here, never below 0.
    pub fn missing(&self) -> i64 {
        self.need.saturating_sub(self.have).max(0)
    }
}

/// How far a volunteer is at the end of `today` with each part of a rule, the whole first, every part before its own parts. A
/// fact that starts later does not count yet; the order of the facts does not matter.
pub fn progress<'r>(rule: &'r Rule, known: Known<'_>, today: NaiveDate) -> Vec<Step<'r>> {
    let mut steps = Vec::new();
    walk(rule, known, today, "rule".into(), 0, &mut steps);
    steps
}

fn walk<'r>(
    rule: &'r Rule,
    known: Known<'_>,
    today: NaiveDate,
    path: String,
    depth: usize,
    steps: &mut Vec<Step<'r>>,
) -> bool {
    let place = steps.len();
    steps.push(Step { path: path.clone(), depth, rule, have: 0, need: 1, met: false });
    let mut below = |part: &'r Rule, at: String| walk(part, known, today, format!("{path}.{at}"), depth + 1, steps);
    let (have, need) = match rule {
        Rule::All(parts) => (numbered("all", parts, &mut below), parts.len() as i64),
        Rule::Any(parts) => (numbered("any", parts, &mut below), 1),
        Rule::Not(part) => (i64::from(!below(part, "not".into())), 1),
        Rule::Ask(ask) => (measure(ask, known, today), ask.at_least),
    };
    let met = have >= need;
    steps[place] = Step { have, need, met, ..steps[place].clone() };
    met
}

/// How many of the parts are met.
fn numbered<'r>(name: &str, parts: &'r [Rule], below: &mut impl FnMut(&'r Rule, String) -> bool) -> i64 {
    (0..).zip(parts).map(|(number, part): (usize, _)| i64::from(below(part, format!("{name}.{number}")))).sum()
}

/// Whether a volunteer has what the rule takes, as [`progress`] says it, and nothing else: for whoever looks at very many.
pub fn holds(rule: &Rule, known: Known<'_>, today: NaiveDate) -> bool {
    match rule {
        Rule::All(parts) => parts.iter().all(|part| holds(part, known, today)),
        Rule::Any(parts) => parts.iter().any(|part| holds(part, known, today)),
        Rule::Not(part) => !holds(part, known, today),
        Rule::Ask(ask) => measure(ask, known, today) >= ask.at_least,
    }
}

/// Whether the rule asks anything of service records.
pub fn asks_for_service(rule: &Rule) -> bool {
    match rule {
        Rule::All(parts) | Rule::Any(parts) => parts.iter().any(asks_for_service),
        Rule::Not(part) => asks_for_service(part),
        Rule::Ask(ask) => !matches!(ask.measure, BadgeMeasure::Registered | BadgeMeasure::Star),
    }
}

/// The first and the last day of a period, both in it, on a day.
pub fn days_of(period: Period, today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let year = |year| {
        let day = |month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or(today);
        (day(1, 1), day(12, 31))
    };
    match period {
        Period::Days { from, to } => (from, to),
        Period::LastDays(count) => {
            (today.checked_sub_days(Days::new(u64::from(count.max(1)) - 1)).unwrap_or(NaiveDate::MIN), today)
        }
        Period::LastMonths(count) => {
            (today.checked_sub_months(Months::new(count)).unwrap_or(NaiveDate::MIN) + Days::new(1), today)
        }
        Period::YearsAgo(count) => year(today.year() - i32::try_from(count).unwrap_or_default()),
    }
}

/// Whether a record counts for anything that the rule asks, what must not be included.
pub fn counts_anywhere(rule: &Rule, fact: &Fact, today: NaiveDate) -> bool {
    match rule {
        Rule::All(parts) | Rule::Any(parts) => parts.iter().any(|part| counts_anywhere(part, fact, today)),
        Rule::Not(part) => counts_anywhere(part, fact, today),
        Rule::Ask(ask) => asks_for_service(rule) && counting(ask, today)(fact),
    }
}

/// Which records count for what is asked.
fn counting(ask: &Ask, today: NaiveDate) -> impl Fn(&Fact) -> bool {
    let (first, last) = match ask.period {
        Some(period) => days_of(period, today),
        None => (NaiveDate::MIN, today),
    };
    let (days, category) = (first..=last.min(today), ask.category);
    move |fact| {
        fact.minutes > 0
            && category.is_none_or(|category| category == fact.category)
            && days.contains(&civil_day(fact.from))
    }
}

fn measure(ask: &Ask, known: Known<'_>, today: NaiveDate) -> i64 {
    let counts = counting(ask, today);
    let counted = || known.facts.iter().filter(|fact| counts(fact));
    let begun = || counted().map(|fact| civil_day(fact.from));
    match ask.measure {
        BadgeMeasure::Minutes => sum(counted().map(|fact| fact.minutes)),
        BadgeMeasure::Activities => distinct(counted().map(|fact| fact.activity)),
        BadgeMeasure::Shifts => distinct(counted().map(|fact| fact.shift)),
        BadgeMeasure::MonthsInARow => longest_run(begun().map(month_number).collect()),
        BadgeMeasure::NightMinutes => sum(counted().map(night_minutes)),
        BadgeMeasure::WeekendDays => distinct(counted().flat_map(weekend_days)),
        BadgeMeasure::YearsOfService => distinct(begun().map(|day| day.year())),
        BadgeMeasure::Registered => known.registered.into(),
        BadgeMeasure::Star => known.star.into(),
    }
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

    fn ask(measure: BadgeMeasure) -> Ask {
        Ask { measure, at_least: 1, category: None, period: None }
    }

    fn have(ask: Ask, facts: &[Fact]) -> i64 {
        measure(&ask, Known { facts, ..Known::default() }, day("2026-12-31"))
    }

    fn met(rule: &Rule, facts: &[Fact]) -> bool {
        holds(rule, Known { facts, ..Known::default() }, day("2026-12-31"))
    }

    use BadgeMeasure::{Activities, MonthsInARow, NightMinutes, Shifts, WeekendDays, YearsOfService};

    #[test]
    fn exactly_enough_is_enough() {
        let facts = ["2026-05-08 08:00:00", "2026-05-09 08:00:00"].map(|from| served(from, 60));
        for (at_least, enough, missing) in [(1, true, 0), (2, true, 0), (3, false, 1)] {
            let rule = Rule::Ask(Ask { at_least, ..ask(Activities) });
            let known = Known { facts: &facts, ..Known::default() };
            let steps = progress(&rule, known, day("2026-12-31"));
            assert_eq!((steps[0].met, steps[0].missing(), met(&rule, &facts)), (enough, missing, enough));
        }
    }

    #[test]
    fn a_composite_says_of_each_part_how_far_it_is() {
        let facts = ["2026-05-08 08:00:00", "2026-05-09 08:00:00"].map(|from| served(from, 60));
        let times = |at_least| Rule::Ask(Ask { at_least, ..ask(Activities) });
        let star = Rule::Ask(Ask { at_least: 3, ..ask(BadgeMeasure::Star) });
        let rule = Rule::All(vec![
            times(2),
            Rule::Any(vec![times(3), Rule::Ask(ask(BadgeMeasure::Registered))]),
            Rule::Not(Box::new(star)),
        ]);
        let known = Known { facts: &facts, registered: false, star: 2 };
        let seen = |known| -> Vec<(String, usize, i64, i64, bool)> {
            let steps = progress(&rule, known, day("2026-12-31"));
            steps.into_iter().map(|step| (step.path, step.depth, step.have, step.need, step.met)).collect()
        };
        let expected = [
            ("rule", 0, 2, 3, false),
            ("rule.all.0", 1, 2, 2, true),
            ("rule.all.1", 1, 0, 1, false),
            ("rule.all.1.any.0", 2, 2, 3, false),
            ("rule.all.1.any.1", 2, 0, 1, false),
            ("rule.all.2", 1, 1, 1, true),
            ("rule.all.2.not", 2, 2, 3, false),
        ]
        .map(|(path, depth, have, need, met)| (path.to_owned(), depth, have, need, met));
        assert_eq!(seen(known), expected);
        assert!(seen(Known { registered: true, ..known })[0].4);
        let starred = seen(Known { registered: true, star: 3, ..known });
        assert_eq!((starred[0].4, starred[5].4, starred[6].4), (false, false, true), "not is the reverse of its part");
    }

    #[test]
    fn activities_and_years_count_once_and_empty_facts_not_at_all() {
        let [first, second] = ["2025-12-31 23:59:00", "2026-01-01 00:00:00"].map(|from| served(from, 60));
        let nothing = Fact { minutes: 0, ..served("2024-05-08 08:00:00", 60) };
        assert_eq!((have(ask(Activities), &[]), have(ask(YearsOfService), &[nothing])), (0, 0));
        assert_eq!(have(ask(Activities), &[first, second, nothing, first]), 2);
        let years = |facts: &[Fact]| have(ask(YearsOfService), facts);
        assert_eq!((years(&[first, nothing, first]), years(&[first, second])), (1, 2));
    }

    #[test]
    fn what_starts_after_today_does_not_count_yet() {
        let facts = ["2026-05-08 23:59:59", "2026-05-09 00:00:00"].map(|from| served(from, 60));
        let known = Known { facts: &facts, ..Known::default() };
        assert_eq!(measure(&ask(Activities), known, day("2026-05-08")), 1);
        let to_come = Period::Days { from: day("2026-05-01"), to: day("2026-05-31") };
        assert_eq!(measure(&Ask { period: Some(to_come), ..ask(Activities) }, known, day("2026-05-08")), 1);
    }

    #[test]
    fn a_category_s_minutes_are_summed() {
        let blood = Fact { category: Category::Blood, ..served("2026-05-08 08:00:00", 7) };
        let facts = [served("2026-05-08 08:00:00", 60), blood, served("2026-05-09 08:00:00", 45)];
        let minutes = ask(BadgeMeasure::Minutes);
        assert_eq!(have(Ask { category: Some(Category::Vaccination), ..minutes }, &facts), 105);
        assert_eq!(have(minutes, &facts), 112);
    }

    #[test]
    fn a_campaign_s_first_and_last_day_are_in_it() {
        let period = Some(Period::Days { from: day("2026-05-01"), to: day("2026-05-08") });
        let campaign = Ask { category: Some(Category::Vaccination), period, ..ask(Shifts) };
        let (first, last) = (served("2026-05-01 00:00:00", 60), served("2026-05-08 23:59:59", 60));
        let (early, late) = (served("2026-04-30 23:59:59", 60), served("2026-05-09 00:00:00", 60));
        let elsewhere = Fact { category: Category::Blood, ..served("2026-05-04 08:00:00", 60) };
        let back_again = Fact { from: at("2026-05-02 08:00:00"), ..first };
        assert_eq!(have(campaign, &[early, first, back_again, last, late, elsewhere]), 2);
    }

    #[test]
    fn the_last_days_months_and_years_have_their_borders() {
        let days = |period, today| {
            let (from, to) = days_of(period, day(today));
            format!("{from} {to}")
        };
        assert_eq!(days(Period::LastDays(1), "2026-05-08"), "2026-05-08 2026-05-08");
        assert_eq!(days(Period::LastDays(30), "2024-03-01"), "2024-02-01 2024-03-01");
        assert_eq!(days(Period::LastMonths(1), "2026-05-08"), "2026-04-09 2026-05-08");
        assert_eq!(days(Period::LastMonths(1), "2026-03-31"), "2026-03-01 2026-03-31");
        assert_eq!(days(Period::LastMonths(12), "2024-02-29"), "2023-03-01 2024-02-29");
        assert_eq!(days(Period::YearsAgo(0), "2026-05-08"), "2026-01-01 2026-12-31");
        assert_eq!(days(Period::YearsAgo(1), "2026-01-01"), "2025-01-01 2025-12-31");
    }

    #[test]
    fn months_in_a_row_cross_new_year_and_are_not_lost_by_a_pause() {
        let months = |text: &str| -> Vec<_> {
            text.split_whitespace().map(|month| served(&format!("{month}-28 08:00:00"), 60)).collect()
        };
        assert_eq!(have(ask(MonthsInARow), &[]), 0);
        assert_eq!(have(ask(MonthsInARow), &months("2025-11 2025-12 2026-01 2026-01")), 3);
        assert_eq!(have(ask(MonthsInARow), &months("2024-01 2024-02 2024-03 2025-03 2026-01 2026-02")), 3);
        assert_eq!(
            have(ask(MonthsInARow), &["2026-03-31 23:59:00", "2026-05-01 00:00:00"].map(|from| served(from, 60))),
            1
        );
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
            assert_eq!(have(ask(NightMinutes), &[served(from, minutes)]), night, "{from} + {minutes}");
        }
        let mostly_away = Fact { minutes: 90, ..served("2026-05-08 20:00:00", 600) };
        assert_eq!(have(ask(NightMinutes), &[mostly_away]), 90);
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
            assert_eq!(have(ask(WeekendDays), &[served(from, minutes)]), days, "{from} + {minutes}");
        }
        assert_eq!(
            have(ask(WeekendDays), &["2026-05-09 08:00:00", "2026-05-09 14:00:00"].map(|from| served(from, 60))),
            1
        );
        let no_time = Fact { minutes: 60, ..served("2026-05-09 08:00:00", 0) };
        assert_eq!(have(ask(WeekendDays), &[no_time]), 0);
    }

    fn any_period() -> impl Strategy<Value = Option<Period>> {
        let days = (0..800u64, 0..800u64).prop_map(|(from, to)| {
            let [from, to] = [from, to].map(|days| day("2024-12-01") + Days::new(days));
            Period::Days { from, to }
        });
        prop_oneof![
            Just(None),
            days.prop_map(Some),
            (1..400u32).prop_map(|count| Some(Period::LastDays(count))),
            (1..25u32).prop_map(|count| Some(Period::LastMonths(count))),
            (0..3u32).prop_map(|count| Some(Period::YearsAgo(count))),
        ]
    }

    fn any_ask() -> impl Strategy<Value = Ask> {
        use BadgeMeasure::{Minutes, Registered, Star};
        let measures = vec![
            Minutes,
            Activities,
            Shifts,
            MonthsInARow,
            NightMinutes,
            WeekendDays,
            YearsOfService,
            Registered,
            Star,
        ];
        let category = prop::option::of(prop::sample::select(vec![Category::Blood, Category::Rescue]));
        (prop::sample::select(measures), 1..4i64, category, any_period())
            .prop_map(|(measure, at_least, category, period)| Ask { measure, at_least, category, period })
    }

    fn any_rule() -> impl Strategy<Value = Rule> {
        any_ask().prop_map(Rule::Ask).prop_recursive(4, 24, 3, |part| {
            prop_oneof![
                vec(part.clone(), 1..4).prop_map(Rule::All),
                vec(part.clone(), 1..4).prop_map(Rule::Any),
                part.prop_map(|part| Rule::Not(Box::new(part))),
            ]
        })
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

    /// The language said once more, slowly: days one by one, minutes one by one, no sets, nothing shared with what it checks.
    mod reference {
        use super::*;

        fn local(at: Instant) -> NaiveDateTime {
            at.naive_utc() + TimeDelta::hours(8)
        }

        /// The same day so many months earlier, or the last day of that month.
        fn months_before(today: NaiveDate, months: u32) -> NaiveDate {
            let (mut year, mut month) = (today.year(), today.month());
            for _ in 0..months {
                (year, month) = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
            }
            (1..=today.day()).rev().find_map(|day| NaiveDate::from_ymd_opt(year, month, day)).unwrap()
        }

        fn in_period(period: Period, day: NaiveDate, today: NaiveDate) -> bool {
            match period {
                Period::Days { from, to } => from <= day && day <= to,
                Period::LastDays(count) => (0..count).any(|back| today - TimeDelta::days(back.into()) == day),
                Period::LastMonths(months) => months_before(today, months) < day && day <= today,
                Period::YearsAgo(years) => day.year() + years as i32 == today.year(),
            }
        }

        fn count<T: PartialEq>(items: impl Iterator<Item = T>) -> i64 {
            let mut seen = Vec::new();
            for item in items {
                if !seen.contains(&item) {
                    seen.push(item);
                }
            }
            seen.len() as i64
        }

        fn have(ask: Ask, known: Known<'_>, today: NaiveDate) -> i64 {
            let mut counted: Vec<Fact> = Vec::new();
            for fact in known.facts {
                let began = local(fact.from).date();
                let asked_for = match (ask.category, ask.period) {
                    (Some(category), _) if category != fact.category => false,
                    (_, Some(period)) => in_period(period, began, today),
                    _ => true,
                };
                if fact.minutes >= 1 && began <= today && asked_for {
                    counted.push(*fact);
                }
            }
            let minutes = |fact: &Fact| -> Vec<NaiveDateTime> {
                let length = (fact.to - fact.from).num_minutes().max(0);
                (0..length).map(|minute| local(fact.from) + TimeDelta::minutes(minute)).collect()
            };
            match ask.measure {
                BadgeMeasure::Minutes => counted.iter().map(|fact| fact.minutes).sum(),
                BadgeMeasure::Activities => count(counted.iter().map(|fact| fact.activity)),
                BadgeMeasure::Shifts => count(counted.iter().map(|fact| fact.shift)),
                BadgeMeasure::YearsOfService => count(counted.iter().map(|fact| local(fact.from).year())),
                BadgeMeasure::MonthsInARow => {
                    let served = |year, month| {
                        counted.iter().any(|fact| (local(fact.from).year(), local(fact.from).month()) == (year, month))
                    };
                    let mut best = 0;
                    let mut run = 0;
                    for month in 0..120 {
                        run = if served(2020 + month / 12, (month % 12 + 1) as u32) { run + 1 } else { 0 };
                        best = best.max(run);
                    }
                    best
                }
                BadgeMeasure::NightMinutes => {
                    let night =
                        |fact: &Fact| minutes(fact).iter().filter(|at| at.hour() < 6 || at.hour() >= 22).count();
                    counted.iter().map(|fact| (night(fact) as i64).min(fact.minutes)).sum()
                }
                BadgeMeasure::WeekendDays => {
                    let days = counted.iter().flat_map(|fact| minutes(fact).into_iter().map(|at| at.date()));
                    count(days.filter(|day| day.weekday().number_from_monday() >= 6))
                }
                BadgeMeasure::Registered => {
                    if known.registered {
                        1
                    } else {
                        0
                    }
                }
                BadgeMeasure::Star => known.star.into(),
            }
        }

        pub fn met(rule: &Rule, known: Known<'_>, today: NaiveDate) -> bool {
            match rule {
                Rule::All(parts) => parts.iter().filter(|part| !met(part, known, today)).count() == 0,
                Rule::Any(parts) => parts.iter().filter(|part| met(part, known, today)).count() > 0,
                Rule::Not(part) => !met(part, known, today),
                Rule::Ask(ask) => have(*ask, known, today) >= ask.at_least,
            }
        }

        /// Each part before its own, as progress tells them.
        pub fn told(rule: &Rule, known: Known<'_>, today: NaiveDate, into: &mut Vec<(i64, i64, bool)>) {
            let whole = met(rule, known, today);
            let meeting = |parts: &[Rule]| parts.iter().filter(|part| met(part, known, today)).count() as i64;
            let parts: &[Rule] = match rule {
                Rule::All(parts) | Rule::Any(parts) => parts,
                Rule::Not(part) => std::slice::from_ref(part),
                Rule::Ask(_) => &[],
            };
            into.push(match rule {
                Rule::All(parts) => (meeting(parts), parts.len() as i64, whole),
                Rule::Any(parts) => (meeting(parts), 1, whole),
                Rule::Not(_) => (if whole { 1 } else { 0 }, 1, whole),
                Rule::Ask(ask) => (have(*ask, known, today), ask.at_least, whole),
            });
            parts.iter().for_each(|part| told(part, known, today, into));
        }
    }

    proptest! {
        #[test]
        fn every_part_is_what_the_slow_reference_says(
            facts in vec(any_fact(), 0..10), rule in any_rule(), registered: bool, star in 0..4i32, later in 0..900u64,
        ) {
            let (known, today) = (Known { facts: &facts, registered, star }, day("2025-01-01") + Days::new(later));
            let mut expected = Vec::new();
            reference::told(&rule, known, today, &mut expected);
            let steps = progress(&rule, known, today);
            let told: Vec<_> = steps.iter().map(|step| (step.have, step.need, step.met)).collect();
            prop_assert_eq!(told, expected);
            prop_assert_eq!(holds(&rule, known, today), steps[0].met);
            prop_assert!(steps.iter().all(|step| step.met == (step.missing() == 0)));
            if !asks_for_service(&rule) {
                prop_assert_eq!(holds(&rule, Known { facts: &[], ..known }, today), steps[0].met);
            }
        }

        #[test]
        fn order_does_not_matter_and_more_is_never_less(
            (facts, shuffled) in
                vec(any_fact(), 1..12).prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
            ask in any_ask(),
        ) {
            let have = |facts: &[Fact]| measure(&ask, Known { facts, ..Known::default() }, day("2026-10-01"));
            prop_assert_eq!(have(&facts), have(&shuffled));
            prop_assert!(0 <= have(&facts[1..]) && have(&facts[1..]) <= have(&facts));
        }

        #[test]
        fn what_the_database_keeps_is_what_was_said(rule in any_rule()) {
            let kept = serde_json::to_string(&rule).unwrap();
            prop_assert_eq!(serde_json::from_str::<Rule>(&kept).unwrap(), rule);
        }
    }
}
