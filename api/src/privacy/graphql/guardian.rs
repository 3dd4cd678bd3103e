//! A guardian's rights, for whoever proves to be one.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{
    Instant,
    honour_kinds::ShownName,
    ids::{DataExportId, ErasureId, HonourRollEntryId},
    kinds::ConsentKind,
};
use uuid::Uuid;

use super::{DataExport, DownloadLink, Erasure};
use crate::{
    auth::rules::RequestSignInCodeError,
    graphql::{ctx, settle, settle_all},
    honour_roll::graphql::HonourRollEntry,
    people::graphql::Consent,
    platform::{node::GlobalId, scalars::PhoneNumber},
    privacy::{
        guardian::{self, View},
        rules::GuardianError,
    },
};

/// What a guardian sees of a volunteer under 18, by a pass.
pub struct GuardianView(View);

/// What a guardian sees of a volunteer under 18, by a pass.
#[Object]
impl GuardianView {
    /// The child's whole name.
    async fn child_name(&self) -> &str {
        &self.0.child.name
    }
    /// 志愿者编号 of the child.
    async fn child_number(&self) -> &str {
        &self.0.child.number
    }
    /// Every consent that the child ever gave, newest first.
    async fn consents(&self) -> Vec<Consent> {
        self.0.consents.iter().cloned().map(Consent).collect()
    }
    /// The newest copies of the child's data that were asked for, by the child or by a guardian.
    async fn data_exports(&self) -> Vec<DataExport> {
        self.0.exports.iter().cloned().map(DataExport).collect()
    }
    /// The newest wish to have the child erased; null when there never was one.
    async fn erasure(&self) -> Option<Erasure> {
        self.0.erasure.clone().map(Into::into)
    }
    /// 红人榜: where a branch would show the child or does, newest first.
    async fn honour_roll_entries(&self) -> Vec<HonourRollEntry> {
        self.0.honours.iter().cloned().map(HonourRollEntry).collect()
    }
}

/// What `requestGuardianCode` takes.
#[derive(InputObject)]
struct RequestGuardianCodeInput {
    /// The guardian's phone, which gets the text message.
    phone: PhoneNumber,
}

/// What became of it.
#[derive(SimpleObject)]
struct RequestGuardianCodePayload {
    /// Until when the code is good; null when none was sent.
    expires_at: Option<Instant>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<RequestSignInCodeError>,
}

