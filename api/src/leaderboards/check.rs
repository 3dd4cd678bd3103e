//! `boai leaderboards`: works every board out from the ledger, compares, and rebuilds what differs.
//!
//! A rebuild empties nothing: what a volunteer has on all boards becomes right in one transaction, with the volunteer's row held, and
//! whoever reads meanwhile sees a volunteer's standings as they were or as they are then. What books hours goes on.

use std::fmt;

use boai_entity::ids::{TeamId, VolunteerId};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Value};

use super::{
    jobs,
    rules::bucket_sql,
    store::{self, AGREED, HERE, add_to_tallies, any_team, by_area},
};
use crate::platform::db::{self, Db};

/// Volunteers looked at in one go: bounds memory, not correctness.
const BATCH: u64 = 500;
/// Differences that are told one by one; of more the number is enough.
const TOLD: usize = 1000;

/// What was compared, and what differed.
#[derive(Debug, Default)]
pub struct Report {
    pub volunteers: u64,
    /// Volunteers with a standing that differed.
    pub wrong_volunteers: u64,
    pub wrong_tallies: u64,
    /// The first of the differences.
    pub faults: Vec<String>,
    pub rebuilt: bool,
}

impl Report {
    pub fn is_fine(&self) -> bool {
        self.wrong_volunteers == 0 && self.wrong_tallies == 0
    }

    fn tell(&mut self, fault: String) {
        if self.faults.len() < TOLD {
            self.faults.push(fault);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(f, "{} {fault}", if self.rebuilt { "REBUILT" } else { "FAULT" })?;
        }
        if self.is_fine() {
            return write!(f, "boards of {} volunteers agree with the ledger", self.volunteers);
        }
        write!(
            f,
            "boards of {} volunteers: those of {} and {} tallies differed from the ledger{}",
            self.volunteers,
            self.wrong_volunteers,
            self.wrong_tallies,
            if self.rebuilt { ", and are rebuilt" } else { "; `boai leaderboards rebuild` mends them" }
        )
    }
}

/// Compares every board with the ledger, a batch of volunteers at one moment.
pub async fn check(db: &Db, mut progress: impl FnMut(u64)) -> Result<Report, DbErr> {
    let mut report = Report::default();
    let mut after = None;
    while let Some(last) = {
        let tx = db.snapshot().await?;
        let volunteers = batch(&tx, after).await?;
        let wrong = differences(&tx, &volunteers).await?;
        note(&mut report, &volunteers, &wrong);
        volunteers.last().copied()
    } {
        after = Some(last);
        progress(report.volunteers);
    }
    let wrong: Vec<WrongTally> = db::all(&db.conn, wrong_tallies(&db.conn), []).await?;
    tell_tallies(&mut report, &wrong);
    Ok(report)
}

/// Rebuilds whatever differs from the ledger. A server may go on meanwhile.
pub async fn rebuild(db: &Db, mut progress: impl FnMut(u64)) -> Result<Report, DbErr> {
    let mut report = Report { rebuilt: true, ..Report::default() };
    let mut after = None;
    loop {
        let volunteers = batch(&db.conn, after).await?;
        let Some(last) = volunteers.last().copied() else { break };
        let wrong = differences(&db.conn, &volunteers).await?;
        note(&mut report, &volunteers, &wrong);
        if !wrong.is_empty() {
            mend(db, &whose(&wrong)).await?;
        }
        after = Some(last);
        progress(report.volunteers);
    }
    let wrong = mend_tallies(db).await?;
    tell_tallies(&mut report, &wrong);
    jobs::count_all(db).await?;
    Ok(report)
}

async fn batch(db: &impl ConnectionTrait, after: Option<VolunteerId>) -> Result<Vec<VolunteerId>, DbErr> {
    let (filter, values) = match after {
        Some(after) => ("WHERE id > $1", vec![after.into()]),
        None => ("", vec![]),
    };
    store::ids(db, format!("SELECT id FROM volunteer {filter} ORDER BY id LIMIT {BATCH}"), values).await
}

/// A standing that is not what the ledger says.
#[derive(FromQueryResult)]
struct Wrong {
    volunteer_id: VolunteerId,
    team_id: TeamId,
    category: String,
    period: i32,
    kept: i64,
    rebuilt: i64,
}

