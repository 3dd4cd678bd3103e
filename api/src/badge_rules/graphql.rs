//! Badge rules in the API: which badges there are where, what is coming, and proposing another.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant,
    badge_rule::{self, BadgeMeasure},
    branch,
    ids::{BadgeRuleId, BranchId},
    kinds::Category,
};

use super::{
    loaders::{BadgeRuleById, BadgeRulesOn},
    rules::{AskDraft, BadgeRuleError, BadgeRuleRefusal, Draft, PeriodDraft},
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
        scalars::Date,
        text,
        wire::price::list,
    },
    recognition::graphql::badges::{BadgeCondition, conditions},
};

/// 徽章规则: what a badge takes, as one branch has it from a day on, and everything below that branch which has none of its own
/// for the badge. It is never edited.
pub struct BadgeRule(pub badge_rule::Model);

/// 徽章规则: what a badge takes, as one branch has it from a day on, and everything below that branch which has none of its own
/// for the badge. It is never edited.
#[Object]
impl BadgeRule {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<BadgeRuleId> {
        GlobalId(self.0.id)
    }
    /// Stable name of the badge.
    async fn code(&self) -> &str {
        &self.0.code
    }
    /// In the caller's language.
    async fn name(&self, gql: &Context<'_>) -> &str {
        match ctx(gql).lang {
            Lang::Zh => &self.0.name_zh,
            Lang::En => &self.0.name_en,
        }
    }
    /// Of its branch and badge: 1, 2, 3 …
    async fn version(&self) -> i32 {
        self.0.version
    }
    /// The branch that set it; null for one that came with the product.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        if self.0.branch_path.is_empty() {
            return Ok(None);
        }
        Ok(load(gql, BranchByPath(self.0.branch_path.clone())).await?.map(Branch))
    }
    /// The first day on which it is in force.
    async fn valid_from(&self) -> Date {
        Date(civil_day(self.0.valid_from))
    }
    /// Why it was proposed; null for what came with the product.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// Null for what came with the product.
    async fn proposed_at(&self) -> Option<Instant> {
        self.0.proposed_at
    }
    /// When it was taken back, which is before it was in force: it never is. Null when it was not.
    async fn withdrawn_at(&self) -> Option<Instant> {
        self.0.withdrawn_at
    }
    /// Whether its day is still to come.
    async fn waiting(&self, gql: &Context<'_>) -> bool {
        self.0.withdrawn_at.is_none() && self.0.valid_from > ctx(gql).now()
    }
    /// What it takes: the whole first, each part before its own parts; at most 24.
    #[graphql(complexity = "list(3, child_complexity, 1)")]
    async fn conditions(&self, gql: &Context<'_>) -> Vec<BadgeCondition> {
        let ctx = ctx(gql);
        conditions(&self.0.rule, civil_day(ctx.now()), ctx.lang)
    }
}

/// The rule of each badge in force at a branch on a day, or now.
pub async fn badge_rules_on(gql: &Context<'_>, branch: &branch::Model, on: Option<Date>) -> Result<Vec<BadgeRule>> {
    let at = match on {
        Some(day) => db::moment("on", day_bounds(day.0).0)?,
        None => ctx(gql).now(),
    };
    let found = load(gql, BadgeRulesOn(branch.path.clone(), at)).await?;
    Ok(found.unwrap_or_default().into_iter().map(BadgeRule).collect())
}

/// A branch's own versions, those that begin last first.
pub async fn badge_versions_of(
    gql: &Context<'_>,
    branch: &branch::Model,
    args: PageArgs,
) -> Result<Connection<String, BadgeRule>> {
    let name = format!("badge-rules-{}", branch.id);
    let page = Page::read(&name, args)?;
    let slice = store::of_branch(&ctx(gql).db.conn, &branch.path, page).await.map_err(Fault::from)?;
    Ok(slice.connection(&name, |row| (row.valid_from, row.id.0), BadgeRule))
}

/// The rule with this id; everybody sees them.
pub async fn badge_rule_by_id(gql: &Context<'_>, id: BadgeRuleId) -> Result<Option<BadgeRule>> {
    Ok(load(gql, BadgeRuleById(id)).await?.map(BadgeRule))
}

/// Which days count, by the civil day (Asia/Shanghai) on which service began: give `from` with `to`, or one of the others.
#[derive(InputObject)]
struct BadgePeriodInput {
    /// The first day, 2000 to 2100.
    from: Option<Date>,
    /// The last day, 2000 to 2100.
    to: Option<Date>,
    /// So many days, today the last of them; 1 to 3,660.
    last_days: Option<i32>,
    /// From the day after today's of so many months ago to today; 1 to 120.
    last_months: Option<i32>,
    /// A calendar year: 0 is this one, 1 the last one; 0 to 10.
    years_ago: Option<i32>,
}

