//! The answer to "why?": what an explanation is made of.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use boai_entity::{
    Instant, badge_rule,
    ids::{PersonId, VolunteerId},
    kinds::{EvidenceGrade, LookPurpose, Sight},
    policy, star_scheme,
};

use crate::{
    graphql::load_many,
    people::loaders::VolunteerOfPerson,
    platform::{
        civil::civil_day,
        node::{NodeId, encode},
        scalars::{Date, Metres, Minutes},
        text::masked,
        wire::price::list,
    },
    trail::looks::saw,
};

pub mod badge;
pub mod record;
pub mod star;

/// As much evidence as is told: the newest of what is more.
pub const MOST_EVIDENCE: usize = 20;

/// What a number of an explanation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ExplainedUnit {
    /// Minutes of service.
    Minutes,
    /// Service records.
    Records,
    /// Entries of the ledger.
    Entries,
    /// Stars.
    Stars,
    /// Different activities.
    Activities,
    /// Different shifts.
    Shifts,
    /// Calendar months in a row.
    Months,
    /// Different days.
    Days,
    /// Different calendar years.
    Years,
    /// Conditions that are met.
    Conditions,
}

/// A number that something follows from.
#[derive(SimpleObject)]
pub struct ExplainedFact {
    /// What it is, for the app: `countedMinutes`, `minimumMinutes`, `thresholdMinutes` …; of a badge the place in its rule with `have`
    /// or `need`: `rule.all.0.have`.
    pub name: String,
    /// In the unit beside it.
    pub value: i32,
    /// What `value` counts.
    pub unit: ExplainedUnit,
}

pub fn fact(name: impl Into<String>, value: impl TryInto<i32>, unit: ExplainedUnit) -> ExplainedFact {
    ExplainedFact { name: name.into(), value: value.try_into().unwrap_or(i32::MAX), unit }
}

/// What kind of rule something follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ExplainedRuleKind {
    /// 规则版本: a branch's policy.
    Policy,
    /// 星级标准: what stars take.
    StarScheme,
    /// 徽章规则: what a badge takes.
    BadgeRule,
}

/// The version of a rule that something follows from. It is never edited.
#[derive(SimpleObject)]
pub struct ExplainedRule {
    /// What kind of rule.
    kind: ExplainedRuleKind,
    /// Its global id; a policy and a badge's rule can be fetched by it.
    rule_id: ID,
    /// Of its branch: 1, 2, 3 …
    version: i32,
    /// The first day on which it was in force.
    valid_from: Date,
}

impl From<&policy::Model> for ExplainedRule {
    fn from(row: &policy::Model) -> Self {
        let valid_from = Date(civil_day(row.valid_from));
        Self { kind: ExplainedRuleKind::Policy, rule_id: global(row.id), version: row.version, valid_from }
    }
}

impl From<&star_scheme::Model> for ExplainedRule {
    fn from(row: &star_scheme::Model) -> Self {
        let valid_from = Date(civil_day(row.valid_from));
        Self { kind: ExplainedRuleKind::StarScheme, rule_id: global(row.id), version: row.version, valid_from }
    }
}

impl From<&badge_rule::Model> for ExplainedRule {
    fn from(row: &badge_rule::Model) -> Self {
        let valid_from = Date(civil_day(row.valid_from));
        Self { kind: ExplainedRuleKind::BadgeRule, rule_id: global(row.id), version: row.version, valid_from }
    }
}

/// The id under which the API knows something.
pub fn global<T: NodeId>(id: T) -> ID {
    encode(T::TYPE, &id.uuid().to_string())
}

/// What proves something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum EvidenceKind {
    /// 签到
    CheckIn,
    /// 签退
    CheckOut,
    /// 时数账本: an entry of the ledger.
    LedgerEntry,
    /// 异议: somebody disputed the record.
    DisputeOpened,
    /// The dispute was decided, the appeal included.
    DisputeDecided,
    /// 志愿服务记录: a confirmed record.
    Record,
    /// The list of a round was frozen from the ledger.
    ListFrozen,
    /// The review passed the volunteer.
    Reviewed,
    /// The public notice of the round ended.
    NoticeEnded,
    /// 授予
    Awarded,
    /// 撤销, with a reason.
    Revoked,
}

