//! Stock and badges, as officers and volunteers see them.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use boai_entity::{
    Instant, badge_stock,
    ids::{BranchId, StarAwardId, StarBadgeId},
    star_badge,
};

use super::{loaders::BadgeOfAward, rules::StarBadgeError, service, store};
use crate::{
    access::{Action, Resource},
    graphql::{ctx, load, settle},
    organisation::loaders::BranchById,
    platform::{errors::Fault, node::GlobalId, text},
};

/// 星级徽章: the numbered badge that was issued for a star.
pub struct StarBadge(pub star_badge::Model);

/// 星级徽章: the numbered badge that was issued for a star.
#[Object]
impl StarBadge {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<StarBadgeId> {
        GlobalId(self.0.id)
    }
    /// 徽章编号: branch, year, star and place.
    async fn number(&self) -> &str {
        &self.0.number
    }
    /// By the server's clock.
    async fn issued_at(&self) -> Instant {
        self.0.issued_at
    }
    /// When it came into its volunteer's hands; null before.
    async fn handed_out_at(&self) -> Option<Instant> {
        self.0.handed_out_at
    }
    /// Since when another one has its place; null as long as it is good.
    async fn voided_at(&self) -> Option<Instant> {
        self.0.voided_at
    }
    /// Where anybody who has the link fetches its digital twin, a path on this server: a credential of Open Badges 3.0 that they
    /// check by themselves. Null where the service has none to give.
    async fn credential_path(&self) -> Option<String> {
        self.0.credential.is_some().then(|| format!("/badges/{}", self.0.public_id))
    }
}

/// The badge of a star that is good.
pub async fn badge_of_award(gql: &Context<'_>, award: StarAwardId) -> Result<Option<StarBadge>> {
    Ok(load(gql, BadgeOfAward(award)).await?.map(StarBadge))
}

/// Badges of a star that a branch has at hand.
#[derive(SimpleObject)]
struct BadgeStock {
    /// 1 to 5.
    star: i32,
    /// How many.
    on_hand: i32,
}

impl From<badge_stock::Model> for BadgeStock {
    fn from(row: badge_stock::Model) -> Self {
        Self { star: row.star, on_hand: row.on_hand }
    }
}