/// Something that is asked about a volunteer, and how much of it is enough.
#[derive(InputObject)]
struct BadgeAskInput {
    /// What is counted.
    measure: BadgeMeasure,
    /// From how much on it is enough, at least 1: minutes at most 600,000, activities and shifts 10,000, days 5,000, months 600,
    /// years 80, stars 5.
    at_least: i32,
    /// Only service of this category; left out, all counts. Not for what is not about service.
    category: Option<Category>,
    /// Only service of these days; left out, all up to today counts. Not for what is not about service.
    period: Option<BadgePeriodInput>,
}

/// What a badge takes: give exactly one of these. A rule has at most 4 levels and 24 parts, and takes something of who has it.
#[derive(InputObject)]
struct BadgeRuleInput {
    /// Each of these has to be met.
    all: Option<Vec<BadgeRuleInput>>,
    /// One of these has to be met.
    any: Option<Vec<BadgeRuleInput>>,
    /// This must not be met.
    not: Option<Box<BadgeRuleInput>>,
    /// This is asked.
    ask: Option<BadgeAskInput>,
}

impl From<BadgeRuleInput> for Draft {
    fn from(given: BadgeRuleInput) -> Self {
        let parts = |parts: Vec<BadgeRuleInput>| parts.into_iter().map(Self::from).collect();
        Self {
            all: given.all.map(parts),
            any: given.any.map(parts),
            not: given.not.map(|part| Box::new(Self::from(*part))),
            ask: given.ask.map(AskDraft::from),
        }
    }
}

impl From<BadgeAskInput> for AskDraft {
    fn from(given: BadgeAskInput) -> Self {
        let period = |period: BadgePeriodInput| PeriodDraft {
            from: period.from.map(|day| day.0),
            to: period.to.map(|day| day.0),
            last_days: period.last_days.map(i64::from),
            last_months: period.last_months.map(i64::from),
            years_ago: period.years_ago.map(i64::from),
        };
        Self {
            measure: given.measure,
            at_least: given.at_least.into(),
            category: given.category,
            period: given.period.map(period),
        }
    }
}

/// What `proposeBadgeRule` takes.
#[derive(InputObject)]
struct ProposeBadgeRuleInput {
    /// A branch of a county, city or province in your care.
    branch_id: GlobalId<BranchId>,
    /// Stable name of the badge, 3 to 40 of A–Z, 0–9 and _: one that there is already gets another rule here and below.
    code: String,
    /// A coming day, at most three years ahead, later than that of any version of the badge at the branch which waits.
    valid_from: Date,
    /// Its name in Chinese, at most 40 characters.
    name_zh: String,
    /// Its name in English, at most 80 characters.
    name_en: String,
    /// What it takes.
    rule: BadgeRuleInput,
    /// Everybody reads it; at most 500 characters.
    reason: String,
}

/// What `withdrawBadgeRule` takes.
#[derive(InputObject)]
struct WithdrawBadgeRuleInput {
    /// A badge's rule in your care whose day is still to come.
    badge_rule_id: GlobalId<BadgeRuleId>,
    /// Goes to the audit trail; at most 500 characters.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct BadgeRulePayload {
    /// Null when it was refused.
    rule: Option<BadgeRule>,
    /// Everything that is wrong with it, for people and for the app; empty when it was done.
    errors: Vec<BadgeRuleError>,
}

/// The error names the very place in the rule that it is about.
pub fn told(refusal: &BadgeRuleRefusal, lang: Lang) -> BadgeRuleError {
    let mut error = BadgeRuleError::new(refusal, lang);
    if let Some(place) = refusal.place() {
        error.path = Some(std::iter::once("input").chain(place.split('.')).map(str::to_owned).collect());
    }
    error
}

#[derive(Default)]
pub struct BadgeRuleMutation;

#[Object]
impl BadgeRuleMutation {
    /// Sets what a badge takes from a coming day on, at a branch and below: a new badge, or another version of one. For officers of
    /// that branch or one above.
    async fn propose_badge_rule(&self, gql: &Context<'_>, input: ProposeBadgeRuleInput) -> Result<BadgeRulePayload> {
        let ctx = ctx(gql);
        let proposal = Proposal {
            branch: input.branch_id.0,
            code: input.code,
            valid_from: input.valid_from.0,
            name_zh: text::line("nameZh", &input.name_zh, 40, true)?,
            name_en: text::line("nameEn", &input.name_en, 80, true)?,
            rule: input.rule.into(),
            reason: text::field("reason", &input.reason, 500, true)?,
        };
        let (rule, errors) = settle_all(ctx, service::propose(ctx, proposal).await, told)?;
        Ok(BadgeRulePayload { rule: rule.map(BadgeRule), errors })
    }

    /// Takes a badge's rule back before its day comes; the one before it stays in force. For officers of its branch or one above.
    async fn withdraw_badge_rule(&self, gql: &Context<'_>, input: WithdrawBadgeRuleInput) -> Result<BadgeRulePayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let (rule, errors) = settle_all(ctx, service::withdraw(ctx, input.badge_rule_id.0, &reason).await, told)?;
        Ok(BadgeRulePayload { rule: rule.map(BadgeRule), errors })
    }
}
