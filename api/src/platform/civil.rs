//! Civil days: Asia/Shanghai's, whatever zone the server or the database runs in.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

pub use crate::hours::rules::{SHANGHAI, civil_day};

/// A civil day as [from, to).
pub fn day_bounds(day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let midnight = day.and_time(NaiveTime::MIN).and_utc();
    let from = midnight - TimeDelta::seconds(SHANGHAI.local_minus_utc().into());
    (from, from + TimeDelta::days(1))
}

#[cfg(test)]
mod tests {
    use super::{civil_day, day_bounds};

    #[test]
    fn a_civil_day_begins_at_midnight_in_china() {
        let (from, to) = day_bounds("2026-05-08".parse().unwrap());
        assert_eq!(
            (from.to_rfc3339(), to.to_rfc3339()),
            ("2026-05-07T16:00:00+00:00".into(), "2026-05-08T16:00:00+00:00".into())
        );
        assert_eq!(civil_day(from).to_string(), "2026-05-08");
    }
}
