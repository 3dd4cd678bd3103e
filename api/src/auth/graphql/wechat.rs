//! Signing in with WeChat.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{Instant, kinds::Platform};
use uuid::Uuid;

use super::{
    super::{
        rules::{TICKET_MINUTES, WeChatError, WeChatRefusal},
        wechat::{self, SignedIn},
    },
    SessionTokens, device,
};
use crate::{
    graphql::{ctx, settle},
    platform::errors::Fault,
};

/// What `signInWithWeChat` takes.
#[derive(InputObject)]
struct SignInWithWeChatInput {
    /// What `wx.login` gave in the mini program, a moment ago.
    code: String,
    /// A name for the device that its owner will recognise, at most 100 characters.
    device: String,
    /// A UUID that the mini program makes at its first start on a device. With it, signing in again there takes the place of
    /// the earlier session, and nobody is told of a new device.
    installation_id: Option<Uuid>,
}

/// What became of it.
#[derive(SimpleObject)]
struct SignInWithWeChatPayload {
    /// Null when nobody was signed in.
    tokens: Option<SessionTokens>,
    /// With `NEEDS_PHONE`: send it along with `signIn`, once. Null otherwise.
    link_ticket: Option<String>,
    /// Until when the ticket is good; null when there is none.
    link_ticket_expires_at: Option<Instant>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<WeChatError>,
}

/// What `linkWeChat` takes.
#[derive(InputObject)]
struct LinkWeChatInput {
    /// What `wx.login` gave in the mini program, a moment ago.
    code: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct LinkWeChatPayload {
    /// Since when the two are linked; null when it was refused.
    linked_at: Option<Instant>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<WeChatError>,
}

/// What `unlinkWeChat` takes.
#[derive(InputObject)]
struct UnlinkWeChatInput {
    /// Whether the other sessions that came through it go on. Not when somebody else may have linked it.
    #[graphql(default)]
    keep_sessions: bool,
}

/// What became of it.
#[derive(SimpleObject)]
struct UnlinkWeChatPayload {
    /// Whether the account was unlinked.
    unlinked: bool,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<WeChatError>,
}

#[derive(Default)]
pub struct WeChatMutation;

#[Object]
impl WeChatMutation {
    /// Signs in with a WeChat account that is linked to a person. One that is linked to nobody gets `NEEDS_PHONE` and a link
    /// ticket, which `signIn` takes: the same person comes in either way from then on.
    async fn sign_in_with_we_chat(
        &self,
        gql: &Context<'_>,
        input: SignInWithWeChatInput,
    ) -> Result<SignInWithWeChatPayload> {
        let ctx = ctx(gql);
        let device = device(&input.device, Platform::WechatMiniProgram, input.installation_id)?;
        let signed_in = wechat::sign_in(ctx, login_code(&input.code)?, device).await;
        let (signed_in, errors) = settle(ctx, signed_in, WeChatError::new)?;
        let nobody = SignInWithWeChatPayload { tokens: None, link_ticket: None, link_ticket_expires_at: None, errors };
        Ok(match signed_in {
            None => nobody,
            Some(SignedIn::Yes(tokens)) => SignInWithWeChatPayload { tokens: Some(tokens.into()), ..nobody },
            Some(SignedIn::NeedsPhone { ticket, expires_at }) => {
                let needs_phone = WeChatRefusal::NeedsPhone { minutes_valid: TICKET_MINUTES };
                SignInWithWeChatPayload {
                    link_ticket: Some(ticket),
                    link_ticket_expires_at: Some(expires_at),
                    errors: vec![WeChatError::new(&needs_phone, ctx.lang)],
                    ..nobody
                }
            }
        })
    }

    /// Links a WeChat account to you, to sign in with it. Doing it twice is doing it once.
    async fn link_we_chat(&self, gql: &Context<'_>, input: LinkWeChatInput) -> Result<LinkWeChatPayload> {
        let ctx = ctx(gql);
        let linked = wechat::link(ctx, login_code(&input.code)?).await;
        let (linked_at, errors) = settle(ctx, linked, WeChatError::new)?;
        Ok(LinkWeChatPayload { linked_at, errors })
    }

    /// Unlinks your WeChat account. Other sessions that came through it end, unless you keep them.
    async fn unlink_we_chat(&self, gql: &Context<'_>, input: UnlinkWeChatInput) -> Result<UnlinkWeChatPayload> {
        let ctx = ctx(gql);
        let (unlinked, errors) = settle(ctx, wechat::unlink(ctx, input.keep_sessions).await, WeChatError::new)?;
        Ok(UnlinkWeChatPayload { unlinked: unlinked.is_some(), errors })
    }
}

/// A code of `wx.login` has 32 characters; what cannot be one is not sent on. The fault never repeats it.
fn login_code(code: &str) -> Result<&str, Fault> {
    let code = code.trim();
    let plausible = (1..=128).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic());
    if plausible { Ok(code) } else { Err(Fault::bad_input("`code` is no code of wx.login.")) }
}
