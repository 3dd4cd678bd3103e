//! A copy of one's data, and being erased.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{
    Instant, data_export, erasure,
    ids::{DataExportId, ErasureId},
    kinds::{DataAsker, DataExportState, ErasureState},
};
use uuid::Uuid;

use super::{
    erasure as erasing, export,
    rules::{self, CancelErasureError, CreateMyDataLinkError, ErasureRefusal, RequestErasureError, RequestMyDataError},
};
use crate::{
    graphql::{ctx, settle, settle_all},
    platform::{node::GlobalId, scalars::PhoneNumber},
};

mod guardian;

pub use guardian::{GuardianMutation, GuardianQuery};

/// A copy of everything held about a person: a ZIP with `data.json` and the readable `data.html`.
pub struct DataExport(pub data_export::Model);

/// A copy of everything held about a person: a ZIP with `data.json` and the readable `data.html`.
#[Object]
impl DataExport {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<DataExportId> {
        GlobalId(self.0.id)
    }
    /// Where it stands. Ask again every few seconds while it is `WAITING` or `RUNNING`.
    async fn state(&self) -> DataExportState {
        self.0.state
    }
    /// Who asked for it.
    async fn asked_by(&self) -> DataAsker {
        self.0.asked_by
    }
    /// When it was asked for.
    async fn asked_at(&self) -> Instant {
        self.0.asked_at
    }
    /// Parts that are done, of `partsTotal`.
    async fn parts_done(&self) -> i32 {
        self.0.parts_done
    }
    /// Parts in all: one for each kind of record.
    async fn parts_total(&self) -> i32 {
        self.0.parts_total
    }
    /// The same in whole percent, rounded down: 100 only when all is done.
    async fn percent(&self) -> i32 {
        rules::percent(self.0.parts_done, self.0.parts_total)
    }
    /// Null until it is ready.
    async fn ready_at(&self) -> Option<Instant> {
        self.0.ready_at
    }
    /// When link and bytes go; null until it is ready.
    async fn expires_at(&self) -> Option<Instant> {
        self.0.expires_at
    }
    /// Size of the file in bytes; 0 until it is ready.
    async fn size_bytes(&self) -> i32 {
        self.0.size_bytes
    }
}

/// 注销: a wish to be erased.
pub struct Erasure {
    model: erasure::Model,
    in_the_way: Vec<ErasureRefusal>,
}

impl From<(erasure::Model, Vec<ErasureRefusal>)> for Erasure {
    fn from((model, in_the_way): (erasure::Model, Vec<ErasureRefusal>)) -> Self {
        Self { model, in_the_way }
    }
}

/// 注销: a wish to be erased.
#[Object]
impl Erasure {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<ErasureId> {
        GlobalId(self.model.id)
    }
    /// Waiting until it takes effect or is called off.
    async fn state(&self) -> ErasureState {
        self.model.state
    }
    /// Who asked for it.
    async fn asked_by(&self) -> DataAsker {
        self.model.asked_by
    }
    /// When it was asked for.
    async fn asked_at(&self) -> Instant {
        self.model.asked_at
    }
    /// Until then it can be called off; then it takes effect, unless something is `inTheWay`.
    async fn takes_effect_at(&self) -> Instant {
        self.model.takes_effect_at
    }
    /// What would keep it from taking effect now, and what to do about it; it waits until there is nothing any more.
    async fn in_the_way(&self, gql: &Context<'_>) -> Vec<RequestErasureError> {
        let lang = ctx(gql).lang;
        self.in_the_way.iter().map(|reason| RequestErasureError::new(reason, lang)).collect()
    }
}

/// The newest copies of the caller's data.
pub async fn my_exports(gql: &Context<'_>) -> Result<Vec<DataExport>> {
    Ok(export::mine(ctx(gql)).await?.into_iter().map(DataExport).collect())
}

/// The caller's newest wish to be erased.
pub async fn my_erasure(gql: &Context<'_>) -> Result<Option<Erasure>> {
    Ok(erasing::mine(ctx(gql)).await?.map(Into::into))
}

/// What `requestMyData` takes.
#[derive(InputObject)]
struct RequestMyDataInput {
    /// A UUID that the phone makes once for each wish and sends again with each repeat: a repeat is the same success.
    request_id: Uuid,
}

/// What became of it.
#[derive(SimpleObject)]
struct RequestMyDataPayload {
    /// The copy that will be made; null when it was refused.
    export: Option<DataExport>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<RequestMyDataError>,
}

/// What `createMyDataLink` takes.
#[derive(InputObject)]
struct CreateMyDataLinkInput {
    /// One of `me.myDataExports` that is `READY`.
    export_id: GlobalId<DataExportId>,
}

