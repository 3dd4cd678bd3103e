//! What is older than its days, and what becomes of it: one statement a batch, found by an index.

use boai_entity::{Instant, retention_policy, retention_policy::RetentionDays};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use super::rows::banded;
use crate::{
    platform::{civil::civil_day, db, db::Db},
    trail::rules::LOOKS_STAY_DAYS,
};

/// A kind of data that does not stay.
pub struct Sweep {
    pub kind: &'static str,
    /// How often it is gone over.
    pub every: TimeDelta,
    /// How old it may become; none for what carries its own end.
    pub days: Option<fn(&RetentionDays) -> i64>,
    table: &'static str,
    key: &'static str,
    /// The condition on a row, `$1` being the moment before which it is too old, or its civil day.
    due: &'static str,
    by_day: bool,
    act: Act,
}

enum Act {
    Delete,
    /// Tokens hang on sessions and go with them.
    DeleteSessions,
    /// The columns that change; `$2` is now.
    Reduce(fn() -> String),
    /// What a seal stands for in the audit trail; `$2` is nobody's id.
    ForgetLooks,
    /// The bytes hang on the export and go; what is left says that there was one. `$2` is now.
    DeleteFiles,
}

const HOURLY: TimeDelta = TimeDelta::hours(1);
const MINUTELY: TimeDelta = TimeDelta::minutes(1);

/// The part of an attendance's condition that the index `attendance_located` holds.
macro_rules! located {
    ($rest:literal) => {
        concat!("(check_in_latitude IS NOT NULL OR check_out_latitude IS NOT NULL) AND checked_in_at < $1 AND ", $rest)
    };
}

