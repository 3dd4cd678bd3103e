//! Acts that wait for a second person.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant,
    ids::PendingActId,
    kinds::{ActKind, ActState, LookPurpose, Role},
    pending_act::{self, Deed},
};

use super::{
    rules::{self, ActError},
    service, store,
};
use crate::{
    graphql::{ctx, load, settle},
    organisation::{graphql::Branch, loaders::BranchById},
    people::graphql::{Volunteer, volunteer_of_person},
    platform::{
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        text,
    },
    roles,
};

/// An act that takes two persons: one has proposed it, another approves it.
pub struct PendingAct(pub pending_act::Model);

/// An act that takes two persons: one has proposed it, another approves it.
#[Object]
impl PendingAct {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<PendingActId> {
        GlobalId(self.0.id)
    }
    /// What is to be done.
    async fn kind(&self) -> ActKind {
        self.0.kind
    }
    /// Waiting, or what became of it.
    async fn state(&self, gql: &Context<'_>) -> ActState {
        rules::state_at(&self.0, ctx(gql).now())
    }
    /// Who may grant roles on this branch may decide; null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.branch_id)).await?.map(Branch))
    }
    /// Whom it is about, by the whole name; null for who has not enrolled as a volunteer.
    async fn subject(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_of_person(gql, self.0.subject_id, LookPurpose::Roles).await
    }
    /// The role that is granted or renewed; null when it is about none.
    async fn role(&self) -> Option<Role> {
        match self.0.deed {
            Deed::GrantRole { role, .. } => Some(role),
            Deed::RenewRole { .. } => Some(Role::BranchOfficer),
            Deed::ResetSecondFactor => None,
        }
    }
    /// When the role would end; null when it is about none.
    async fn role_ends_at(&self) -> Option<Instant> {
        match self.0.deed {
            Deed::GrantRole { ends_at, .. } | Deed::RenewRole { ends_at, .. } => Some(ends_at),
            Deed::ResetSecondFactor => None,
        }
    }
    /// Why, in the words of who proposed it.
    async fn reason(&self) -> &str {
        &self.0.reason
    }
    /// By the whole name; null for who has not enrolled as a volunteer.
    async fn proposed_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_of_person(gql, self.0.proposed_by, LookPurpose::Roles).await
    }
    /// Whether you proposed it: then somebody else decides.
    async fn proposed_by_me(&self, gql: &Context<'_>) -> bool {
        ctx(gql).actor.as_ref().is_some_and(|actor| actor.person == self.0.proposed_by)
    }
    /// When it was proposed.
    async fn proposed_at(&self) -> Instant {
        self.0.proposed_at
    }
    /// Undecided until then, it is void.
    async fn expires_at(&self) -> Instant {
        self.0.expires_at
    }
}

/// What `approveAct` takes.
#[derive(InputObject)]
struct ApproveActInput {
    /// One of `pendingActs` that somebody else proposed.
    act_id: GlobalId<PendingActId>,
}

/// What `declineAct` takes.
#[derive(InputObject)]
struct DeclineActInput {
    /// One of `pendingActs`.
    act_id: GlobalId<PendingActId>,
    /// Goes to the audit trail and to who proposed it, at most 500 characters.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct DecideActPayload {
    /// The act as it stands now; null when the decision was refused.
    act: Option<PendingAct>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ActError>,
}

#[derive(Default)]
pub struct FourEyesQuery;

#[Object]
impl FourEyesQuery {
    /// Acts that wait for a second person: those that you may decide, and those that you proposed. What expires first
    /// comes first.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn pending_acts(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, PendingAct>> {
        let ctx = ctx(gql);
        let page = Page::read("pending-acts", PageArgs { first, after, last, before })?;
        let Some(actor) = &ctx.actor else { return Ok(Connection::new(false, false)) };
        let held = actor.offices();
        let slice = store::waiting(&ctx.db.conn, actor.person, &held, ctx.now(), page).await.map_err(Fault::from)?;
        Ok(slice.connection("pending-acts", |act| (act.expires_at, act.id.0), PendingAct))
    }
}

#[derive(Default)]
pub struct FourEyesMutation;

#[Object]
impl FourEyesMutation {
    /// Says yes to an act that somebody else proposed, and carries it out. For officers above the act's branch; never for
    /// one's own proposal, nor for what is about oneself.
    async fn approve_act(&self, gql: &Context<'_>, input: ApproveActInput) -> Result<DecideActPayload> {
        let ctx = ctx(gql);
        let (act, errors) = settle(ctx, roles::service::approve(ctx, input.act_id.0).await, ActError::new)?;
        Ok(DecideActPayload { act: act.map(PendingAct), errors })
    }

    /// Says no to an act that somebody else proposed, or withdraws one's own.
    async fn decline_act(&self, gql: &Context<'_>, input: DeclineActInput) -> Result<DecideActPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let (act, errors) = settle(ctx, service::decline(ctx, input.act_id.0, &reason).await, ActError::new)?;
        Ok(DecideActPayload { act: act.map(PendingAct), errors })
    }
}
