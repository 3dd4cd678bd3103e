//! Who may enrol, how names are shown to others, and what can be refused about consents.

use boai_entity::{Instant, consent, consent_text, kinds::ConsentKind};
use chrono::{Datelike, NaiveDate};

use crate::{
    platform::{civil::civil_day, text},
    refusals,
};

/// The enrolment form takes no one younger (PIPL, art. 28: everything about a child under 14 is sensitive).
pub const YOUNGEST: i32 = 14;
/// From this age on a person decides alone.
pub const OF_AGE: i32 = 18;
const OLDEST: i32 = 120;
/// What stands in the place of the name of somebody who had their account erased (注销).
pub const ERASED_NAME: &str = "已注销";

refusals! {
    /// Why the enrolment was refused.
    EnrolRefusal, EnrolAsVolunteerErrorCode, EnrolAsVolunteerError {
        /// This person is a volunteer already.
        AlreadyEnrolled => "You are enrolled already; see `me.volunteer`.", "您已登记为志愿者。";
        /// The birth date lies in the future or too far in the past.
        BirthDateImpossible { oldest_years: i32 } at "birthDate"
            => "This birth date cannot be right: it lies in the future, or more than {oldest_years} years back.",
               "出生日期有误:不能晚于今天,也不能早于 {oldest_years} 年前。";
        /// Younger than 14.
        TooYoung { age_years: i32, youngest_years: i32 } at "birthDate"
            => "Volunteers are at least {youngest_years} years old; you are {age_years}. You are welcome on your birthday.",
               "志愿者须年满 {youngest_years} 周岁,您现在 {age_years} 周岁。欢迎届时再来。";
        /// Under 18 a guardian's name and phone number are needed, with the guardian's consent.
        GuardianNeeded { age_years: i32 } at "guardian"
            => "At {age_years} years you need a guardian's consent: give the guardian's name and phone number.",
               "您现在 {age_years} 周岁,需要监护人同意,请填写监护人姓名和电话。";
        /// A guardian is somebody else, with a phone of their own.
        GuardianIsYou at "guardian.phone"
            => "This is your own number. Your guardian agrees by a code to their own phone: give that number.",
               "这是您本人的号码。监护人须用自己的手机接收验证码,请填写监护人的号码。";
        /// There is no such division.
        ResidenceUnknown at "residenceCode"
            => "There is no division with this code. Choose one with `divisions`.", "没有该行政区划代码,请重新选择居住地。";
        /// The terms were not those in force.
        TermsOutdated { current: String } at "acceptedTermsVersion"
            => "This is not the text of the terms in force. Show version {current} and agree to it; see `consentTexts`.",
               "服务条款不是现行版本,请阅读并同意版本 {current}。";
        /// The text about location was not the one in force.
        LocationTextOutdated { current: String } at "locationConsentVersion"
            => "This is not the text about location in force. Show version {current} and agree to it, or leave the consent out.",
               "位置信息授权书不是现行版本,请阅读版本 {current},或暂不授权。";
        /// The terms of service must be agreed to.
        TermsNotAccepted at "acceptedTermsVersion"
            => "Without agreeing to the terms of service nobody can enrol.", "须同意服务条款后方可登记。";
    }
}

refusals! {
    /// Why the consent did not change.
    ConsentRefusal, ConsentErrorCode, ConsentError {
        /// The version is not that of the text in force.
        Outdated { current: String } at "version" => "This is not the text in force. Show version {current} and agree to it; see `consentTexts`.", "授权书不是现行版本,请阅读并同意版本 {current}。";
        /// This consent is given together with the number.
        WithTheNumber at "kind" => "This consent is given with the number of the identity document: use `submitIdentity`.", "该项授权在提交证件号码时一并给出。";
        /// This consent is the guardian's to give and to withdraw.
        TheGuardians at "kind" => "This consent is your guardian's to give and to withdraw, with a code to the guardian's phone: see `requestGuardianCode`.", "该项同意须由监护人本人通过其手机验证码作出或撤回。";
        /// This consent is not in force.
        NotInForce at "kind" => "This consent is not in force, so there is nothing to withdraw.", "该项授权未生效,无需撤回。";
        /// Volunteers stay bound by the terms.
        TermsStay at "kind" => "A volunteer stays bound by the terms of service. To stop, ask your branch to erase your account.", "志愿者须遵守服务条款;如需停止,请联系红十字会注销账号。";
    }
}

/// The text that was shown is not the one in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Outdated {
    pub current: String,
}

/// Whether a guardian still acts for someone born on this day: until the 18th birthday, in Asia/Shanghai (PIPL, art. 31; Civil
/// Code, art. 17–18).
pub fn has_guardian(birth: NaiveDate, now: Instant) -> bool {
    age_on(birth, civil_day(now)) < OF_AGE
}

