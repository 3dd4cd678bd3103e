//! Recoveries in the database. Each step is one conditional statement: of two at one instant, one takes it.

use boai_entity::{
    Instant, account_recovery,
    ids::{AccountRecoveryId, PersonId, TeamId},
    kinds::RecoveryState,
    volunteer,
};
use chrono::TimeDelta;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    sea_query::{OnConflict, Query},
};
use uuid::Uuid;

use super::rules::NOTICE_PAUSE_SECONDS;
use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// Opens a recovery; false when the account or the new number has one under way. Those that time has ended are closed
/// first, so that they stand in no one's way.
pub async fn open(db: &impl ConnectionTrait, row: account_recovery::Model) -> Result<bool, DbErr> {
    db::run(
        db,
        "UPDATE account_recovery SET state = 'EXPIRED', ended_at = expires_at
         WHERE state IN ('OPENED', 'APPROVED') AND expires_at <= $1 AND (person_id = $2 OR new_phone = $3)",
        [row.opened_at.into(), row.person_id.into(), row.new_phone.as_str().into()],
    )
    .await?;
    let row: account_recovery::ActiveModel = row.into();
    let inserted = account_recovery::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// A recovery, and where its volunteer lives.
#[derive(FromQueryResult)]
pub struct Homed {
    #[sea_orm(nested)]
    pub row: account_recovery::Model,
    pub residence_code: String,
}

/// In one statement, so that the time tells nobody that there is one.
pub async fn recovery(db: &impl ConnectionTrait, id: AccountRecoveryId) -> Result<Option<Homed>, DbErr> {
    db::one(
        db,
        "SELECT r.*, v.residence_code FROM account_recovery r JOIN volunteer v ON v.id = r.volunteer_id WHERE r.id = $1",
        [id.into()],
    )
    .await
}

/// The person's recovery that is under way.
pub async fn open_of(
    db: &impl ConnectionTrait,
    person: PersonId,
    now: Instant,
) -> Result<Option<account_recovery::Model>, DbErr> {
    account_recovery::Entity::find()
        .filter(account_recovery::Column::PersonId.eq(person))
        .filter(account_recovery::Column::State.is_in([RecoveryState::Opened, RecoveryState::Approved]))
        .filter(account_recovery::Column::ExpiresAt.gt(now))
        .one(db)
        .await
}

/// The recovery under way that leads to a number.
pub async fn leading_to(db: &impl ConnectionTrait, phone: &str) -> Result<Option<account_recovery::Model>, DbErr> {
    account_recovery::Entity::find()
        .filter(account_recovery::Column::NewPhone.eq(phone))
        .filter(account_recovery::Column::State.is_in([RecoveryState::Opened, RecoveryState::Approved]))
        .one(db)
        .await
}

/// Approves by a second officer, neither the first nor the person. Where the notice did not go out, it is approved anew,
/// with another code.
pub async fn approve(
    db: &impl ConnectionTrait,
    id: AccountRecoveryId,
    officer: PersonId,
    objection_hash: &str,
    now: Instant,
) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "UPDATE account_recovery
         SET state = 'APPROVED', approved_by = $2, approved_at = $3, objection_hash = $4
         WHERE id = $1 AND opened_by <> $2 AND person_id <> $2 AND expires_at > $3
           AND (state = 'OPENED' OR (state = 'APPROVED' AND waits_until IS NULL AND approved_at <= $5))",
        [
            id.into(),
            officer.into(),
            now.into(),
            objection_hash.into(),
            (now - TimeDelta::seconds(NOTICE_PAUSE_SECONDS)).into(),
        ],
    )
    .await?;
    Ok(rows == 1)
}

/// Lets the waiting period begin, once the notice with this code went out.
pub async fn begin_waiting(
    db: &impl ConnectionTrait,
    id: AccountRecoveryId,
    objection_hash: &str,
    (waits_until, expires_at): (Instant, Instant),
) -> Result<Option<account_recovery::Model>, DbErr> {
    db::one(
        db,
        "UPDATE account_recovery SET waits_until = $3, expires_at = $4
         WHERE id = $1 AND objection_hash = $2 AND state = 'APPROVED' AND waits_until IS NULL
         RETURNING *",
        [id.into(), objection_hash.into(), waits_until.into(), expires_at.into()],
    )
    .await
}

