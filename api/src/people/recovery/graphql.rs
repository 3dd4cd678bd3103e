//! Recovering accounts.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant, account_recovery,
    ids::{AccountRecoveryId, BranchId},
    kinds::{LookPurpose, Platform, RecoveryState},
};
use uuid::Uuid;

use super::{
    super::graphql::{Volunteer, volunteer_in_full, volunteer_of_person},
    rules::{self, CompleteRecoveryError, ObjectToRecoveryError, RecoveryError, RequestRecoveryCodeError},
    service::{self, NewRecovery},
};
use crate::{
    auth::graphql::{SessionTokens, device},
    graphql::{ctx, settle},
    platform::{
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        scalars::PhoneNumber,
        text,
    },
};

/// 账号找回: an account that two officers give back to a volunteer who lost the phone. For the officers and the volunteer.
pub struct AccountRecovery {
    row: account_recovery::Model,
    state: RecoveryState,
}

impl AccountRecovery {
    pub fn new(row: account_recovery::Model, now: Instant) -> Self {
        Self { state: rules::state_at(&row, now), row }
    }
}

/// 账号找回: an account that two officers give back to a volunteer who lost the phone. For the officers and the volunteer.
#[Object]
impl AccountRecovery {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<AccountRecoveryId> {
        GlobalId(self.row.id)
    }
    /// Where it stands now.
    async fn state(&self) -> RecoveryState {
        self.state
    }
    /// Whose account; null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_in_full(gql, self.row.volunteer_id, LookPurpose::Recovery).await
    }
    /// The number that the account would move to, masked.
    async fn new_phone(&self) -> String {
        PhoneNumber::masked(&self.row.new_phone)
    }
    /// Why, in the words of the first officer.
    async fn reason(&self) -> &str {
        &self.row.reason
    }
    /// How the first officer made sure that it is the volunteer.
    async fn identity_check(&self) -> &str {
        &self.row.identity_check
    }
    /// When it was opened.
    async fn opened_at(&self) -> Instant {
        self.row.opened_at
    }
    /// The first officer; null when that is no volunteer.
    async fn opened_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_of_person(gql, self.row.opened_by, LookPurpose::Recovery).await
    }
    /// When a second officer approved it; null while that has not happened.
    async fn approved_at(&self) -> Option<Instant> {
        self.row.approved_at
    }
    /// The second officer; null while there is none, or when that is no volunteer.
    async fn approved_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        let Some(officer) = self.row.approved_by else { return Ok(None) };
        volunteer_of_person(gql, officer, LookPurpose::Recovery).await
    }
    /// Before then it takes no effect, so that whoever holds the old phone has time to object; null while the old number has
    /// had no notice.
    async fn waits_until(&self) -> Option<Instant> {
        self.row.waits_until
    }
    /// Without a next step until then it is over.
    async fn expires_at(&self) -> Instant {
        self.row.expires_at
    }
    /// When it was completed or stopped; null while it is under way, and when time ended it.
    async fn ended_at(&self) -> Option<Instant> {
        self.row.ended_at
    }
    /// Why an officer declined it; null when none did.
    async fn end_note(&self) -> Option<&str> {
        self.row.end_note.as_deref()
    }
}

/// What `openRecovery` takes.
#[derive(InputObject)]
struct OpenRecoveryInput {
    /// 志愿者编号 of the volunteer who lost the phone.
    volunteer_number: String,
    /// Where the account shall move to.
    new_phone: PhoneNumber,
    /// What happened to the old phone, at most 500 characters. The volunteer reads it.
    reason: String,
    /// How you made sure that it is the volunteer, such as which document you saw; at most 500 characters, and no document's
    /// number.
    identity_check: String,
}

/// What `approveRecovery` takes.
#[derive(InputObject)]
struct ApproveRecoveryInput {
    /// One that another officer opened.
    recovery_id: GlobalId<AccountRecoveryId>,
}

/// What `declineRecovery` takes.
#[derive(InputObject)]
struct DeclineRecoveryInput {
    /// One that is under way.
    recovery_id: GlobalId<AccountRecoveryId>,
    /// At most 500 characters. The volunteer reads it.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct RecoveryPayload {
    /// Null when it was refused.
    recovery: Option<AccountRecovery>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<RecoveryError>,
}

/// What `objectToRecovery` takes: nothing when you are signed in to the account, or both number and code.
#[derive(InputObject)]
struct ObjectToRecoveryInput {
    /// The number that got the notice.
    phone: Option<PhoneNumber>,
    /// The ten digits of the notice.
    code: Option<String>,
}

/// What became of it.
#[derive(SimpleObject)]
struct ObjectToRecoveryPayload {
    /// Whether a recovery was stopped.
    stopped: bool,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ObjectToRecoveryError>,
}

/// What `requestRecoveryCode` takes.
#[derive(InputObject)]
struct RequestRecoveryCodeInput {
    /// The number that the account shall move to.
    new_phone: PhoneNumber,
}

/// What became of it.
#[derive(SimpleObject)]
struct RequestRecoveryCodePayload {
    /// Until when the code is good; null when none was sent.
    expires_at: Option<Instant>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<RequestRecoveryCodeError>,
}

/// What `completeRecovery` takes.
#[derive(InputObject)]
struct CompleteRecoveryInput {
    /// The number that the account shall move to.
    new_phone: PhoneNumber,
    /// The six digits from the text message.
    code: String,
    /// A name for the device that its owner will recognise, at most 100 characters.
    device: String,
    /// What the device runs.
    #[graphql(default_with = "Platform::Other")]
    platform: Platform,
    /// A UUID that the app makes when it is installed; see `signIn`.
    installation_id: Option<Uuid>,
}

