//! Sign-in, sessions, the number that an account is at.

use async_graphql::{MergedObject, Object, SimpleObject};
use boai_entity::{
    Instant,
    ids::SessionId,
    kinds::{Platform, SignInWay},
    session,
};
use uuid::Uuid;

use super::sessions::{Device, Tokens};
use crate::platform::{errors::Fault, node::GlobalId, text};

mod phone;
mod sessions;
mod sign_in;
mod wechat;

/// What can be done about signing in.
#[derive(MergedObject, Default)]
pub struct AuthMutation(
    sign_in::SignInMutation,
    sessions::SessionMutation,
    phone::PhoneMutation,
    wechat::WeChatMutation,
);

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
    /// What the device runs, as it said at sign-in.
    async fn platform(&self) -> Platform {
        self.model.platform
    }
    /// How you signed in there.
    async fn signed_in_by(&self) -> SignInWay {
        self.model.way
    }
    /// When you signed in there.
    async fn created_at(&self) -> Instant {
        self.model.created_at
    }
    /// When its tokens were last refreshed: in use, about every half hour.
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

/// A device, as it names itself.
pub fn device(name: &str, platform: Platform, installation: Option<Uuid>) -> Result<Device, Fault> {
    Ok(Device { name: text::line("device", name, 100, true)?, platform, installation })
}