/// What `receiveBadges` takes.
#[derive(InputObject)]
struct ReceiveBadgesInput {
    /// A branch in your care.
    branch_id: GlobalId<BranchId>,
    /// 1 to 5.
    star: i32,
    /// How many came, 1 to 100,000.
    count: i32,
    /// From where, on which slip; at most 500 characters. It stays in the audit trail.
    note: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct ReceiveBadgesPayload {
    /// What the branch has now; null when nothing was entered.
    stock: Option<BadgeStock>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<StarBadgeError>,
}

/// What `issueBadges` takes.
#[derive(InputObject)]
struct IssueBadgesInput {
    /// Stars that branches in your care awarded, at most 200. Each is decided by itself: one that is refused spoils no other.
    award_ids: Vec<GlobalId<StarAwardId>>,
}

/// What became of one star's badge.
#[derive(SimpleObject)]
struct IssueBadgeResult {
    /// The star.
    award_id: GlobalId<StarAwardId>,
    /// The new badge; null when it was refused.
    badge: Option<StarBadge>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<StarBadgeError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct IssueBadgesPayload {
    /// One for each star, in the order given.
    results: Vec<IssueBadgeResult>,
    /// The errors of all together.
    errors: Vec<StarBadgeError>,
}

/// What `replaceBadge` takes.
#[derive(InputObject)]
struct ReplaceBadgeInput {
    /// A badge that a branch in your care issued.
    badge_id: GlobalId<StarBadgeId>,
    /// What became of the old one; at most 500 characters.
    reason: String,
}

/// What `handOutBadge` takes.
#[derive(InputObject)]
struct HandOutBadgeInput {
    /// A badge that a branch in your care issued.
    badge_id: GlobalId<StarBadgeId>,
}

/// What became of a badge.
#[derive(SimpleObject)]
struct StarBadgePayload {
    /// As it stands now, or the new one; null when nothing was done.
    badge: Option<StarBadge>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<StarBadgeError>,
}

#[derive(Default)]
pub struct BadgeQuery;

#[Object]
impl BadgeQuery {
    /// 徽章库存: what a branch has at hand, for its officers and those above; empty for everybody else.
    async fn badge_stock(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch in your care.")] branch_id: GlobalId<BranchId>,
    ) -> Result<Vec<BadgeStock>> {
        let ctx = ctx(gql);
        let branch = load(gql, BranchById(branch_id.0)).await?;
        let branch = branch.filter(|it| ctx.may_see(Action::HandOutBadges, Resource::Branch { path: &it.path }));
        let Some(branch) = branch else { return Ok(Vec::new()) };
        let stock = store::stock(&ctx.db.conn, branch.id).await.map_err(Fault::from)?;
        Ok(stock.into_iter().map(BadgeStock::from).collect())
    }
}

#[derive(Default)]
pub struct BadgeMutation;

#[Object]
impl BadgeMutation {
    /// 徽章入库: enters badges that a branch received.
    async fn receive_badges(&self, gql: &Context<'_>, input: ReceiveBadgesInput) -> Result<ReceiveBadgesPayload> {
        let ctx = ctx(gql);
        if !(1..=5).contains(&input.star) {
            return Err(Fault::bad_input("`star` must be 1 to 5.").into());
        }
        if !(1..=100_000).contains(&input.count) {
            return Err(Fault::bad_input("`count` must be 1 to 100,000.").into());
        }
        let note = text::field("note", &input.note, 500, true)?;
        let received = service::receive(ctx, input.branch_id.0, input.star, input.count, note).await;
        let (stock, errors) = settle(ctx, received, StarBadgeError::new)?;
        Ok(ReceiveBadgesPayload { stock: stock.map(BadgeStock::from), errors })
    }

    /// 发放徽章: issues numbered badges for stars from the stock of the branch that awarded each, one that is good for a star.
    async fn issue_badges(&self, gql: &Context<'_>, input: IssueBadgesInput) -> Result<IssueBadgesPayload> {
        let ctx = ctx(gql);
        let (given, most) = (input.award_ids.len(), service::AT_ONCE);
        if given > most {
            let why = format!("`awardIds` has {given} items; at most {most} are taken at once.");
            return Err(Fault::bad_input(why).into());
        }
        let ids: Vec<_> = input.award_ids.iter().map(|id| id.0).collect();
        let issued = service::issue(ctx, &ids).await?;
        let result = |(award_id, issued): (GlobalId<StarAwardId>, service::Issued)| {
            let (badge, refusal) = match issued {
                Ok(badge) => (Some(StarBadge(badge)), None),
                Err(refusal) => (None, Some(StarBadgeError::new(&refusal, ctx.lang))),
            };
            IssueBadgeResult { award_id, badge, errors: refusal.into_iter().collect() }
        };
        let results: Vec<_> = input.award_ids.into_iter().zip(issued).map(result).collect();
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(IssueBadgesPayload { results, errors })
    }

    /// 补发徽章: voids a badge that was lost or broken, and issues another one. The old number and its digital twin are good no more.
    async fn replace_badge(&self, gql: &Context<'_>, input: ReplaceBadgeInput) -> Result<StarBadgePayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let (badge, errors) = settle(ctx, service::replace(ctx, input.badge_id.0, reason).await, StarBadgeError::new)?;
        Ok(StarBadgePayload { badge: badge.map(StarBadge), errors })
    }

    /// 领取登记: writes down that a badge came into its volunteer's hands.
    async fn hand_out_badge(&self, gql: &Context<'_>, input: HandOutBadgeInput) -> Result<StarBadgePayload> {
        let ctx = ctx(gql);
        let (badge, errors) = settle(ctx, service::hand_out(ctx, input.badge_id.0).await, StarBadgeError::new)?;
        Ok(StarBadgePayload { badge: badge.map(StarBadge), errors })
    }
}