/// What became of it.
#[derive(SimpleObject)]
struct CompleteRecoveryPayload {
    /// Null when it was refused.
    tokens: Option<SessionTokens>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<CompleteRecoveryError>,
}

#[derive(Default)]
pub struct RecoveryQuery;

#[Object]
impl RecoveryQuery {
    /// Recoveries of the accounts of volunteers who live below a branch, newest first. For its officers and those above;
    /// nothing for anybody else.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    #[expect(clippy::too_many_arguments, reason = "a filter and the four arguments of a connection")]
    async fn account_recoveries(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch in your care.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "Only those under way.", default = true)] under_way: bool,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, AccountRecovery>> {
        let ctx = ctx(gql);
        let page = Page::read("recoveries", PageArgs { first, after, last, before })?;
        let slice = service::recoveries(ctx, branch_id.0, under_way, page).await?;
        let now = ctx.now();
        let key = |row: &account_recovery::Model| (row.opened_at, row.id.0);
        Ok(slice.connection("recoveries", key, |row| AccountRecovery::new(row, now)))
    }
}

#[derive(Default)]
pub struct RecoveryMutation;

#[Object]
impl RecoveryMutation {
    /// Opens the recovery of a volunteer's account, for an officer of a branch above the volunteer's home who could have
    /// granted every role of that person; never for oneself. A second officer approves it within 14 days.
    async fn open_recovery(&self, gql: &Context<'_>, input: OpenRecoveryInput) -> Result<RecoveryPayload> {
        let ctx = ctx(gql);
        let new = NewRecovery {
            volunteer_number: input.volunteer_number.trim().into(),
            new_phone: input.new_phone,
            reason: text::field("reason", &input.reason, 500, true)?,
            identity_check: text::field("identityCheck", &input.identity_check, 500, true)?,
        };
        let (row, errors) = settle(ctx, service::open(ctx, new).await, RecoveryError::new)?;
        Ok(RecoveryPayload { recovery: row.map(|row| AccountRecovery::new(row, ctx.now())), errors })
    }

    /// Approves a recovery that another officer opened. The old number gets a notice with a code for objecting, and the
    /// recovery can be completed 72 hours after it.
    async fn approve_recovery(&self, gql: &Context<'_>, input: ApproveRecoveryInput) -> Result<RecoveryPayload> {
        let ctx = ctx(gql);
        let (row, errors) = settle(ctx, service::approve(ctx, input.recovery_id.0).await, RecoveryError::new)?;
        Ok(RecoveryPayload { recovery: row.map(|row| AccountRecovery::new(row, ctx.now())), errors })
    }

    /// Stops a recovery: for any officer who could have opened it, the first one included.
    async fn decline_recovery(&self, gql: &Context<'_>, input: DeclineRecoveryInput) -> Result<RecoveryPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let declined = service::decline(ctx, input.recovery_id.0, &reason).await;
        let (row, errors) = settle(ctx, declined, RecoveryError::new)?;
        Ok(RecoveryPayload { recovery: row.map(|row| AccountRecovery::new(row, ctx.now())), errors })
    }

    /// Stops the recovery of your account, at any time before it is completed: signed in to the account, or with the number and
    /// the code of the notice.
    async fn object_to_recovery(
        &self,
        gql: &Context<'_>,
        input: ObjectToRecoveryInput,
    ) -> Result<ObjectToRecoveryPayload> {
        let ctx = ctx(gql);
        let notice = match (input.phone, input.code) {
            (Some(phone), Some(code)) => Some((phone, code)),
            (None, None) => None,
            _ => return Err(Fault::bad_input("Give both `phone` and `code`, or neither.").into()),
        };
        let (done, errors) = settle(ctx, service::object(ctx, notice).await, ObjectToRecoveryError::new)?;
        Ok(ObjectToRecoveryPayload { stopped: done.is_some(), errors })
    }

    /// Sends a one-time code to the new number, for `completeRecovery` alone. The limits are those of `requestSignInCode`, and
    /// the answer is the same whether a recovery leads there or not.
    async fn request_recovery_code(
        &self,
        gql: &Context<'_>,
        input: RequestRecoveryCodeInput,
    ) -> Result<RequestRecoveryCodePayload> {
        let ctx = ctx(gql);
        let sent = service::request_code(ctx, &input.new_phone).await;
        let (expires_at, errors) = settle(ctx, sent, RequestRecoveryCodeError::new)?;
        Ok(RequestRecoveryCodePayload { expires_at, errors })
    }

    /// Completes an approved recovery after the waiting period, by the code from the new number: your account moves there, all
    /// its sessions end, its WeChat account is unlinked, and you are signed in.
    async fn complete_recovery(
        &self,
        gql: &Context<'_>,
        input: CompleteRecoveryInput,
    ) -> Result<CompleteRecoveryPayload> {
        let ctx = ctx(gql);
        let device = device(&input.device, input.platform, input.installation_id)?;
        let completed = service::complete(ctx, &input.new_phone, &input.code, device).await;
        let (tokens, errors) = settle(ctx, completed, CompleteRecoveryError::new)?;
        Ok(CompleteRecoveryPayload { tokens: tokens.map(Into::into), errors })
    }
}
