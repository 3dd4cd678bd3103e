//! Real-name verification, for the person and for officers.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant, identity,
    ids::{BranchId, IdentityId, PersonId},
    kinds::{IdDocument, IdentityAnswer, IdentityState, LookPurpose},
};

use super::{
    rules::{IdentityCheckError, SubmitIdentityError},
    service, store,
};
use crate::{
    access::{Action, Resource},
    graphql::{ctx, load, settle},
    organisation::loaders::BranchById,
    people::{graphql::Volunteer, loaders::VolunteerOfPerson},
    platform::{
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs, Slice},
        text,
    },
};

/// 实名认证: an identity document that was handed in. Only its holder and the officers of the branches above where the
/// holder lives ever see it.
pub struct IdentityCheck(identity::Model);

/// 实名认证: an identity document that was handed in. Only its holder and the officers of the branches above where the
/// holder lives ever see it.
#[Object]
impl IdentityCheck {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<IdentityId> {
        GlobalId(self.0.id)
    }
    /// What kind of document it is.
    async fn document(&self) -> IdDocument {
        self.0.document
    }
    /// The first and the last character alone: 3****************X.
    async fn masked_number(&self) -> &str {
        &self.0.masked
    }
    /// What became of it.
    async fn state(&self) -> IdentityState {
        self.0.state
    }
    /// When it was handed in.
    async fn submitted_at(&self) -> Instant {
        self.0.submitted_at
    }
    /// When it was decided on or withdrawn; null while it waits.
    async fn decided_at(&self) -> Option<Instant> {
        self.0.decided_at
    }
    /// Why it was rejected, in the officer's words; null when nothing was said.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// What the verification service said; null when there is none, or it did not answer yet.
    async fn answer(&self) -> Option<IdentityAnswer> {
        self.0.answer
    }
    /// Whose it is, by the whole name; null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        let model = load(gql, VolunteerOfPerson(self.0.person_id)).await?;
        Ok(model.map(|model| Volunteer::whole(model, LookPurpose::IdentityCheck)))
    }
}

/// The caller's own, the last that was handed in.
pub async fn my_identity(gql: &Context<'_>, person: PersonId) -> Result<Option<IdentityCheck>> {
    Ok(store::latest(&ctx(gql).db.conn, person).await.map_err(Fault::from)?.map(IdentityCheck))
}

#[derive(Default)]
pub struct IdentityQuery;

#[Object]
impl IdentityQuery {
    /// Identities of people who live below a branch, the longest waiting first. For its officers and those above; empty for
    /// everybody else.
    #[expect(clippy::too_many_arguments, reason = "a filter and the four arguments of a connection")]
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn identity_checks(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch in your care.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "Those in this state.", default_with = "IdentityState::Pending")] state: IdentityState,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, IdentityCheck>> {
        let ctx = ctx(gql);
        let list = format!("identity-checks-{}-{}", state.as_str(), branch_id.0);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let branch = load(gql, BranchById(branch_id.0)).await?;
        let branch =
            branch.filter(|branch| ctx.may_see(Action::VerifyIdentity, Resource::Branch { path: &branch.path }));
        let slice = match branch {
            Some(branch) => store::below(&ctx.db.conn, &branch.path, state, page).await.map_err(Fault::from)?,
            None => Slice { rows: Vec::new(), has_previous: false, has_next: false },
        };
        Ok(slice.connection(&list, |row| (row.submitted_at, row.id.0), IdentityCheck))
    }
}

/// What `submitIdentity` takes.
#[derive(InputObject)]
struct SubmitIdentityInput {
    /// The document that you hold in your hand.
    document: IdDocument,
    /// All 18 characters of its number. It is sealed at once, and shown to nobody but an officer who says why.
    number: String,
    /// Of the text `IDENTITY` that was shown and agreed to, at most 50 characters.
    consent_version: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct SubmitIdentityPayload {
    /// Null when it was refused.
    identity: Option<IdentityCheck>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<SubmitIdentityError>,
}

/// What `revealIdNumber` takes.
#[derive(InputObject)]
struct RevealIdNumberInput {
    /// An identity in your care.
    identity_id: GlobalId<IdentityId>,
    /// What you need the whole number for, at most 500 characters. The person reads it.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct RevealIdNumberPayload {
    /// The whole number, to be kept nowhere; null when it was refused.
    number: Option<String>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<IdentityCheckError>,
}

/// What `decideIdentity` takes.
#[derive(InputObject)]
struct DecideIdentityInput {
    /// An identity in your care that waits.
    identity_id: GlobalId<IdentityId>,
    /// Whether the document is the person's. If not, its number is erased, and the person can hand in another.
    verified: bool,
    /// The person reads it, at most 500 characters; needed to reject.
    reason: Option<String>,
}

/// What became of it.
#[derive(SimpleObject)]
struct DecideIdentityPayload {
    /// Null when it was refused.
    identity: Option<IdentityCheck>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<IdentityCheckError>,
}

#[derive(Default)]
pub struct IdentityMutation;

#[Object]
impl IdentityMutation {
    /// 实名认证: hands in the number of your identity document, for verification alone, and gives the consent `IDENTITY`.
    /// Withdrawing that consent erases the number.
    async fn submit_identity(&self, gql: &Context<'_>, input: SubmitIdentityInput) -> Result<SubmitIdentityPayload> {
        let ctx = ctx(gql);
        let version = text::line("consentVersion", &input.consent_version, 50, true)?;
        let number = text::line("number", &input.number, 50, true)?;
        let submitted = service::submit(ctx, input.document, &number, &version).await;
        let (identity, errors) = settle(ctx, submitted, SubmitIdentityError::new)?;
        Ok(SubmitIdentityPayload { identity: identity.map(IdentityCheck), errors })
    }

    /// Shows the whole number to an officer who has to compare it. It is written down first: the person finds who looked,
    /// and why, in `me.whoLooked`.
    async fn reveal_id_number(&self, gql: &Context<'_>, input: RevealIdNumberInput) -> Result<RevealIdNumberPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let revealed = service::reveal(ctx, input.identity_id.0, &reason).await;
        let (number, errors) = settle(ctx, revealed, IdentityCheckError::new)?;
        Ok(RevealIdNumberPayload { number, errors })
    }

    /// Verifies or rejects an identity that waits. For officers of the branches above where the person lives; never one's own.
    async fn decide_identity(&self, gql: &Context<'_>, input: DecideIdentityInput) -> Result<DecideIdentityPayload> {
        let ctx = ctx(gql);
        let reason = input.reason.map(|reason| text::field("reason", &reason, 500, true)).transpose()?;
        let decided = service::decide(ctx, input.identity_id.0, input.verified, reason.as_deref()).await;
        let (identity, errors) = settle(ctx, decided, IdentityCheckError::new)?;
        Ok(DecideIdentityPayload { identity: identity.map(IdentityCheck), errors })
    }
}
