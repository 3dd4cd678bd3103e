//! Statements in the database, which itself lets nothing be taken up twice.

use boai_entity::{
    Instant, branch,
    ids::{BranchId, MonthStatementId},
    month_statement, month_statement_line,
};
use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Value,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::rules::Standing;
use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// Holds the branch and the one above it, in this order from the top: of a branch that signs and one that takes its statement up,
/// the later sees the earlier. The branch, if it is there.
pub async fn lock(db: &impl ConnectionTrait, id: BranchId) -> Result<Option<branch::Model>, DbErr> {
    let text = format!(
        "SELECT * FROM branch WHERE id = $1 OR id = (SELECT parent_id FROM branch WHERE id = $1)
         ORDER BY length(path) {}",
        db::for_update(db)
    );
    let held: Vec<branch::Model> = db::all(db, text, [id.into()]).await?;
    Ok(held.into_iter().find(|branch| branch.id == id))
}

#[derive(FromQueryResult)]
struct Signed {
    month: NaiveDate,
    branch_id: BranchId,
    name: String,
}

/// What the branch and those above it signed last.
pub async fn standing(db: &impl ConnectionTrait, branch: &branch::Model) -> Result<Standing, DbErr> {
    let text = "SELECT b.id AS branch_id, b.name, MAX(s.month) AS month FROM branch b
                JOIN month_statement s ON s.branch_id = b.id
                WHERE substr($1, 1, length(b.path)) = b.path
                GROUP BY b.id, b.name, b.path ORDER BY length(b.path)";
    let rows: Vec<Signed> = db::all(db, text, [branch.path.as_str().into()]).await?;
    let (own, above): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.branch_id == branch.id);
    Ok(Standing {
        signed: own.first().map(|row| row.month),
        above: above.into_iter().map(|row| (row.month, row.name)).max_by_key(|(month, _)| *month),
    })
}

/// The branches directly below that have to sign a month first: who ever signed one before it, and where there is service, or
/// a statement from further below, that nothing has taken up.
pub async fn missing(
    db: &impl ConnectionTrait,
    branch: BranchId,
    month: NaiveDate,
    ended: NaiveDate,
    limit: usize,
) -> Result<Vec<branch::Model>, DbErr> {
    let text = format!(
        "SELECT b.* FROM branch b WHERE b.parent_id = $1
           AND NOT EXISTS (SELECT 1 FROM month_statement s WHERE s.branch_id = b.id AND s.month = $2)
           AND (EXISTS (SELECT 1 FROM month_statement s WHERE s.branch_id = b.id AND s.month < $2)
             OR EXISTS (SELECT 1 FROM month_statement s JOIN branch d ON d.id = s.branch_id
                        WHERE s.month <= $2 AND substr(d.path, 1, length(b.path)) = b.path AND d.id <> b.id
                          AND NOT EXISTS (SELECT 1 FROM month_statement_part p WHERE p.part_id = s.id))
             OR EXISTS (SELECT 1 FROM branch d JOIN team t ON t.branch_id = d.id
                        JOIN service_record r ON r.team_id = t.id AND r.service_date < $3
                        JOIN ledger_entry e ON e.record_id = r.id AND e.confirmed_minutes <> 0
                        WHERE substr(d.path, 1, length(b.path)) = b.path
                          AND NOT EXISTS (SELECT 1 FROM month_statement_entry m WHERE m.entry_id = e.id)))
         ORDER BY b.path LIMIT {limit}"
    );
    db::all(db, text, [branch.into(), month.into(), ended.into()]).await
}

/// Records of the branch's own teams and a month that wait for their leader's word, or for somebody's after it.
pub async fn unconfirmed(
    db: &impl ConnectionTrait,
    branch: BranchId,
    month: NaiveDate,
    ended: NaiveDate,
) -> Result<i64, DbErr> {
    let text = "SELECT COUNT(*) AS count FROM team t JOIN service_record r ON r.team_id = t.id
                WHERE t.branch_id = $1 AND r.state = 'PENDING' AND r.service_date >= $2 AND r.service_date < $3";
    count(db, text, vec![branch.into(), month.into(), ended.into()]).await
}

async fn count(db: &impl ConnectionTrait, text: &str, values: Vec<Value>) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let count: Option<Count> = db::one(db, text, values).await?;
    Ok(count.map_or(0, |count| count.count))
}

/// The first day of the month, in Asia/Shanghai, in which what an entry `c` credits began. A record may have been corrected to
/// another month since; then the entry says still what it took from or gave to which.
fn service_month(db: &impl ConnectionTrait) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => {
            "COALESCE(date(json_extract(c.spans, '$[0][0]'), 'unixepoch', '+8 hours', 'start of month'),
                      date(r.service_date, 'start of month'))"
        }
        _ => {
            "CAST(COALESCE(date_trunc('month', to_timestamp(CAST(c.spans->0->>0 AS bigint)) AT TIME ZONE 'Asia/Shanghai'),
                           date_trunc('month', CAST(r.service_date AS timestamp))) AS date)"
        }
    }
}

