//! Exports, erasures and what is old, in the database.

use boai_entity::{
    Instant, account_recovery, data_export, data_export_chunk, erasure, guardian_pass,
    ids::{DataExportId, ErasureId, PersonId, SessionId, VolunteerId},
    kinds::{DataAsker, DataExportKind, DataExportState, RecoveryState, SignInWay},
    session, sign_up,
};
use chrono::{NaiveDate, TimeDelta};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, sea_query::OnConflict,
};
use uuid::Uuid;

use super::rules::{ATTEMPTS, LEASE_SECONDS};
use crate::platform::db;

mod rows;
pub mod sweeps;

pub use rows::{Subject, erase, rows, subject};

/// Puts an export down to be made; false when a request of that id, an open one or one of the day stands in its way: the
/// unique indexes decide.
pub async fn ask(db: &impl ConnectionTrait, row: data_export::Model) -> Result<bool, DbErr> {
    let row: data_export::ActiveModel = row.into();
    let inserted = data_export::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// The export that a repeated wish stands for: the one of that request, or the one that is being made.
pub async fn same_wish(
    db: &impl ConnectionTrait,
    person: PersonId,
    request: Uuid,
) -> Result<Option<data_export::Model>, DbErr> {
    db::one(
        db,
        "SELECT * FROM data_export WHERE person_id = $1 AND kind = 'MY_DATA'
           AND (request_id = $2 OR state IN ('WAITING', 'RUNNING')) ORDER BY asked_at DESC LIMIT 1",
        [person.into(), request.into()],
    )
    .await
}

/// A person's newest exports.
pub async fn exports(db: &impl ConnectionTrait, person: PersonId) -> Result<Vec<data_export::Model>, DbErr> {
    data_export::Entity::find()
        .filter(data_export::Column::PersonId.eq(person))
        .filter(data_export::Column::Kind.eq(DataExportKind::MyData))
        .order_by_desc(data_export::Column::AskedAt)
        .order_by_desc(data_export::Column::Id)
        .limit(20)
        .all(db)
        .await
}

pub async fn export_of(
    db: &impl ConnectionTrait,
    person: PersonId,
    id: DataExportId,
) -> Result<Option<data_export::Model>, DbErr> {
    let found = data_export::Entity::find_by_id(id).filter(data_export::Column::PersonId.eq(person));
    found.filter(data_export::Column::Kind.eq(DataExportKind::MyData)).one(db).await
}

/// Takes the next export that waits, or that somebody left behind. Of any number of instances each gets another one.
pub async fn claim(db: &impl ConnectionTrait, now: Instant) -> Result<Option<data_export::Model>, DbErr> {
    let passing_over = match db.get_database_backend() {
        DbBackend::Sqlite => "",
        _ => "FOR UPDATE SKIP LOCKED",
    };
    let text = format!(
        "UPDATE data_export SET state = 'RUNNING', attempt = attempt + 1, leased_until = $2, parts_done = 0
         WHERE id = (SELECT id FROM data_export
                     WHERE (state = 'WAITING' OR (state = 'RUNNING' AND leased_until <= $1)) AND attempt < $3
                     ORDER BY asked_at LIMIT 1 {passing_over})
           AND (state = 'WAITING' OR leased_until <= $1)
         RETURNING *"
    );
    db::one(db, text, [now.into(), lease(now).into(), ATTEMPTS.into()]).await
}

fn lease(now: Instant) -> Instant {
    now + TimeDelta::seconds(LEASE_SECONDS)
}

/// Gives up what was begun too often; the pieces of a copy do not wait for the sweeps.
pub async fn fail_exhausted(db: &impl ConnectionTrait, now: Instant) -> Result<u64, DbErr> {
    let text =
        "UPDATE data_export SET state = 'FAILED' WHERE state = 'RUNNING' AND leased_until <= $1 AND attempt >= $2";
    let failed = db::run(db, text, [now.into(), ATTEMPTS.into()]).await?;
    if failed > 0 {
        let text = "DELETE FROM data_export_chunk
                    WHERE export_id IN (SELECT id FROM data_export WHERE state = 'FAILED')";
        db::run(db, text, []).await?;
    }
    Ok(failed)
}

/// A sign of life from whoever makes an export; false when somebody else has taken it over, or it is gone.
pub async fn progress(
    db: &impl ConnectionTrait,
    job: &data_export::Model,
    done: i32,
    now: Instant,
) -> Result<bool, DbErr> {
    let text = "UPDATE data_export SET parts_done = $3, leased_until = $4
                WHERE id = $1 AND attempt = $2 AND state = 'RUNNING'";
    let values = [job.id.into(), job.attempt.into(), done.into(), lease(now).into()];
    Ok(db::run(db, text, values).await? == 1)
}

/// Lets go of an export that did not work out, so that it is tried again at once.
pub async fn let_go(db: &impl ConnectionTrait, job: &data_export::Model, now: Instant) -> Result<(), DbErr> {
    let text = "UPDATE data_export SET leased_until = $3 WHERE id = $1 AND attempt = $2 AND state = 'RUNNING'";
    db::run(db, text, [job.id.into(), job.attempt.into(), now.into()]).await?;
    Ok(())
}

/// Finishes an export, if this attempt is still the newest; what others left of it goes.
pub async fn finish(
    db: &impl ConnectionTrait,
    job: &data_export::Model,
    size_bytes: i32,
    now: Instant,
    expires_at: Instant,
) -> Result<bool, DbErr> {
    let text = "UPDATE data_export SET state = 'READY', parts_done = parts_total, size_bytes = $3, ready_at = $4,
                    expires_at = $5, leased_until = NULL
                WHERE id = $1 AND attempt = $2 AND state = 'RUNNING'";
    let values = [job.id.into(), job.attempt.into(), size_bytes.into(), now.into(), expires_at.into()];
    if db::run(db, text, values).await? == 0 {
        return Ok(false);
    }
    let text = "DELETE FROM data_export_chunk WHERE export_id = $1 AND (attempt <> $2 OR part <> 'ZIP')";
    db::run(db, text, [job.id.into(), job.attempt.into()]).await?;
    Ok(true)
}

/// Removes what an attempt wrote that came to nothing.
pub async fn drop_chunks(db: &impl ConnectionTrait, job: &data_export::Model) -> Result<(), DbErr> {
    let text = "DELETE FROM data_export_chunk WHERE export_id = $1 AND attempt = $2";
    db::run(db, text, [job.id.into(), job.attempt.into()]).await?;
    Ok(())
}

pub async fn add_chunk(
    db: &impl ConnectionTrait,
    (export_id, attempt): (DataExportId, i32),
    part: &str,
    seq: i32,
    bytes: Vec<u8>,
) -> Result<(), DbErr> {
    let row = data_export_chunk::ActiveModel {
        export_id: Set(export_id),
        attempt: Set(attempt),
        part: Set(part.into()),
        seq: Set(seq),
        bytes: Set(bytes),
    };
    data_export_chunk::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub async fn chunk(
    db: &impl ConnectionTrait,
    (export_id, attempt): (DataExportId, i32),
    part: &str,
    seq: i32,
) -> Result<Option<Vec<u8>>, DbErr> {
    let key = (export_id, attempt, part.to_owned(), seq);
    Ok(data_export_chunk::Entity::find_by_id(key).one(db).await?.map(|chunk| chunk.bytes))
}

/// Gives a ready export another link; the one before is good no longer.
pub async fn set_link(db: &impl ConnectionTrait, id: DataExportId, hash: &str, now: Instant) -> Result<bool, DbErr> {
    let text = "UPDATE data_export SET token_hash = $2 WHERE id = $1 AND state = 'READY' AND expires_at > $3";
    Ok(db::run(db, text, [id.into(), hash.into(), now.into()]).await? == 1)
}

/// The file behind a link, as long as it is good.
pub async fn linked(db: &impl ConnectionTrait, hash: &str, now: Instant) -> Result<Option<data_export::Model>, DbErr> {
    data_export::Entity::find()
        .filter(data_export::Column::TokenHash.eq(hash))
        .filter(data_export::Column::State.eq(DataExportState::Ready))
        .filter(data_export::Column::ExpiresAt.gt(now))
        .one(db)
        .await
}

pub struct NewExport {
    pub id: DataExportId,
    pub person: PersonId,
    pub kind: DataExportKind,
    pub asked_by: DataAsker,
    pub request: Uuid,
    pub now: Instant,
    pub day: NaiveDate,
    pub parts_total: i32,
}

/// An export that nobody has begun.
pub fn waiting(new: NewExport) -> data_export::Model {
    data_export::Model {
        id: new.id,
        person_id: new.person,
        kind: new.kind,
        asked_by: new.asked_by,
        request_id: new.request,
        asked_at: new.now,
        asked_on: new.day,
        state: DataExportState::Waiting,
        attempt: 0,
        leased_until: None,
        parts_done: 0,
        parts_total: new.parts_total,
        ready_at: None,
        expires_at: None,
        size_bytes: 0,
        token_hash: None,
    }
}

pub async fn add_pass(db: &impl ConnectionTrait, row: guardian_pass::Model) -> Result<(), DbErr> {
    let row: guardian_pass::ActiveModel = row.into();
    guardian_pass::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// A guardian's pass that has not expired.
pub async fn pass(db: &impl ConnectionTrait, hash: &str, now: Instant) -> Result<Option<guardian_pass::Model>, DbErr> {
    let pass = guardian_pass::Entity::find_by_id(hash).filter(guardian_pass::Column::ExpiresAt.gt(now));
    pass.one(db).await
}

/// When the person signed in on this device by a code to the phone; none when it was in another way.
pub async fn signed_in_at(db: &impl ConnectionTrait, id: SessionId) -> Result<Option<Instant>, DbErr> {
    let by_code = session::Entity::find_by_id(id).filter(session::Column::Way.eq(SignInWay::Code));
    Ok(by_code.one(db).await?.map(|session| session.created_at))
}

/// Whether the account was recovered after a moment.
pub async fn recovered_since(db: &impl ConnectionTrait, person: PersonId, since: Instant) -> Result<bool, DbErr> {
    let recovered = account_recovery::Entity::find()
        .filter(account_recovery::Column::PersonId.eq(person))
        .filter(account_recovery::Column::State.eq(RecoveryState::Completed))
        .filter(account_recovery::Column::EndedAt.gt(since));
    Ok(recovered.one(db).await?.is_some())
}

/// What stands in an erasure's way.
#[derive(FromQueryResult)]
pub struct Obstacles {
    pub checked_in: bool,
    pub recovery_open: bool,
    pub running_activities: i64,
    /// A branch whose last officer the person is, with nobody above.
    pub last_officer_of: Option<String>,
}

pub async fn obstacles(db: &impl ConnectionTrait, who: &Subject, now: Instant) -> Result<Option<Obstacles>, DbErr> {
    let text = "SELECT EXISTS (SELECT 1 FROM attendance o JOIN volunteer v ON v.id = o.volunteer_id
                        WHERE v.person_id = $1 AND o.state = 'OPEN') AS checked_in,
                EXISTS (SELECT 1 FROM account_recovery r WHERE r.person_id = $1 AND r.state IN ('OPENED', 'APPROVED')
                        AND r.expires_at > $2) AS recovery_open,
                (SELECT COUNT(*) FROM activity a
                 WHERE a.person_in_charge = $1 AND a.state = 'PUBLISHED' AND a.ends_at > $2) AS running_activities,
                (SELECT b.name FROM role_grant g JOIN branch b ON b.id = g.branch_id
                 WHERE g.person_id = $1 AND g.role = 'BRANCH_OFFICER' AND g.revoked_at IS NULL
                   AND (g.ends_at IS NULL OR g.ends_at > $2)
                   AND NOT EXISTS (SELECT 1 FROM role_grant o JOIN branch above ON above.id = o.branch_id
                                   WHERE o.person_id <> $1 AND o.role = 'BRANCH_OFFICER' AND o.revoked_at IS NULL
                                     AND (o.ends_at IS NULL OR o.ends_at > $2)
                                     AND substr(b.path, 1, length(above.path)) = above.path)
                 ORDER BY b.path LIMIT 1) AS last_officer_of";
    db::one(db, text, [who.person.into(), now.into()]).await
}

/// Puts an erasure down; false when one is waiting already.
pub async fn ask_erasure(db: &impl ConnectionTrait, row: erasure::Model) -> Result<bool, DbErr> {
    let row: erasure::ActiveModel = row.into();
    let inserted = erasure::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// Whether an erasure was asked for since a moment, whatever came of it.
pub async fn asked_since(db: &impl ConnectionTrait, person: PersonId, since: Instant) -> Result<bool, DbErr> {
    let asked = erasure::Entity::find().filter(erasure::Column::PersonId.eq(person));
    Ok(asked.filter(erasure::Column::AskedAt.gt(since)).one(db).await?.is_some())
}

/// The newest erasure of a person. The one that waits is: of two that were asked for within a millisecond the ids don't tell.
pub async fn erasure_of(db: &impl ConnectionTrait, person: PersonId) -> Result<Option<erasure::Model>, DbErr> {
    let text = "SELECT * FROM erasure WHERE person_id = $1
                ORDER BY CASE state WHEN 'WAITING' THEN 0 ELSE 1 END, asked_at DESC, id DESC LIMIT 1";
    db::one(db, text, [person.into()]).await
}

pub async fn erasure(db: &impl ConnectionTrait, id: ErasureId) -> Result<Option<erasure::Model>, DbErr> {
    erasure::Entity::find_by_id(id).one(db).await
}

/// Makes an erasure that waits the guardian's: the child, who may have asked first, cannot call it off any more.
pub async fn guardian_asks(db: &impl ConnectionTrait, id: ErasureId) -> Result<bool, DbErr> {
    let text = "UPDATE erasure SET asked_by = 'GUARDIAN' WHERE id = $1 AND state = 'WAITING'";
    Ok(db::run(db, text, [id.into()]).await? == 1)
}

pub async fn set_report_link(db: &impl ConnectionTrait, id: ErasureId, hash: &str) -> Result<bool, DbErr> {
    let text = "UPDATE erasure SET report_token_hash = $2 WHERE id = $1 AND state = 'WAITING'";
    Ok(db::run(db, text, [id.into(), hash.into()]).await? == 1)
}

/// Calls an erasure off; false when there is none, or it has just taken effect.
pub async fn cancel_erasure(
    db: &impl ConnectionTrait,
    id: ErasureId,
    person: PersonId,
    now: Instant,
) -> Result<bool, DbErr> {
    let text = "UPDATE erasure SET state = 'CANCELLED', ended_at = $3, report_token_hash = NULL
                WHERE id = $1 AND person_id = $2 AND state = 'WAITING'";
    Ok(db::run(db, text, [id.into(), person.into(), now.into()]).await? == 1)
}

/// Erasures whose time has come, behind one that was looked at.
pub async fn due_erasures(
    db: &impl ConnectionTrait,
    after: Option<(Instant, ErasureId)>,
    now: Instant,
) -> Result<Vec<erasure::Model>, DbErr> {
    let mut values = vec![now.into()];
    let beyond = after.map_or("", |(at, id)| {
        values.extend([at.into(), id.into()]);
        "AND (takes_effect_at, id) > ($2, $3)"
    });
    let text = format!(
        "SELECT * FROM erasure WHERE state = 'WAITING' AND takes_effect_at <= $1 {beyond}
         ORDER BY takes_effect_at, id LIMIT 50"
    );
    db::all(db, text, values).await
}

/// Takes an erasure to carry it out: of any number of instances, and of a cancellation at the same moment, one succeeds.
pub async fn begin_erasure(db: &impl ConnectionTrait, id: ErasureId, phone: &str, now: Instant) -> Result<bool, DbErr> {
    let text = "UPDATE erasure SET state = 'DONE', ended_at = $3, last_word_to = $2
                WHERE id = $1 AND state = 'WAITING' AND takes_effect_at <= $3";
    Ok(db::run(db, text, [id.into(), phone.into(), now.into()]).await? == 1)
}

/// Acts about somebody who goes that still wait for a second person are over: nobody decides on them any more.
pub async fn end_acts_about(db: &impl ConnectionTrait, person: PersonId, now: Instant) -> Result<(), DbErr> {
    let text = "UPDATE pending_act SET state = 'EXPIRED', decided_at = $2 WHERE subject_id = $1 AND state = 'WAITING'";
    db::run(db, text, [person.into(), now.into()]).await?;
    Ok(())
}

/// Erasures whose last text message has not been sent.
pub async fn unsaid(db: &impl ConnectionTrait) -> Result<Vec<erasure::Model>, DbErr> {
    let found = erasure::Entity::find().filter(erasure::Column::LastWordTo.is_not_null());
    found.order_by_asc(erasure::Column::EndedAt).limit(50).all(db).await
}

/// Takes the number out of an erasure, for its last message; false when another instance has.
pub async fn take_number(db: &impl ConnectionTrait, id: ErasureId) -> Result<bool, DbErr> {
    let text = "UPDATE erasure SET last_word_to = NULL WHERE id = $1 AND last_word_to IS NOT NULL";
    Ok(db::run(db, text, [id.into()]).await? == 1)
}

/// Puts the number back: the message did not get out.
pub async fn put_number_back(db: &impl ConnectionTrait, id: ErasureId, phone: &str) -> Result<(), DbErr> {
    db::run(db, "UPDATE erasure SET last_word_to = $2 WHERE id = $1", [id.into(), phone.into()]).await?;
    Ok(())
}

/// The volunteer's seats and places on wait-lists of shifts that have not ended, by shift.
pub async fn sign_ups_to_come(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    now: Instant,
) -> Result<Vec<sign_up::Model>, DbErr> {
    db::all(
        db,
        "SELECT u.* FROM sign_up u JOIN shift s ON s.id = u.shift_id
         WHERE u.volunteer_id = $1 AND u.state IN ('SEATED', 'WAITING') AND s.ends_at > $2 ORDER BY u.shift_id",
        [volunteer.into(), now.into()],
    )
    .await
}
