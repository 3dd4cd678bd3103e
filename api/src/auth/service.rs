//! Signing in, staying signed in, signing out.

use boai_entity::{
    Instant,
    ids::{PersonId, SessionId},
    kinds::{SessionEnd, TokenKind},
    session,
};
use chrono::TimeDelta;

use super::{
    rules::{self, CodeRefusal, EndSessionRefusal, RefreshRefusal, SignInRefusal},
    store,
};
use crate::{
    ctx::Ctx,
    platform::{
        civil::civil_day,
        errors::Fault,
        lang::Lang,
        refusal::{OrFault, Stop},
        scalars::PhoneNumber,
        sms::SmsRequest,
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

/// Sends a one-time code. The answer is the same whether the number is known or not.
pub async fn request_code(ctx: &Ctx, phone: &PhoneNumber) -> Result<Instant, Stop<CodeRefusal>> {
    let now = ctx.now();
    let code = format!("{:06}", ctx.random.below(1_000_000));
    let expires_at = rules::code_expires(now);
    let hash = rules::code_hash(&phone.0, &code);
    let placed = store::place_code(&ctx.db.conn, &phone.0, &hash, now, expires_at, civil_day(now)).await.or_fault()?;
    if !placed {
        let earlier = store::code_of(&ctx.db.conn, &phone.0).await.or_fault()?;
        return Err(rules::why_no_code(earlier.map_or(now, |code| code.sent_at), now).into());
    }
    let request = SmsRequest {
        phone: &phone.0,
        template: "SIGN_IN_CODE",
        code: &code,
        minutes_valid: rules::CODE_MINUTES,
        language: if ctx.lang == Lang::En { "en" } else { "zh-CN" },
    };
    ctx.sms.send(&request).await.map_err(|why| {
        tracing::error!(why, "a one-time code was not sent");
        CodeRefusal::NotSent
    })?;
    Ok(expires_at)
}

/// Exchanges a code for a session. A number seen for the first time becomes a person.
pub async fn sign_in(ctx: &Ctx, phone: &PhoneNumber, code: &str, device: &str) -> Result<Tokens, Stop<SignInRefusal>> {
    let now = ctx.now();
    let gone = SignInRefusal::NoCode { minutes_valid: rules::CODE_MINUTES };
    let Some(tried) = store::count_try(&ctx.db.conn, &phone.0, now).await.or_fault()? else {
        let code = store::code_of(&ctx.db.conn, &phone.0).await.or_fault()?;
        let exhausted = code.is_some_and(|code| code.used_at.is_none() && code.expires_at > now);
        return Err(
            if exhausted { SignInRefusal::TooManyTries { tries_allowed: rules::CODE_TRIES } } else { gone }.into()
        );
    };
    if tried.code_hash != rules::code_hash(&phone.0, code.trim()) {
        return Err(match rules::CODE_TRIES - tried.tries {
            0 => SignInRefusal::TooManyTries { tries_allowed: rules::CODE_TRIES },
            tries_left => SignInRefusal::WrongCode { tries_left },
        }
        .into());
    }
    let tx = ctx.db.begin().await.or_fault()?;
    if !store::use_code(&tx, &phone.0, &tried.code_hash, now).await.or_fault()? {
        return Err(gone.into());
    }
    let person = store::person_with_phone(&tx, PersonId(ctx.new_id()), &phone.0, now).await.or_fault()?;
    let session = session::Model {
        id: SessionId(ctx.new_id()),
        person_id: person.id,
        device: device.into(),
        created_at: now,
        last_used_at: now,
        ended_at: None,
        end_reason: None,
        second_factor_until: None,
    };
    store::add_session(&tx, session.clone()).await.or_fault()?;
    let tokens = issue(ctx, &tx, session, now).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(tokens)
}

/// Exchanges a refresh token for a new pair. A token used twice ends its session, for one of the two was a thief's.
pub async fn refresh(ctx: &Ctx, token: &str) -> Result<Tokens, Stop<RefreshRefusal>> {
    let now = ctx.now();
    let hash = rules::token_hash(token);
    let tx = ctx.db.begin().await.or_fault()?;
    if let Some(session) = store::use_refresh_token(&tx, &hash, now).await.or_fault()? {
        store::forget_expired_tokens(&tx, session.id, now).await.or_fault()?;
        let tokens = issue(ctx, &tx, session, now).await.or_fault()?;
        tx.commit().await.or_fault()?;
        return Ok(tokens);
    }
    let Some(session) = store::session_of_used_token(&tx, &hash).await.or_fault()? else {
        return Err(RefreshRefusal::SignInAgain.into());
    };
    let ended = store::end_session(&tx, session, None, SessionEnd::TokenReused, now).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Err(if ended { RefreshRefusal::TokenReused } else { RefreshRefusal::SignInAgain }.into())
}

/// Ends one of the caller's own sessions; the current one when none is named.
pub async fn end_session(ctx: &Ctx, session: Option<SessionId>) -> Result<SessionId, Stop<EndSessionRefusal>> {
    let actor = ctx.actor().or_fault()?;
    let session = session.unwrap_or(actor.session);
    let ended = store::end_session(&ctx.db.conn, session, Some(actor.person), SessionEnd::SignedOut, ctx.now())
        .await
        .or_fault()?;
    if ended { Ok(session) } else { Err(EndSessionRefusal::NotFound.into()) }
}

/// Where the caller is signed in, newest first. A session whose refresh token has expired is over, though nobody ended it.
pub async fn my_sessions(ctx: &Ctx) -> Result<Vec<session::Model>, Fault> {
    let used_after = ctx.now() - TimeDelta::days(ctx.config.sessions.refresh_days);
    Ok(store::open_sessions(&ctx.db.conn, ctx.actor()?.person, used_after).await?)
}

async fn issue(
    ctx: &Ctx,
    tx: &impl sea_orm::ConnectionTrait,
    session: session::Model,
    now: Instant,
) -> Result<Tokens, sea_orm::DbErr> {
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
    store::add_tokens(tx, tokens.session.id, rows).await?;
    Ok(tokens)
}