/// Whose objection it is.
pub enum Objector<'a> {
    /// Somebody who is signed in.
    Person(PersonId),
    /// Whoever has the code of the notice.
    Code { hash: &'a str },
}

/// Stops a recovery that is under way, at any time before it took effect.
pub async fn object(
    db: &impl ConnectionTrait,
    objector: Objector<'_>,
    now: Instant,
) -> Result<Option<account_recovery::Model>, DbErr> {
    let (whose, key, by) = match objector {
        Objector::Person(person) => ("person_id = $1", person.into(), Some(person)),
        Objector::Code { hash } => ("objection_hash = $1", hash.into(), None),
    };
    let text = format!(
        "UPDATE account_recovery SET state = 'OBJECTED', ended_at = $2, ended_by = $3
         WHERE {whose} AND state IN ('OPENED', 'APPROVED') AND expires_at > $2
         RETURNING *"
    );
    db::one(db, text, [key, now.into(), by.into()]).await
}

/// Stops a recovery that is under way, by an officer who is not the person.
pub async fn decline(
    db: &impl ConnectionTrait,
    id: AccountRecoveryId,
    officer: PersonId,
    note: &str,
    now: Instant,
) -> Result<Option<account_recovery::Model>, DbErr> {
    db::one(
        db,
        "UPDATE account_recovery SET state = 'DECLINED', ended_at = $3, ended_by = $2, end_note = $4
         WHERE id = $1 AND person_id <> $2 AND state IN ('OPENED', 'APPROVED') AND expires_at > $3
         RETURNING *",
        [id.into(), officer.into(), now.into(), note.into()],
    )
    .await
}

/// Takes effect: after the waiting period, unless somebody objected or the account moved by itself. The person's row is
/// taken.
pub async fn complete(db: &impl ConnectionTrait, id: AccountRecoveryId, now: Instant) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "UPDATE account_recovery SET state = 'COMPLETED', ended_at = $2, ended_by = person_id
         WHERE id = $1 AND state = 'APPROVED' AND waits_until <= $2 AND expires_at > $2
           AND EXISTS (SELECT 1 FROM person p WHERE p.id = account_recovery.person_id
                       AND p.phone = account_recovery.old_phone)",
        [id.into(), now.into()],
    )
    .await?;
    Ok(rows == 1)
}

/// Recoveries of the volunteers who live below a branch, newest first; only those under way at a moment when one is named.
pub async fn below(
    db: &impl ConnectionTrait,
    branch_path: &str,
    under_way_at: Option<Instant>,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<account_recovery::Model>, DbErr> {
    let lives_below = Query::select()
        .column(volunteer::Column::Id)
        .from(volunteer::Entity)
        .and_where(volunteer::Column::ResidenceCode.starts_with(branch_path))
        .to_owned();
    let mut select =
        account_recovery::Entity::find().filter(account_recovery::Column::VolunteerId.in_subquery(lives_below));
    if let Some(now) = under_way_at {
        select = select
            .filter(account_recovery::Column::State.is_in([RecoveryState::Opened, RecoveryState::Approved]))
            .filter(account_recovery::Column::ExpiresAt.gt(now));
    }
    let mut cursor = select.cursor_by((account_recovery::Column::OpenedAt, account_recovery::Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

/// Where a role is held: on a team of a branch, or on the branch.
#[derive(FromQueryResult)]
pub struct HeldAt {
    pub team_id: Option<TeamId>,
    pub branch_path: String,
}

/// Where the person holds roles now.
pub async fn roles_held(db: &impl ConnectionTrait, person: PersonId, now: Instant) -> Result<Vec<HeldAt>, DbErr> {
    db::all(
        db,
        "SELECT g.team_id, b.path AS branch_path
         FROM role_grant g LEFT JOIN team t ON t.id = g.team_id JOIN branch b ON b.id = COALESCE(g.branch_id, t.branch_id)
         WHERE g.person_id = $1 AND g.revoked_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > $2)",
        [person.into(), now.into()],
    )
    .await
}