/// Every standing of these volunteers from the ledger. A correction over the end of a month moves a record's day, so the minutes of
/// an entry count for the day that its record has now: a record's entries sum up to it.
fn rebuilt(db: &impl ConnectionTrait, those: &str) -> String {
    format!(
        "SELECT b.volunteer_id, CASE t.column1 WHEN 0 THEN {} ELSE b.team_id END AS team_id,
                CASE c.column1 WHEN 0 THEN '' ELSE b.category END AS category,
                CASE p.column1 WHEN 0 THEN 0 WHEN 1 THEN b.year ELSE b.year + b.month END AS period,
                b.home, b.shown, CAST(SUM(b.minutes) AS bigint) AS minutes
         FROM (SELECT l.volunteer_id, v.residence_code AS home, {AGREED} AS shown, r.team_id, r.category,
                      CAST(substr(CAST(r.service_date AS text), 1, 4) AS integer) * 100 AS year,
                      CAST(substr(CAST(r.service_date AS text), 6, 2) AS integer) AS month,
                      SUM(l.confirmed_minutes) AS minutes
               FROM volunteer v JOIN ledger_entry l ON l.volunteer_id = v.id
               JOIN service_record r ON r.id = l.record_id
               WHERE v.id IN ({those}) AND {HERE}
               GROUP BY 1, 2, 3, 4, 5, 6, 7) b
         CROSS JOIN (VALUES (0), (1)) t CROSS JOIN (VALUES (0), (1)) c CROSS JOIN (VALUES (0), (1), (2)) p
         GROUP BY 1, 2, 3, 4, 5, 6 HAVING SUM(b.minutes) <> 0",
        any_team(db)
    )
}

async fn differences(db: &impl ConnectionTrait, volunteers: &[VolunteerId]) -> Result<Vec<Wrong>, DbErr> {
    let those = db::placeholders(1, volunteers.len());
    let text = format!(
        "SELECT COALESCE(w.volunteer_id, k.volunteer_id) AS volunteer_id, COALESCE(w.team_id, k.team_id) AS team_id,
                COALESCE(w.category, k.category) AS category, COALESCE(w.period, k.period) AS period,
                CAST(COALESCE(k.minutes, 0) AS bigint) AS kept, CAST(COALESCE(w.minutes, 0) AS bigint) AS rebuilt
         FROM ({}) w
         FULL JOIN (SELECT * FROM leaderboard_standing WHERE volunteer_id IN ({those})) k
             ON k.volunteer_id = w.volunteer_id AND k.team_id = w.team_id AND k.category = w.category
                AND k.period = w.period
         WHERE COALESCE(k.minutes, 0) <> COALESCE(w.minutes, 0)
            OR (w.minutes IS NOT NULL AND (k.home <> w.home OR k.shown <> w.shown))
            OR (w.minutes IS NULL AND k.shown = TRUE AND k.minutes > 0)
         ORDER BY 1, 2, 3, 4",
        rebuilt(db, &those)
    );
    db::all(db, text, volunteers.iter().map(|id| (*id).into())).await
}

fn whose(wrong: &[Wrong]) -> Vec<VolunteerId> {
    let mut volunteers: Vec<_> = wrong.iter().map(|wrong| wrong.volunteer_id).collect();
    volunteers.sort_unstable();
    volunteers.dedup();
    volunteers
}

fn note(report: &mut Report, volunteers: &[VolunteerId], wrong: &[Wrong]) {
    report.volunteers += volunteers.len() as u64;
    report.wrong_volunteers += whose(wrong).len() as u64;
    for Wrong { volunteer_id, team_id, category, period, kept, rebuilt } in wrong {
        let team = if team_id.0.is_nil() { "any".into() } else { team_id.to_string() };
        let category = if category.is_empty() { "any" } else { category };
        let place = format!("volunteer {volunteer_id}: team {team}, category {category}, period {period}");
        report.tell(match kept == rebuilt {
            true => format!("{place}: {kept} minutes stand at another home, or are shown otherwise than agreed"),
            false => format!("{place}: the board says {kept} minutes, the ledger {rebuilt}"),
        });
    }
}

/// Makes these volunteers' standings what the ledger says, all at once. They are held, so nothing is booked in between.
async fn mend(db: &Db, volunteers: &[VolunteerId]) -> Result<(), DbErr> {
    let tx = db.begin().await?;
    mend_in(&tx, volunteers).await?;
    tx.commit().await
}

