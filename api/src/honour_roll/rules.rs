//! How a name is shown, whose guardian agrees too, and why things are refused.

use boai_entity::{Instant, honour_kinds::ShownName, honour_roll_entry};
use chrono::{Days, Months, NaiveDate};

use crate::{
    people::rules::{OF_AGE, masked},
    platform::civil::civil_day,
    refusals,
};

refusals! {
    /// Why nothing was done with the issue.
    HonourRollRefusal, HonourRollErrorCode, HonourRollError {
        /// There is no such branch, issue, entry or volunteer in your care.
        NotFound => "There is no such branch, issue, entry or volunteer in your care.", "没有您可处理的该红十字会、期次、条目或志愿者。";
        /// The day of the issue lies too far ahead.
        DayTooFar { latest: String } at "issuedOn" => "The day of an issue can be {latest} at the latest.", "刊出日最晚为 {latest}。";
        /// It is published: people come off it, but nobody is put into it any more.
        AlreadyPublished => "This issue is published. Nobody is put into it any more; make another one.", "本期已刊出,不能再增加人员,请另起一期。";
        /// As many as an issue holds.
        Full { most: i64 } at "issueId" => "An issue holds {most} people. Make another one.", "每期最多 {most} 人,请另起一期。";
        /// They said no, or withdrew.
        TheySaidNo at "volunteerNumber" => "They did not agree to be in this issue, or withdrew. They are not asked again.", "其本人未同意或已撤回,本期不再征询。";
        /// Nobody has agreed.
        NobodyAgreed => "Nobody in this issue has agreed to be shown yet.", "本期尚无人同意刊出。";
    }
}

refusals! {
    /// Why the consent did not change.
    HonourConsentRefusal, HonourConsentErrorCode, HonourConsentError {
        /// There is no such entry of yours.
        NotFound at "entryId" => "There is no such entry of yours.", "没有您的该条目。";
        /// The story was changed since you read it.
        StoryChanged at "revision" => "The story was changed since you read it. Read it again.", "故事内容已修改,请重新阅读。";
        /// The issue is published, or you withdrew: there is nothing left to agree to.
        Over at "entryId" => "The issue is published, or this entry was taken down: there is nothing left to agree to.", "本期已刊出或该条目已撤下,无需再同意。";
        /// The whole name takes the consent to showing it.
        NameNeedsConsent at "name" => "To show your whole name takes your consent `PUBLICATION`: give it with `giveConsent`, or be shown as 王*明.", "展示全名须先同意《公开姓名授权书》,也可选择隐去部分姓名。";
    }
}

/// People in an issue.
pub const MOST: i64 = 200;
/// Characters of a story.
pub const STORY: usize = 2000;

/// An issue is planned a year ahead at most.
pub fn check_day(issued_on: NaiveDate, now: Instant) -> Result<(), HonourRollRefusal> {
    let latest = civil_day(now) + Days::new(366);
    if issued_on > latest {
        return Err(HonourRollRefusal::DayTooFar { latest: latest.to_string() });
    }
    Ok(())
}

/// Whoever was born on this day or before is of age now, and has no guardian who agrees too.
pub fn of_age_if_born_by(now: Instant) -> NaiveDate {
    let today = civil_day(now);
    today.checked_sub_months(Months::new(OF_AGE.unsigned_abs() * 12)).unwrap_or(today)
}

/// The name as everybody reads it: whole only if the person chose that, has consented to showing it, and no guardian allowed less.
pub fn name_shown(entry: &honour_roll_entry::Model, name: &str, may_publish: bool) -> String {
    let whole = entry.shown_name == Some(ShownName::Whole) && entry.guardian_allows != Some(ShownName::Masked);
    if whole && may_publish { name.into() } else { masked(name) }
}

#[cfg(test)]
mod tests {
    use boai_entity::{
        honour_kinds::HonourEntryState,
        ids::{HonourRollEntryId, HonourRollIssueId, PersonId, VolunteerId},
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::people::rules::has_guardian;

    fn entry(shown_name: Option<ShownName>, guardian_allows: Option<ShownName>) -> honour_roll_entry::Model {
        honour_roll_entry::Model {
            id: HonourRollEntryId(Uuid::nil()),
            issue_id: HonourRollIssueId(Uuid::nil()),
            volunteer_id: VolunteerId(Uuid::nil()),
            place: 1,
            story: Some("x".into()),
            revision: 1,
            state: HonourEntryState::Published,
            asked_by: PersonId(Uuid::nil()),
            asked_at: Instant::UNIX_EPOCH,
            agreed_at: Some(Instant::UNIX_EPOCH),
            shown_name,
            guardian_agreed_at: None,
            guardian_allows,
            published_at: None,
            ended_at: None,
            reason: None,
        }
    }

    #[test]
    fn a_name_is_whole_only_with_everybodys_word() {
        use ShownName::{Masked, Whole};
        for (own, guardian, consent, shown) in [
            (Some(Whole), None, true, "王小明"),
            (Some(Whole), Some(Whole), true, "王小明"),
            (Some(Whole), Some(Masked), true, "王*明"),
            (Some(Whole), None, false, "王*明"),
            (Some(Masked), Some(Whole), true, "王*明"),
            (None, None, true, "王*明"),
        ] {
            assert_eq!(name_shown(&entry(own, guardian), "王小明", consent), shown);
        }
    }

    proptest! {
        #[test]
        fn the_day_of_birth_says_the_same_as_the_age(born in 0..40_000_u64, days in 0..12_000_i64) {
            let birth = NaiveDate::from_ymd_opt(1950, 1, 1).unwrap() + Days::new(born);
            let now = Instant::UNIX_EPOCH + chrono::TimeDelta::days(16_000 + days);
            prop_assert_eq!(has_guardian(birth, now), birth > of_age_if_born_by(now));
        }
    }
}
