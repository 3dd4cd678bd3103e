//! Sessions and their tokens in the database.

use boai_entity::{
    Instant,
    ids::{PersonId, SessionId},
    kinds::{SessionEnd, SignInWay, TokenKind},
    session, session_token,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    UpdateMany,
};
use uuid::Uuid;

use crate::platform::db;

pub async fn add(db: &impl ConnectionTrait, session: session::Model) -> Result<(), DbErr> {
    let session: session::ActiveModel = session.into();
    session::Entity::insert(session).exec_without_returning(db).await?;
    Ok(())
}

/// What is known of a person's devices.
#[derive(FromQueryResult)]
pub struct Devices {
    /// Sessions that there ever were.
    pub sessions: i64,
    /// Of these, on the installation that was named.
    pub here: i64,
}

pub async fn devices(
    db: &impl ConnectionTrait,
    person: PersonId,
    installation: Option<Uuid>,
) -> Result<Devices, DbErr> {
    let text = "SELECT COUNT(*) AS sessions, COUNT(CASE WHEN installation_id = $2 THEN 1 END) AS here
                FROM session WHERE person_id = $1";
    let found = db::one(db, text, [person.into(), installation.into()]).await?;
    Ok(found.unwrap_or(Devices { sessions: 0, here: 0 }))
}

pub async fn add_tokens(
    db: &impl ConnectionTrait,
    session: SessionId,
    parent: Option<&str>,
    tokens: [(TokenKind, String, Instant); 2],
) -> Result<(), DbErr> {
    let rows = tokens.map(|(kind, hash, expires_at)| session_token::ActiveModel {
        hash: Set(hash),
        session_id: Set(session),
        kind: Set(kind),
        expires_at: Set(expires_at),
        used_at: Set(None),
        parent: Set(parent.map(Into::into)),
    });
    session_token::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// Takes the row of the open session that a refresh token belongs to, used or not: what its tokens do happens one after
/// the other, and a session that has ended gives none.
pub async fn lock_by_refresh_token(
    db: &impl ConnectionTrait,
    hash: &str,
    now: Instant,
) -> Result<Option<session::Model>, DbErr> {
    db::one(
        db,
        "UPDATE session SET last_used_at = $2
         WHERE ended_at IS NULL
           AND id = (SELECT session_id FROM session_token WHERE hash = $1 AND kind = 'REFRESH' AND expires_at > $2)
         RETURNING *",
        [hash.into(), now.into()],
    )
    .await
}

/// Uses a refresh token up; false when it was used before.
pub async fn use_refresh_token(db: &impl ConnectionTrait, hash: &str, now: Instant) -> Result<bool, DbErr> {
    let text = "UPDATE session_token SET used_at = $2 WHERE hash = $1 AND used_at IS NULL";
    Ok(db::run(db, text, [hash.into(), now.into()]).await? == 1)
}

/// Takes back what a refresh token was exchanged for, if that was after `since` and the new refresh token has not been
/// used. Taken back it counts as used, so that showing it ends the session; the access token is gone at once.
pub async fn take_back(
    db: &impl ConnectionTrait,
    session: SessionId,
    hash: &str,
    since: Instant,
    now: Instant,
) -> Result<bool, DbErr> {
    let taken_back = db::run(
        db,
        "UPDATE session_token SET used_at = $4
         WHERE session_id = $1 AND parent = $2 AND kind = 'REFRESH' AND used_at IS NULL
           AND EXISTS (SELECT 1 FROM session_token used WHERE used.hash = $2 AND used.used_at > $3)",
        [session.into(), hash.into(), since.into(), now.into()],
    )
    .await?;
    if taken_back == 0 {
        return Ok(false);
    }
    let text = "DELETE FROM session_token WHERE session_id = $1 AND parent = $2 AND kind = 'ACCESS'";
    db::run(db, text, [session.into(), hash.into()]).await?;
    Ok(true)
}

pub async fn forget_expired_tokens(db: &impl ConnectionTrait, session: SessionId, now: Instant) -> Result<(), DbErr> {
    session_token::Entity::delete_many()
        .filter(session_token::Column::SessionId.eq(session))
        .filter(session_token::Column::ExpiresAt.lte(now))
        .exec(db)
        .await?;
    Ok(())
}

fn ending(why: SessionEnd, now: Instant) -> UpdateMany<session::Entity> {
    session::Entity::update_many()
        .col_expr(session::Column::EndedAt, now.into())
        .col_expr(session::Column::EndReason, why.into())
        .filter(session::Column::EndedAt.is_null())
}

/// Ends one of the person's open sessions; says whether there was such a one. No token of it is good from then on.
pub async fn end(
    db: &impl ConnectionTrait,
    session: SessionId,
    of: PersonId,
    why: SessionEnd,
    now: Instant,
) -> Result<bool, DbErr> {
    let update = ending(why, now).filter(session::Column::Id.eq(session)).filter(session::Column::PersonId.eq(of));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Which of a person's sessions.
#[derive(Clone, Copy, Default)]
pub struct Which {
    pub except: Option<SessionId>,
    pub way: Option<SignInWay>,
    pub installation: Option<Uuid>,
}

/// Ends these of the person's open sessions, and says how many they were.
pub async fn end_all(
    db: &impl ConnectionTrait,
    person: PersonId,
    which: Which,
    why: SessionEnd,
    now: Instant,
) -> Result<u64, DbErr> {
    let mut update = ending(why, now).filter(session::Column::PersonId.eq(person));
    if let Some(kept) = which.except {
        update = update.filter(session::Column::Id.ne(kept));
    }
    if let Some(way) = which.way {
        update = update.filter(session::Column::Way.eq(way));
    }
    if let Some(installation) = which.installation {
        update = update.filter(session::Column::InstallationId.eq(installation));
    }
    Ok(update.exec(db).await?.rows_affected)
}

/// Ends the person's open sessions that were unused for longest, but for so many. The person's row is taken, so that two
/// sign-ins at one instant cannot both count without the other.
pub async fn end_beyond(db: &impl ConnectionTrait, person: PersonId, kept: u32, now: Instant) -> Result<u64, DbErr> {
    db::run(
        db,
        "UPDATE session SET ended_at = $3, end_reason = $4
         WHERE person_id = $1 AND ended_at IS NULL AND id NOT IN (
             SELECT id FROM session WHERE person_id = $1 AND ended_at IS NULL
             ORDER BY last_used_at DESC, id DESC LIMIT $2)",
        [person.into(), i64::from(kept).into(), now.into(), SessionEnd::TooMany.as_str().into()],
    )
    .await
}

pub async fn is_open(db: &impl ConnectionTrait, session: SessionId) -> Result<bool, DbErr> {
    let found = session::Entity::find_by_id(session).one(db).await?;
    Ok(found.is_some_and(|session| session.ended_at.is_none()))
}

/// The person's open sessions that were used after this moment, newest first.
pub async fn open(
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
