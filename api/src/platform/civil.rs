//! Civil days: Asia/Shanghai's, whatever zone the server or the database runs in.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Asia/Shanghai. China has had one zone without daylight saving time since 1992, and no record is older.
pub const SHANGHAI: FixedOffset = FixedOffset::east_opt(8 * 3600).unwrap();

/// The civil day in Asia/Shanghai at a moment: 2026-05-07 16:00 UTC is already May 8.
pub fn civil_day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&SHANGHAI).date_naive()
}

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
