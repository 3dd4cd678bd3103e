//! What may be submitted and entered, and why things are refused.

use boai_entity::{Instant, honour_kinds::HonourState, ids::PersonId};
use chrono::{Datelike, NaiveDate};

use crate::{platform::civil::civil_day, refusals};

refusals! {
    /// Why the honour was not taken.
    SubmitHonourRefusal, SubmitHonourErrorCode, SubmitHonourError {
        /// It is there already, or waits.
        AlreadyThere => "This honour is in your file already, or waits to be checked.", "该荣誉已在档案中或正在审核。";
        /// The day is not over, or lies too far back.
        DayImpossible { earliest: String } at "awardedOn" => "An honour was awarded on a day from {earliest} to today.", "授予日期须在 {earliest} 至今天之间。";
        /// As many as a file holds.
        TooMany { most: i64 } => "A file holds {most} honours from outside, with those that wait.", "档案中的外部荣誉(含待审核)最多 {most} 项。";
        /// Neither where the proof is nor what it is.
        ProofNeeded at "proof" => "Say what proves it, and give a reference or the SHA-256 of the document.", "请填写证明说明,并提供查询编号或证明文件的 SHA-256 值。";
    }
}

refusals! {
    /// Why an honour was not decided.
    DecideHonourRefusal, DecideHonoursErrorCode, DecideHonoursError {
        /// There is no such honour in your care.
        NotFound at "items.honourId" => "There is no such honour in your care.", "没有您可审核的该荣誉。";
        /// It is your own honour.
        OwnHonour at "items.honourId" => "This is your own honour. Another officer checks it.", "这是您本人的荣誉,须由其他干部审核。";
        /// A refusal needs its reason.
        ReasonNeeded at "items.reason" => "A refusal takes a reason; the volunteer reads it.", "不予认定须填写理由,志愿者将看到。";
        /// Somebody has decided it.
        AlreadyDecided at "items.honourId" => "Somebody has decided this honour already.", "该荣誉已审核。";
    }
}

refusals! {
    /// Why nothing was entered into somebody's file.
    FileEntryRefusal, FileEntryErrorCode, FileEntryError {
        /// There is no such branch, team, volunteer or entry in your care.
        NotFound => "There is no such branch, team, volunteer or entry in your care.", "没有您可登记的该红十字会、服务队、志愿者或条目。";
        /// It is your own file.
        OwnFile => "This is your own file. Somebody else enters it.", "这是您本人的档案,须由他人登记。";
        /// The same is there already.
        AlreadyThere => "The same is in this file already. Strike it out first if it is wrong.", "档案中已有该条目;如有误请先作废。";
        /// It was struck out before.
        AlreadyStruck => "This entry was struck out already.", "该条目已作废。";
    }
}

/// Honours from outside that a file holds, with those that wait.
pub const MOST_HONOURS: i64 = 200;
/// Volunteers or honours at once.
pub const AT_ONCE: usize = 200;
/// A course takes a thousand hours at most; what is more is a slip of the finger.
pub const MOST_LEARNING_MINUTES: i64 = 60_000;

/// The Red Cross Society of China's Zhejiang branch and everybody who may be honoured are younger than that.
const EARLIEST_YEAR: i32 = 1949;

/// An honour was awarded in somebody's lifetime, and not in the future.
pub fn check_awarded(awarded_on: NaiveDate, now: Instant) -> Result<(), SubmitHonourRefusal> {
    if awarded_on > civil_day(now) || awarded_on.year() < EARLIEST_YEAR {
        return Err(SubmitHonourRefusal::DayImpossible { earliest: format!("{EARLIEST_YEAR}-01-01") });
    }
    Ok(())
}

/// Whether a day is one on which training can have been given: not in the future, and not before records can speak of.
pub fn is_past_day(day: NaiveDate, now: Instant) -> bool {
    day <= civil_day(now) && day.year() >= EARLIEST_YEAR
}

/// Whether a year can be evaluated: this one, or one of the ten before.
pub fn may_evaluate(year: i32, now: Instant) -> bool {
    let this = civil_day(now).year();
    (this - 10..=this).contains(&year)
}

/// SHA-256 as people copy it: 64 hexadecimal digits.
pub fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What an officer may say of an honour: nobody of their own, each once, and a refusal with its reason.
pub fn may_decide(
    (whose, officer): (PersonId, PersonId),
    state: HonourState,
    refused: Option<&str>,
) -> Result<(), DecideHonourRefusal> {
    if whose == officer {
        return Err(DecideHonourRefusal::OwnHonour);
    }
    if state != HonourState::Waiting {
        return Err(DecideHonourRefusal::AlreadyDecided);
    }
    if refused.is_some_and(str::is_empty) {
        return Err(DecideHonourRefusal::ReasonNeeded);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_honour_lies_behind_somebody_and_within_living_memory() {
        let now: Instant = "2026-05-07T16:00:00Z".parse().unwrap(); // already May 8 in China
        for (day, fine) in [("2026-05-08", true), ("2026-05-09", false), ("1949-01-01", true), ("1948-12-31", false)] {
            assert_eq!(check_awarded(day.parse().unwrap(), now).is_ok(), fine, "{day}");
            assert_eq!(is_past_day(day.parse().unwrap(), now), fine, "{day}");
        }
        let years = [(2026, true), (2027, false), (2016, true), (2015, false)];
        years.into_iter().for_each(|(year, fine)| assert_eq!(may_evaluate(year, now), fine, "{year}"));
    }

    #[test]
    fn nobody_checks_their_own_honour_and_a_refusal_says_why() {
        let [wang, li] = [1, 2].map(|number| PersonId(Uuid::from_u128(number)));
        use HonourState::{Recognised, Waiting};
        assert_eq!(may_decide((wang, li), Waiting, None), Ok(()));
        assert_eq!(may_decide((wang, li), Waiting, Some("查无此奖")), Ok(()));
        assert_eq!(may_decide((wang, li), Waiting, Some("")), Err(DecideHonourRefusal::ReasonNeeded));
        assert_eq!(may_decide((wang, li), Recognised, None), Err(DecideHonourRefusal::AlreadyDecided));
        assert_eq!(may_decide((li, li), Waiting, None), Err(DecideHonourRefusal::OwnHonour));
    }

    #[test]
    fn a_digest_has_sixty_four_digits() {
        assert!(is_digest(&"aB0".repeat(21).chars().chain(['f']).collect::<String>()));
        for wrong in ["", "0g", &"a".repeat(63), &"a".repeat(65), &"é".repeat(32)] {
            assert!(!is_digest(wrong));
        }
    }
}
