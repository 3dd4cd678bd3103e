//! What-if in the API.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{
    Instant,
    ids::{PolicyId, PolicyPreviewId},
    policy_preview::{self, BranchMoves, PreviewState},
};

use super::service;
use crate::{
    graphql::{ctx, load, settle_all},
    organisation::{graphql::Branch, loaders::BranchByPath},
    platform::{node::GlobalId, scalars::Minutes},
    policy_changes::{
        graphql::{Policy, policy_by_id, told},
        rules::PolicyError,
    },
};

/// 试算: what a policy that waits would move, had all that was served and confirmed so far been counted by it in place of the one
/// that would be in force by then. Nothing is recorded anew: records keep the version that they were made under.
pub struct PolicyPreview(policy_preview::Model);

/// 试算: what a policy that waits would move, had all that was served and confirmed so far been counted by it in place of the one
/// that would be in force by then. Nothing is recorded anew: records keep the version that they were made under.
#[Object]
impl PolicyPreview {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<PolicyPreviewId> {
        GlobalId(self.0.id)
    }
    /// Null only when it could not be read.
    async fn policy(&self, gql: &Context<'_>) -> Result<Option<Policy>> {
        policy_by_id(gql, self.0.policy_id).await
    }
    /// Where it stands.
    async fn state(&self) -> PreviewState {
        self.0.state
    }
    /// How much of it is done, 0 to 100.
    async fn percent(&self) -> i32 {
        match self.0.state {
            PreviewState::Done => 100,
            _ => {
                i32::try_from(i64::from(self.0.done) * 100 / i64::from(self.0.total.max(1))).map_or(99, |it| it.min(99))
            }
        }
    }
    /// When it was asked for.
    async fn asked_at(&self) -> Instant {
        self.0.asked_at
    }
    /// Null until it has come to an end.
    async fn finished_at(&self) -> Option<Instant> {
        self.0.finished_at
    }
    /// Of all branches together; null until it is done.
    async fn total(&self) -> Option<PolicyMoves> {
        let moves = self.0.moves.as_ref()?;
        let mut sum = BranchMoves::default();
        for one in &moves.0 {
            sum.gaining += one.gaining;
            sum.losing += one.losing;
            sum.added_min += one.added_min;
            sum.removed_min += one.removed_min;
            sum.officer_min += one.officer_min;
        }
        Some(PolicyMoves::of(&sum))
    }
    /// By county, or by township for a county's own policy; only branches where something moves. Empty until it is done.
    async fn branches(&self) -> Vec<BranchPolicyMoves> {
        self.0.moves.iter().flat_map(|moves| moves.0.iter().cloned()).map(BranchPolicyMoves).collect()
    }
}

/// What a policy would move.
#[derive(SimpleObject)]
struct PolicyMoves {
    /// Volunteers who live there and would have more stars.
    gaining_stars: i32,
    /// Volunteers who live there and would have fewer stars.
    losing_stars: i32,
    /// Minutes of records of teams there which would count and do not.
    minutes_added: Minutes,
    /// Minutes of records of teams there which count and would not.
    minutes_removed: Minutes,
    /// Minutes of records of teams there, on days that would take more than a leader's word, less those on days that do.
    minutes_for_officers: Minutes,
}

impl PolicyMoves {
    fn of(moves: &BranchMoves) -> Self {
        let count = |volunteers: i64| i32::try_from(volunteers).unwrap_or(i32::MAX);
        Self {
            gaining_stars: count(moves.gaining),
            losing_stars: count(moves.losing),
            minutes_added: Minutes(moves.added_min),
            minutes_removed: Minutes(moves.removed_min),
            minutes_for_officers: Minutes(moves.officer_min),
        }
    }
}

/// What a policy would move in one branch and below.
struct BranchPolicyMoves(BranchMoves);

/// What a policy would move in one branch and below.
#[Object]
impl BranchPolicyMoves {
    /// Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchByPath(self.0.path.clone())).await?.map(Branch))
    }
    /// What would move.
    async fn moves(&self) -> PolicyMoves {
        PolicyMoves::of(&self.0)
    }
}

/// What `previewPolicy` takes.
#[derive(InputObject)]
struct PreviewPolicyInput {
    /// A policy in your care whose day is still to come.
    policy_id: GlobalId<PolicyId>,
}

/// What became of it.
#[derive(SimpleObject)]
struct PreviewPolicyPayload {
    /// Ask for it by `policyPreview` until it is done; null when it was refused.
    preview: Option<PolicyPreview>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<PolicyError>,
}

#[derive(Default)]
pub struct PreviewQuery;

#[Object]
impl PreviewQuery {
    /// How far looking ahead is, and what came out; null when it is not there or not yours to see.
    async fn policy_preview(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "As `previewPolicy` gave it.")] id: GlobalId<PolicyPreviewId>,
    ) -> Result<Option<PolicyPreview>> {
        Ok(service::look(ctx(gql), id.0).await?.map(PolicyPreview))
    }
}

#[derive(Default)]
pub struct PreviewMutation;

#[Object]
impl PreviewMutation {
    /// Works out what a policy that waits would move: stars, minutes and whose word days take, by branch, over the whole ledger.
    /// It goes on by itself; while it does, asking again is asking once. For who may withdraw the policy.
    async fn preview_policy(&self, gql: &Context<'_>, input: PreviewPolicyInput) -> Result<PreviewPolicyPayload> {
        let ctx = ctx(gql);
        let (preview, errors) = settle_all(ctx, service::ask(ctx, input.policy_id.0).await, told)?;
        Ok(PreviewPolicyPayload { preview: preview.map(PolicyPreview), errors })
    }
}
