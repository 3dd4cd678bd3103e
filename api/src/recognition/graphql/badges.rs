//! Badges: what their rules ask, and how far a volunteer is.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use boai_entity::{
    badge_rule::{self, BadgeMeasure, Period, Rule},
    ids::VolunteerId,
    kinds::Category,
};
use chrono::NaiveDate;

use super::words;
use crate::{
    badge_rules::graphql::BadgeRule,
    explanations::graphql::{Explanation, badge::of_badge},
    graphql::ctx,
    platform::{civil::civil_day, lang::Lang, scalars::Date, wire::price::list},
    recognition::{
        language::{Fact, Known, Step, progress},
        service::{self, Badges},
    },
};

/// What a condition of a badge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum BadgeConditionKind {
    /// Each of its parts has to be met.
    All,
    /// One of its parts has to be met; more may be.
    Any,
    /// Its part must not be met.
    Not,
    /// Something is asked about the volunteer.
    Ask,
}

/// What is counted towards a badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum BadgeUnit {
    /// Different activities.
    Activities,
    /// Minutes of service.
    Minutes,
    /// Different shifts.
    Shifts,
    /// Calendar months in a row.
    Months,
    /// Different days.
    Days,
    /// Different calendar years.
    Years,
    /// Stars that were awarded.
    Stars,
    /// Conditions that are met.
    Conditions,
}

fn unit(rule: &Rule) -> BadgeUnit {
    let Rule::Ask(ask) = rule else { return BadgeUnit::Conditions };
    match ask.measure {
        BadgeMeasure::Activities => BadgeUnit::Activities,
        BadgeMeasure::Minutes | BadgeMeasure::NightMinutes => BadgeUnit::Minutes,
        BadgeMeasure::Shifts => BadgeUnit::Shifts,
        BadgeMeasure::MonthsInARow => BadgeUnit::Months,
        BadgeMeasure::WeekendDays => BadgeUnit::Days,
        BadgeMeasure::YearsOfService => BadgeUnit::Years,
        BadgeMeasure::Star => BadgeUnit::Stars,
        BadgeMeasure::Registered => BadgeUnit::Conditions,
    }
}

/// Which days count, by the civil day (Asia/Shanghai) on which service began: `from` and `to`, or one of the others.
#[derive(SimpleObject, Default)]
struct BadgePeriod {
    /// The first day of fixed ones.
    from: Option<Date>,
    /// The last day of fixed ones.
    to: Option<Date>,
    /// So many days, today the last of them.
    last_days: Option<i32>,
    /// From the day after today's of so many months ago to today.
    last_months: Option<i32>,
    /// The calendar year so many years ago; 0 is this one.
    years_ago: Option<i32>,
}

impl From<Period> for BadgePeriod {
    fn from(period: Period) -> Self {
        let shown = |count: u32| i32::try_from(count).ok();
        match period {
            Period::Days { from, to } => Self { from: Some(Date(from)), to: Some(Date(to)), ..Self::default() },
            Period::LastDays(count) => Self { last_days: shown(count), ..Self::default() },
            Period::LastMonths(count) => Self { last_months: shown(count), ..Self::default() },
            Period::YearsAgo(count) => Self { years_ago: shown(count), ..Self::default() },
        }
    }
}

/// A part of a badge's rule. Rules are told as a list, each part before its own parts.
#[derive(SimpleObject)]
pub struct BadgeCondition {
    /// Where it stands in the rule: `rule` is the whole, `rule.all.0` the first part of an `all`, `rule.not` what must not be.
    path: String,
    /// How deep: 0 is the whole rule.
    depth: i32,
    /// What it is.
    kind: BadgeConditionKind,
    /// What is asked about the volunteer; null for all, any and not.
    measure: Option<BadgeMeasure>,
    /// Only service of this category; null is all.
    category: Option<Category>,
    /// Only service of these days; null is all up to today.
    period: Option<BadgePeriod>,
    /// How much is enough; of `all` as many as it has parts, of `any` and `not` one.
    need: i32,
    /// What `need` counts.
    unit: BadgeUnit,
    /// In words, in the caller's language.
    text: String,
}

