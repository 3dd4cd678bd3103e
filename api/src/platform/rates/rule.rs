//! How much may be done in a time: the one rule, whoever keeps the books.
//!
//! A key's whole state is one moment, at which all of its limit is free again (GCRA). Each use moves that moment on by a
//! step; what lies further ahead than the whole limit does not fit. All times are microseconds.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MICROS: i64 = 1_000_000;
/// What is refused in a setting. A day is the longest that is remembered, and steps stay at a microsecond or more.
const MOST_TIMES: u32 = 10_000_000;
const MOST_SECONDS: u32 = 86_400;
/// How far the clocks of several instances may differ.
pub const SKEW: i64 = 60 * MICROS;

/// So many times in so many seconds: all at once or one by one, and what was used comes back evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub times: u32,
    pub seconds: u32,
}

/// A limit as a setting, or none: `120 per minute`, `20 per 10 minutes`, `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(pub Option<Limit>);

/// What one request asks of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The limit's name, as people read it.
    pub name: &'static str,
    pub limit: Limit,
    /// Whose limit: a person, a device, an address.
    pub who: u128,
    /// How many times at once.
    pub weight: u32,
}

/// Where a limit stands, for whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub name: &'static str,
    pub limit: Limit,
    pub used: u32,
    /// Seconds until all of it is free again.
    pub free_in: u32,
}

/// A limit that had too little left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    pub standing: Standing,
    /// What the request counted.
    pub weight: u32,
    /// Whole seconds after which it would fit, if nothing else came.
    pub retry_after: u32,
}

/// What became of a request: everything it asks for was taken, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub standings: Vec<Standing>,
    pub exceeded: Option<Exceeded>,
}

impl Rate {
    pub const fn per(times: u32, seconds: u32) -> Self {
        Self(Some(Limit { times, seconds }))
    }
}

impl Limit {
    /// What one use costs. (Rounded down: the limit is a little generous rather than a little mean.)
    fn step(self) -> i64 {
        i64::from(self.seconds) * MICROS / i64::from(self.times)
    }

    /// How far ahead the moment may lie.
    pub fn most(self) -> i64 {
        self.step() * i64::from(self.times)
    }

    fn standing(self, name: &'static str, ahead: i64) -> Standing {
        let used = whole(ahead, self.step());
        Standing { name, limit: self, used, free_in: whole(ahead, MICROS) }
    }
}

impl Charge {
    /// What counts more than its whole limit takes the whole limit: it can pass, and then nothing else does.
    fn weight(&self) -> u32 {
        self.weight.min(self.limit.times)
    }

    /// How far the moment moves.
    pub fn adds(&self) -> i64 {
        self.limit.step() * i64::from(self.weight())
    }

    /// How far ahead of now the moment lies. What lies in the past is free. What lies further ahead than this limit and
    /// another instance's clock could make it comes from a clock that was wrong, and is free too: it would lock everybody out
    /// until time has caught up with it, those too who had asked once.
    pub fn ahead(&self, free_at: Option<i64>, now: i64) -> i64 {
        let ahead = free_at.map_or(0, |free_at| free_at - now);
        if ahead > self.limit.most() + SKEW { 0 } else { ahead.clamp(0, self.limit.most()) }
    }
}

/// Decides over all charges of a request at once, given the moments found.
pub fn judge(charges: &[Charge], found: &[Option<i64>], now: i64) -> Verdict {
    let ahead: Vec<(&Charge, i64)> =
        charges.iter().zip(found).map(|(charge, free_at)| (charge, charge.ahead(*free_at, now))).collect();
    let lacks = |(charge, ahead): &(&Charge, i64)| ahead + charge.adds() - charge.limit.most();
    let worst = ahead.iter().max_by_key(|one| lacks(one)).filter(|one| lacks(one) > 0);
    let exceeded = worst.map(|worst| Exceeded {
        standing: worst.0.limit.standing(worst.0.name, worst.1),
        weight: worst.0.weight(),
        retry_after: whole(lacks(worst), MICROS),
    });
    let taken = |charge: &Charge| if exceeded.is_none() { charge.adds() } else { 0 };
    let standings =
        ahead.iter().map(|(charge, ahead)| charge.limit.standing(charge.name, ahead + taken(charge))).collect();
    Verdict { standings, exceeded }
}

/// The moment after a charge that was taken.
pub fn after(charge: &Charge, found: Option<i64>, now: i64) -> i64 {
    now + charge.ahead(found, now) + charge.adds()
}

