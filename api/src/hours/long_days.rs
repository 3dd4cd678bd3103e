//! Whose word a long day takes.
//!
//! Up to so many minutes of a civil day (Asia/Shanghai) a leader's word is enough; beyond, an officer of the team's branch
//! has one too, and beyond that the province's. A day's time is what all teams together confirmed of one person; time over
//! midnight belongs to the day on which it was given.

use std::collections::BTreeMap;

use boai_entity::{kinds::AwaitedWord, policy::Days};
use chrono::NaiveDate;

use super::rules::Span;
use crate::platform::civil::{civil_day, day_bounds};

/// A day that takes more than a leader's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongDay {
    pub day: NaiveDate,
    /// Minutes of the day, rounded up, so that the number told beside its limit does not look as if it were within.
    pub minutes: i64,
    pub word: AwaitedWord,
}

/// The longest of the days that `new` time falls on, with what is `confirmed` of them already, if a leader's word is not
/// enough for it. Reaching a limit exactly is within it. Time confirmed on other days says nothing.
pub fn longest(new: &[Span], confirmed: &[Span], limits: &Days) -> Option<LongDay> {
    let mut days = seconds_by_day(new);
    for (day, seconds) in seconds_by_day(confirmed) {
        days.entry(day).and_modify(|sum| *sum += seconds);
    }
    let (day, seconds) = days.into_iter().max_by_key(|(_, seconds)| *seconds)?;
    let word = match seconds {
        it if it <= limits.leader_max_min * 60 => return None,
        it if it <= limits.branch_max_min * 60 => AwaitedWord::Branch,
        _ => AwaitedWord::Province,
    };
    Some(LongDay { day, minutes: (seconds + 59).div_euclid(60), word })
}

/// From the first moment of the first civil day that these touch to the first after the last; none if there is no time in them.
pub fn whole_days(spans: &[Span]) -> Option<Span> {
    let days = seconds_by_day(spans);
    let ((first, _), (last, _)) = (days.first_key_value()?, days.last_key_value()?);
    Some(Span { from: day_bounds(*first).0, to: day_bounds(*last).1 })
}

fn seconds_by_day(spans: &[Span]) -> BTreeMap<NaiveDate, i64> {
    let mut days = BTreeMap::new();
    for span in spans {
        let mut from = span.from;
        while from < span.to {
            let day = civil_day(from);
            let to = span.to.min(day_bounds(day).1);
            *days.entry(day).or_default() += (to - from).num_seconds();
            from = to;
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use boai_entity::Instant;
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// Minutes after 2026-05-07 00:00 in Shanghai.
    fn span(from: i64, to: i64) -> Span {
        let at = |minute: i64| day_bounds("2026-05-07".parse().unwrap()).0 + chrono::TimeDelta::minutes(minute);
        Span { from: at(from), to: at(to) }
    }

    fn word(new: &[Span], confirmed: &[Span]) -> Option<AwaitedWord> {
        longest(new, confirmed, &Days::default()).map(|day| day.word)
    }

    #[test]
    fn eight_hours_are_the_leader_s_twelve_the_branch_s_and_more_the_province_s() {
        for (minutes, expected) in [
            (480, None),
            (481, Some(AwaitedWord::Branch)),
            (720, Some(AwaitedWord::Branch)),
            (721, Some(AwaitedWord::Province)),
        ] {
            assert_eq!(word(&[span(0, minutes)], &[]), expected, "{minutes}");
            // The same in two teams' records.
            assert_eq!(word(&[span(300, minutes)], &[span(0, 300)]), expected, "{minutes} in two");
        }
        let second_too_many = Span { to: span(0, 480).to + chrono::TimeDelta::seconds(1), ..span(0, 480) };
        assert_eq!(longest(&[second_too_many], &[], &Days::default()).map(|day| day.minutes), Some(481));
    }

    #[test]
    fn a_night_belongs_to_two_days() {
        // 20:00 to 08:00 is four hours and eight.
        assert_eq!(word(&[span(20 * 60, 32 * 60)], &[]), None);
        // With five more on the first evening it is nine there.
        let night = longest(&[span(20 * 60, 32 * 60)], &[span(10 * 60, 15 * 60)], &Days::default()).unwrap();
        assert_eq!((night.day.to_string().as_str(), night.minutes), ("2026-05-07", 540));
    }

    #[test]
    fn a_long_day_that_was_confirmed_long_ago_says_nothing_of_a_new_one() {
        assert_eq!(word(&[span(1440, 1500)], &[span(0, 900)]), None);
        assert_eq!(word(&[], &[span(0, 900)]), None);
    }

    proptest! {
        /// Minute by minute, the slow and plain way.
        #[test]
        fn longest_is_what_single_minutes_say(
            new in vec((0..4320i64, 1..1600i64), 0..4), confirmed in vec((0..4320i64, 1..1600i64), 0..4)
        ) {
            let spans = |pairs: &[(i64, i64)]| pairs.iter().map(|(from, long)| span(*from, from + long)).collect::<Vec<_>>();
            let (new, confirmed) = (spans(&new), spans(&confirmed));
            let minutes_on = |spans: &[Span], day: i64| {
                let inside = |minute: Instant| spans.iter().filter(|it| it.from <= minute && minute < it.to).count() as i64;
                (day * 1440..(day + 1) * 1440).map(|minute| inside(span(minute, minute).from)).sum::<i64>()
            };
            let touched = (0..8).filter(|day| minutes_on(&new, *day) > 0);
            let most = touched.map(|day| minutes_on(&new, day) + minutes_on(&confirmed, day)).max().unwrap_or(0);
            let expected = match most { 0..=480 => None, 481..=720 => Some(AwaitedWord::Branch), _ => Some(AwaitedWord::Province) };
            let told = longest(&new, &confirmed, &Days::default());
            prop_assert_eq!(told.map(|day| day.word), expected);
            prop_assert_eq!(told.map_or(most, |day| day.minutes), most);
        }
    }
}
