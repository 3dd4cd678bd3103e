//! The database: one SQLite file, or PostgreSQL. It is the judge of everything that must be true.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use boai_migration::Migrator;
use chrono::{DateTime, Datelike, Utc};
use sea_orm::{
    AccessMode, ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, FromQueryResult, IsolationLevel, RuntimeErr, SqliteTransactionMode, SqlxError, SqlxSqliteError,
    Statement, TransactionOptions, TransactionTrait, Value,
    sea_query::{Expr, LikeExpr, SimpleExpr},
    sqlx::Connection,
};
use sea_orm_migration::{MigratorTrait, SchemaManagerConnection};

use super::errors::Fault;

/// A pool of connections, and a count of the statements that went through it.
#[derive(Clone)]
pub struct Db {
    pub conn: DatabaseConnection,
    statements: Arc<AtomicU64>,
}

/// Opens the database. The first that opens a new file makes it a WAL file, and of others that come in that moment SQLite
/// lets nobody wait, whatever the busy time-out says: so they come again.
async fn opened(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let mut tries = 0;
    loop {
        match Database::connect(options.clone()).await {
            Err(error) if tries < 100 && error.to_string().contains("database is locked") => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            answer => return answer,
        }
    }
}

impl Db {
    /// Connects. A SQLite file is made when it is not there; it is opened in WAL mode and every commit is synced.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, DbErr> {
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(max_connections)
            .acquire_timeout(Duration::from_secs(10))
            .sqlx_logging(false)
            .test_before_acquire_if_idle_for(Duration::from_secs(10))
            // A failed commit, for want of room, ends the transaction in SQLite, and the rollback after it fails too: then sqlx
            // believes itself in a transaction for ever, makes savepoints of all the later ones, and nothing of them is kept,
            // although each commit succeeds. Such a connection is given up.
            .map_sqlx_sqlite_before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
            .map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .create_if_missing(true)
                    .pragma("journal_mode", "WAL")
                    .pragma("synchronous", "FULL")
                    .busy_timeout(Duration::from_secs(20))
            });
        let mut conn = opened(options).await?;
        let statements = Arc::new(AtomicU64::new(0));
        let counter = statements.clone();
        conn.set_metric_callback(move |_| {
            counter.fetch_add(1, Relaxed);
        });
        Ok(Self { conn, statements })
    }

    pub fn file_url(path: &Path) -> String {
        format!("sqlite://{}", path.display())
    }

    /// Statements sent since the connection was made; tests assert differences of it.
    pub fn statements(&self) -> u64 {
        self.statements.load(Relaxed)
    }

    /// Whether there is no table at all.
    pub async fn is_empty(&self) -> Result<bool, DbErr> {
        #[derive(FromQueryResult)]
        struct Tables {
            count: i64,
        }
        let text = match self.conn.get_database_backend() {
            DbBackend::Sqlite => "SELECT COUNT(*) AS count FROM sqlite_master WHERE type = 'table'",
            _ => "SELECT COUNT(*) AS count FROM information_schema.tables WHERE table_schema = current_schema()",
        };
        let tables: Option<Tables> = one(&self.conn, text, []).await?;
        Ok(tables.is_none_or(|tables| tables.count == 0))
    }

    /// Begins a transaction that may write. SQLite takes its single write lock now (a reader that turned writer
    /// half-way could fail at once); PostgreSQL locks rows as they are touched.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.conn
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..Default::default()
            })
            .await
    }

    /// A transaction that reads the database as it is at its first statement. SQLite's always does.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = match self.conn.get_database_backend() {
            DbBackend::Sqlite => TransactionOptions::default(),
            _ => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..TransactionOptions::default()
            },
        };
        self.conn.begin_with_options(options).await
    }

    /// Applies the migrations that are missing, and says how many. A database made by a newer version is refused.
    pub async fn migrate(&self) -> Result<usize, DbErr> {
        // Of several that start at once, one migrates and the others wait for it; all of it is done, or nothing.
        let tx = self.begin().await?;
        if self.conn.get_database_backend() != DbBackend::Sqlite {
            tx.execute_unprepared("SELECT pg_advisory_xact_lock(20210508)").await?;
        }
        let applied = bring_up_to_date(SchemaManagerConnection::Transaction(&tx)).await?;
        tx.commit().await?;
        Ok(applied)
    }
}

async fn bring_up_to_date(conn: SchemaManagerConnection<'_>) -> Result<usize, DbErr> {
    Migrator::install(&conn).await?;
    let known: Vec<String> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let applied = Migrator::get_migration_models(&conn).await?;
    if let Some(unknown) = applied.into_iter().map(|row| row.version).find(|version| !known.contains(version)) {
        return Err(DbErr::Custom(format!(
            "this database has the migration {unknown}, which this program does not know: a newer version of boai made it. \
             Use that version, or another database"
        )));
    }
    let missing = Migrator::get_pending_migrations(&conn).await?.len();
    Migrator::up(conn, None).await?;
    Ok(missing)
}

/// Whether an error comes of the moment, and not of what was asked: the database is away, restarts, has no room, or has too much
/// to do. The same request may go through a moment later. (At a commit nobody knows whether it went through already; that is
/// what request ids are for.)
pub fn passes(error: &DbErr) -> bool {
    let error = match error {
        DbErr::ConnectionAcquire(_) => return true,
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => error,
        _ => return false,
    };
    match &**error {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed
        | SqlxError::BeginFailed => true,
        SqlxError::Database(error) => {
            let code = error.code().unwrap_or_default();
            if error.try_downcast_ref::<SqlxSqliteError>().is_some() {
                passes_on_sqlite(&code)
            } else {
                passes_on_postgres(&code)
            }
        }
        _ => false,
    }
}