/// A link to a file.
#[derive(SimpleObject)]
pub struct DownloadLink {
    /// Path below the server's address, `/exports/…`: GET it. It needs no session, so show it to nobody.
    path: String,
    /// After that there is nothing behind it any more.
    expires_at: Instant,
}

impl From<export::Link> for DownloadLink {
    fn from(link: export::Link) -> Self {
        Self { path: link.path, expires_at: link.expires_at }
    }
}

/// What became of it.
#[derive(SimpleObject)]
struct CreateMyDataLinkPayload {
    /// Null when it was refused.
    link: Option<DownloadLink>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<CreateMyDataLinkError>,
}

/// What `requestErasure` takes.
#[derive(InputObject)]
struct RequestErasureInput {
    /// The number of your account, typed once more: nobody erases themself by a slip of the finger.
    phone: PhoneNumber,
}

/// What became of it.
#[derive(SimpleObject)]
struct RequestErasurePayload {
    /// Null when it was refused.
    erasure: Option<Erasure>,
    /// Where the report of what was erased, what was kept and why will be once the erasure took effect. Keep it: nobody can
    /// sign in as you afterwards to ask for it. Null when it was refused.
    report: Option<DownloadLink>,
    /// Every reason why it was refused, for people and for the app; empty when it was done.
    errors: Vec<RequestErasureError>,
}

/// The two things that come of asking to be erased.
fn asked(asked: Option<erasing::Asked>) -> (Option<Erasure>, Option<DownloadLink>) {
    let Some(asked) = asked else { return (None, None) };
    let report = DownloadLink { path: asked.report_path, expires_at: asked.report_until };
    (Some((asked.erasure, Vec::new()).into()), Some(report))
}

/// What `cancelErasure` takes.
#[derive(InputObject)]
struct CancelErasureInput {
    /// `me.erasure` that is `WAITING`.
    erasure_id: GlobalId<ErasureId>,
}

/// What became of it.
#[derive(SimpleObject)]
struct CancelErasurePayload {
    /// Null when it was refused.
    erasure: Option<Erasure>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<CancelErasureError>,
}

#[derive(Default)]
pub struct PrivacyMutation;

#[Object]
impl PrivacyMutation {
    /// Asks for a copy of everything held about you. It is made in the background: see `me.myDataExports`. One a day.
    async fn request_my_data(&self, gql: &Context<'_>, input: RequestMyDataInput) -> Result<RequestMyDataPayload> {
        let ctx = ctx(gql);
        let asked = export::request(ctx, input.request_id).await;
        let (export, errors) = settle(ctx, asked, RequestMyDataError::new)?;
        Ok(RequestMyDataPayload { export: export.map(DataExport), errors })
    }

    /// Makes a link to a copy of your data that is ready; the link before it is good no longer.
    async fn create_my_data_link(
        &self,
        gql: &Context<'_>,
        input: CreateMyDataLinkInput,
    ) -> Result<CreateMyDataLinkPayload> {
        let ctx = ctx(gql);
        let made = export::create_link(ctx, input.export_id.0).await;
        let (link, errors) = settle(ctx, made, CreateMyDataLinkError::new)?;
        Ok(CreateMyDataLinkPayload { link: link.map(Into::into), errors })
    }

    /// 注销: asks to be erased. Sign in with a code within 15 minutes before. It takes effect after some days, in which
    /// `cancelErasure` calls it off; then it cannot be undone, your devices are signed out, and your number is free for a new
    /// account. Service records stay, as the law has it, under an identifier that names nobody. Asking again is asking once,
    /// with a new link to the report.
    async fn request_erasure(&self, gql: &Context<'_>, input: RequestErasureInput) -> Result<RequestErasurePayload> {
        let ctx = ctx(gql);
        let asked = erasing::request(ctx, &input.phone).await;
        let (asked, errors) = settle_all(ctx, asked, RequestErasureError::new)?;
        let (erasure, report) = self::asked(asked);
        Ok(RequestErasurePayload { erasure, report, errors })
    }

    /// Calls your erasure off, as long as it has not taken effect.
    async fn cancel_erasure(&self, gql: &Context<'_>, input: CancelErasureInput) -> Result<CancelErasurePayload> {
        let ctx = ctx(gql);
        let cancelled = erasing::cancel(ctx, input.erasure_id.0).await;
        let (erasure, errors) = settle(ctx, cancelled, CancelErasureError::new)?;
        let erasure = erasure.map(|model| Erasure { model, in_the_way: Vec::new() });
        Ok(CancelErasurePayload { erasure, errors })
    }
}