/// What `openGuardianPass` takes.
#[derive(InputObject)]
struct OpenGuardianPassInput {
    /// The guardian's phone, which the code was sent to.
    phone: PhoneNumber,
    /// The six digits from the text message.
    code: String,
    /// 志愿者编号 of the child, who has it in the app.
    volunteer_number: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct OpenGuardianPassPayload {
    /// Goes into the other mutations of a guardian and into `guardianView`; keep it secret. Null when it was refused.
    pass: Option<String>,
    /// Half an hour from now, or the child's 18th birthday if that comes first; null when it was refused.
    expires_at: Option<Instant>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<GuardianError>,
}

/// What `requestChildData` takes.
#[derive(InputObject)]
struct RequestChildDataInput {
    /// From `openGuardianPass`.
    pass: String,
    /// A UUID that the phone makes once for each wish and sends again with each repeat: a repeat is the same success.
    request_id: Uuid,
}

/// What became of it.
#[derive(SimpleObject)]
struct RequestChildDataPayload {
    /// The copy that will be made; null when it was refused.
    export: Option<DataExport>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<GuardianError>,
}

/// What `createChildDataLink` takes.
#[derive(InputObject)]
struct CreateChildDataLinkInput {
    /// From `openGuardianPass`.
    pass: String,
    /// One of `guardianView.dataExports` that is `READY`.
    export_id: GlobalId<DataExportId>,
}

/// What became of it.
#[derive(SimpleObject)]
struct CreateChildDataLinkPayload {
    /// Null when it was refused.
    link: Option<DownloadLink>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<GuardianError>,
}

/// What `giveGuardianConsent` takes.
#[derive(InputObject)]
struct GiveGuardianConsentInput {
    /// From `openGuardianPass`.
    pass: String,
    /// Version of the text `GUARDIAN` of `consentTexts` that the guardian read.
    version: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct GiveGuardianConsentPayload {
    /// Every consent ever given by or for the child, newest first; empty when it was refused.
    consents: Vec<Consent>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<GuardianError>,
}

/// What `withdrawChildConsent` takes.
#[derive(InputObject)]
struct WithdrawChildConsentInput {
    /// From `openGuardianPass`.
    pass: String,
    /// What is no longer agreed to.
    kind: ConsentKind,
}

/// What became of it.
#[derive(SimpleObject)]
struct WithdrawChildConsentPayload {
    /// Every consent that the child ever gave, newest first; empty when it was refused.
    consents: Vec<Consent>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<GuardianError>,
}

/// What `requestChildErasure` takes.
#[derive(InputObject)]
struct RequestChildErasureInput {
    /// From `openGuardianPass`.
    pass: String,
    /// 志愿者编号 of the child, typed once more: nobody erases a child by a slip of the finger.
    volunteer_number: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct RequestChildErasurePayload {
    /// Null when it was refused.
    erasure: Option<Erasure>,
    /// Where the report of what was erased, what was kept and why will be once the erasure took effect. Keep it. Null when it
    /// was refused.
    report: Option<DownloadLink>,
    /// Every reason why it was refused, for people and for the app; empty when it was done.
    errors: Vec<GuardianError>,
}

/// What `cancelChildErasure` takes.
#[derive(InputObject)]
struct CancelChildErasureInput {
    /// From `openGuardianPass`.
    pass: String,
    /// `guardianView.erasure` that is `WAITING`.
    erasure_id: GlobalId<ErasureId>,
}

/// What became of it.
#[derive(SimpleObject)]
struct CancelChildErasurePayload {
    /// Null when it was refused.
    erasure: Option<Erasure>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<GuardianError>,
}

/// What `agreeToChildHonourRoll` takes.
#[derive(InputObject)]
struct AgreeToChildHonourRollInput {
    /// From `openGuardianPass`.
    pass: String,
    /// Of `guardianView.honourRollEntries`.
    entry_id: GlobalId<HonourRollEntryId>,
    /// Of the story that you read.
    revision: i32,
    /// How much of the child's name may be shown; the child may want less, and then that counts.
    name: ShownName,
}

/// What `withdrawChildFromHonourRoll` takes.
#[derive(InputObject)]
struct WithdrawChildFromHonourRollInput {
    /// From `openGuardianPass`.
    pass: String,
    /// Of `guardianView.honourRollEntries`.
    entry_id: GlobalId<HonourRollEntryId>,
}

/// What became of the guardian's word.
#[derive(SimpleObject)]
struct ChildHonourRollPayload {
    /// As it stands now; null when it was refused.
    entry: Option<HonourRollEntry>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<GuardianError>,
}

#[derive(Default)]
pub struct GuardianQuery;

#[Object]
impl GuardianQuery {
    /// What a guardian sees of a volunteer under 18; null when the pass is good no longer. Send it by POST: the pass is a
    /// secret, and addresses are written down everywhere.
    async fn guardian_view(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "From `openGuardianPass`.")] pass: String,
    ) -> Result<Option<GuardianView>> {
        Ok(guardian::view(ctx(gql), &pass).await?.map(GuardianView))
    }
}

#[derive(Default)]
pub struct GuardianMutation;

#[Object]
impl GuardianMutation {
    /// Sends a one-time code to the phone of somebody who says to be a guardian; limits as of `requestSignInCode`. The answer is
    /// the same whether any child names the number or not. It takes no session.
    async fn request_guardian_code(
        &self,
        gql: &Context<'_>,
        input: RequestGuardianCodeInput,
    ) -> Result<RequestGuardianCodePayload> {
        let ctx = ctx(gql);
        let sent = guardian::request_code(ctx, &input.phone).await;
        let (expires_at, errors) = settle(ctx, sent, RequestSignInCodeError::new)?;
        Ok(RequestGuardianCodePayload { expires_at, errors })
    }

    /// Exchanges a code for a pass: half an hour in which the guardian acts for the child. It takes no session.
    async fn open_guardian_pass(
        &self,
        gql: &Context<'_>,
        input: OpenGuardianPassInput,
    ) -> Result<OpenGuardianPassPayload> {
        let ctx = ctx(gql);
        let opened = guardian::open_pass(ctx, &input.phone, &input.code, input.volunteer_number.trim()).await;
        let (pass, errors) = settle(ctx, opened, GuardianError::new)?;
        let expires_at = pass.as_ref().map(|pass| pass.expires_at);
        Ok(OpenGuardianPassPayload { pass: pass.map(|pass| pass.text), expires_at, errors })
    }

    /// Asks for a copy of everything held about the child; the child hears of it. See `guardianView.dataExports`. One a day,
    /// whoever of the two asks.
    async fn request_child_data(
        &self,
        gql: &Context<'_>,
        input: RequestChildDataInput,
    ) -> Result<RequestChildDataPayload> {
        let ctx = ctx(gql);
        let asked = guardian::request_data(ctx, &input.pass, input.request_id).await;
        let (export, errors) = settle(ctx, asked, GuardianError::new)?;
        Ok(RequestChildDataPayload { export: export.map(DataExport), errors })
    }

