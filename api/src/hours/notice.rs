//! 公示: for how long the team sees what was confirmed before it is final, what should have been recorded by now, and the
//! clock of the notice, which a dispute stops.

use boai_entity::{Instant, kinds::RecordState, policy, service_record};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    platform::civil::{civil_day, day_bounds},
    policies::calendar::{self, Calendar, is_working_day},
};

/// Until when a record that is confirmed at a moment is under notice: to the end of the policy's working days after that day.
pub async fn until(db: &impl ConnectionTrait, policy: &policy::Model, now: Instant) -> Result<Instant, DbErr> {
    working_days_from(db, policy.body.notice.working_days, now).await
}

/// The end of the so-manieth working day after a moment's.
pub async fn working_days_from(db: &impl ConnectionTrait, days: u32, now: Instant) -> Result<Instant, DbErr> {
    let today = civil_day(now);
    let calendar = calendar::around(db, today, days).await?;
    Ok(day_bounds(calendar::working_days_after(today, days, &calendar)).1)
}

/// What ended before this should have been recorded by now: more working days have passed since than the law gives
/// (order 67, art. 11).
pub async fn late_before(db: &impl ConnectionTrait, policy: &policy::Model, now: Instant) -> Result<Instant, DbErr> {
    let days = policy.body.notice.record_working_days;
    let today = civil_day(now);
    let calendar = calendar::around(db, today, days).await?;
    Ok(day_bounds(calendar::working_days_before(today, days, &calendar)).0)
}

/// Confirmed, with the notice over and nobody objecting: from here on it takes two persons to change it.
pub fn is_final(record: &service_record::Model, now: Instant) -> bool {
    record.state == RecordState::Confirmed && record.notice_until.is_some_and(|until| until <= now)
}

const DAY_SECONDS: i64 = 86_400;

/// What is left of a notice when its clock stops, in seconds of working days: a weekend in between takes nothing from who
/// may object, and gives nothing.
pub async fn left(db: &impl ConnectionTrait, now: Instant, until: Instant) -> Result<i32, DbErr> {
    let calendar = calendar::between(db, civil_day(now), civil_day(until.max(now))).await?;
    Ok(i32::try_from(left_by(&calendar, now, until)).unwrap_or(i32::MAX))
}

/// When a notice ends of which so much is left and whose clock goes on from a moment.
pub async fn resumed(db: &impl ConnectionTrait, from: Instant, left_s: i32) -> Result<Instant, DbErr> {
    let days = u32::try_from(i64::from(left_s) / DAY_SECONDS).unwrap_or_default() + 2;
    let calendar = calendar::around(db, civil_day(from), days).await?;
    Ok(resumed_by(&calendar, from, i64::from(left_s)))
}

fn left_by(calendar: &Calendar, now: Instant, until: Instant) -> i64 {
    let (mut from, mut left) = (now, 0);
    while from < until {
        let day = civil_day(from);
        let to = day_bounds(day).1.min(until);
        if is_working_day(day, calendar) {
            left += (to - from).num_seconds();
        }
        from = to;
    }
    left
}

fn resumed_by(calendar: &Calendar, from: Instant, left: i64) -> Instant {
    let (mut from, mut left) = (from, left);
    while left > 0 {
        let day = civil_day(from);
        let to = day_bounds(day).1;
        if is_working_day(day, calendar) {
            let today = (to - from).num_seconds().min(left);
            left -= today;
            if left == 0 {
                return from + TimeDelta::seconds(today);
            }
        }
        from = to;
    }
    from
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::policies::calendar::Special;

    /// Seconds after 2026-05-04 00:00 in Shanghai, a Monday.
    fn at(second: i64) -> Instant {
        day_bounds("2026-05-04".parse().unwrap()).0 + TimeDelta::seconds(second)
    }

    const HOUR: i64 = 3600;

    #[test]
    fn a_weekend_takes_nothing_from_a_notice() {
        // Friday 17:00, and the notice would end with Tuesday.
        let plain = HashMap::new();
        let (friday, until) = (at(4 * DAY_SECONDS + 17 * HOUR), at(9 * DAY_SECONDS));
        assert_eq!(left_by(&plain, friday, until), 7 * HOUR + 2 * DAY_SECONDS);
        assert_eq!(resumed_by(&plain, friday, left_by(&plain, friday, until)), until);
        // The clock goes on on Sunday: 7 h of Monday, and two days more.
        let sunday = at(6 * DAY_SECONDS + HOUR);
        assert_eq!(resumed_by(&plain, sunday, 7 * HOUR + 2 * DAY_SECONDS), at(9 * DAY_SECONDS + 7 * HOUR));
        assert_eq!(resumed_by(&plain, sunday, 0), sunday);
        assert_eq!(left_by(&plain, until, friday), 0);
    }

    proptest! {
        /// Whenever a clock is stopped and goes on, the same number of working seconds is seen: as counted one hour at a time.
        #[test]
        fn a_stopped_clock_neither_loses_nor_gives_time(
            special in vec((0..60i64, any::<bool>()), 0..12), stopped in 0..40 * 24i64, days in 0..8i64, went_on in 0..40 * 24i64
        ) {
            let calendar: Calendar = special
                .into_iter()
                .map(|(day, off)| (civil_day(at(day * DAY_SECONDS)), if off { Special::Holiday } else { Special::MovedWorkday }))
                .collect();
            let until = day_bounds(calendar::working_days_after(civil_day(at(stopped * HOUR)), days as u32, &calendar)).1;
            let left = left_by(&calendar, at(stopped * HOUR), until);
            let by_hours = |from: Instant, to: Instant| {
                let hours = (0..100 * 24).map(|hour| at(hour * HOUR)).filter(|hour| from <= *hour && *hour < to);
                hours.filter(|hour| is_working_day(civil_day(*hour), &calendar)).count() as i64 * HOUR
            };
            prop_assert_eq!(left, by_hours(at(stopped * HOUR), until));
            let from = at(went_on * HOUR);
            let resumed = resumed_by(&calendar, from, left);
            prop_assert!(resumed >= from);
            prop_assert_eq!(by_hours(from, resumed), left);
            // It ends while people work, or at the end of a day on which they did.
            prop_assert!(left == 0 || is_working_day(civil_day(resumed - TimeDelta::seconds(1)), &calendar));
            if left > 0 {
                prop_assert_eq!(resumed_by(&calendar, at(stopped * HOUR), left), until);
            }
        }
    }
}
