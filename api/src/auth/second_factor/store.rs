//! Second factors and recovery codes in the database.

use boai_entity::{
    Instant,
    ids::{PersonId, SessionId},
    recovery_code, second_factor,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
};

use super::rules::{TRIES, locks};
use crate::platform::db;

pub async fn factor(db: &impl ConnectionTrait, person: PersonId) -> Result<Option<second_factor::Model>, DbErr> {
    second_factor::Entity::find_by_id(person).one(db).await
}

/// Keeps a new secret until it is confirmed, beside the one in force. What was counted against guessing stays.
pub async fn put_new_secret(
    db: &impl ConnectionTrait,
    person: PersonId,
    known: Option<&str>,
    sealed: &str,
    until: Instant,
) -> Result<bool, DbErr> {
    let put = db::run(
        db,
        "INSERT INTO second_factor (person_id, new_secret, new_secret_until, last_step, wrong_tries)
         VALUES ($1, $2, $3, 0, 0)
         ON CONFLICT (person_id) DO UPDATE SET
             new_secret = excluded.new_secret, new_secret_until = excluded.new_secret_until
         WHERE COALESCE(second_factor.secret, '') = COALESCE($4, '')",
        [person.into(), sealed.into(), until.into(), known.into()],
    )
    .await?;
    Ok(put == 1)
}

/// Counts a try as a wrong one before the code is looked at, so that parallel guesses cannot share one; every fifth in a
/// row locks. None while it is locked, or when there is nothing to try.
pub async fn count_try(
    db: &impl ConnectionTrait,
    person: PersonId,
    now: Instant,
) -> Result<Option<second_factor::Model>, DbErr> {
    let [first, second, third, further] = locks(now);
    db::one(
        db,
        "UPDATE second_factor SET
             wrong_tries = wrong_tries + 1,
             locked_until = CASE WHEN (wrong_tries + 1) % $7 <> 0 THEN NULL
                 ELSE CASE (wrong_tries + 1) / $7 WHEN 1 THEN $3 WHEN 2 THEN $4 WHEN 3 THEN $5 ELSE $6 END END
         WHERE person_id = $1 AND (locked_until IS NULL OR locked_until <= $2)
         RETURNING *",
        [person.into(), now.into(), first.into(), second.into(), third.into(), further.into(), TRIES.into()],
    )
    .await
}

/// Uses a step's code up, and forgives the wrong tries before it. False when that step or a later one was used already:
/// of two requests with one code only one succeeds.
pub async fn use_step(db: &impl ConnectionTrait, person: PersonId, sealed: &str, step: i32) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "UPDATE second_factor SET last_step = $3, wrong_tries = 0, locked_until = NULL
         WHERE person_id = $1 AND secret = $2 AND last_step < $3",
        [person.into(), sealed.into(), step.into()],
    )
    .await?;
    Ok(rows == 1)
}

/// Uses a recovery code up, and forgives the wrong tries before it. False when it is none of this person's, or was used.
pub async fn use_recovery_code(
    db: &impl ConnectionTrait,
    person: PersonId,
    hash: &str,
    now: Instant,
) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "UPDATE recovery_code SET used_at = $3 WHERE hash = $1 AND person_id = $2 AND used_at IS NULL",
        [hash.into(), person.into(), now.into()],
    )
    .await?;
    if rows == 1 {
        let forgiven = "UPDATE second_factor SET wrong_tries = 0, locked_until = NULL WHERE person_id = $1";
        db::run(db, forgiven, [person.into()]).await?;
    }
    Ok(rows == 1)
}

/// Puts the new secret in force, its first code used up. False when another request was faster.
pub async fn confirm(
    db: &impl ConnectionTrait,
    person: PersonId,
    sealed: &str,
    step: i32,
    now: Instant,
) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "UPDATE second_factor SET
             secret = new_secret, confirmed_at = $4, new_secret = NULL, new_secret_until = NULL,
             last_step = $3, wrong_tries = 0, locked_until = NULL
         WHERE person_id = $1 AND new_secret = $2",
        [person.into(), sealed.into(), step.into(), now.into()],
    )
    .await?;
    Ok(rows == 1)
}

/// Takes the second factor and all its recovery codes away, and from every session what it had proved. False when none
/// was enrolled.
pub async fn remove(db: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    recovery_code::Entity::delete_many().filter(recovery_code::Column::PersonId.eq(person)).exec(db).await?;
    forget_proofs(db, person).await?;
    let gone = second_factor::Entity::delete_many()
        .filter(second_factor::Column::PersonId.eq(person))
        .filter(second_factor::Column::ConfirmedAt.is_not_null());
    Ok(gone.exec(db).await?.rows_affected == 1)
}

/// New recovery codes in the place of the old ones.
pub async fn replace_recovery_codes(
    db: &impl ConnectionTrait,
    person: PersonId,
    hashes: impl Iterator<Item = String>,
) -> Result<(), DbErr> {
    recovery_code::Entity::delete_many().filter(recovery_code::Column::PersonId.eq(person)).exec(db).await?;
    let rows =
        hashes.map(|hash| recovery_code::ActiveModel { hash: Set(hash), person_id: Set(person), used_at: Set(None) });
    recovery_code::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

pub async fn recovery_codes_left(db: &impl ConnectionTrait, person: PersonId) -> Result<u64, DbErr> {
    recovery_code::Entity::find()
        .filter(recovery_code::Column::PersonId.eq(person))
        .filter(recovery_code::Column::UsedAt.is_null())
        .count(db)
        .await
}

pub async fn set_proved(db: &impl ConnectionTrait, session: SessionId, until: Instant) -> Result<(), DbErr> {
    let text = "UPDATE session SET second_factor_until = $2 WHERE id = $1";
    db::run(db, text, [session.into(), until.into()]).await?;
    Ok(())
}

/// No session of this person has proved it any more.
pub async fn forget_proofs(db: &impl ConnectionTrait, person: PersonId) -> Result<(), DbErr> {
    let text = "UPDATE session SET second_factor_until = NULL WHERE person_id = $1 AND second_factor_until IS NOT NULL";
    db::run(db, text, [person.into()]).await?;
    Ok(())
}

/// Until when a session has proved it.
pub async fn proved_until(db: &impl ConnectionTrait, session: SessionId) -> Result<Option<Instant>, DbErr> {
    let session = boai_entity::session::Entity::find_by_id(session).one(db).await?;
    Ok(session.and_then(|session| session.second_factor_until))
}

/// Phone number, and the name if the person has enrolled as a volunteer.
#[derive(FromQueryResult)]
pub struct Known {
    pub phone: String,
    pub name: Option<String>,
}

pub async fn known(db: &impl ConnectionTrait, person: PersonId) -> Result<Option<Known>, DbErr> {
    let text = "SELECT p.phone, v.name FROM person p LEFT JOIN volunteer v ON v.person_id = p.id WHERE p.id = $1";
    db::one(db, text, [person.into()]).await
}

/// Who granted this person the roles on branches that are in force.
pub async fn granters_of(db: &impl ConnectionTrait, person: PersonId, now: Instant) -> Result<Vec<PersonId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Granter {
        granter: PersonId,
    }
    let text = "SELECT DISTINCT COALESCE(renewed_by, granted_by) AS granter FROM role_grant
                WHERE person_id = $1 AND branch_id IS NOT NULL AND revoked_at IS NULL AND ends_at > $2
                  AND COALESCE(renewed_by, granted_by) IS NOT NULL";
    let rows: Vec<Granter> = db::all(db, text, [person.into(), now.into()]).await?;
    Ok(rows.into_iter().map(|row| row.granter).collect())
}
