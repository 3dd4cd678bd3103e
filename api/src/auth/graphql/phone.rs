//! Moving to another phone number.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::Instant;

use super::super::{
    phone,
    rules::{ChangePhoneError, RequestPhoneChangeError},
};
use crate::{
    graphql::{ctx, settle},
    people::graphql::Me,
    platform::scalars::PhoneNumber,
};

/// What `requestPhoneChange` takes.
#[derive(InputObject)]
struct RequestPhoneChangeInput {
    /// The number that your account shall move to.
    new_phone: PhoneNumber,
}

/// What became of it.
#[derive(SimpleObject)]
struct RequestPhoneChangePayload {
    /// Until when the two codes are good; null when none were sent.
    expires_at: Option<Instant>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<RequestPhoneChangeError>,
}

/// What `changePhone` takes.
#[derive(InputObject)]
struct ChangePhoneInput {
    /// The same as in `requestPhoneChange`.
    new_phone: PhoneNumber,
    /// The six digits that came to the old number.
    old_code: String,
    /// The six digits that came to the new number.
    new_code: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct ChangePhonePayload {
    /// Null when it was refused.
    me: Option<Me>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ChangePhoneError>,
}

#[derive(Default)]
pub struct PhoneMutation;

#[Object]
impl PhoneMutation {
    /// Sends a one-time code to your number and one to the new number, for `changePhone` alone. The limits of each number
    /// are those of `requestSignInCode`.
    async fn request_phone_change(
        &self,
        gql: &Context<'_>,
        input: RequestPhoneChangeInput,
    ) -> Result<RequestPhoneChangePayload> {
        let ctx = ctx(gql);
        let sent = phone::request_change(ctx, &input.new_phone).await;
        let (expires_at, errors) = settle(ctx, sent, RequestPhoneChangeError::new)?;
        Ok(RequestPhoneChangePayload { expires_at, errors })
    }

    /// Moves your account to the new number, proved by the codes from both. Your other sessions end, and the old number gets a
    /// notice. Whoever lost the old number asks the branch for a recovery instead.
    async fn change_phone(&self, gql: &Context<'_>, input: ChangePhoneInput) -> Result<ChangePhonePayload> {
        let ctx = ctx(gql);
        let changed = phone::change(ctx, &input.new_phone, &input.old_code, &input.new_code).await;
        let (done, errors) = settle(ctx, changed, ChangePhoneError::new)?;
        Ok(ChangePhonePayload { me: done.and_then(|()| Me::of(ctx)), errors })
    }
}