/// Takes up every entry that adds to or takes from confirmed time, of the branch's own teams and service until the end of a month,
/// that no statement has. What commits while this runs is for the next one.
pub async fn take_entries(
    db: &impl ConnectionTrait,
    statement: MonthStatementId,
    branch: BranchId,
    month: NaiveDate,
) -> Result<u64, DbErr> {
    let of = service_month(db);
    // A reversal has no stretches of its own: it is of the month of what it takes back.
    let text = format!(
        "INSERT INTO month_statement_entry (entry_id, statement_id, service_month)
         SELECT e.id, $1, {of} FROM team t
         JOIN service_record r ON r.team_id = t.id
         JOIN ledger_entry e ON e.record_id = r.id AND e.confirmed_minutes <> 0
         JOIN ledger_entry c ON c.id = CASE WHEN e.kind = 'REVERSAL' THEN e.corrects ELSE e.id END
         WHERE t.branch_id = $2 AND {of} <= $3
           AND NOT EXISTS (SELECT 1 FROM month_statement_entry m WHERE m.entry_id = e.id)"
    );
    db::run(db, text, [statement.into(), branch.into(), month.into()]).await
}

/// Takes up every statement of the branches directly below, until a month, that none has.
pub async fn take_parts(
    db: &impl ConnectionTrait,
    statement: MonthStatementId,
    branch: BranchId,
    month: NaiveDate,
) -> Result<u64, DbErr> {
    let text = "INSERT INTO month_statement_part (part_id, statement_id)
                SELECT s.id, $1 FROM branch b JOIN month_statement s ON s.branch_id = b.id
                WHERE b.parent_id = $2 AND s.month <= $3
                  AND NOT EXISTS (SELECT 1 FROM month_statement_part p WHERE p.part_id = s.id)";
    db::run(db, text, [statement.into(), branch.into(), month.into()]).await
}

/// What a statement's own entries and its parts come to, by month and book.
const SUMS: &str = "SELECT service_month, book, CAST(SUM(minutes) AS bigint) AS minutes, CAST(SUM(records) AS bigint) AS records
     FROM (SELECT m.service_month, e.book, e.confirmed_minutes AS minutes,
                  CASE WHEN e.confirmed_minutes > 0 THEN 1 ELSE -1 END AS records
           FROM month_statement_entry m JOIN ledger_entry e ON e.id = m.entry_id WHERE m.statement_id = $1
           UNION ALL
           SELECT l.service_month, l.book, l.minutes, l.records
           FROM month_statement_part p JOIN month_statement_line l ON l.statement_id = p.part_id WHERE p.statement_id = $1
          ) AS taken
     GROUP BY service_month, book";

/// Writes the lines of what a statement has taken up.
pub async fn add_lines(db: &impl ConnectionTrait, statement: MonthStatementId) -> Result<(), DbErr> {
    let text = format!(
        "INSERT INTO month_statement_line (statement_id, service_month, book, minutes, records)
         SELECT $1, service_month, book, minutes, records FROM ({SUMS}) AS sums"
    );
    db::run(db, text, [statement.into()]).await?;
    Ok(())
}

/// One month's figures in one book.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Sum {
    pub service_month: NaiveDate,
    pub book: boai_entity::kinds::Book,
    pub minutes: i64,
    pub records: i64,
}

/// The same, reckoned anew.
pub async fn sums(db: &impl ConnectionTrait, statement: MonthStatementId) -> Result<Vec<Sum>, DbErr> {
    db::all(db, format!("{SUMS} ORDER BY service_month, book"), [statement.into()]).await
}

/// The different people whose service a statement and all that it took up are about.
pub async fn volunteers(db: &impl ConnectionTrait, statement: MonthStatementId) -> Result<i64, DbErr> {
    let text = "WITH RECURSIVE taken (id) AS (
                    SELECT CAST($1 AS uuid) UNION ALL
                    SELECT p.part_id FROM month_statement_part p JOIN taken t ON t.id = p.statement_id)
                SELECT COUNT(DISTINCT e.volunteer_id) AS count FROM taken t
                JOIN month_statement_entry m ON m.statement_id = t.id JOIN ledger_entry e ON e.id = m.entry_id";
    // Cast to a type that it does not know, SQLite takes the id for a number.
    let sqlite = db.get_database_backend() == DbBackend::Sqlite;
    let text = if sqlite { text.replace("CAST($1 AS uuid)", "$1") } else { text.to_owned() };
    count(db, &text, vec![statement.into()]).await
}

