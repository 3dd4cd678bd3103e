//! Which month may be signed, and what its digest is over.

use boai_entity::{
    Instant,
    ids::{BranchId, MonthStatementId},
    month_statement_line as line,
};
use chrono::{Datelike, Months, NaiveDate};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{platform::civil::civil_day, refusals};

refusals! {
    /// Why a month was not signed.
    SignMonthRefusal, SignMonthErrorCode, SignMonthError {
        /// There is no such branch in your care.
        NotFound at "branchId" => "There is no such branch in your care.", "您名下没有该红十字会。";
        /// The month is not over.
        NotOver { month: String } at "month" => "{month} is not over yet (Asia/Shanghai). It can be signed from the first day of the next month on.", "{month} 尚未结束,请于次月一日起签报。";
        /// It lies too far back to begin with.
        TooLongAgo { first: String } at "month" => "The branch has signed no month yet. It begins with {first} or a later one; earlier service stands in it as an adjustment.", "该红十字会尚未签报过,首次签报最早为 {first},此前的服务时长作为调整计入。";
        /// It is signed.
        AlreadySigned { month: String } at "month" => "The branch has signed {month}, or a later month. What changed since stands in the next one as an adjustment.", "该红十字会已签报 {month} 或之后的月份;其后的变动作为调整计入下一月报。";
        /// An earlier month comes first.
        EarlierFirst { next: String } at "month" => "Months are signed in their order, those without service too. The next one of this branch is {next}.", "月报须按月依次签报(无服务时长亦须零报告),该红十字会下一个应签报的月份为 {next}。";
        /// A branch above has signed it.
        SignedAbove { branch: String, next: String } at "month" => "{branch} has signed this month without this branch, which had nothing to sign then. Sign {next}: earlier service stands in it as an adjustment.", "{branch}已签报该月(当时本级无可签报的时长)。请签报 {next},此前的服务时长作为调整计入。";
        /// Branches below have not signed.
        BelowMissing { count: i64, names: String } at "branchId" => "{count} branches directly below have not signed this month yet: {names}. A branch signs when those below it have; you can sign for them where nobody is there.", "尚有 {count} 个下级组织未签报该月:{names}。须待下级签报后方可签报;下级无人办理的,您可代为签报。";
    }
}

/// Months before the last one that is over with which a branch may begin: a mistyped year would bind it to a hundred reports.
const BEGINS_BACK: u32 = 24;

/// The first day of a day's month.
pub fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

pub fn next(month: NaiveDate) -> NaiveDate {
    month.checked_add_months(Months::new(1)).unwrap_or(month)
}

/// The month that is over last.
pub fn last_over(now: Instant) -> NaiveDate {
    let first = month_of(civil_day(now));
    first.checked_sub_months(Months::new(1)).unwrap_or(first)
}

/// 2026-05
pub fn name(month: NaiveDate) -> String {
    month.format("%Y-%m").to_string()
}

/// Where a branch stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The last month that it signed.
    pub signed: Option<NaiveDate>,
    /// The last month that one above it signed, with that one's name.
    pub above: Option<(NaiveDate, String)>,
}

/// Whether a branch may sign a month now, those below it left aside.
pub fn check(month: NaiveDate, standing: &Standing, now: Instant) -> Result<(), SignMonthRefusal> {
    if month > last_over(now) {
        return Err(SignMonthRefusal::NotOver { month: name(month) });
    }
    if let Some(signed) = standing.signed {
        if month <= signed {
            return Err(SignMonthRefusal::AlreadySigned { month: name(month) });
        }
        if month > next(signed) {
            return Err(SignMonthRefusal::EarlierFirst { next: name(next(signed)) });
        }
    }
    let first = last_over(now).checked_sub_months(Months::new(BEGINS_BACK));
    if let (None, Some(first)) = (standing.signed, first.filter(|first| month < *first)) {
        return Err(SignMonthRefusal::TooLongAgo { first: name(first) });
    }
    match &standing.above {
        Some((signed, branch)) if *signed >= month => {
            Err(SignMonthRefusal::SignedAbove { branch: branch.clone(), next: name(next(*signed)) })
        }
        _ => Ok(()),
    }
}

