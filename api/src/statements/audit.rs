//! `boai audit`: reckons every signed statement anew from what it took up, and compares.

use std::fmt;

use boai_entity::{ids::MonthStatementId, month_statement, month_statement_line as line};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    rules::{self, TakenUp},
    store,
};
use crate::platform::db::Db;

/// Statements looked at in one go.
const BATCH: u64 = 200;

/// What was looked at and what is wrong.
#[derive(Debug, Default)]
pub struct Report {
    pub statements: u64,
    pub faults: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} signed months", self.statements)?;
        for fault in &self.faults {
            writeln!(f, "FAULT {fault}")?;
        }
        match self.faults.len() {
            0 => write!(f, "every one says what it took up"),
            faults => write!(f, "{faults} faults: the database was changed behind the product's back"),
        }
    }
}

/// Goes over all statements. What is signed never changes, so a server may go on writing meanwhile.
pub async fn audit(db: &Db, mut progress: impl FnMut(u64)) -> Result<Report, DbErr> {
    let mut report = Report::default();
    let mut after = None;
    loop {
        let statements = store::after(&db.conn, after, BATCH).await?;
        let Some(last) = statements.last().map(|statement| statement.id) else { return Ok(report) };
        let ids: Vec<MonthStatementId> = statements.iter().map(|statement| statement.id).collect();
        let mut lines = store::lines(&db.conn, &ids).await?;
        for statement in statements {
            let (own, others) = lines.into_iter().partition(|line| line.statement_id == statement.id);
            lines = others;
            check(&db.conn, &mut report, statement, own).await?;
        }
        progress(report.statements);
        after = Some(last);
    }
}

async fn check(
    db: &impl ConnectionTrait,
    report: &mut Report,
    statement: month_statement::Model,
    lines: Vec<line::Model>,
) -> Result<(), DbErr> {
    report.statements += 1;
    let mut fault = |what: String| {
        report.faults.push(format!("statement {} of {}: {what}", statement.id, rules::name(statement.month)));
    };
    let said = lines.iter().map(|line| (line.service_month, line.book, line.minutes, line.records));
    let sums = store::sums(db, statement.id).await?;
    let reckoned = sums.iter().map(|sum| (sum.service_month, sum.book, sum.minutes, sum.records));
    if !said.eq(reckoned) {
        let (said, sum) = (lines.iter().map(|line| line.minutes), sums.iter().map(|sum| sum.minutes));
        let (said, sum): (i64, i64) = (said.sum(), sum.sum());
        fault(format!("its lines say {said} min, what it took up comes to {sum} min, or to others by month and book"));
    }
    let volunteers = store::volunteers(db, statement.id).await?;
    if volunteers != statement.volunteers {
        fault(format!("says {} volunteers, took up the service of {volunteers}", statement.volunteers));
    }
    let taken = TakenUp {
        id: statement.id,
        branch: statement.branch_id,
        month: statement.month,
        signed_at: statement.signed_at,
        volunteers: statement.volunteers,
        lines: &lines,
        entries: store::entries_digest(db, statement.id).await?,
        parts: &store::part_digests(db, statement.id).await?,
    };
    if rules::digest(&taken) != statement.digest {
        fault("is not what was signed".into());
    }
    Ok(())
}
