//! The demo's dice and calendar: the same seed and the same day give the same town.

use boai_entity::Instant;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use uuid::Uuid;

use crate::platform::{
    civil::{SHANGHAI, civil_day},
    random::Random,
};

pub struct Chance {
    random: Random,
    /// When today began in Asia/Shanghai. Nothing that happened is later, so the time of day changes no row.
    pub midnight: Instant,
}

impl Chance {
    pub fn new(seed: u64, now: Instant) -> Self {
        let midnight = (civil_day(now).and_time(NaiveTime::MIN) - SHANGHAI).and_utc();
        Self { random: Random::seeded(seed), midnight }
    }

    /// The minute of the civil day so many days from today.
    pub fn at(&self, day: i64, minute: i64) -> Instant {
        self.midnight + TimeDelta::days(day) + TimeDelta::minutes(minute)
    }

    pub fn date(&self, day: i64) -> NaiveDate {
        civil_day(self.at(day, 0))
    }

    pub fn id(&self, at: Instant) -> Uuid {
        self.random.uuid(at)
    }

    /// From `least` to `most`, both included; `least` if they are reversed.
    pub fn between(&self, least: i64, most: i64) -> i64 {
        least + self.random.below((most - least).max(0).unsigned_abs() + 1) as i64
    }

    pub fn percent(&self, share: i64) -> bool {
        self.between(1, 100) <= share
    }

    /// From `least` to `most`, to a tenth.
    pub fn tenths(&self, least: f64, most: f64) -> f64 {
        self.between((least * 10.0).ceil() as i64, (most * 10.0).floor() as i64) as f64 / 10.0
    }

    /// A whole second from `from` to `to`, both included.
    pub fn moment(&self, from: Instant, to: Instant) -> Instant {
        from + TimeDelta::seconds(self.between(0, (to - from).num_seconds()))
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[self.random.below(from.len() as u64) as usize]
    }

    /// So many of them, each equally likely, in their order; all if there are not so many.
    pub fn some<T>(&self, count: usize, from: impl ExactSizeIterator<Item = T>) -> Vec<T> {
        let (mut wanted, mut left) = (count as i64, from.len() as i64);
        let mut chosen = Vec::with_capacity(count);
        for item in from {
            if self.between(1, left) <= wanted {
                wanted -= 1;
                chosen.push(item);
            }
            left -= 1;
        }
        chosen
    }
}
