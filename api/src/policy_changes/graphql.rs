//! Policies in the API: what is in force where, what is coming, and proposing another.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant, branch,
    ids::{BranchId, PolicyId},
    policy,
};

use self::parts::{
    AfterwardsPolicy, AfterwardsPolicyInput, AwardPolicy, AwardPolicyInput, CountingPolicy, CountingPolicyInput,
    DayPolicy, DayPolicyInput, DisputePolicy, DisputePolicyInput, FencePolicy, FencePolicyInput, FlagPolicy,
    FlagPolicyInput, Given, NoticePolicy, NoticePolicyInput, OfflinePolicy, OfflinePolicyInput, PresencePolicy,
    PresencePolicyInput, WindowPolicy, WindowPolicyInput,
};
use super::{
    loaders::{PolicyById, PolicyOn, SchemeOn},
    rules::{PolicyError, PolicyRefusal},
    service::{self, Proposal},
    store,
};
use crate::{
    graphql::{ctx, load, settle_all},
    organisation::{graphql::Branch, loaders::BranchByPath},
    platform::{
        civil::{civil_day, day_bounds},
        db,
        errors::Fault,
        lang::Lang,
        node::GlobalId,
        pages::{Page, PageArgs},
        scalars::{Date, Minutes},
        text,
    },
};

mod parts;

/// 规则版本: what the law leaves open, as one branch has it from a day on, and everything below that branch which has none
/// of its own. It is never edited; what is done keeps the version under which it was done.
pub struct Policy {
    row: policy::Model,
    /// Where and when it was looked up: the star scheme is that of then and there.
    place: String,
    at: Instant,
}

impl Policy {
    /// As it stands by itself.
    fn own(row: policy::Model) -> Self {
        Self { place: row.branch_path.clone(), at: row.valid_from, row }
    }
}

/// 规则版本: what the law leaves open, as one branch has it from a day on, and everything below that branch which has none
/// of its own. It is never edited; what is done keeps the version under which it was done.
#[Object]
impl Policy {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<PolicyId> {
        GlobalId(self.row.id)
    }
    /// Of its branch: 1, 2, 3 …
    async fn version(&self) -> i32 {
        self.row.version
    }
    /// The branch that set it; null for the one that came with the product.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        if self.row.branch_path.is_empty() {
            return Ok(None);
        }
        Ok(load(gql, BranchByPath(self.row.branch_path.clone())).await?.map(Branch))
    }
    /// The first day on which it is in force.
    async fn valid_from(&self) -> Date {
        Date(civil_day(self.row.valid_from))
    }
    /// Why it was proposed; null for what came with the product.
    async fn reason(&self) -> Option<&str> {
        self.row.reason.as_deref()
    }
    /// Null for what came with the product.
    async fn proposed_at(&self) -> Option<Instant> {
        self.row.proposed_at
    }
    /// When it was taken back, which is before it was in force: it never is. Null when it was not.
    async fn withdrawn_at(&self) -> Option<Instant> {
        self.row.withdrawn_at
    }
    /// Whether its day is still to come.
    async fn waiting(&self, gql: &Context<'_>) -> bool {
        self.row.withdrawn_at.is_none() && self.row.valid_from > ctx(gql).now()
    }
    /// 电子围栏
    async fn fence(&self) -> FencePolicy {
        FencePolicy::of(&self.row.body)
    }
    /// When check-in and check-out are taken.
    async fn window(&self) -> WindowPolicy {
        WindowPolicy::of(&self.row.body)
    }
    /// What of a stay counts.
    async fn counting(&self) -> CountingPolicy {
        CountingPolicy::of(&self.row.body)
    }
    /// How long a day may be.
    async fn days(&self) -> DayPolicy {
        DayPolicy::of(&self.row.body)
    }
    /// 公示
    async fn notice(&self) -> NoticePolicy {
        NoticePolicy::of(&self.row.body)
    }
    /// Time that is claimed or filled in afterwards.
    async fn afterwards(&self) -> AfterwardsPolicy {
        AfterwardsPolicy::of(&self.row.body)
    }
    /// What phones without a network bring in later.
    async fn offline(&self) -> OfflinePolicy {
        OfflinePolicy::of(&self.row.body)
    }
    /// 在岗确认
    async fn presence(&self) -> PresencePolicy {
        PresencePolicy::of(&self.row.body)
    }
    /// From when on something looks odd.
    async fn flags(&self) -> FlagPolicy {
        FlagPolicy::of(&self.row.body)
    }
    /// 星级评定
    async fn awards(&self) -> AwardPolicy {
        AwardPolicy::of(&self.row.body)
    }
    /// 异议
    async fn disputes(&self) -> DisputePolicy {
        DisputePolicy::of(&self.row.body)
    }
    /// 星级标准: what the stars take, as the province has it by then; null only when it could not be read.
    async fn stars(&self, gql: &Context<'_>) -> Result<Option<StarScheme>> {
        let scheme = load(gql, SchemeOn(self.place.clone(), self.at)).await?;
        Ok(scheme.map(|scheme| StarScheme {
            version: scheme.version,
            valid_from: Date(civil_day(scheme.valid_from)),
            thresholds: scheme.thresholds.0.into_iter().map(Minutes).collect(),
        }))
    }
}

/// 星级标准: minutes of confirmed service that each star takes.
#[derive(SimpleObject)]
struct StarScheme {
    /// Of its province: 1, 2, 3 …
    version: i32,
    /// The first day on which it is in force.
    valid_from: Date,
    /// For the first star, the second …; reaching the number is enough.
    thresholds: Vec<Minutes>,
}