/// How many of these it takes to cover a time.
fn whole(time: i64, unit: i64) -> u32 {
    u32::try_from((time + unit - 1) / unit).unwrap_or(u32::MAX)
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "off" {
            return Ok(Self(None));
        }
        let wrong = || {
            format!(
                "`{text}` is no rate: it must be such as `120 per minute`, `20 per 10 minutes`, at most {MOST_TIMES} times \
                 and a day, or `off`"
            )
        };
        let (times, time) = text.split_once(" per ").ok_or_else(wrong)?;
        let (count, unit) = time.trim().rsplit_once(' ').unwrap_or(("1", time.trim()));
        let unit = match unit.strip_suffix('s').unwrap_or(unit) {
            "second" => 1,
            "minute" => 60,
            "hour" => 3_600,
            "day" => MOST_SECONDS,
            _ => return Err(wrong()),
        };
        let number = |text: &str| text.trim().parse::<u32>().ok().filter(|number| *number > 0).ok_or_else(wrong);
        let times = number(times)?;
        let seconds = number(count)?.checked_mul(unit).ok_or_else(wrong)?;
        if times > MOST_TIMES || seconds > MOST_SECONDS || i64::from(times) > i64::from(seconds) * MICROS {
            return Err(wrong());
        }
        Ok(Self(Some(Limit { times, seconds })))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Limit { times, seconds }) = self.0 else { return f.write_str("off") };
        let units = [(MOST_SECONDS, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
        let (size, unit) = units.into_iter().find(|(size, _)| seconds % size == 0).unwrap_or((1, "second"));
        match seconds / size {
            1 => write!(f, "{times} per {unit}"),
            count => write!(f, "{times} per {count} {unit}s"),
        }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Some moment, in microseconds.
    const NOW: i64 = 1_780_000_000_000_000;

    fn charge(times: u32, seconds: u32, weight: u32) -> Charge {
        Charge { name: "test", limit: Limit { times, seconds }, who: 1, weight }
    }

    /// Plays requests after each other on one key, each so long after the one before; what each was told.
    fn play(charges: &[(Charge, i64)]) -> Vec<(i64, u32, Verdict)> {
        let (mut free_at, mut now) = (None, NOW);
        let mut told = Vec::new();
        for (charge, later) in charges {
            now += later;
            let verdict = judge(&[*charge], &[free_at], now);
            if verdict.exceeded.is_none() {
                free_at = Some(after(charge, free_at, now));
            }
            told.push((now, charge.weight(), verdict));
        }
        told
    }

    #[test]
    fn ten_a_minute_are_ten_at_once_and_then_one_every_six_seconds() {
        let mut requests = vec![(charge(10, 60, 1), 0); 11];
        requests.push((charge(10, 60, 1), 6 * MICROS - 1));
        requests.push((charge(10, 60, 1), 1));
        requests.push((charge(10, 60, 1), 0));
        let told = play(&requests);
        let used: Vec<u32> = told.iter().map(|(_, _, verdict)| verdict.standings[0].used).collect();
        assert_eq!(used, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 10]);
        let refused: Vec<Option<u32>> =
            told[9..].iter().map(|(_, _, verdict)| verdict.exceeded.map(|exceeded| exceeded.retry_after)).collect();
        assert_eq!(refused, [None, Some(6), Some(1), None, Some(6)]);
    }

    #[test]
    fn what_weighs_more_than_all_takes_all_and_waits_for_all() {
        let told = play(&[(charge(10, 60, 99), 0), (charge(10, 60, 1), 0), (charge(10, 60, 99), 0)]);
        assert_eq!((told[0].2.standings[0].used, told[0].2.exceeded), (10, None));
        assert_eq!(told[1].2.exceeded.map(|exceeded| exceeded.retry_after), Some(6));
        assert_eq!(told[2].2.exceeded.map(|exceeded| (exceeded.weight, exceeded.retry_after)), Some((10, 60)));
    }

    #[test]
    fn of_several_limits_the_one_with_the_longest_wait_is_told_and_nothing_is_taken() {
        let charges = [charge(10, 60, 1), Charge { name: "slow", ..charge(2, 60, 1) }, charge(5, 60, 1)];
        let full = |charge: &Charge| Some(NOW + charge.limit.most());
        let found = [full(&charges[0]), full(&charges[1]), None];
        let verdict = judge(&charges, &found, NOW);
        let exceeded = verdict.exceeded.unwrap();
        assert_eq!((exceeded.standing.name, exceeded.retry_after), ("slow", 30));
        assert_eq!(verdict.standings.iter().map(|standing| standing.used).collect::<Vec<_>>(), [10, 2, 0]);
    }

    #[test]
    fn a_clock_that_was_wrong_locks_nobody_out() {
        let found = |ahead: i64| judge(&[charge(10, 60, 1)], &[Some(NOW + ahead)], NOW).standings[0].used;
        assert_eq!(found(300 * MICROS), 1, "asked once, while the clock was five minutes ahead");
        assert_eq!(found(86_400 * MICROS), 1);
        // Another instance's clock may be a little ahead.
        assert_eq!((found(61 * MICROS), found(120 * MICROS), found(120 * MICROS + 1)), (10, 10, 1));
    }

    #[test]
    fn a_rate_is_read_as_it_is_written() {
        for (text, times, seconds) in [
            ("120 per minute", 120, 60),
            ("20 per 10 minutes", 20, 600),
            ("1 per second", 1, 1),
            ("5 per 90 seconds", 5, 90),
            ("100 per 2 hours", 100, 7_200),
            ("7 per day", 7, 86_400),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!(rate, Rate(Some(Limit { times, seconds })), "{text}");
            assert_eq!(rate.to_string(), text);
        }
        assert_eq!("off".parse(), Ok(Rate(None)));
        for wrong in [
            "",
            "120",
            "0 per minute",
            "120 per 0 minutes",
            "1 per year",
            "-1 per minute",
            "per minute",
            "2 per 2 days",
            "99999999 per day",
            "2000000 per second",
            "1.5 per hour",
        ] {
            assert!(wrong.parse::<Rate>().is_err_and(|why| why.contains("120 per minute")), "{wrong}");
        }
    }

    proptest! {
        /// Whoever asks at whatever pace gets no more in any stretch of time than the limit and what came back meanwhile.
        #[test]
        fn no_pace_gets_more_than_the_limit(
            times in 1_u32..50, seconds in 1_u32..100,
            asked in prop::collection::vec((1_u32..5, 0_i64..20_000_000), 1..60),
        ) {
            let requests: Vec<_> =
                asked.iter().map(|(weight, later)| (charge(times, seconds, *weight), *later)).collect();
            let told = play(&requests);
            let passed: Vec<(i64, i64)> = told
                .iter()
                .filter(|(_, _, verdict)| verdict.exceeded.is_none())
                .map(|(at, weight, _)| (*at, i64::from(*weight)))
                .collect();
            let step = charge(times, seconds, 1).limit.step();
            for (first, (from, _)) in passed.iter().enumerate() {
                let mut sum = 0;
                for (until, weight) in &passed[first..] {
                    sum += weight;
                    prop_assert!(sum <= i64::from(times) + (until - from) / step, "{sum} in {} µs", until - from);
                }
            }
        }

        /// Whoever waits as long as they were told gets what they asked for; a moment earlier they do not.
        #[test]
        fn the_wait_that_is_told_is_enough(
            times in 1_u32..50, seconds in 1_u32..100, weight in 1_u32..60, ahead in 0_i64..200_000_000,
        ) {
            let charge = charge(times, seconds, weight);
            let found = [Some(NOW + ahead.min(charge.limit.most()))];
            if let Some(exceeded) = judge(&[charge], &found, NOW).exceeded {
                let later = NOW + i64::from(exceeded.retry_after) * MICROS;
                prop_assert_eq!(judge(&[charge], &found, later).exceeded, None);
                prop_assert!(judge(&[charge], &found, later - MICROS).exceeded.is_some());
            }
        }

        /// A refusal leaves the limit as it was found, and once the time it tells has passed all of it is free.
        #[test]
        fn all_is_free_again_after_the_time_that_is_told(
            times in 1_u32..50, seconds in 1_u32..100, weight in 1_u32..60, ahead in 0_i64..200_000_000,
        ) {
            let charge = charge(times, seconds, weight);
            let found = Some(NOW + ahead);
            let verdict = judge(&[charge], &[found], NOW);
            let standing = verdict.standings[0];
            prop_assert!(standing.used <= times);
            let free_at = if verdict.exceeded.is_none() { Some(after(&charge, found, NOW)) } else { found };
            let later = NOW + i64::from(standing.free_in) * MICROS;
            prop_assert_eq!(charge.ahead(free_at.map(|at| at.min(NOW + charge.limit.most())), later), 0);
        }

        #[test]
        fn every_rate_is_read_back(times in 1_u32..10_000_000, seconds in 10_u32..86_401) {
            let rate = Rate(Some(Limit { times, seconds }));
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }
    }
}
