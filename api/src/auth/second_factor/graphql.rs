//! The second factor: enrolling, proving, giving up.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{Instant, kinds::SecondFactorState};

use super::{
    rules::SecondFactorError,
    service::{self, Standing},
};
use crate::graphql::{ctx, settle};

/// Where you stand with the second factor: an authenticator app whose codes a role on a branch asks for before it changes
/// other people's records.
#[derive(SimpleObject)]
pub struct SecondFactor {
    /// Missing, enrolled, or proved by this session.
    state: SecondFactorState,
    /// Null when none is enrolled.
    enrolled_at: Option<Instant>,
    /// Until when this session may act without another code; null when it has to prove it first.
    proved_until: Option<Instant>,
    /// Codes that stand in for the app, each once.
    recovery_codes_left: i32,
    /// Whether roles on branches ask for it on this server.
    demanded: bool,
}

/// `me.secondFactor`
pub async fn my_second_factor(gql: &Context<'_>) -> Result<SecondFactor> {
    let ctx = ctx(gql);
    let Standing { state, confirmed_at, proved_until, recovery_codes_left } = service::standing(ctx).await?;
    Ok(SecondFactor {
        state,
        enrolled_at: confirmed_at,
        proved_until,
        recovery_codes_left: i32::try_from(recovery_codes_left).unwrap_or(i32::MAX),
        demanded: ctx.config.officers.second_factor,
    })
}

/// What `enrolSecondFactor` takes.
#[derive(InputObject)]
struct EnrolSecondFactorInput {
    /// A code of the app that is enrolled now, or a recovery code; leave it out when none is.
    code: Option<String>,
}

/// What became of it. The secret is shown this once.
#[derive(SimpleObject)]
struct EnrolSecondFactorPayload {
    /// The secret in base 32, for typing it into the app; null when it was refused.
    secret: Option<String>,
    /// The same for the app's camera, as a QR code (`otpauth://…`); null when it was refused.
    otpauth_uri: Option<String>,
    /// Confirm it with `confirmSecondFactor` before then; null when it was refused.
    confirm_until: Option<Instant>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<SecondFactorError>,
}

/// What `confirmSecondFactor` takes.
#[derive(InputObject)]
struct ConfirmSecondFactorInput {
    /// The six digits that the app shows for the new secret.
    code: String,
}

/// What became of it. The recovery codes are shown this once.
#[derive(SimpleObject)]
struct ConfirmSecondFactorPayload {
    /// Each stands in for the app once, should the phone be lost; empty when it was refused.
    recovery_codes: Vec<String>,
    /// Until when this session may act without another code; null when it was refused.
    proved_until: Option<Instant>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<SecondFactorError>,
}

/// What `proveSecondFactor` takes.
#[derive(InputObject)]
struct ProveSecondFactorInput {
    /// The six digits that the app shows, or a recovery code.
    code: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct ProveSecondFactorPayload {
    /// Until when this session may act without another code; null when it was refused.
    proved_until: Option<Instant>,
    /// Recovery codes that are left; null when it was refused.
    recovery_codes_left: Option<i32>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<SecondFactorError>,
}

/// What `renewRecoveryCodes` takes.
#[derive(InputObject)]
struct RenewRecoveryCodesInput {
    /// The six digits that the app shows, or a recovery code.
    code: String,
}

/// What became of it. The recovery codes are shown this once.
#[derive(SimpleObject)]
struct RenewRecoveryCodesPayload {
    /// Each stands in for the app once; the old ones are good no more. Empty when it was refused.
    recovery_codes: Vec<String>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<SecondFactorError>,
}

/// What `removeSecondFactor` takes.
#[derive(InputObject)]
struct RemoveSecondFactorInput {
    /// The six digits that the app shows, or a recovery code.
    code: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct RemoveSecondFactorPayload {
    /// Whether it is gone.
    removed: bool,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<SecondFactorError>,
}

#[derive(Default)]
pub struct SecondFactorMutation;

#[Object]
impl SecondFactorMutation {
    /// Begins to enrol an authenticator app: gives a new secret, which waits 15 minutes for `confirmSecondFactor`. The app
    /// that is enrolled, if any, stays good until then.
    async fn enrol_second_factor(
        &self,
        gql: &Context<'_>,
        input: EnrolSecondFactorInput,
    ) -> Result<EnrolSecondFactorPayload> {
        let ctx = ctx(gql);
        let (made, errors) = settle(ctx, service::enrol(ctx, input.code.as_deref()).await, SecondFactorError::new)?;
        let confirm_until = made.as_ref().map(|made| made.confirm_until);
        let (secret, otpauth_uri) = made.map(|made| (made.secret, made.uri)).unzip();
        Ok(EnrolSecondFactorPayload { secret, otpauth_uri, confirm_until, errors })
    }

    /// Puts the new secret in force by its first code, and proves it for this session; other sessions have to prove it
    /// anew. Who granted your roles hears of it.
    async fn confirm_second_factor(
        &self,
        gql: &Context<'_>,
        input: ConfirmSecondFactorInput,
    ) -> Result<ConfirmSecondFactorPayload> {
        let ctx = ctx(gql);
        let (done, errors) = settle(ctx, service::confirm(ctx, &input.code).await, SecondFactorError::new)?;
        let (codes, proved_until) = done.map(|done| (done.recovery_codes, done.proved_until)).unzip();
        Ok(ConfirmSecondFactorPayload { recovery_codes: codes.unwrap_or_default(), proved_until, errors })
    }

    /// Proves the second factor for this session, which may then act for a while by roles that ask for it. Each code of the
    /// app is good once; five wrong ones in a row bring a pause, and the next five a longer one.
    async fn prove_second_factor(
        &self,
        gql: &Context<'_>,
        input: ProveSecondFactorInput,
    ) -> Result<ProveSecondFactorPayload> {
        let ctx = ctx(gql);
        let (proved, errors) = settle(ctx, service::prove(ctx, &input.code).await, SecondFactorError::new)?;
        let left = |proved: &service::Proved| i32::try_from(proved.recovery_codes_left).unwrap_or(i32::MAX);
        Ok(ProveSecondFactorPayload {
            recovery_codes_left: proved.as_ref().map(left),
            proved_until: proved.map(|proved| proved.until),
            errors,
        })
    }

    /// Makes ten new recovery codes; the old ones are good no more.
    async fn renew_recovery_codes(
        &self,
        gql: &Context<'_>,
        input: RenewRecoveryCodesInput,
    ) -> Result<RenewRecoveryCodesPayload> {
        let ctx = ctx(gql);
        let renewed = service::renew_recovery_codes(ctx, &input.code).await;
        let (codes, errors) = settle(ctx, renewed, SecondFactorError::new)?;
        Ok(RenewRecoveryCodesPayload { recovery_codes: codes.unwrap_or_default(), errors })
    }

    /// Gives the second factor up. By a role on a branch you then change nobody's records until you enrol another. Who has
    /// lost app and recovery codes asks two officers above (`resetSecondFactor`).
    async fn remove_second_factor(
        &self,
        gql: &Context<'_>,
        input: RemoveSecondFactorInput,
    ) -> Result<RemoveSecondFactorPayload> {
        let ctx = ctx(gql);
        let (removed, errors) = settle(ctx, service::remove(ctx, &input.code).await, SecondFactorError::new)?;
        Ok(RemoveSecondFactorPayload { removed: removed.is_some(), errors })
    }
}
