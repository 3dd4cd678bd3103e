//! Jobs that stand in a table of their own: whichever instance comes first takes one and shows signs of life, and when it dies
//! another takes over. A table of jobs has `state`, `attempt`, `leased_until`, `done`, `total`, `moves`, `asked_at` and
//! `finished_at`.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::db;

/// Seconds without a sign of life after which somebody else takes a job over.
const LEASE_SECONDS: i64 = 60;
/// How often a job is begun before it is given up.
const ATTEMPTS: i32 = 3;

/// A job that was claimed, and which attempt at it that was: only the newest may finish.
pub type Attempt = (Uuid, i32);

/// A table of jobs, by its name.
#[derive(Clone, Copy, Debug)]
pub struct Jobs(pub &'static str);

impl Jobs {
    /// Takes the next job that waits, or that somebody left behind. Of any number of instances each gets another one.
    pub async fn claim<T: FromQueryResult>(
        self,
        db: &impl ConnectionTrait,
        now: DateTime<Utc>,
    ) -> Result<Option<T>, DbErr> {
        let (table, passing_over) = match db.get_database_backend() {
            DbBackend::Sqlite => (self.0, ""),
            _ => (self.0, "FOR UPDATE SKIP LOCKED"),
        };
        let text = format!(
            "UPDATE {table} SET state = 'RUNNING', attempt = attempt + 1, leased_until = $2, done = 0
             WHERE id = (SELECT id FROM {table}
                         WHERE state IN ('WAITING', 'RUNNING') AND (state = 'WAITING' OR leased_until <= $1)
                           AND attempt < $3
                         ORDER BY asked_at LIMIT 1 {passing_over})
               AND (state = 'WAITING' OR leased_until <= $1)
             RETURNING *"
        );
        db::one(db, text, [now.into(), lease(now).into(), ATTEMPTS.into()]).await
    }

    /// Gives up what was begun too often.
    pub async fn fail_exhausted(self, db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, DbErr> {
        let text = format!(
            "UPDATE {} SET state = 'FAILED', finished_at = $1
             WHERE state = 'RUNNING' AND leased_until <= $1 AND attempt >= $2",
            self.0
        );
        db::run(db, text, [now.into(), ATTEMPTS.into()]).await
    }

    /// A sign of life; false when somebody else has taken the job over.
    pub async fn progress(
        self,
        db: &impl ConnectionTrait,
        (id, attempt): Attempt,
        (done, total): (i32, i32),
        now: DateTime<Utc>,
    ) -> Result<bool, DbErr> {
        let text = format!(
            "UPDATE {} SET done = $3, total = $4, leased_until = $5
             WHERE id = $1 AND attempt = $2 AND state = 'RUNNING'",
            self.0
        );
        let values = [id.into(), attempt.into(), done.into(), total.into(), lease(now).into()];
        Ok(db::run(db, text, values).await? == 1)
    }

    /// Lets go of a job that did not work out, so that it is tried again at once.
    pub async fn let_go(
        self,
        db: &impl ConnectionTrait,
        (id, attempt): Attempt,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let text =
            format!("UPDATE {} SET leased_until = $3 WHERE id = $1 AND attempt = $2 AND state = 'RUNNING'", self.0);
        db::run(db, text, [id.into(), attempt.into(), now.into()]).await?;
        Ok(())
    }

    /// Finishes a job with what came out, if this attempt is still the newest.
    pub async fn finish(
        self,
        db: &impl ConnectionTrait,
        (id, attempt): Attempt,
        moves: Value,
        now: DateTime<Utc>,
    ) -> Result<bool, DbErr> {
        let text = format!(
            "UPDATE {} SET state = 'DONE', done = total, moves = $3, finished_at = $4, leased_until = NULL
             WHERE id = $1 AND attempt = $2 AND state = 'RUNNING'",
            self.0
        );
        Ok(db::run(db, text, [id.into(), attempt.into(), moves, now.into()]).await? == 1)
    }
}

fn lease(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::seconds(LEASE_SECONDS)
}