/// SHA-256 of the hashes of a statement's own entries, by the entries' ids; so many at a time.
pub async fn entries_digest(db: &impl ConnectionTrait, statement: MonthStatementId) -> Result<String, DbErr> {
    #[derive(FromQueryResult)]
    struct Hash {
        id: Uuid,
        hash: String,
    }
    const BATCH: usize = 5000;
    let text = format!(
        "SELECT e.id, e.hash FROM month_statement_entry m JOIN ledger_entry e ON e.id = m.entry_id
         WHERE m.statement_id = $1 AND m.entry_id > $2 ORDER BY m.entry_id LIMIT {BATCH}"
    );
    let (mut digest, mut after) = (Sha256::new(), Uuid::nil());
    loop {
        let hashes: Vec<Hash> = db::all(db, text.as_str(), [statement.into(), after.into()]).await?;
        hashes.iter().for_each(|row| digest.update(&row.hash));
        match hashes.last() {
            Some(last) if hashes.len() == BATCH => after = last.id,
            _ => return Ok(hex::encode(digest.finalize())),
        }
    }
}

/// The digests of the statements taken up, by their ids.
pub async fn part_digests(db: &impl ConnectionTrait, statement: MonthStatementId) -> Result<Vec<String>, DbErr> {
    #[derive(FromQueryResult)]
    struct Part {
        digest: String,
    }
    let text = "SELECT s.digest FROM month_statement_part p JOIN month_statement s ON s.id = p.part_id
                WHERE p.statement_id = $1 ORDER BY p.part_id";
    let parts: Vec<Part> = db::all(db, text, [statement.into()]).await?;
    Ok(parts.into_iter().map(|part| part.digest).collect())
}

pub async fn add(db: &impl ConnectionTrait, row: month_statement::Model) -> Result<(), DbErr> {
    month_statement::Entity::insert(month_statement::ActiveModel::from(row)).exec_without_returning(db).await?;
    Ok(())
}

pub async fn by_ids(db: &impl ConnectionTrait, ids: &[MonthStatementId]) -> Result<Vec<month_statement::Model>, DbErr> {
    month_statement::Entity::find().filter(month_statement::Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The lines of statements, by month and book.
pub async fn lines(
    db: &impl ConnectionTrait,
    statements: &[MonthStatementId],
) -> Result<Vec<month_statement_line::Model>, DbErr> {
    use month_statement_line::Column;
    month_statement_line::Entity::find()
        .filter(Column::StatementId.is_in(statements.iter().copied()))
        .order_by_asc(Column::ServiceMonth)
        .order_by_asc(Column::Book)
        .all(db)
        .await
}

/// What a branch signed, the newest month first.
pub async fn of_branch(
    db: &impl ConnectionTrait,
    branch: BranchId,
    page: Page<NaiveDate>,
) -> Result<Slice<month_statement::Model>, DbErr> {
    let (beyond, order) = page.seek(true);
    let mut values: Vec<Value> = vec![branch.into()];
    let mut from = String::new();
    if let Some(month) = page.from {
        values.push(month.into());
        from = format!("AND month {beyond} $2");
    }
    let limit = page.limit + 1;
    let text =
        format!("SELECT * FROM month_statement WHERE branch_id = $1 {from} ORDER BY month {order} LIMIT {limit}");
    Ok(page.cut(db::all(db, text, values).await?))
}

/// When a branch signed a month, if it had before a moment.
pub async fn signed_before(
    db: &impl ConnectionTrait,
    branch: BranchId,
    month: NaiveDate,
    before: Instant,
) -> Result<Option<month_statement::Model>, DbErr> {
    let text = "SELECT * FROM month_statement WHERE branch_id = $1 AND month = $2 AND signed_at < $3";
    db::one(db, text, [branch.into(), month.into(), before.into()]).await
}

/// What a branch's statements signed before a moment say of one month's service, by book.
pub async fn published(
    db: &impl ConnectionTrait,
    branch: BranchId,
    month: NaiveDate,
    before: Instant,
) -> Result<Vec<Sum>, DbErr> {
    let text = "SELECT l.service_month, l.book, CAST(SUM(l.minutes) AS bigint) AS minutes, CAST(SUM(l.records) AS bigint) AS records
                FROM month_statement s JOIN month_statement_line l ON l.statement_id = s.id
                WHERE s.branch_id = $1 AND l.service_month = $2 AND s.signed_at < $3
                GROUP BY l.service_month, l.book ORDER BY l.book";
    db::all(db, text, [branch.into(), month.into(), before.into()]).await
}

/// A stretch of statements by id.
pub async fn after(
    db: &impl ConnectionTrait,
    after: Option<MonthStatementId>,
    limit: u64,
) -> Result<Vec<month_statement::Model>, DbErr> {
    let text = format!("SELECT * FROM month_statement WHERE id > $1 ORDER BY id LIMIT {limit}");
    db::all(db, text, [after.map_or(Uuid::nil(), |after| after.0).into()]).await
}
