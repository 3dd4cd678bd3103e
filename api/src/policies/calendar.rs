//! The State Council's calendar: holidays, and weekends that are worked for them. Data, not code: a year that has not been
//! announced has neither.

use std::collections::HashMap;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::platform::db::{self, Db};

/// A day that is not as its weekday has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// 放假
    Holiday,
    /// 调休上班
    MovedWorkday,
}

/// The special days of a time.
pub type Calendar = HashMap<NaiveDate, Special>;

#[derive(FromQueryResult)]
struct Row {
    day: NaiveDate,
    off: bool,
}

pub async fn between(db: &impl ConnectionTrait, from: NaiveDate, to: NaiveDate) -> Result<Calendar, DbErr> {
    let text = "SELECT day, off FROM calendar_day WHERE day BETWEEN $1 AND $2";
    let rows: Vec<Row> = db::all(db, text, [from.into(), to.into()]).await?;
    let special = |row: Row| (row.day, if row.off { Special::Holiday } else { Special::MovedWorkday });
    Ok(rows.into_iter().map(special).collect())
}

/// What is needed to count so many working days from a day, forwards or back: no holiday is longer than two weeks.
pub async fn around(db: &impl ConnectionTrait, day: NaiveDate, working_days: u32) -> Result<Calendar, DbErr> {
    let far = Days::new(u64::from(working_days) * 2 + 30);
    between(db, day - far, day + far).await
}

/// Whether people work on this day; where a year has not been announced, on plain weekdays.
pub fn is_working_day(day: NaiveDate, calendar: &Calendar) -> bool {
    match calendar.get(&day) {
        Some(special) => *special == Special::MovedWorkday,
        None => !matches!(day.weekday(), Weekday::Sat | Weekday::Sun),
    }
}

/// The so-manieth working day after a day; the day itself for none.
pub fn working_days_after(day: NaiveDate, count: u32, calendar: &Calendar) -> NaiveDate {
    nth(day, count, calendar, |day| day.succ_opt())
}

/// The so-manieth working day before a day; the day itself for none.
pub fn working_days_before(day: NaiveDate, count: u32, calendar: &Calendar) -> NaiveDate {
    nth(day, count, calendar, |day| day.pred_opt())
}

fn nth(day: NaiveDate, count: u32, calendar: &Calendar, step: impl Fn(&NaiveDate) -> Option<NaiveDate>) -> NaiveDate {
    let days = std::iter::successors(Some(day), step).skip(1).filter(|day| is_working_day(*day, calendar));
    days.take(count as usize).last().unwrap_or(day)
}

/// The last day of the last year that has been announced.
pub async fn known_until(db: &impl ConnectionTrait) -> Result<Option<NaiveDate>, DbErr> {
    let text = "SELECT day, off FROM calendar_day ORDER BY day DESC LIMIT 1";
    let last: Option<Row> = db::one(db, text, []).await?;
    Ok(last.and_then(|row| NaiveDate::from_ymd_opt(row.day.year(), 12, 31)))
}

/// Reads a calendar's file, as `api/data/state-council-calendar.csv` is one; what is wrong is told by its line.
pub fn read(text: &str) -> Result<Vec<(NaiveDate, Special, String)>, String> {
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, head)| head.trim()) != Some("day,kind,name") {
        return Err("line 1: must be day,kind,name".into());
    }
    let mut days: Vec<(NaiveDate, Special, String)> = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: &str| format!("line {}: {what}", number + 1);
        let [day, kind, name] = line.trim().splitn(3, ',').collect::<Vec<_>>()[..] else {
            return Err(wrong("must have a day, a kind and a name, with commas between"));
        };
        let day: NaiveDate = day.parse().map_err(|_| wrong("the day must be written as 2027-01-01"))?;
        let special = match kind {
            "HOLIDAY" => Special::Holiday,
            "WORKDAY" if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) => Special::MovedWorkday,
            "WORKDAY" => return Err(wrong("only a Saturday or Sunday is moved to be a WORKDAY")),
            _ => return Err(wrong("the kind must be HOLIDAY or WORKDAY")),
        };
        if days.iter().any(|(known, ..)| *known == day) {
            return Err(wrong("the day is there twice"));
        }
        days.push((day, special, name.to_owned()));
    }
    let years = years(&days);
    for year in &years {
        let new_year =
            days.iter().any(|(day, kind, _)| (day.year(), day.ordinal()) == (*year, 1) && *kind == Special::Holiday);
        if !new_year {
            return Err(format!("{year}: New Year's Day is missing, so the year cannot be whole"));
        }
    }
    if years.is_empty() { Err("no day is in it".into()) } else { Ok(days) }
}