/// The policy in force at a branch on a day, or now.
pub async fn policy_on(gql: &Context<'_>, branch: &branch::Model, on: Option<Date>) -> Result<Option<Policy>> {
    let at = match on {
        Some(day) => db::moment("on", day_bounds(day.0).0)?,
        None => ctx(gql).now(),
    };
    let found = load(gql, PolicyOn(branch.path.clone(), at)).await?;
    Ok(found.map(|row| Policy { row, place: branch.path.clone(), at }))
}

/// A branch's own versions, those that begin last first.
pub async fn policies_of(
    gql: &Context<'_>,
    branch: &branch::Model,
    args: PageArgs,
) -> Result<Connection<String, Policy>> {
    let list = format!("policies-{}", branch.id);
    let page = Page::read(&list, args)?;
    let slice = store::of_branch(&ctx(gql).db.conn, &branch.path, page).await.map_err(Fault::from)?;
    Ok(slice.connection(&list, |row| (row.valid_from, row.id.0), Policy::own))
}

/// The policy with this id; everybody sees them.
pub async fn policy_by_id(gql: &Context<'_>, id: PolicyId) -> Result<Option<Policy>> {
    Ok(load(gql, PolicyById(id)).await?.map(Policy::own))
}

/// 星级标准: another one, whole. Only a province sets it.
#[derive(InputObject)]
struct StarSchemeInput {
    /// Minutes for the first star, the second …: 1 to 5 of them, 60 to 600,000, each more than the one before.
    thresholds: Vec<Minutes>,
}

/// What `proposePolicy` takes. Leave out what stays as it is in force at the branch by then.
#[derive(InputObject)]
struct ProposePolicyInput {
    /// A branch of a county, city or province in your care.
    branch_id: GlobalId<BranchId>,
    /// A coming day, at most three years ahead, later than that of any version of the branch which waits.
    valid_from: Date,
    /// Everybody reads it; at most 500 characters.
    reason: String,
    /// 电子围栏
    fence: Option<FencePolicyInput>,
    /// When check-in and check-out are taken.
    window: Option<WindowPolicyInput>,
    /// What of a stay counts.
    counting: Option<CountingPolicyInput>,
    /// How long a day may be.
    days: Option<DayPolicyInput>,
    /// 公示
    notice: Option<NoticePolicyInput>,
    /// Time that is claimed or filled in afterwards.
    afterwards: Option<AfterwardsPolicyInput>,
    /// What phones without a network bring in later.
    offline: Option<OfflinePolicyInput>,
    /// 在岗确认
    presence: Option<PresencePolicyInput>,
    /// From when on something looks odd.
    flags: Option<FlagPolicyInput>,
    /// 星级评定
    awards: Option<AwardPolicyInput>,
    /// 异议
    disputes: Option<DisputePolicyInput>,
    /// 星级标准; only for the branch of a province.
    stars: Option<StarSchemeInput>,
}

/// What `withdrawPolicy` takes.
#[derive(InputObject)]
struct WithdrawPolicyInput {
    /// A policy in your care whose day is still to come.
    policy_id: GlobalId<PolicyId>,
    /// Goes to the audit trail; at most 500 characters.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct PolicyPayload {
    /// Null when it was refused.
    policy: Option<Policy>,
    /// Everything that is wrong with it, for people and for the app; empty when it was done.
    errors: Vec<PolicyError>,
}

/// The error names the very number that it is about.
pub fn told(refusal: &PolicyRefusal, lang: Lang) -> PolicyError {
    let mut error = PolicyError::new(refusal, lang);
    if let PolicyRefusal::OutOfBounds { field, .. }
    | PolicyRefusal::OutOfOrder { field, .. }
    | PolicyRefusal::LooserThanAbove { field, .. } = refusal
    {
        error.path = Some(std::iter::once("input").chain(field.split('.')).map(str::to_owned).collect());
    }
    error
}

#[derive(Default)]
pub struct PolicyMutation;

#[Object]
impl PolicyMutation {
    /// Sets what a branch's policy says from a coming day on: a new version, whole, of what is in force there by then with
    /// these changes. For officers of that branch or one above.
    async fn propose_policy(&self, gql: &Context<'_>, input: ProposePolicyInput) -> Result<PolicyPayload> {
        let ctx = ctx(gql);
        let given = Given {
            fence: input.fence,
            window: input.window,
            counting: input.counting,
            days: input.days,
            notice: input.notice,
            afterwards: input.afterwards,
            offline: input.offline,
            presence: input.presence,
            flags: input.flags,
            awards: input.awards,
            disputes: input.disputes,
        };
        let proposal = Proposal {
            branch: input.branch_id.0,
            valid_from: input.valid_from.0,
            reason: text::field("reason", &input.reason, 500, true)?,
            changes: given.changes(),
            stars: input.stars.map(|stars| stars.thresholds.into_iter().map(|minutes| minutes.0).collect()),
        };
        let (policy, errors) = settle_all(ctx, service::propose(ctx, proposal).await, told)?;
        Ok(PolicyPayload { policy: policy.map(Policy::own), errors })
    }

    /// Takes a policy back before its day comes; the one before it stays in force. For officers of its branch or one above.
    async fn withdraw_policy(&self, gql: &Context<'_>, input: WithdrawPolicyInput) -> Result<PolicyPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let (policy, errors) = settle_all(ctx, service::withdraw(ctx, input.policy_id.0, &reason).await, told)?;
        Ok(PolicyPayload { policy: policy.map(Policy::own), errors })
    }
}