    /// Makes a link to a copy of the child's data that is ready; the link before it is good no longer.
    async fn create_child_data_link(
        &self,
        gql: &Context<'_>,
        input: CreateChildDataLinkInput,
    ) -> Result<CreateChildDataLinkPayload> {
        let ctx = ctx(gql);
        let made = guardian::create_link(ctx, &input.pass, input.export_id.0).await;
        let (link, errors) = settle(ctx, made, GuardianError::new)?;
        Ok(CreateChildDataLinkPayload { link: link.map(Into::into), errors })
    }

    /// 监护人同意: agrees, as the guardian, that the child serves. Without it a volunteer under 18 signs up for nothing; the child
    /// hears of it.
    async fn give_guardian_consent(
        &self,
        gql: &Context<'_>,
        input: GiveGuardianConsentInput,
    ) -> Result<GiveGuardianConsentPayload> {
        let ctx = ctx(gql);
        let given = guardian::give_consent(ctx, &input.pass, input.version.trim()).await;
        let (consents, errors) = settle(ctx, given, GuardianError::new)?;
        let consents = consents.unwrap_or_default().into_iter().map(Consent).collect();
        Ok(GiveGuardianConsentPayload { consents, errors })
    }

    /// Withdraws a consent of the child's, or the guardian's own; what it allowed stops at once, and the child hears of it.
    async fn withdraw_child_consent(
        &self,
        gql: &Context<'_>,
        input: WithdrawChildConsentInput,
    ) -> Result<WithdrawChildConsentPayload> {
        let ctx = ctx(gql);
        let withdrawn = guardian::withdraw_consent(ctx, &input.pass, input.kind).await;
        let (consents, errors) = settle(ctx, withdrawn, GuardianError::new)?;
        let consents = consents.unwrap_or_default().into_iter().map(Consent).collect();
        Ok(WithdrawChildConsentPayload { consents, errors })
    }

    /// Agrees, as the guardian, that the child is shown to everybody on an honour roll with this story. Without it, and the child's
    /// own agreement, nobody under 18 is shown. The child hears of it.
    async fn agree_to_child_honour_roll(
        &self,
        gql: &Context<'_>,
        input: AgreeToChildHonourRollInput,
    ) -> Result<ChildHonourRollPayload> {
        let ctx = ctx(gql);
        let which = (input.entry_id.0, input.revision);
        let agreed = guardian::agree_to_honour_roll(ctx, &input.pass, which, input.name).await;
        let (entry, errors) = settle(ctx, agreed, GuardianError::new)?;
        Ok(ChildHonourRollPayload { entry: entry.map(HonourRollEntry), errors })
    }

    /// Takes the child off an honour roll, published or not, at once; the child hears of it.
    async fn withdraw_child_from_honour_roll(
        &self,
        gql: &Context<'_>,
        input: WithdrawChildFromHonourRollInput,
    ) -> Result<ChildHonourRollPayload> {
        let ctx = ctx(gql);
        let withdrawn = guardian::withdraw_from_honour_roll(ctx, &input.pass, input.entry_id.0).await;
        let (entry, errors) = settle(ctx, withdrawn, GuardianError::new)?;
        Ok(ChildHonourRollPayload { entry: entry.map(HonourRollEntry), errors })
    }

    /// 注销: asks to have the child erased, as `requestErasure` does for oneself. The child hears of it and cannot call it off; it
    /// ends by itself if the child turns 18 before it takes effect.
    async fn request_child_erasure(
        &self,
        gql: &Context<'_>,
        input: RequestChildErasureInput,
    ) -> Result<RequestChildErasurePayload> {
        let ctx = ctx(gql);
        let asked = guardian::request_erasure(ctx, &input.pass, input.volunteer_number.trim()).await;
        let (asked, errors) = settle_all(ctx, asked, GuardianError::new)?;
        let (erasure, report) = super::asked(asked);
        Ok(RequestChildErasurePayload { erasure, report, errors })
    }

    /// Calls an erasure of the child off, whoever of the two asked for it, as long as it has not taken effect.
    async fn cancel_child_erasure(
        &self,
        gql: &Context<'_>,
        input: CancelChildErasureInput,
    ) -> Result<CancelChildErasurePayload> {
        let ctx = ctx(gql);
        let cancelled = guardian::cancel_erasure(ctx, &input.pass, input.erasure_id.0).await;
        let (erasure, errors) = settle(ctx, cancelled, GuardianError::new)?;
        Ok(CancelChildErasurePayload { erasure: erasure.map(|model| (model, Vec::new()).into()), errors })
    }
}