pub const SWEEPS: &[Sweep] = &[
    Sweep {
        kind: "raw_location",
        every: HOURLY,
        days: Some(|days| days.raw_location),
        table: "attendance",
        key: "id",
        // What is no service gets no record: there the check-out is the end. What is disputed is evidence.
        due: located!(
            "CASE WHEN EXISTS (SELECT 1 FROM service_record r WHERE r.attendance_id = attendance.id)
             THEN EXISTS (SELECT 1 FROM service_record r WHERE r.attendance_id = attendance.id
                          AND r.state <> 'PENDING' AND COALESCE(r.notice_until, r.confirmed_at) < $1)
             ELSE state = 'CLOSED' AND checked_out_at < $1 END
             AND NOT EXISTS (SELECT 1 FROM dispute d WHERE d.attendance_id = attendance.id
                             AND (d.ends_at IS NULL OR d.ends_at > $1))"
        ),
        by_day: false,
        act: Act::Reduce(reduced_location),
    },
    Sweep {
        kind: "unsettled_location",
        every: HOURLY,
        days: Some(|days| days.unsettled_location),
        table: "attendance",
        key: "id",
        due: located!(
            "state <> 'OPEN' AND NOT EXISTS (SELECT 1 FROM service_record r WHERE r.attendance_id = attendance.id
                                             AND r.state <> 'PENDING')
             AND NOT EXISTS (SELECT 1 FROM dispute d WHERE d.attendance_id = attendance.id
                             AND (d.ends_at IS NULL OR d.ends_at > $1))"
        ),
        by_day: false,
        act: Act::Reduce(reduced_location),
    },
    Sweep {
        kind: "attempt",
        every: HOURLY,
        days: Some(|days| days.attempt),
        table: "attendance_attempt",
        key: "id",
        due: "tried_at < $1",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "refused_scan",
        every: HOURLY,
        days: Some(|days| days.attempt),
        table: "refused_scan",
        key: "id",
        due: "tried_at < $1",
        by_day: false,
        act: Act::Delete,
    },
    // A code is old after a minute, and what a desk without a network brings later is at most days old.
    Sweep {
        kind: "code_use",
        every: HOURLY,
        days: Some(|days| days.request_effect),
        table: "code_use",
        key: "volunteer_id, step",
        due: "used_at < $1",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "signal",
        every: HOURLY,
        days: Some(|days| days.attempt),
        table: "attendance_signal",
        key: "id",
        due: "at < $1",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "synced_end",
        every: HOURLY,
        days: Some(|days| days.attempt),
        table: "synced_end",
        key: "id",
        due: "heard_at < $1 AND state <> 'AWAITING'",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "review",
        every: HOURLY,
        days: Some(|days| days.review),
        table: "review_item",
        key: "id",
        due: "settled_at < $1 AND state = 'SETTLED'",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "dispute",
        every: HOURLY,
        days: Some(|days| days.review),
        table: "dispute",
        key: "id",
        due: "ends_at < $1",
        by_day: false,
        act: Act::Delete,
    },
    // What was recognised is of the record (order 67, art. 9).
    Sweep {
        kind: "refused_honour",
        every: HOURLY,
        days: Some(|days| days.review),
        table: "outside_honour",
        key: "id",
        due: "decided_at < $1 AND state = 'REFUSED'",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "back_fill_count",
        every: HOURLY,
        days: Some(|days| days.back_fill_count.max(1)),
        table: "back_fill_count",
        key: "person_id, shift_id, day",
        due: "day < $1",
        by_day: true,
        act: Act::Delete,
    },
    Sweep {
        kind: "desk_grant",
        every: HOURLY,
        days: Some(|days| days.review),
        table: "desk_grant",
        key: "id",
        due: "to_day < $1",
        by_day: true,
        act: Act::Delete,
    },
    // Who was asked whether they are there, and what they proved; then that anybody was.
    Sweep {
        kind: "presence_call",
        every: HOURLY,
        days: Some(|days| days.attempt),
        table: "presence_call",
        key: "ask_id, attendance_id",
        due: "ask_id IN (SELECT a.id FROM presence_ask a WHERE a.asked_at < $1)",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "presence_ask",
        every: HOURLY,
        days: Some(|days| days.attempt),
        table: "presence_ask",
        key: "id",
        due: "asked_at < $1 AND NOT EXISTS (SELECT 1 FROM presence_call c WHERE c.ask_id = presence_ask.id)",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "code",
        every: HOURLY,
        days: Some(|days| days.code),
        table: "sign_in_code",
        key: "phone",
        due: "expires_at < $1",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "guardian_pass",
        every: HOURLY,
        days: Some(|days| days.code),
        table: "guardian_pass",
        key: "hash",
        due: "expires_at < $1",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "wechat_ticket",
        every: HOURLY,
        days: Some(|days| days.code),
        table: "wechat_ticket",
        key: "hash",
        due: "expires_at < $1",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "session",
        every: HOURLY,
        days: Some(|days| days.session),
        table: "session",
        key: "id",
        due: "ended_at < $1",
        by_day: false,
        act: Act::DeleteSessions,
    },
    Sweep {
        kind: "lapsed_session",
        every: HOURLY,
        days: Some(|days| days.session),
        table: "session",
        key: "id",
        due: "id IN (SELECT t.session_id FROM session_token t WHERE t.expires_at < $1)
              AND NOT EXISTS (SELECT 1 FROM session_token t WHERE t.session_id = session.id AND t.expires_at >= $1)",
        by_day: false,
        act: Act::DeleteSessions,
    },
    Sweep {
        kind: "request_effect",
        every: HOURLY,
        days: Some(|days| days.request_effect),
        table: "request_effect",
        key: "person_id, request_id",
        due: "made_at < $1",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "inbox",
        every: HOURLY,
        days: Some(|days| days.inbox),
        table: "inbox_item",
        key: "id",
        due: "created_at < $1",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "outbox",
        every: HOURLY,
        days: Some(|days| days.outbox),
        table: "outbox_event",
        key: "id",
        due: "published_at < $1",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "export_bytes",
        every: MINUTELY,
        days: None,
        table: "data_export",
        key: "id",
        due: "state = 'READY' AND expires_at <= $1",
        by_day: false,
        act: Act::DeleteFiles,
    },
    Sweep {
        kind: "export",
        every: HOURLY,
        days: Some(|days| days.export),
        table: "data_export",
        key: "id",
        due: "asked_at < $1 AND state IN ('GONE', 'FAILED')",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "identity_try",
        every: HOURLY,
        days: Some(|days| days.identity_try.max(1)),
        table: "identity_try",
        key: "person_id, day",
        due: "day < $1",
        by_day: true,
        act: Act::Delete,
    },
    Sweep {
        kind: "identity",
        every: HOURLY,
        days: Some(|days| days.identity),
        table: "identity",
        key: "id",
        due: "fingerprint IS NULL AND decided_at < $1",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "recovery",
        every: HOURLY,
        days: Some(|days| days.recovery),
        table: "account_recovery",
        key: "id",
        due: "expires_at < $1 AND (ended_at IS NULL OR ended_at < $1)",
        by_day: false,
        act: Act::Delete,
    },
    Sweep {
        kind: "look",
        every: HOURLY,
        days: Some(|days| days.look.max(LOOKS_STAY_DAYS)),
        table: "audit_entry",
        key: "id",
        due: "look_salt IS NOT NULL AND at < $1",
        by_day: false,
        act: Act::ForgetLooks,
    },
    Sweep {
        kind: "last_word",
        every: HOURLY,
        days: Some(|_| 1),
        table: "erasure",
        key: "id",
        due: "last_word_to IS NOT NULL AND ended_at < $1",
        by_day: false,
        act: Act::Reduce(|| "last_word_to = NULL".into()),
    },
];

