//! Refreshing and ending sessions.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::ids::SessionId;

use super::{
    super::{
        rules::{EndSessionError, RefreshSessionError},
        sessions,
    },
    SessionTokens,
};
use crate::{
    graphql::{ctx, settle},
    platform::node::GlobalId,
};

/// What `refreshSession` takes.
#[derive(InputObject)]
struct RefreshSessionInput {
    /// The newest one; an older one ends the session.
    refresh_token: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct RefreshSessionPayload {
    /// Null when the refresh was refused.
    tokens: Option<SessionTokens>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<RefreshSessionError>,
}

/// What `endSession` takes.
#[derive(InputObject)]
struct EndSessionInput {
    /// One of `me.sessions`; the current one when left out.
    session_id: Option<GlobalId<SessionId>>,
}

/// What became of it.
#[derive(SimpleObject)]
struct EndSessionPayload {
    /// The session that ended; null when none did.
    session_id: Option<GlobalId<SessionId>>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<EndSessionError>,
}

/// What `signOutEverywhere` takes.
#[derive(InputObject)]
struct SignOutEverywhereInput {
    /// Whether the current session ends too.
    #[graphql(default)]
    this_device_too: bool,
}

/// What became of it.
#[derive(SimpleObject)]
struct SignOutEverywherePayload {
    /// How many sessions ended.
    ended: i32,
    /// Always empty: there is nothing that a person could run into.
    errors: Vec<EndSessionError>,
}

#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Exchanges a refresh token for new tokens. Send it without an `Authorization` header (an access token that has expired
    /// is refused with 401, whatever comes with it), and once at a time: a token used twice ends the session. When the answer
    /// is lost, send the same token again within 60 s: you get another pair, and the one that was lost is worth nothing.
    async fn refresh_session(&self, gql: &Context<'_>, input: RefreshSessionInput) -> Result<RefreshSessionPayload> {
        let ctx = ctx(gql);
        let refreshed = sessions::refresh(ctx, &input.refresh_token).await;
        let (tokens, errors) = settle(ctx, refreshed, RefreshSessionError::new)?;
        Ok(RefreshSessionPayload { tokens: tokens.map(Into::into), errors })
    }

    /// Signs out: ends the current session or another one of yours, at once.
    async fn end_session(&self, gql: &Context<'_>, input: EndSessionInput) -> Result<EndSessionPayload> {
        let ctx = ctx(gql);
        let ended = sessions::end_session(ctx, input.session_id.map(|id| id.0)).await;
        let (session, errors) = settle(ctx, ended, EndSessionError::new)?;
        Ok(EndSessionPayload { session_id: session.map(GlobalId), errors })
    }

    /// Signs out on every other device, and on this one too if you say so. Their sockets end as well.
    async fn sign_out_everywhere(
        &self,
        gql: &Context<'_>,
        input: SignOutEverywhereInput,
    ) -> Result<SignOutEverywherePayload> {
        let ended = sessions::sign_out_everywhere(ctx(gql), input.this_device_too).await?;
        Ok(SignOutEverywherePayload { ended: i32::try_from(ended).unwrap_or(i32::MAX), errors: Vec::new() })
    }
}
