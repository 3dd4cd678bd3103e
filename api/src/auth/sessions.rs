//! Staying signed in, and signing out.
//!
//! The refresh tokens of a session are one family: each is exchanged once for the next. One that is shown a second time
//! has been copied, by whoever has it now or had it then, so the session ends and every token of it with it. A phone
//! whose answer was lost on the way looks the same from here; it may repeat itself within a moment, as long as nobody
//! has used what was given then, and what was given then is taken back. So one pair of tokens lives at any time, and a
//! thief who slips into that moment throws the phone out, whose next refresh ends the session.

use boai_entity::{
    Instant,
    ids::{PersonId, SessionId},
    kinds::{InboxKind, Platform, SessionEnd, SignInWay, TokenKind},
    person, session,
};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    rules::{self, EndSessionRefusal, REFRESH_GRACE_SECONDS, RefreshRefusal},
    store::{
        persons,
        sessions::{self as store, Which},
    },
};
use crate::{
    ctx::Ctx,
    inbox,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop},
    },
};

/// The two tokens of a session, in clear only here and on the phone.
pub struct Tokens {
    pub session: session::Model,
    pub access_token: String,
    pub access_expires_at: Instant,
    pub refresh_token: String,
    pub refresh_expires_at: Instant,
}

/// What a phone tells of itself when it signs in.
pub struct Device {
    pub name: String,
    pub platform: Platform,
    pub installation: Option<Uuid>,
}

/// What moves when sessions of the person end: sockets look again whether theirs is still open.
pub fn sessions_topic(person: PersonId) -> String {
    format!("sessions:{person}")
}

/// Opens a session for a person, whose row is taken. It takes the place of an earlier one on the same installation, and of
/// the ones unused for longest when there are too many; a device that was never seen before is told of in the inbox.
pub async fn open(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    person: PersonId,
    device: Device,
    way: SignInWay,
) -> Result<Tokens, DbErr> {
    let now = ctx.now();
    let seen = store::devices(tx, person, device.installation).await?;
    let mut ended = 0;
    if seen.here > 0 {
        let here = Which { installation: device.installation, ..Which::default() };
        ended += store::end_all(tx, person, here, SessionEnd::Replaced, now).await?;
    }
    let session = session::Model {
        id: SessionId(ctx.new_id()),
        person_id: person,
        device: device.name,
        created_at: now,
        last_used_at: now,
        ended_at: None,
        end_reason: None,
        second_factor_until: None,
        platform: device.platform,
        way,
        installation_id: device.installation,
    };
    store::add(tx, session.clone()).await?;
    ended += store::end_beyond(tx, person, ctx.config.sessions.per_person, now).await?;
    if ended > 0 {
        ctx.tell(tx, sessions_topic(person)).await?;
    }
    // Nobody is warned of the first device of all.
    if seen.sessions > 0 && seen.here == 0 {
        inbox::tell_persons(ctx, tx, &[person], InboxKind::NewSignIn, &session.device).await?;
    }
    issue(ctx, tx, session, None, now).await
}

/// Exchanges a refresh token for a new pair.
pub async fn refresh(ctx: &Ctx, token: &str) -> Result<Tokens, Stop<RefreshRefusal>> {
    let now = ctx.now();
    let hash = rules::token_hash(token);
    let tx = ctx.db.begin().await.or_fault()?;
    let session = store::lock_by_refresh_token(&tx, &hash, now).await.or_fault()?;
    let session = session.ok_or(RefreshRefusal::SignInAgain)?;
    let since = now - TimeDelta::seconds(REFRESH_GRACE_SECONDS);
    let exchanged = store::use_refresh_token(&tx, &hash, now).await.or_fault()?
        || store::take_back(&tx, session.id, &hash, since, now).await.or_fault()?;
    if !exchanged {
        end_for_reuse(ctx, &tx, &session, now).await.or_fault()?;
        tx.commit().await.or_fault()?;
        ctx.committed.notify_one();
        return Err(RefreshRefusal::TokenReused.into());
    }
    store::forget_expired_tokens(&tx, session.id, now).await.or_fault()?;
    let tokens = issue(ctx, &tx, session, Some(&hash), now).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(tokens)
}