/// What is registered and is not gone over, with what becomes of it instead. A table that is neither here nor above is forgotten.
#[cfg(test)]
const STAYS: &[(&str, &str)] = &[
    ("person", "the account, until it is erased"),
    ("session_token", "goes with its session"),
    ("second_factor", "until it is removed"),
    ("recovery_code", "goes with its second factor"),
    ("wechat_link", "until it is unlinked"),
    ("volunteer", "the volunteer's file, until it is erased"),
    ("consent", "proves what was agreed to, and when"),
    ("team_member", "who is in a team"),
    ("role_grant", "who held which power over whom"),
    ("role_review_item", "who looked at it"),
    ("pending_act", "who gave it, and who agreed"),
    ("activity", "what a service record is about (order 67, art. 5)"),
    ("sign_up", "the seats of an activity add up"),
    ("desk_entry", "who made a service record what it is"),
    ("service_record", "the record itself"),
    ("commendation_round", "what commendations rest on"),
    ("commendation_nominee", "who was commended, and who was not (order 67, art. 9)"),
    ("training_record", "the record itself (order 67, art. 8)"),
    ("evaluation", "the record itself (order 67, art. 10)"),
    ("honour_roll_issue", "what was published when"),
    ("honour_roll_entry", "who agreed to be shown; the story goes as soon as it is not, or no longer"),
    ("registration", "why somebody is a registered volunteer, or was not made one"),
    ("month_statement", "who answers for a branch's figures"),
    ("award_round", "what stars rest on"),
    ("award_candidate", "what stars rest on"),
    ("award_objection", "what was said before a star was awarded, or why it was not"),
    ("star_award", "the honour itself (order 67, art. 9)"),
    ("star_badge", "which number was whose"),
    ("star_case", "why a star stayed, or was revoked"),
    ("ledger_entry", "the record itself"),
    ("ledger_head", "what was under a signed root, for the audit to compare"),
    ("certificate", "whoever was given it checks it years later, until its volunteer is erased"),
    ("volunteer_total", "the record itself"),
    ("leaderboard_standing", "follows the ledger, and goes with the account"),
    ("audit_chain", "the heads of the audit trail's chains"),
    ("data_export_chunk", "goes with its export"),
];

/// Verdict and accuracy stay; the coordinates go, and of the distances the bands stay.
fn reduced_location() -> String {
    format!(
        "check_in_latitude = NULL, check_in_longitude = NULL, check_out_latitude = NULL, check_out_longitude = NULL,
         check_in_distance_m = {}, check_out_distance_m = {}, location_reduced_at = $2",
        banded("check_in_distance_m"),
        banded("check_out_distance_m")
    )
}

impl Sweep {
    /// The moment before which a row of this kind is too old.
    pub fn before(&self, days: &RetentionDays, now: Instant) -> Instant {
        now - TimeDelta::days(self.days.map_or(0, |of| of(days)))
    }

    /// What stands for `$1`.
    fn bound(&self, before: Instant) -> Value {
        if self.by_day { civil_day(before).into() } else { before.into() }
    }
}

/// The policy in force at a moment.
pub async fn policy(db: &impl ConnectionTrait, at: Instant) -> Result<retention_policy::Model, DbErr> {
    let policy = db::one(
        db,
        "SELECT * FROM retention_policy WHERE valid_from <= $1 ORDER BY valid_from DESC, version DESC LIMIT 1",
        [at.into()],
    );
    policy
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("a retention policy; the migrations put the first one there".into()))
}

/// How many rows are due.
pub async fn due(db: &impl ConnectionTrait, sweep: &Sweep, before: Instant) -> Result<u64, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let text = format!("SELECT COUNT(*) AS count FROM {} WHERE {}", sweep.table, sweep.due);
    let count: Option<Count> = db::one(db, text, [sweep.bound(before)]).await?;
    Ok(count.map_or(0, |count| count.count.unsigned_abs()))
}

