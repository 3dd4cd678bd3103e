//! When an enrolled volunteer may apply, and why applications are refused.

use boai_entity::{kinds::TotalDimension, volunteer_total};

use crate::refusals;

refusals! {
    /// Why nobody applied.
    ApplyRefusal, ApplyForRegistrationErrorCode, ApplyForRegistrationError {
        /// You are registered already.
        AlreadyRegistered => "You are a registered volunteer already.", "您已是注册志愿者。";
        /// An application of yours waits.
        AlreadyApplied => "An application of yours waits already.", "您已有待审批的注册申请。";
        /// Not enough service in any calendar year.
        NotEnough { best_minutes: i64, needed_minutes: i64 } at "year" => "It takes {needed_minutes} min of confirmed service within one calendar year; your best year has {best_minutes} min.", "注册须在一个自然年内有 {needed_minutes} 分钟已确认的服务时间,您最多的一年为 {best_minutes} 分钟。";
    }
}

refusals! {
    /// Why an application was not decided.
    DecideRefusal, DecideRegistrationsErrorCode, DecideRegistrationsError {
        /// There is no such application in your care.
        NotFound at "items.registrationId" => "There is no such application in your care.", "没有您可审批的该注册申请。";
        /// It is your own application.
        OwnApplication at "items.registrationId" => "This is your own application. Another officer decides.", "这是您本人的申请,须由其他干部审批。";
        /// To decline takes a reason.
        ReasonNeeded at "items.reason" => "To decline takes a reason; the volunteer reads it.", "不予批准须填写理由,志愿者将看到。";
        /// Somebody has decided it.
        AlreadyDecided at "items.registrationId" => "Somebody has decided this application already.", "该申请已审批。";
    }
}

/// 20 hours within a calendar year: the regulation's number, not a policy's.
pub const NEEDED_MINUTES: i64 = 20 * 60;

/// The calendar year with most confirmed service, the later of equal ones, or the one that is wanted; enough of it or not.
pub fn best_year(totals: &[volunteer_total::Model], wanted: Option<i32>) -> Result<(i32, i32), ApplyRefusal> {
    let years = totals.iter().filter(|total| total.dimension == TotalDimension::Year);
    let years = years.filter_map(|total| Some((total.confirmed_minutes, total.key.parse().ok()?)));
    let years = years.filter(|(_, year): &(i32, i32)| wanted.is_none_or(|wanted| wanted == *year));
    let (minutes, year) = years.max().unwrap_or((0, 0));
    if i64::from(minutes) < NEEDED_MINUTES {
        let best_minutes = i64::from(minutes.max(0));
        return Err(ApplyRefusal::NotEnough { best_minutes, needed_minutes: NEEDED_MINUTES });
    }
    Ok((year, minutes))
}

/// The county of a division; a division above counties is its own.
pub fn county_of(division: &str) -> &str {
    division.get(..6).unwrap_or(division)
}

#[cfg(test)]
mod tests {
    use boai_entity::ids::VolunteerId;
    use uuid::Uuid;

    use super::*;

    fn year(key: &str, confirmed_minutes: i32) -> volunteer_total::Model {
        let (volunteer_id, dimension) = (VolunteerId(Uuid::nil()), TotalDimension::Year);
        volunteer_total::Model { volunteer_id, dimension, key: key.into(), pending_minutes: 5000, confirmed_minutes }
    }

    #[test]
    fn it_takes_twenty_hours_of_one_year_and_not_a_minute_less() {
        let short = best_year(&[year("2024", 1199), year("2025", 1199)], None);
        assert_eq!(short, Err(ApplyRefusal::NotEnough { best_minutes: 1199, needed_minutes: 1200 }));
        assert_eq!(best_year(&[year("2024", 1200), year("2025", 10)], None), Ok((2024, 1200)));
        let both = [year("2024", 1500), year("2025", 1500)];
        assert_eq!(best_year(&both, None), Ok((2025, 1500)));
        assert_eq!(best_year(&both, Some(2024)), Ok((2024, 1500)));
        assert!(best_year(&both, Some(2023)).is_err());
        assert!(best_year(&[], None).is_err());
        let all = volunteer_total::Model { dimension: TotalDimension::All, ..year("", 9000) };
        assert!(best_year(&[all], None).is_err(), "all years together are no calendar year");
    }

    #[test]
    fn a_county_is_six_digits() {
        assert_eq!(county_of("330106109203"), "330106");
        assert_eq!(county_of("330106"), "330106");
        assert_eq!(county_of("3301"), "3301");
    }
}
