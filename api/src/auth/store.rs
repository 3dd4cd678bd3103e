//! Codes, persons, sessions and tokens in the database.

use boai_entity::{
    Instant,
    ids::{PersonId, SessionId},
    kinds::{SessionEnd, TokenKind},
    person, session, session_token, sign_in_code,
};
use chrono::{NaiveDate, TimeDelta};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use super::rules::{CODE_PAUSE_SECONDS, CODE_TRIES, CODES_PER_DAY};
use crate::platform::db;

/// Puts a new code in place unless the number's limits forbid it: one statement, so that two requests at one instant
/// cannot both pass. Says whether it did.
pub async fn place_code(
    db: &impl ConnectionTrait,
    phone: &str,
    code_hash: &str,
    now: Instant,
    expires_at: Instant,
    day: NaiveDate,
) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "INSERT INTO sign_in_code (phone, code_hash, sent_at, expires_at, tries, used_at, day, sent_today)
         VALUES ($1, $2, $3, $4, 0, NULL, $5, 1)
         ON CONFLICT (phone) DO UPDATE SET
             code_hash = excluded.code_hash, sent_at = excluded.sent_at, expires_at = excluded.expires_at,
             tries = 0, used_at = NULL, day = excluded.day,
             sent_today = CASE WHEN sign_in_code.day = excluded.day THEN sign_in_code.sent_today + 1 ELSE 1 END
         WHERE sign_in_code.sent_at <= $6 AND (sign_in_code.day <> excluded.day OR sign_in_code.sent_today < $7)",
        [
            phone.into(),
            code_hash.into(),
            now.into(),
            expires_at.into(),
            day.into(),
            (now - TimeDelta::seconds(CODE_PAUSE_SECONDS)).into(),
            CODES_PER_DAY.into(),
        ],
    )
    .await?;
    Ok(rows == 1)
}

pub async fn code_of(db: &impl ConnectionTrait, phone: &str) -> Result<Option<sign_in_code::Model>, DbErr> {
    sign_in_code::Entity::find_by_id(phone).one(db).await
}

/// A code that can be tried, after this try has been counted.
#[derive(FromQueryResult)]
pub struct TriedCode {
    pub code_hash: String,
    pub tries: i32,
}

/// Counts a try before the code is looked at, so that parallel guesses cannot share one.
pub async fn count_try(db: &impl ConnectionTrait, phone: &str, now: Instant) -> Result<Option<TriedCode>, DbErr> {
    db::one(
        db,
        "UPDATE sign_in_code SET tries = tries + 1
         WHERE phone = $1 AND expires_at > $2 AND used_at IS NULL AND tries < $3
         RETURNING code_hash, tries",
        [phone.into(), now.into(), CODE_TRIES.into()],
    )
    .await
}

/// Uses the code up; false when another request was faster.
pub async fn use_code(db: &impl ConnectionTrait, phone: &str, hash: &str, now: Instant) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "UPDATE sign_in_code SET used_at = $3 WHERE phone = $1 AND code_hash = $2 AND used_at IS NULL",
        [phone.into(), hash.into(), now.into()],
    )
    .await?;
    Ok(rows == 1)
}

/// The person with this number, who is made if there is none yet.
pub async fn person_with_phone(
    db: &impl ConnectionTrait,
    new_id: PersonId,
    phone: &str,
    now: Instant,
) -> Result<person::Model, DbErr> {
    let person = person::ActiveModel { id: Set(new_id), phone: Set(phone.into()), created_at: Set(now) };
    person::Entity::insert(person)
        .on_conflict(OnConflict::column(person::Column::Phone).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    person::Entity::find()
        .filter(person::Column::Phone.eq(phone))
        .one(db)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("the person just made".into()))
}

pub async fn add_session(db: &impl ConnectionTrait, session: session::Model) -> Result<(), DbErr> {
    let session: session::ActiveModel = session.into();
    session::Entity::insert(session).exec_without_returning(db).await?;
    Ok(())
}

pub async fn add_tokens(
    db: &impl ConnectionTrait,
    session: SessionId,
    tokens: [(TokenKind, String, Instant); 2],
) -> Result<(), DbErr> {
    let rows = tokens.map(|(kind, hash, expires_at)| session_token::ActiveModel {
        hash: Set(hash),
        session_id: Set(session),
        kind: Set(kind),
        expires_at: Set(expires_at),
        used_at: Set(None),
    });
    session_token::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// Uses a refresh token up. None when it is unknown, expired or used; of two parallel uses only one succeeds.
pub async fn use_refresh_token(
    db: &impl ConnectionTrait,
    hash: &str,
    now: Instant,
) -> Result<Option<session::Model>, DbErr> {
    let rows = db::run(
        db,
        "UPDATE session_token SET used_at = $2
         WHERE hash = $1 AND kind = 'REFRESH' AND used_at IS NULL AND expires_at > $2",
        [hash.into(), now.into()],
    )
    .await?;
    if rows == 0 {
        return Ok(None);
    }
    db::one(
        db,
        "UPDATE session SET last_used_at = $2
         WHERE ended_at IS NULL AND id = (SELECT session_id FROM session_token WHERE hash = $1)
         RETURNING *",
        [hash.into(), now.into()],
    )
    .await
}

/// The session of a refresh token that has been used before.
pub async fn session_of_used_token(db: &impl ConnectionTrait, hash: &str) -> Result<Option<SessionId>, DbErr> {
    let token = session_token::Entity::find_by_id(hash).one(db).await?;
    Ok(token.filter(|token| token.kind == TokenKind::Refresh && token.used_at.is_some()).map(|token| token.session_id))
}

pub async fn forget_expired_tokens(db: &impl ConnectionTrait, session: SessionId, now: Instant) -> Result<(), DbErr> {
    session_token::Entity::delete_many()
        .filter(session_token::Column::SessionId.eq(session))
        .filter(session_token::Column::ExpiresAt.lte(now))
        .exec(db)
        .await?;
    Ok(())
}

/// Ends an open session; of this person only, when one is named. Says whether there was one.
pub async fn end_session(
    db: &impl ConnectionTrait,
    session: SessionId,
    of: Option<PersonId>,
    why: SessionEnd,
    now: Instant,
) -> Result<bool, DbErr> {
    let mut update = session::Entity::update_many()
        .col_expr(session::Column::EndedAt, now.into())
        .col_expr(session::Column::EndReason, why.into())
        .filter(session::Column::Id.eq(session))
        .filter(session::Column::EndedAt.is_null());
    if let Some(person) = of {
        update = update.filter(session::Column::PersonId.eq(person));
    }
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// The person's open sessions that were used after this moment, newest first.
pub async fn open_sessions(
    db: &impl ConnectionTrait,
    person: PersonId,
    used_after: Instant,
) -> Result<Vec<session::Model>, DbErr> {
    session::Entity::find()
        .filter(session::Column::PersonId.eq(person))
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::LastUsedAt.gt(used_after))
        .order_by_desc(session::Column::Id)
        .all(db)
        .await
}