fn years(days: &[(NaiveDate, Special, String)]) -> Vec<i32> {
    let mut years: Vec<i32> = days.iter().map(|(day, ..)| day.year()).collect();
    years.sort_unstable();
    years.dedup();
    years
}

/// Puts these days in the place of whatever the database knew of their years: all or nothing. Says which years.
pub async fn load(db: &Db, days: &[(NaiveDate, Special, String)]) -> Result<Vec<i32>, DbErr> {
    let tx = db.begin().await?;
    let years = years(days);
    for year in &years {
        let bounds = [(1, 1), (12, 31)].map(|(month, day)| NaiveDate::from_ymd_opt(*year, month, day));
        let [Some(first), Some(last)] = bounds else { continue };
        db::run(&tx, "DELETE FROM calendar_day WHERE day BETWEEN $1 AND $2", [first.into(), last.into()]).await?;
    }
    for (day, special, name) in days {
        let values = [(*day).into(), (*special == Special::Holiday).into(), name.clone().into()];
        db::run(&tx, "INSERT INTO calendar_day (day, off, name) VALUES ($1, $2, $3)", values).await?;
    }
    tx.commit().await?;
    Ok(years)
}

#[cfg(test)]
mod tests {
    use super::{Calendar, Special, read, working_days_after, working_days_before};

    #[test]
    fn working_days_are_counted_past_weekends_and_holidays_and_on_moved_workdays() {
        let days = read(include_str!("../../data/state-council-calendar.csv")).unwrap();
        let calendar: Calendar = days.into_iter().map(|(day, special, _)| (day, special)).collect();
        let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
        // National Day 2026: off from 10-01 to 10-07, worked on Sunday 09-20 and Saturday 10-10.
        for (from, count, expected) in [
            ("2026-05-08", 0, "2026-05-08"),
            ("2026-05-08", 1, "2026-05-09"),
            ("2026-09-30", 1, "2026-10-08"),
            ("2026-09-30", 3, "2026-10-10"),
            ("2026-09-30", 4, "2026-10-12"),
            ("2027-06-04", 1, "2027-06-07"),
        ] {
            assert_eq!(working_days_after(day(from), count, &calendar).to_string(), expected, "{count} after {from}");
        }
        for (from, count, expected) in [("2026-10-08", 1, "2026-09-30"), ("2026-10-12", 1, "2026-10-10")] {
            assert_eq!(working_days_before(day(from), count, &calendar).to_string(), expected, "{count} before {from}");
        }
    }

    #[test]
    fn the_calendar_that_comes_along_is_that_of_two_years() {
        let days = read(include_str!("../../data/state-council-calendar.csv")).unwrap();
        let count = |year: &str, kind| {
            days.iter().filter(|(day, is, _)| day.to_string().starts_with(year) && *is == kind).count()
        };
        // As announced: 1 + 8 + 3 + 5 + 3 + 8, and 3 + 9 + 3 + 5 + 3 + 3 + 7.
        assert_eq!((count("2025", Special::Holiday), count("2025", Special::MovedWorkday)), (28, 5));
        assert_eq!((count("2026", Special::Holiday), count("2026", Special::MovedWorkday)), (33, 6));
    }

    #[test]
    fn a_calendar_with_a_mistake_is_refused_by_its_line() {
        for (text, what) in [
            ("", "line 1"),
            ("day,kind,name\n", "no day"),
            ("day,kind,name\n2027-01-01,HOLIDAY,元旦\n2027-01-01,HOLIDAY,元旦", "line 3: the day is there twice"),
            ("day,kind,name\n2027-01-01,HOLIDAY,元旦\n2027-01-04,WORKDAY,元旦", "line 3: only a Saturday"),
            ("day,kind,name\n2027-01-01,FREE,元旦", "line 2: the kind"),
            ("day,kind,name\n2027-13-01,HOLIDAY,元旦", "line 2: the day must"),
            ("day,kind,name\n2027-10-01,HOLIDAY,国庆节", "2027: New Year's Day"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