/// The month that a branch signs next; before its first one, the last that is over, or the first that none above has signed.
pub fn to_sign(standing: &Standing, now: Instant) -> NaiveDate {
    let first = || standing.above.as_ref().map_or(last_over(now), |(signed, _)| last_over(now).max(next(*signed)));
    standing.signed.map_or_else(first, next)
}

/// What a statement takes up, as it is hashed.
pub struct TakenUp<'a> {
    pub id: MonthStatementId,
    pub branch: BranchId,
    pub month: NaiveDate,
    pub signed_at: Instant,
    pub volunteers: i64,
    /// By month and book.
    pub lines: &'a [line::Model],
    /// Of the own ledger entries' hashes, by the entries' ids.
    pub entries: String,
    /// Of the statements taken up, by their ids.
    pub parts: &'a [String],
}

/// SHA-256, in lower-case hex, of a JSON array without blanks: ids as lower-case UUIDs with hyphens, months as their first day,
/// the moment in Unix milliseconds.
pub fn digest(of: &TakenUp<'_>) -> String {
    let line = |line: &line::Model| json!([line.service_month, line.book.as_str(), line.minutes, line.records]);
    let lines: Vec<_> = of.lines.iter().map(line).collect();
    let (id, branch, signed_at) = (of.id.to_string(), of.branch.to_string(), of.signed_at.timestamp_millis());
    let text = json!([id, branch, of.month, signed_at, of.volunteers, lines, of.entries, of.parts]);
    hex::encode(Sha256::digest(text.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_over_when_it_is_in_china() {
        let standing = Standing { signed: None, above: None };
        let may = day("2026-05-01");
        let last = "2026-05-31T15:59:59.999Z".parse().unwrap();
        assert_eq!(check(may, &standing, last), Err(SignMonthRefusal::NotOver { month: "2026-05".into() }));
        assert_eq!(check(may, &standing, "2026-05-31T16:00:00Z".parse().unwrap()), Ok(()));
    }

    #[test]
    fn no_month_is_left_out_and_none_comes_twice() {
        let now = "2026-12-10T00:00:00Z".parse().unwrap();
        let standing = Standing { signed: Some(day("2026-08-01")), above: Some((day("2026-07-01"), "above".into())) };
        assert!(matches!(check(day("2026-08-01"), &standing, now), Err(SignMonthRefusal::AlreadySigned { .. })));
        assert_eq!(check(day("2026-09-01"), &standing, now), Ok(()));
        assert_eq!(
            check(day("2026-10-01"), &standing, now),
            Err(SignMonthRefusal::EarlierFirst { next: "2026-09".into() })
        );
        let late = Standing { signed: None, ..standing };
        assert_eq!(
            check(day("2026-07-01"), &late, now),
            Err(SignMonthRefusal::SignedAbove { branch: "above".into(), next: "2026-08".into() })
        );
        assert_eq!(check(day("2026-08-01"), &late, now), Ok(()));
    }

    #[test]
    fn a_branch_begins_two_years_back_at_most() {
        let (standing, now) = (Standing { signed: None, above: None }, "2026-12-10T00:00:00Z".parse().unwrap());
        assert_eq!(check(day("2024-11-01"), &standing, now), Ok(()));
        assert_eq!(
            check(day("2024-10-01"), &standing, now),
            Err(SignMonthRefusal::TooLongAgo { first: "2024-11".into() })
        );
        assert_eq!(next(month_of(day("2026-12-31"))), day("2027-01-01"));
    }

    proptest! {
        #[test]
        fn what_is_to_be_signed_may_be_once_it_is_over(
            now in 1_600_000_000i64..1_900_000_000, ago in proptest::option::of(0u32..20), above in proptest::option::of(0u32..20),
        ) {
            let now = Instant::from_timestamp(now, 0).unwrap();
            let back = |months| last_over(now).checked_sub_months(Months::new(months)).unwrap();
            // None above has signed what this one, having begun, has not.
            let above = above.map(|months| months.max(ago.unwrap_or(0)));
            let standing = Standing { signed: ago.map(back), above: above.map(|months| (back(months), String::new())) };
            let month = to_sign(&standing, now);
            prop_assert_eq!(check(month, &standing, now).is_ok(), month <= last_over(now));
        }
    }
}