fn shown(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl BadgeCondition {
    fn of(step: &Step<'_>, lang: Lang) -> Self {
        let (kind, ask) = match step.rule {
            Rule::All(_) => (BadgeConditionKind::All, None),
            Rule::Any(_) => (BadgeConditionKind::Any, None),
            Rule::Not(_) => (BadgeConditionKind::Not, None),
            Rule::Ask(ask) => (BadgeConditionKind::Ask, Some(ask)),
        };
        Self {
            path: step.path.clone(),
            depth: i32::try_from(step.depth).unwrap_or(i32::MAX),
            kind,
            measure: ask.map(|ask| ask.measure),
            category: ask.and_then(|ask| ask.category),
            period: ask.and_then(|ask| ask.period).map(Into::into),
            need: shown(step.need),
            unit: unit(step.rule),
            text: words::condition(step.rule, lang),
        }
    }
}

/// The parts of a rule, of nobody in particular.
pub fn conditions(rule: &Rule, today: NaiveDate, lang: Lang) -> Vec<BadgeCondition> {
    progress(rule, Known::default(), today).iter().map(|step| BadgeCondition::of(step, lang)).collect()
}

/// How far you are with one part of a badge's rule.
#[derive(SimpleObject)]
struct BadgeStep {
    /// The part.
    condition: BadgeCondition,
    /// What you have of it. Of `all` and `any`: how many of their parts are met; of `not`: 1 when its part is not met. A part of a
    /// `not` says how far you are with what must not be.
    have: i32,
    /// What you still need; 0 when it is met.
    missing: i32,
    /// Whether you have enough.
    met: bool,
}

/// What a volunteer's badges are worked out from.
pub struct Standing {
    badges: Badges,
    facts: Vec<Fact>,
    today: NaiveDate,
}

impl Standing {
    fn known(&self) -> Known<'_> {
        let standing = self.badges.standing;
        Known { facts: &self.facts, registered: standing.registered, star: standing.star }
    }
}

/// A badge and how far you are.
pub struct BadgeStanding {
    standing: Arc<Standing>,
    number: usize,
    have: i64,
    need: i64,
    lang: Lang,
}

impl BadgeStanding {
    fn row(&self) -> &badge_rule::Model {
        &self.standing.badges.rules[self.number]
    }
}

/// A badge and how far you are.
#[Object]
impl BadgeStanding {
    /// Stable name of the badge.
    async fn code(&self) -> &str {
        &self.row().code
    }
    /// In the caller's language.
    async fn name(&self) -> &str {
        match self.lang {
            Lang::Zh => &self.row().name_zh,
            Lang::En => &self.row().name_en,
        }
    }
    /// Whether you have what the rule takes as a whole.
    async fn eligible(&self) -> bool {
        self.have >= self.need
    }
    /// What you have of what the rule counts: activities, minutes, months, shifts, days or years; where several things are asked,
    /// how many of them are met.
    async fn have(&self) -> i32 {
        shown(self.have)
    }
    /// What the rule takes of it.
    async fn need(&self) -> i32 {
        shown(self.need)
    }
    /// What you still need; 0 when eligible.
    async fn missing(&self) -> i32 {
        shown((self.need - self.have).max(0))
    }
    /// What is counted.
    async fn unit(&self) -> BadgeUnit {
        unit(&self.row().rule)
    }
    /// Version of the rule in force, of its branch.
    async fn rule_version(&self) -> i32 {
        self.row().version
    }
    /// The rule in force where you live.
    async fn rule(&self) -> BadgeRule {
        BadgeRule(self.row().clone())
    }
    /// 为什么: the records that count, the rule's version, and how far you are in numbers.
    async fn explanation(&self, gql: &Context<'_>) -> Result<Explanation> {
        let Standing { badges, today, .. } = &*self.standing;
        let steps = progress(&self.row().rule, self.standing.known(), *today);
        of_badge(gql, self.row(), &steps, &badges.records, *today).await
    }
    /// How far you are with each part of the rule: the whole first, each part before its own parts.
    #[graphql(complexity = "list(5, child_complexity, 1)")]
    async fn steps(&self) -> Vec<BadgeStep> {
        let steps = progress(&self.row().rule, self.standing.known(), self.standing.today);
        let told = |step: &Step<'_>| BadgeStep {
            condition: BadgeCondition::of(step, self.lang),
            have: shown(step.have),
            missing: shown(step.missing()),
            met: step.met,
        };
        steps.iter().map(told).collect()
    }
}

pub async fn my_badges(gql: &Context<'_>, volunteer: Option<VolunteerId>) -> Result<Vec<BadgeStanding>> {
    let ctx = ctx(gql);
    let badges = service::badges(ctx, volunteer).await?;
    let facts = badges.records.iter().map(service::fact).collect();
    let standing = Arc::new(Standing { badges, facts, today: civil_day(ctx.now()) });
    let of = |(number, row): (usize, &badge_rule::Model)| {
        let whole = &progress(&row.rule, standing.known(), standing.today)[0];
        BadgeStanding { standing: standing.clone(), number, have: whole.have, need: whole.need, lang: ctx.lang }
    };
    Ok(standing.badges.rules.iter().enumerate().map(of).collect())
}