/// By the primary code, which is the low byte: busy, locked, read only, a failed read or write, full, cannot be opened.
fn passes_on_sqlite(code: &str) -> bool {
    code.parse::<i32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

/// By the class: connection, rollback (a deadlock), insufficient resources (a full disk), operator intervention (a restart),
/// system error; and a lock that is not to be had, and a server that has become a read-only one.
fn passes_on_postgres(code: &str) -> bool {
    ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class)) || ["55P03", "25006"].contains(&code)
}

/// SQL written once for both databases, with `$1`, `$2` … for the values.
pub fn sql(db: &impl ConnectionTrait, text: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), text, values)
}

pub async fn all<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    text: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<T>, DbErr> {
    T::find_by_statement(sql(db, text, values)).all(db).await
}

pub async fn one<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    text: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<T>, DbErr> {
    T::find_by_statement(sql(db, text, values)).one(db).await
}

/// Runs a statement and says how many rows it touched.
pub async fn run(
    db: &impl ConnectionTrait,
    text: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected())
}

/// `$3, $4, $5` for the items of an IN list that starts at this position. An empty list matches nothing.
pub fn placeholders(start: usize, count: usize) -> String {
    if count == 0 {
        return "NULL".into();
    }
    (start..start + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// What gives each of these ids a text of its own, behind the values that a statement has already: the placeholders of the ids, a
/// `CASE id …` for the texts, and all the values.
pub fn each_with_text<'t>(
    before: impl IntoIterator<Item = Value>,
    items: impl IntoIterator<Item = (Value, &'t str)>,
) -> (String, String, Vec<Value>) {
    let mut values: Vec<Value> = before.into_iter().collect();
    let (mut ids, mut texts) = (Vec::new(), "CASE id".to_owned());
    for (id, text) in items {
        values.extend([id, text.into()]);
        let place = values.len();
        ids.push(format!("${}", place - 1));
        texts.push_str(&format!(" WHEN ${} THEN ${place}", place - 1));
    }
    texts.push_str(" END");
    (ids.join(", "), texts, values)
}

/// A `LIKE` pattern for texts that contain this one; `%` and `_` in it mean themselves (`ESCAPE '\'`).
pub fn contains_pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// Whether a column has this text somewhere in it; small and capital Latin letters are alike, as SQLite's own LIKE has it.
pub fn contains(db: &impl ConnectionTrait, column: impl ColumnTrait, text: &str) -> SimpleExpr {
    // In here alone: they give every value a `contains` and more.
    use sea_orm::{ExprTrait, sea_query::extension::postgres::PgExpr};
    let pattern = LikeExpr::new(contains_pattern(text));
    let column = Expr::col(column.as_column_ref());
    match db.get_database_backend() {
        DbBackend::Sqlite => column.like(pattern.escape('\\')),
        // The backslash escapes there without being named, and SeaQuery misplaces a named one.
        _ => column.ilike(pattern),
    }
}

/// A moment that somebody gave, if both databases keep it and compare it alike: SQLite compares times as text, which a
/// year of five digits breaks, and PostgreSQL knows none before 4713 BC.
pub fn moment(name: &str, at: DateTime<Utc>) -> Result<DateTime<Utc>, Fault> {
    if (1900..=2999).contains(&at.year()) {
        return Ok(at);
    }
    Err(Fault::bad_input(format!("`{name}` lies outside the years 1900 to 2999.")))
}

/// SQLite has no row locks to ask for: its writers stand in line from `begin` on.
pub fn for_update(db: &impl ConnectionTrait) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => "",
        _ => "FOR NO KEY UPDATE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{clock::Clock, random::Random};

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        // Full, busy, a failed write and a failed sync; then a broken constraint, a missing table.
        for (code, passing) in [("13", true), ("5", true), ("778", true), ("1034", true), ("2067", false), ("1", false)]
        {
            assert_eq!(passes_on_sqlite(code), passing, "{code}");
        }
        // A cut connection, a deadlock, a full disk, a restart; then a broken constraint, a missing table.
        let codes =
            [("08006", true), ("40P01", true), ("53100", true), ("57P01", true), ("23505", false), ("42P01", false)];
        for (code, passing) in codes {
            assert_eq!(passes_on_postgres(code), passing, "{code}");
        }
    }

    /// SQLite ends the transaction by itself when there is no room for it.
    #[tokio::test]
    async fn what_is_committed_after_the_file_was_full_is_kept() {
        let folder = std::env::temp_dir().join(Random::system().uuid(Clock::system().now()).to_string());
        std::fs::create_dir(&folder).unwrap();
        let url = Db::file_url(&folder.join("test.sqlite"));
        let db = Db::connect(&url, 1).await.unwrap();
        db.conn.execute_unprepared("CREATE TABLE t (text TEXT)").await.unwrap();
        db.conn.execute_unprepared("PRAGMA max_page_count = 2").await.unwrap();
        let tx = db.begin().await.unwrap();
        let full = tx.execute_unprepared("INSERT INTO t VALUES (hex(zeroblob(100000)))").await.unwrap_err();
        assert!(passes(&full), "{full}");
        drop(tx);
        // One that is not committed, and one that is.
        for commit in [false, true] {
            let tx = db.begin().await.unwrap();
            tx.execute_unprepared("INSERT INTO t VALUES ('small')").await.unwrap();
            if commit {
                tx.commit().await.unwrap();
            }
        }
        let seen = Db::connect(&url, 1).await.unwrap();
        assert_eq!(run(&seen.conn, "DELETE FROM t", []).await.unwrap(), 1);
        drop((db, seen));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