/// Reduces or removes at most so many rows, and says how many. Whoever else does so at the same moment finds them done: each
/// row is touched, and counted, once.
pub async fn batch(db: &Db, sweep: &Sweep, before: Instant, now: Instant, limit: u32) -> Result<u64, DbErr> {
    let Sweep { table, key, due, .. } = sweep;
    let some = format!("({key}) IN (SELECT {key} FROM {table} WHERE {due} LIMIT {limit})");
    let conn = &db.conn;
    match sweep.act {
        // The condition stands twice: the second time it is asked of the row as it is when it is taken.
        Act::Delete => {
            db::run(conn, format!("DELETE FROM {table} WHERE {some} AND {due}"), [sweep.bound(before)]).await
        }
        Act::Reduce(set) => {
            let set = set();
            let text = format!("UPDATE {table} SET {set} WHERE {some} AND {due}");
            let now = set.contains("$2").then(|| now.into());
            db::run(conn, text, std::iter::once(before.into()).chain(now)).await
        }
        Act::ForgetLooks => {
            let text = format!(
                "UPDATE audit_entry SET subject_id = $2, subject_person = NULL, sights = '[]', purpose = NULL,
                 look_salt = NULL, reason = CASE WHEN reason_seal IS NULL THEN reason END, reason_salt = NULL
                 WHERE {some} AND {due}"
            );
            db::run(conn, text, [before.into(), uuid::Uuid::nil().into()]).await
        }
        Act::DeleteSessions => {
            let tx = db.begin().await?;
            let ids = format!("SELECT id FROM session WHERE {due} ORDER BY id LIMIT {limit}");
            #[derive(FromQueryResult)]
            struct Id {
                id: uuid::Uuid,
            }
            let ids: Vec<Id> = db::all(&tx, ids, [before.into()]).await?;
            let values = || ids.iter().map(|row| row.id.into());
            let these = db::placeholders(1, ids.len());
            db::run(&tx, format!("DELETE FROM session_token WHERE session_id IN ({these})"), values()).await?;
            let gone = db::run(&tx, format!("DELETE FROM session WHERE id IN ({these})"), values()).await?;
            tx.commit().await?;
            Ok(gone)
        }
        Act::DeleteFiles => {
            let tx = db.begin().await?;
            let text =
                format!("UPDATE data_export SET state = 'GONE', token_hash = NULL WHERE {some} AND {due} RETURNING id");
            #[derive(FromQueryResult)]
            struct Id {
                id: uuid::Uuid,
            }
            let gone: Vec<Id> = db::all(&tx, text, [before.into()]).await?;
            let these = db::placeholders(1, gone.len());
            let values = gone.iter().map(|row| row.id.into());
            db::run(&tx, format!("DELETE FROM data_export_chunk WHERE export_id IN ({these})"), values).await?;
            tx.commit().await?;
            Ok(gone.len() as u64)
        }
    }
}

/// Takes a kind of data to go over; false when somebody is at it, or has been within its interval.
pub async fn claim(db: &impl ConnectionTrait, sweep: &Sweep, now: Instant, until: Instant) -> Result<bool, DbErr> {
    let text = "INSERT INTO retention_run (kind, leased_until, finished_at, touched) VALUES ($1, $2, NULL, 0)
                ON CONFLICT (kind) DO UPDATE SET leased_until = excluded.leased_until
                WHERE retention_run.leased_until <= $3
                  AND (retention_run.finished_at IS NULL OR retention_run.finished_at <= $4)";
    let values = [sweep.kind.into(), until.into(), now.into(), (now - sweep.every).into()];
    Ok(db::run(db, text, values).await? == 1)
}

/// A sign of life between two batches.
pub async fn renew(db: &impl ConnectionTrait, sweep: &Sweep, until: Instant) -> Result<(), DbErr> {
    let text = "UPDATE retention_run SET leased_until = $2 WHERE kind = $1";
    db::run(db, text, [sweep.kind.into(), until.into()]).await?;
    Ok(())
}

pub async fn finished(db: &impl ConnectionTrait, sweep: &Sweep, touched: u64, now: Instant) -> Result<(), DbErr> {
    let text = "UPDATE retention_run SET leased_until = $2, finished_at = $2, touched = $3 WHERE kind = $1";
    let touched = i32::try_from(touched).unwrap_or(i32::MAX);
    db::run(db, text, [sweep.kind.into(), now.into(), touched.into()]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{STAYS, SWEEPS};
    use crate::privacy::registry::TABLES;

    #[test]
    fn every_table_about_people_has_its_period_or_says_why_it_stays() {
        for table in TABLES {
            let swept = SWEEPS.iter().any(|sweep| sweep.table == table.name);
            let stays = STAYS.iter().any(|(name, _)| *name == table.name);
            assert!(
                swept || stays,
                "{}: for how long is it kept? Put it among the sweeps, or say why it stays",
                table.name
            );
            assert!(!(swept && stays), "{}: it does not stay", table.name);
        }
        for (name, _) in STAYS {
            assert!(TABLES.iter().any(|table| table.name == *name), "{name}: there is no such table any more");
        }
    }
}
