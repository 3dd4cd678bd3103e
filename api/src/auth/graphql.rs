//! Sign-in, sessions.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{Instant, ids::SessionId, session};

use super::{
    rules::{EndSessionError, RefreshSessionError, RequestSignInCodeError, SignInError},
    service::{self, Tokens},
};
use crate::{
    graphql::{ctx, settle},
    platform::{node::GlobalId, scalars::PhoneNumber, text},
};

/// A device on which you are signed in.
pub struct Session {
    pub model: session::Model,
    pub current: bool,
}

/// A device on which you are signed in.
#[Object]
impl Session {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<SessionId> {
        GlobalId(self.model.id)
    }
    /// What the device called itself at sign-in.
    async fn device(&self) -> &str {
        &self.model.device
    }
    /// When you signed in there.
    async fn created_at(&self) -> Instant {
        self.model.created_at
    }
    /// When its tokens were last refreshed.
    async fn last_used_at(&self) -> Instant {
        self.model.last_used_at
    }
    /// Whether this request came through it.
    async fn current(&self) -> bool {
        self.current
    }
}

/// The tokens of a session. Keep the refresh token in the phone's key store.
#[derive(SimpleObject)]
pub struct SessionTokens {
    /// Send it as `Authorization: Bearer …`, and as `authorization` in a WebSocket's `connection_init`.
    access_token: String,
    /// Refresh before then.
    access_expires_at: Instant,
    /// Good once, for `refreshSession`. Using it a second time ends the session.
    refresh_token: String,
    /// Without a refresh until then, the person signs in again.
    refresh_expires_at: Instant,
    /// The session that they belong to.
    session: Session,
}

impl From<Tokens> for SessionTokens {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            access_expires_at: tokens.access_expires_at,
            refresh_token: tokens.refresh_token,
            refresh_expires_at: tokens.refresh_expires_at,
            session: Session { model: tokens.session, current: true },
        }
    }
}

/// What `requestSignInCode` takes.
#[derive(InputObject)]
struct RequestSignInCodeInput {
    /// The phone that gets the text message.
    phone: PhoneNumber,
}

/// What became of it.
#[derive(SimpleObject)]
struct RequestSignInCodePayload {
    /// Until when the code is good; null when none was sent.
    expires_at: Option<Instant>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<RequestSignInCodeError>,
}

/// What `signIn` takes.
#[derive(InputObject)]
struct SignInInput {
    /// The number that the code was sent to.
    phone: PhoneNumber,
    /// The six digits from the text message.
    code: String,
    /// A name for the device that its owner will recognise, at most 100 characters.
    device: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct SignInPayload {
    /// Null when the sign-in was refused.
    tokens: Option<SessionTokens>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<SignInError>,
}

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

#[derive(Default)]
pub struct AuthMutation;

#[Object]
impl AuthMutation {
    /// Sends a one-time code of six digits to the phone: good for 5 minutes and 5 tries; one a minute and ten a day for
    /// each number. The answer is the same whether the number is known or not.
    async fn request_sign_in_code(
        &self,
        gql: &Context<'_>,
        input: RequestSignInCodeInput,
    ) -> Result<RequestSignInCodePayload> {
        let ctx = ctx(gql);
        let sent = service::request_code(ctx, &input.phone).await;
        let (expires_at, errors) = settle(ctx, sent, RequestSignInCodeError::new)?;
        Ok(RequestSignInCodePayload { expires_at, errors })
    }

    /// Exchanges phone number and code for a session. A new number becomes a new person, who can then enrol.
    async fn sign_in(&self, gql: &Context<'_>, input: SignInInput) -> Result<SignInPayload> {
        let ctx = ctx(gql);
        let device = text::line("device", &input.device, 100, true)?;
        let signed_in = service::sign_in(ctx, &input.phone, &input.code, &device).await;
        let (tokens, errors) = settle(ctx, signed_in, SignInError::new)?;
        Ok(SignInPayload { tokens: tokens.map(Into::into), errors })
    }

    /// Exchanges a refresh token for new tokens. Send it without an `Authorization` header (an access token that has expired
    /// is refused with 401, whatever comes with it), and once at a time: a token used twice ends the session.
    async fn refresh_session(&self, gql: &Context<'_>, input: RefreshSessionInput) -> Result<RefreshSessionPayload> {
        let ctx = ctx(gql);
        let refreshed = service::refresh(ctx, &input.refresh_token).await;
        let (tokens, errors) = settle(ctx, refreshed, RefreshSessionError::new)?;
        Ok(RefreshSessionPayload { tokens: tokens.map(Into::into), errors })
    }

    /// Signs out: ends the current session or another one of yours, at once.
    async fn end_session(&self, gql: &Context<'_>, input: EndSessionInput) -> Result<EndSessionPayload> {
        let ctx = ctx(gql);
        let ended = service::end_session(ctx, input.session_id.map(|id| id.0)).await;
        let (session, errors) = settle(ctx, ended, EndSessionError::new)?;
        Ok(EndSessionPayload { session_id: session.map(GlobalId), errors })
    }
}