/// Of the texts in force those to be shown to somebody who gave these consents, which are in force too: the terms, and
/// whatever was agreed to in an older version. What was never agreed to was withheld, and nobody is asked twice.
pub fn missing(texts: Vec<consent_text::Model>, given: &[consent::Model]) -> Vec<consent_text::Model> {
    let wanted = |text: &consent_text::Model| match given.iter().find(|consent| consent.kind == text.kind) {
        // The guardian's is shown to the guardian.
        Some(consent) => consent.version != text.version && text.kind != ConsentKind::Guardian,
        None => text.kind == ConsentKind::Terms,
    };
    texts.into_iter().filter(wanted).collect()
}

/// Whole years of age on a day.
pub fn age_on(birth: NaiveDate, day: NaiveDate) -> i32 {
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    day.year() - birth.year() - i32::from(!had_birthday)
}

/// Whether someone born on this day may enrol now.
pub fn may_enrol(birth: NaiveDate, has_guardian: bool, now: Instant) -> Result<(), EnrolRefusal> {
    let today = civil_day(now);
    let age_years = age_on(birth, today);
    if birth > today || age_years > OLDEST {
        return Err(EnrolRefusal::BirthDateImpossible { oldest_years: OLDEST });
    }
    if age_years < YOUNGEST {
        return Err(EnrolRefusal::TooYoung { age_years, youngest_years: YOUNGEST });
    }
    if age_years < OF_AGE && !has_guardian {
        return Err(EnrolRefusal::GuardianNeeded { age_years });
    }
    Ok(())
}

/// What others see of a volunteer's name; who was erased has none.
pub fn masked(name: &str) -> String {
    if name == ERASED_NAME { name.into() } else { text::masked(name) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_is_masked_for_others() {
        for (name, shown) in [
            ("王小明", "王*明"),
            ("李芳", "李*"),
            ("欧阳小华", "欧**华"),
            ("王", "王*"),
            ("John Smith", "J***"),
            ("J", "*"),
            ("", "*"),
            (ERASED_NAME, ERASED_NAME),
        ] {
            assert_eq!(masked(name), shown);
        }
    }

    #[test]
    fn a_guardian_acts_until_the_eighteenth_birthday_in_china() {
        let at = |time: &str| time.parse().unwrap();
        let born = "2008-05-09".parse().unwrap();
        assert!(has_guardian(born, at("2026-05-08T15:59:59Z")));
        assert!(!has_guardian(born, at("2026-05-08T16:00:00Z")), "May 9 has begun there");
        let leapling = "2008-02-29".parse().unwrap();
        assert!(has_guardian(leapling, at("2026-02-28T15:59:59Z")));
        assert!(!has_guardian(leapling, at("2026-02-28T16:00:00Z")));
    }

    proptest! {
        #[test]
        fn who_is_of_age_stays_so(days in 0..40_000_i64, later in 0..40_000_i64) {
            let birth = chrono::NaiveDate::from_ymd_opt(1950, 1, 1).unwrap() + chrono::TimeDelta::days(days);
            let on = |day: i64| (birth + chrono::TimeDelta::days(day)).and_hms_opt(0, 0, 0).unwrap().and_utc();
            prop_assert!(has_guardian(birth, on(17 * 365)));
            prop_assert!(!has_guardian(birth, on(18 * 366)));
            prop_assert!(has_guardian(birth, on(later)) || !has_guardian(birth, on(later + 1)));
        }
    }

    #[test]
    fn age_turns_on_the_birthday_and_leaplings_turn_on_the_first_of_march() {
        assert_eq!(age_on(day("2008-05-08"), day("2026-05-07")), 17);
        assert_eq!(age_on(day("2008-05-08"), day("2026-05-08")), 18);
        assert_eq!(age_on(day("2008-02-29"), day("2026-02-28")), 17);
        assert_eq!(age_on(day("2008-02-29"), day("2026-03-01")), 18);
    }

    #[test]
    fn enrolment_asks_for_fourteen_years_and_a_guardian_below_eighteen() {
        let now: Instant = "2026-05-07T16:00:00Z".parse().unwrap(); // already May 8 in China
        assert_eq!(may_enrol(day("2012-05-08"), true, now), Ok(()));
        assert_eq!(
            may_enrol(day("2012-05-09"), true, now),
            Err(EnrolRefusal::TooYoung { age_years: 13, youngest_years: 14 })
        );
        assert_eq!(may_enrol(day("2008-05-09"), false, now), Err(EnrolRefusal::GuardianNeeded { age_years: 17 }));
        assert_eq!(may_enrol(day("2008-05-08"), false, now), Ok(()));
        for impossible in ["2026-05-09", "1899-01-01"] {
            assert_eq!(
                may_enrol(day(impossible), true, now),
                Err(EnrolRefusal::BirthDateImpossible { oldest_years: 120 })
            );
        }
    }
}