/// Something that proves what is explained.
pub struct Evidence {
    pub kind: EvidenceKind,
    pub at: Instant,
    pub about: Option<ID>,
    pub by: Option<PersonId>,
    pub grade: Option<EvidenceGrade>,
    pub distance_m: Option<f64>,
    pub minutes: Option<i64>,
    pub number: Option<i32>,
    pub hash: Option<String>,
    pub reason: Option<String>,
    /// Whose it is.
    pub whose: VolunteerId,
    /// Of `by`, once the names are known.
    pub name: Option<String>,
}

impl Evidence {
    pub fn new(kind: EvidenceKind, at: Instant, whose: VolunteerId) -> Self {
        Self {
            kind,
            at,
            about: None,
            by: None,
            grade: None,
            distance_m: None,
            minutes: None,
            number: None,
            hash: None,
            reason: None,
            whose,
            name: None,
        }
    }
}

/// Something that proves what is explained.
#[Object]
impl Evidence {
    /// What it is.
    async fn kind(&self) -> EvidenceKind {
        self.kind
    }
    /// When, by the server's clock.
    async fn at(&self) -> Instant {
        self.at
    }
    /// The stay, record, dispute, round or award that it is about, by its global id; null when there is no other.
    async fn about(&self) -> Option<ID> {
        self.about.clone()
    }
    /// Who did it, by a masked name: the volunteer too. Null when nobody in particular is told.
    async fn by(&self) -> Option<&str> {
        self.name.as_deref()
    }
    /// 凭证等级 of a check-in or check-out; null for anything else.
    async fn grade(&self) -> Option<EvidenceGrade> {
        self.grade
    }
    /// How far from the place it was; null when it was not by location. After the days of retention the upper end of its band.
    async fn distance(&self, gql: &Context<'_>) -> Option<Metres> {
        let distance = self.distance_m?;
        saw(gql, self.whose, LookPurpose::Roster, Sight::Location);
        Some(Metres(distance))
    }
    /// Minutes that it adds to what counts or, while it is pending, to what waits; negative takes away. Null for what moves none.
    async fn minutes(&self) -> Option<Minutes> {
        self.minutes.map(Minutes)
    }
    /// Its place in the volunteer's chain of the ledger; null for what is no entry.
    async fn number(&self) -> Option<i32> {
        self.number
    }
    /// The entry's hash in that chain, SHA-256; null for what is no entry.
    async fn hash(&self) -> Option<&str> {
        self.hash.as_deref()
    }
    /// What whoever did it gave as the reason; null for none.
    async fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// 为什么: what something follows from.
pub struct Explanation {
    pub text: String,
    pub facts: Vec<ExplainedFact>,
    pub rules: Vec<ExplainedRule>,
    pub evidence: Vec<Evidence>,
}

/// 为什么: what something follows from.
#[Object]
impl Explanation {
    /// In words, in the caller's language.
    async fn text(&self) -> &str {
        &self.text
    }
    /// The numbers.
    #[graphql(complexity = "list(6, child_complexity, 1)")]
    async fn facts(&self) -> &[ExplainedFact] {
        &self.facts
    }
    /// The versions of the rules by which it is so.
    #[graphql(complexity = "list(2, child_complexity, 1)")]
    async fn rules(&self) -> &[ExplainedRule] {
        &self.rules
    }
    /// What proves it, in the order of time; of very much the newest 20.
    #[graphql(complexity = "list(10, child_complexity, 1)")]
    async fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }
}

/// Puts evidence in order, leaves out what is too much, and finds the masked names: one statement, however many explain
/// themselves at once.
pub async fn with_names(gql: &Context<'_>, mut evidence: Vec<Evidence>) -> async_graphql::Result<Vec<Evidence>> {
    evidence.sort_by_key(|one| one.at);
    let too_many = evidence.len().saturating_sub(MOST_EVIDENCE);
    evidence.drain(..too_many);
    let people = evidence.iter().filter_map(|one| one.by).map(VolunteerOfPerson);
    let names = load_many(gql, people).await?;
    for one in &mut evidence {
        let known = one.by.and_then(|person| names.get(&VolunteerOfPerson(person)));
        one.name = known.map(|volunteer| masked(&volunteer.name));
    }
    Ok(evidence)
}