/// The same inside the caller's transaction.
pub async fn mend_in(tx: &impl ConnectionTrait, volunteers: &[VolunteerId]) -> Result<(), DbErr> {
    let values = || volunteers.iter().map(|id| Value::from(*id));
    let those = db::placeholders(1, volunteers.len());
    let hold = format!("SELECT id FROM volunteer WHERE id IN ({those}) ORDER BY id {}", db::for_update(tx));
    store::ids(tx, hold, values().collect()).await?;
    // Tallies are taken twice here, so not in one order; whoever counts waits until then. Nobody who books or reads does.
    lock_tallies(tx, "SHARE ROW EXCLUSIVE").await?;
    db::run(tx, add_to_tallies(&counted(tx, Some(&those), -1)), values()).await?;
    let empty = format!(
        "UPDATE leaderboard_standing SET minutes = 0, counted = 0, shown = FALSE WHERE volunteer_id IN ({those})"
    );
    db::run(tx, empty, values()).await?;
    let fill = format!(
        "INSERT INTO leaderboard_standing (volunteer_id, team_id, category, period, home, shown, minutes, counted)
         SELECT w.volunteer_id, w.team_id, w.category, w.period, w.home, w.shown, w.minutes,
                CASE WHEN w.team_id = {} THEN w.minutes ELSE 0 END
         FROM ({}) w WHERE TRUE
         ON CONFLICT (volunteer_id, team_id, category, period)
         DO UPDATE SET minutes = excluded.minutes, counted = excluded.counted, home = excluded.home, shown = excluded.shown",
        any_team(tx),
        rebuilt(tx, &those)
    );
    db::run(tx, fill, values()).await?;
    db::run(tx, add_to_tallies(&counted(tx, Some(&those), 1)), values()).await?;
    Ok(())
}

/// What the tallies have of all standings, or of these volunteers' alone, so many times: (area, category, period, bucket, n).
fn counted(db: &impl ConnectionTrait, those: Option<&str>, times: i32) -> String {
    let those = those.map_or_else(String::new, |those| format!("AND volunteer_id IN ({those})"));
    by_area(&format!(
        "SELECT home, category, period, {} AS bucket, {times} AS n FROM leaderboard_standing
         WHERE team_id = {} AND counted > 0 {those}",
        bucket_sql("counted"),
        any_team(db)
    ))
}

/// A tally that does not say what it has counted.
#[derive(FromQueryResult)]
struct WrongTally {
    area: String,
    category: String,
    period: i32,
    bucket: i32,
    missing: i64,
}

/// What the standings say that the tallies have, less what they have: (area, category, period, bucket, n).
fn unlike(db: &impl ConnectionTrait) -> String {
    format!("{} UNION ALL SELECT area, category, period, bucket, -heads FROM leaderboard_tally", counted(db, None, 1))
}

fn wrong_tallies(db: &impl ConnectionTrait) -> String {
    format!(
        "SELECT y.area, y.category, y.period, y.bucket, CAST(SUM(y.n) AS bigint) AS missing FROM ({}) y
         GROUP BY y.area, y.category, y.period, y.bucket HAVING SUM(y.n) <> 0 ORDER BY 1, 2, 3, 4",
        unlike(db)
    )
}

/// Adds to each tally what it misses, found in one statement and so at one moment: what is counted meanwhile adds up with it. Two
/// that mend at once would add it twice, so one waits for the other.
async fn mend_tallies(db: &Db) -> Result<Vec<WrongTally>, DbErr> {
    let tx = db.begin().await?;
    lock_tallies(&tx, "SHARE UPDATE EXCLUSIVE").await?;
    let wrong: Vec<WrongTally> = db::all(&tx, wrong_tallies(&tx), []).await?;
    if !wrong.is_empty() {
        db::run(&tx, add_to_tallies(&unlike(&tx)), []).await?;
    }
    tx.commit().await?;
    Ok(wrong)
}

/// SQLite's writers stand in line anyway.
async fn lock_tallies(tx: &impl ConnectionTrait, mode: &str) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Sqlite {
        tx.execute_unprepared(&format!("LOCK TABLE leaderboard_tally IN {mode} MODE")).await?;
    }
    Ok(())
}

fn tell_tallies(report: &mut Report, wrong: &[WrongTally]) {
    report.wrong_tallies += wrong.len() as u64;
    for WrongTally { area, category, period, bucket, missing } in wrong {
        let category = if category.is_empty() { "any" } else { category };
        report.tell(format!(
            "tally of {area}, category {category}, period {period}, from {bucket} minutes: {missing} volunteers are missing"
        ));
    }
}
