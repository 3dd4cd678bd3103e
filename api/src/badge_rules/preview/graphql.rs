//! The dry run in the API.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{
    Instant,
    badge_rule_preview::{self, BranchBadges},
    ids::{BadgeRuleId, BadgeRulePreviewId},
    policy_preview::PreviewState,
};

use super::service;
use crate::{
    badge_rules::{
        graphql::{BadgeRule, badge_rule_by_id, told},
        rules::BadgeRuleError,
    },
    graphql::{ctx, load, settle_all},
    organisation::{graphql::Branch, loaders::BranchByPath},
    platform::{node::GlobalId, wire::price::list},
};

/// 试算: who would be eligible for a badge by a rule that waits, by what is known on the day on which it was asked, in place of
/// the rule that would be in force by then. Nothing is recorded.
pub struct BadgeRulePreview(badge_rule_preview::Model);

/// 试算: who would be eligible for a badge by a rule that waits, by what is known on the day on which it was asked, in place of
/// the rule that would be in force by then. Nothing is recorded.
#[Object]
impl BadgeRulePreview {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<BadgeRulePreviewId> {
        GlobalId(self.0.id)
    }
    /// Null only when it could not be read.
    async fn rule(&self, gql: &Context<'_>) -> Result<Option<BadgeRule>> {
        badge_rule_by_id(gql, self.0.badge_rule_id).await
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
    async fn total(&self) -> Option<BadgeMoves> {
        let badges = self.0.moves.as_ref()?;
        let mut sum = BranchBadges::default();
        for one in &badges.0 {
            sum.people += one.people;
            sum.holding += one.holding;
            sum.gaining += one.gaining;
            sum.losing += one.losing;
        }
        Some(BadgeMoves::of(&sum))
    }
    /// By county, or by township for a county's own rule. Empty until it is done.
    #[graphql(complexity = "list(100, child_complexity, 1)")]
    async fn branches(&self) -> Vec<BranchBadgeMoves> {
        self.0.moves.iter().flat_map(|badges| badges.0.iter().cloned()).map(BranchBadgeMoves).collect()
    }
}

/// What a rule would move among the volunteers who live there and for whom it would be in force.
#[derive(SimpleObject)]
struct BadgeMoves {
    /// Whom it would be in force for.
    volunteers: i32,
    /// Of these, who would be eligible.
    holding: i32,
    /// Who would be eligible and is not by the rule that would be in force without it.
    gaining: i32,
    /// Who would be eligible by that and not by this one.
    losing: i32,
}

impl BadgeMoves {
    fn of(moves: &BranchBadges) -> Self {
        let count = |volunteers: i64| i32::try_from(volunteers).unwrap_or(i32::MAX);
        Self {
            volunteers: count(moves.people),
            holding: count(moves.holding),
            gaining: count(moves.gaining),
            losing: count(moves.losing),
        }
    }
}

/// What a badge's rule would move in one branch and below.
struct BranchBadgeMoves(BranchBadges);

/// What a badge's rule would move in one branch and below.
#[Object]
impl BranchBadgeMoves {
    /// Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchByPath(self.0.path.clone())).await?.map(Branch))
    }
    /// What would move.
    async fn moves(&self) -> BadgeMoves {
        BadgeMoves::of(&self.0)
    }
}

/// What `previewBadgeRule` takes.
#[derive(InputObject)]
struct PreviewBadgeRuleInput {
    /// A badge's rule in your care whose day is still to come.
    badge_rule_id: GlobalId<BadgeRuleId>,
}

/// What became of it.
#[derive(SimpleObject)]
struct PreviewBadgeRulePayload {
    /// Ask for it by `badgeRulePreview` until it is done; null when it was refused.
    preview: Option<BadgeRulePreview>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<BadgeRuleError>,
}

#[derive(Default)]
pub struct BadgePreviewQuery;

#[Object]
impl BadgePreviewQuery {
    /// How far the dry run of a badge's rule is, and what came out; null when it is not there or not yours to see.
    async fn badge_rule_preview(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "As `previewBadgeRule` gave it.")] id: GlobalId<BadgeRulePreviewId>,
    ) -> Result<Option<BadgeRulePreview>> {
        Ok(service::look(ctx(gql), id.0).await?.map(BadgeRulePreview))
    }
}

#[derive(Default)]
pub struct BadgePreviewMutation;

#[Object]
impl BadgePreviewMutation {
    /// Works out who would be eligible for a badge by a rule that waits, and who gains or loses it, by branch, over all confirmed
    /// service. It goes on by itself; while it does, asking again is asking once. For who may withdraw the rule.
    async fn preview_badge_rule(
        &self,
        gql: &Context<'_>,
        input: PreviewBadgeRuleInput,
    ) -> Result<PreviewBadgeRulePayload> {
        let ctx = ctx(gql);
        let (preview, errors) = settle_all(ctx, service::ask(ctx, input.badge_rule_id.0).await, told)?;
        Ok(PreviewBadgeRulePayload { preview: preview.map(BadgeRulePreview), errors })
    }
}