async fn end_for_reuse(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    session: &session::Model,
    now: Instant,
) -> Result<(), DbErr> {
    tracing::warn!(session = %session.id, "a refresh token was used twice; its session is over");
    store::end(tx, session.id, session.person_id, SessionEnd::TokenReused, now).await?;
    inbox::tell_persons(ctx, tx, &[session.person_id], InboxKind::SessionTokenReused, &session.device).await?;
    ctx.tell(tx, sessions_topic(session.person_id)).await
}

/// Ends one of the caller's own sessions; the current one when none is named.
pub async fn end_session(ctx: &Ctx, session: Option<SessionId>) -> Result<SessionId, Stop<EndSessionRefusal>> {
    let actor = ctx.actor().or_fault()?;
    let session = session.unwrap_or(actor.session);
    let tx = ctx.db.begin().await.or_fault()?;
    if !store::end(&tx, session, actor.person, SessionEnd::SignedOut, ctx.now()).await.or_fault()? {
        return Err(EndSessionRefusal::NotFound.into());
    }
    ctx.tell(&tx, sessions_topic(actor.person)).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(session)
}

/// Takes the caller's own row. A session that was ended while we waited for it acts no more: nobody moves or links an account
/// that has just been recovered from them.
pub async fn lock_caller(ctx: &Ctx, tx: &impl ConnectionTrait) -> Result<person::Model, Fault> {
    let actor = ctx.actor()?;
    let me = persons::lock(tx, actor.person).await?.ok_or(Fault::Unauthenticated)?;
    if store::is_open(tx, actor.session).await? { Ok(me) } else { Err(Fault::Unauthenticated) }
}

/// Ends all sessions of the caller, and says how many they were. Sessions that begin at the same instant are ended too, or
/// begin after it: the person's row is taken.
pub async fn sign_out_everywhere(ctx: &Ctx, this_too: bool) -> Result<u64, Fault> {
    let actor = ctx.actor()?;
    let tx = ctx.db.begin().await?;
    lock_caller(ctx, &tx).await?;
    let except = if this_too { None } else { Some(actor.session) };
    let ended = end_all(ctx, &tx, actor.person, Which { except, ..Which::default() }, SessionEnd::SignedOut).await?;
    tx.commit().await?;
    ctx.committed.notify_one();
    Ok(ended)
}

/// Ends these of a person's sessions, and tells their sockets.
pub async fn end_all(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    person: PersonId,
    which: Which,
    why: SessionEnd,
) -> Result<u64, DbErr> {
    let ended = store::end_all(tx, person, which, why, ctx.now()).await?;
    if ended > 0 {
        ctx.tell(tx, sessions_topic(person)).await?;
    }
    Ok(ended)
}

/// Where the caller is signed in, newest first. A session whose refresh token has expired is over, though nobody ended it.
pub async fn my_sessions(ctx: &Ctx) -> Result<Vec<session::Model>, Fault> {
    let used_after = ctx.now() - TimeDelta::days(ctx.config.sessions.refresh_days);
    Ok(store::open(&ctx.db.conn, ctx.actor()?.person, used_after).await?)
}

async fn issue(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    session: session::Model,
    parent: Option<&str>,
    now: Instant,
) -> Result<Tokens, DbErr> {
    let tokens = Tokens {
        access_token: rules::token_text(ctx.random.bytes()),
        access_expires_at: now + TimeDelta::minutes(ctx.config.sessions.access_minutes),
        refresh_token: rules::token_text(ctx.random.bytes()),
        refresh_expires_at: now + TimeDelta::days(ctx.config.sessions.refresh_days),
        session,
    };
    let rows = [
        (TokenKind::Access, rules::token_hash(&tokens.access_token), tokens.access_expires_at),
        (TokenKind::Refresh, rules::token_hash(&tokens.refresh_token), tokens.refresh_expires_at),
    ];
    store::add_tokens(tx, tokens.session.id, parent, rows).await?;
    Ok(tokens)
}
