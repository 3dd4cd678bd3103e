//! Signing in by code.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{Instant, kinds::Platform};
use uuid::Uuid;

use super::{
    super::{
        codes,
        rules::{RequestSignInCodeError, SignInError},
        sign_in,
    },
    SessionTokens, device,
};
use crate::{
    graphql::{ctx, settle},
    platform::scalars::PhoneNumber,
};

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
    /// What the device runs.
    #[graphql(default_with = "Platform::Other")]
    platform: Platform,
    /// A UUID that the app makes when it is installed. With it, signing in again on the same installation takes the place of
    /// the session there, and nobody is told of a new device.
    installation_id: Option<Uuid>,
    /// From `signInWithWeChat`: links that WeChat account to the person who signs in. When it cannot, nobody is signed in,
    /// and the code stays good.
    link_ticket: Option<String>,
}

/// What became of it.
#[derive(SimpleObject)]
struct SignInPayload {
    /// Null when the sign-in was refused.
    tokens: Option<SessionTokens>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<SignInError>,
}

#[derive(Default)]
pub struct SignInMutation;

#[Object]
impl SignInMutation {
    /// Sends a one-time code of six digits to the phone: good for 5 minutes and 5 tries; one a minute and ten a day for
    /// each number. The answer is the same whether the number is known or not.
    async fn request_sign_in_code(
        &self,
        gql: &Context<'_>,
        input: RequestSignInCodeInput,
    ) -> Result<RequestSignInCodePayload> {
        let ctx = ctx(gql);
        let sent = codes::send(ctx, sign_in::proof(&input.phone)).await;
        let (expires_at, errors) = settle(ctx, sent, RequestSignInCodeError::new)?;
        Ok(RequestSignInCodePayload { expires_at, errors })
    }

    /// Exchanges phone number and code for a session. A new number becomes a new person, who can then enrol. A person is
    /// signed in on ten devices at most: one more ends the session that was unused for longest.
    async fn sign_in(&self, gql: &Context<'_>, input: SignInInput) -> Result<SignInPayload> {
        let ctx = ctx(gql);
        let device = device(&input.device, input.platform, input.installation_id)?;
        let signed_in = sign_in::sign_in(ctx, &input.phone, &input.code, device, input.link_ticket.as_deref()).await;
        let (tokens, errors) = settle(ctx, signed_in, SignInError::new)?;
        Ok(SignInPayload { tokens: tokens.map(Into::into), errors })
    }
}
