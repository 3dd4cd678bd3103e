//! 公示: for how long the team sees what was confirmed before it is final, and what should have been recorded by now.

use boai_entity::{Instant, kinds::RecordState, policy, service_record};
use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    platform::civil::{civil_day, day_bounds},
    policies::calendar,
};

/// Until when a record that is confirmed now is under notice: to the end of the policy's working days after today.
pub async fn until(db: &impl ConnectionTrait, policy: &policy::Model, now: Instant) -> Result<Instant, DbErr> {
    let days = policy.body.notice.working_days;
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
