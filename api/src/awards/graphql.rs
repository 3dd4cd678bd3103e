//! Rounds, lists, objections, awards and cases.

use async_graphql::{Context, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant, award_candidate,
    award_kinds::{AwardRoundState, CandidateState, ObjectionState, StarCaseState},
    award_objection, award_round,
    ids::{AwardObjectionId, AwardRoundId, BranchId, StarAwardId, StarCandidateId, StarCaseId, VolunteerId},
    kinds::LookPurpose,
    star_award, star_case,
};

use super::{
    loaders::{AwardById, CandidateById, RoundById},
    store,
};
use crate::{
    access::{Action, Resource},
    badges::graphql::{StarBadge, badge_of_award},
    explanations::graphql::{Explanation, star::of_award},
    graphql::{ctx, load},
    organisation::{graphql::Branch, loaders::BranchById},
    people::{
        graphql::{Volunteer, volunteer_in_full, volunteer_of_person},
        loaders::VolunteerById,
    },
    platform::{
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        scalars::{Date, Minutes},
    },
};

mod mutation;

pub use mutation::{AwardMutation, CandidateVerdict, verdict};

/// 星级评定: a round in which a branch awards stars.
pub struct AwardRound(pub award_round::Model);

/// How many of a round's list stand where; somebody who is on it for two stars counts twice.
#[derive(SimpleObject)]
struct AwardRoundCounts {
    /// Not reviewed yet.
    listed: i32,
    /// Passed, and not awarded yet.
    passed: i32,
    /// Refused.
    refused: i32,
    /// Awarded.
    awarded: i32,
    /// Passed, and yet not awarded.
    lapsed: i32,
}

/// 星级评定: a round in which a branch awards stars.
#[Object]
impl AwardRound {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<AwardRoundId> {
        GlobalId(self.0.id)
    }
    /// Whose round it is. Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.branch_id)).await?.map(Branch))
    }
    /// The lowest star that it awards.
    async fn from_star(&self) -> i32 {
        self.0.from_star
    }
    /// The highest.
    async fn to_star(&self) -> i32 {
        self.0.to_star
    }
    /// The last day (Asia/Shanghai) whose entries count.
    async fn cut_off(&self) -> Date {
        Date(self.0.cut_off)
    }
    /// Where it stands.
    async fn state(&self) -> AwardRoundState {
        self.0.state
    }
    /// By the server's clock.
    async fn opened_at(&self) -> Instant {
        self.0.opened_at
    }
    /// When the list was frozen; null before.
    async fn frozen_at(&self) -> Option<Instant> {
        self.0.frozen_at
    }
    /// Until when whoever passed can be objected to; null before the notice.
    async fn notice_until(&self) -> Option<Instant> {
        self.0.notice_until
    }
    /// When it was awarded or cancelled; null before.
    async fn closed_at(&self) -> Option<Instant> {
        self.0.closed_at
    }
    /// Why it was cancelled; null when it was not.
    async fn cancel_reason(&self) -> Option<&str> {
        self.0.cancel_reason.as_deref()
    }
    /// How many stand where; null for who has not the round in their care.
    async fn counts(&self, gql: &Context<'_>) -> Result<Option<AwardRoundCounts>> {
        if !in_care(gql, self.0.branch_id).await? {
            return Ok(None);
        }
        let counts = store::counts(&ctx(gql).db.conn, self.0.id).await.map_err(Fault::from)?;
        // A list is far shorter than that.
        let whole = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        Ok(Some(AwardRoundCounts {
            listed: whole(counts.listed),
            passed: whole(counts.passed),
            refused: whole(counts.refused),
            awarded: whole(counts.awarded),
            lapsed: whole(counts.lapsed),
        }))
    }
    /// The frozen list, the highest stars first and of those the most hours; empty for who has not the round in their care.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2 * pages::STATEMENT)")]
    async fn candidates(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Those in this state only.")] state: Option<CandidateState>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, StarCandidate>> {
        let list = format!("candidates-{}-{}", self.0.id, state.map_or(String::new(), CandidateState::as_str));
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        if !in_care(gql, self.0.branch_id).await? {
            return Ok(Connection::new(false, false));
        }
        let slice = store::candidates(&ctx(gql).db.conn, self.0.id, state, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.star, row.minutes, row.id.0), StarCandidate))
    }
    /// 公示: who passed, with masked names, while the notice runs; empty otherwise.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn notice(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, NoticedStar>> {
        let ctx = ctx(gql);
        let list = format!("star-notice-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let over = self.0.notice_until.is_none_or(|until| until <= ctx.now());
        if self.0.state != AwardRoundState::Notice || over {
            return Ok(Connection::new(false, false));
        }
        let passed = Some(CandidateState::Passed);
        let slice = store::candidates(&ctx.db.conn, self.0.id, passed, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.star, row.minutes, row.id.0), NoticedStar))
    }
    /// What was objected, what was said first first; empty for who has not the round in their care.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2 * pages::STATEMENT)")]
    async fn objections(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, AwardObjection>> {
        let list = format!("objections-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        if !in_care(gql, self.0.branch_id).await? {
            return Ok(Connection::new(false, false));
        }
        let slice = store::objections(&ctx(gql).db.conn, self.0.id, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.raised_at, row.id.0), AwardObjection))
    }
}

/// Whether the rounds of a branch are the caller's to see to.
async fn in_care(gql: &Context<'_>, branch: BranchId) -> Result<bool> {
    let branch = load(gql, BranchById(branch)).await?;
    Ok(branch.is_some_and(|it| ctx(gql).may_see(Action::AwardStars, Resource::Branch { path: &it.path })))
}

/// Somebody on a round's list for a star.
pub struct StarCandidate(pub award_candidate::Model);

/// Somebody on a round's list for a star.
#[Object]
impl StarCandidate {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<StarCandidateId> {
        GlobalId(self.0.id)
    }
    /// By the whole name. Null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_in_full(gql, self.0.volunteer_id, LookPurpose::Recognition).await
    }
    /// 1 to 5.
    async fn star(&self) -> i32 {
        self.0.star
    }
    /// Final service time at the cut-off.
    async fn minutes(&self) -> Minutes {
        Minutes(self.0.minutes.into())
    }
    /// What the star took by the scheme of then.
    async fn threshold(&self) -> Minutes {
        Minutes(self.0.threshold.into())
    }
    /// Where they stand.
    async fn state(&self) -> CandidateState {
        self.0.state
    }
    /// Why they were refused; null when they were not.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// Who reviewed them, by the whole name; null before.
    async fn decided_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        match self.0.decided_by {
            Some(person) => volunteer_of_person(gql, person, LookPurpose::Recognition).await,
            None => Ok(None),
        }
    }
    /// When; null before.
    async fn decided_at(&self) -> Option<Instant> {
        self.0.decided_at
    }
    /// The star, once it is awarded; null before.
    async fn award(&self, gql: &Context<'_>) -> Result<Option<StarAward>> {
        match self.0.state {
            CandidateState::Awarded => Ok(load(gql, AwardById(StarAwardId(self.0.id.0))).await?.map(StarAward)),
            _ => Ok(None),
        }
    }
}

/// 公示: a star that somebody passed for.
pub struct NoticedStar(award_candidate::Model);

/// 公示: a star that somebody passed for.
#[Object]
impl NoticedStar {
    /// Names it for `objectToStar`.
    async fn candidate_id(&self) -> GlobalId<StarCandidateId> {
        GlobalId(self.0.id)
    }
    /// With a masked name (王*明). Null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        let volunteer = load(gql, VolunteerById(self.0.volunteer_id)).await?;
        Ok(volunteer.map(|model| Volunteer::masked(model, self.0.round_id.0)))
    }
    /// 1 to 5.
    async fn star(&self) -> i32 {
        self.0.star
    }
}

/// 异议: what somebody said against a star under notice.
pub struct AwardObjection(pub award_objection::Model);

/// 异议: what somebody said against a star under notice.
#[Object]
impl AwardObjection {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<AwardObjectionId> {
        GlobalId(self.0.id)
    }
    /// Against which star; null for who has not the round in their care.
    async fn candidate(&self, gql: &Context<'_>) -> Result<Option<StarCandidate>> {
        let Some(candidate) = load(gql, CandidateById(self.0.candidate_id)).await? else { return Ok(None) };
        let Some(round) = load(gql, RoundById(candidate.round_id)).await? else { return Ok(None) };
        Ok(in_care(gql, round.branch_id).await?.then_some(StarCandidate(candidate)))
    }
    /// In the words of whoever objects.
    async fn words(&self) -> &str {
        &self.0.words
    }
    /// Who objects, by the whole name. Null only when it could not be read.
    async fn raised_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_of_person(gql, self.0.raised_by, LookPurpose::Recognition).await
    }
    /// By the server's clock.
    async fn raised_at(&self) -> Instant {
        self.0.raised_at
    }
    /// What became of it.
    async fn state(&self) -> ObjectionState {
        self.0.state
    }
    /// The answer; null while it waits.
    async fn answer(&self) -> Option<&str> {
        self.0.answer.as_deref()
    }
    /// When it was answered; null while it waits.
    async fn answered_at(&self) -> Option<Instant> {
        self.0.answered_at
    }
}

/// 星级: a star that a branch awarded.
pub struct StarAward(pub star_award::Model);

/// 星级: a star that a branch awarded.
#[Object]
impl StarAward {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<StarAwardId> {
        GlobalId(self.0.id)
    }
    /// 1 to 5.
    async fn star(&self) -> i32 {
        self.0.star
    }
    /// 授予单位. Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        let Some(round) = load(gql, RoundById(self.0.round_id)).await? else { return Ok(None) };
        Ok(load(gql, BranchById(round.branch_id)).await?.map(Branch))
    }
    /// Final service time at the round's cut-off.
    async fn minutes(&self) -> Minutes {
        Minutes(self.0.minutes.into())
    }
    /// What the star took by the scheme of then.
    async fn threshold(&self) -> Minutes {
        Minutes(self.0.threshold.into())
    }
    /// By the server's clock.
    async fn awarded_at(&self) -> Instant {
        self.0.awarded_at
    }
    /// Null as long as it stands.
    async fn revoked_at(&self) -> Option<Instant> {
        self.0.revoked_at
    }
    /// 为什么: the hours at the cut-off, the versions of scheme and policy, and who reviewed, awarded and revoked it when.
    async fn explanation(&self, gql: &Context<'_>) -> Result<Explanation> {
        of_award(gql, &self.0).await
    }
    /// 星级徽章: the badge that is good; null before one is issued.
    async fn badge(&self, gql: &Context<'_>) -> Result<Option<StarBadge>> {
        badge_of_award(gql, self.0.id).await
    }
    /// Why it was revoked; null as long as it stands.
    async fn revoke_reason(&self) -> Option<&str> {
        self.0.revoke_reason.as_deref()
    }
}

/// The caller's awards, newest first.
pub async fn my_star_awards(gql: &Context<'_>, volunteer: Option<VolunteerId>) -> Result<Vec<StarAward>> {
    let Some(volunteer) = volunteer else { return Ok(Vec::new()) };
    let awards = store::awards_of(&ctx(gql).db.conn, volunteer).await.map_err(Fault::from)?;
    Ok(awards.into_iter().map(StarAward).collect())
}

/// A star in question: a correction took the hours below what it took.
pub struct StarCase(pub star_case::Model);

/// A star in question: a correction took the hours below what it took.
#[Object]
impl StarCase {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<StarCaseId> {
        GlobalId(self.0.id)
    }
    /// The star. Null only when it could not be read.
    async fn award(&self, gql: &Context<'_>) -> Result<Option<StarAward>> {
        Ok(load(gql, AwardById(self.0.award_id)).await?.map(StarAward))
    }
    /// Whose it is, by the whole name. Null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_in_full(gql, self.0.volunteer_id, LookPurpose::Recognition).await
    }
    /// What was left of the confirmed service time when it was raised.
    async fn confirmed(&self) -> Minutes {
        Minutes(self.0.confirmed_minutes.into())
    }
    /// By the server's clock.
    async fn raised_at(&self) -> Instant {
        self.0.raised_at
    }
    /// What became of it.
    async fn state(&self) -> StarCaseState {
        self.0.state
    }
    /// Why; null while it waits.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// Who decided, by the whole name; null while it waits.
    async fn decided_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        match self.0.decided_by {
            Some(person) => volunteer_of_person(gql, person, LookPurpose::Recognition).await,
            None => Ok(None),
        }
    }
    /// When; null while it waits.
    async fn decided_at(&self) -> Option<Instant> {
        self.0.decided_at
    }
}

#[derive(Default)]
pub struct AwardQuery;

#[Object]
impl AwardQuery {
    /// A branch's rounds for stars, newest first: all for its officers and those above; for its other volunteers, and those of
    /// the branches below, the ones under notice; empty for everybody else.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 3)")]
    async fn award_rounds(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The branch that awards.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, AwardRound>> {
        let list = format!("award-rounds-{}", branch_id.0);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let Some(sight) = sight(gql, branch_id.0).await? else { return Ok(Connection::new(false, false)) };
        let noticed = sight == Sight::Notice;
        let slice = store::rounds(&ctx(gql).db.conn, branch_id.0, noticed, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.opened_at, row.id.0), AwardRound))
    }

    /// A round for stars; null when there is none for you to see: see `awardRounds`.
    async fn award_round(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The round.")] id: GlobalId<AwardRoundId>,
    ) -> Result<Option<AwardRound>> {
        let round = load(gql, RoundById(id.0)).await?;
        let branch = round.as_ref().map_or(BranchId(crate::platform::node::NOTHING), |round| round.branch_id);
        let sight = sight(gql, branch).await?;
        Ok(round
            .filter(|round| match sight {
                Some(Sight::All) => true,
                Some(Sight::Notice) => round.state == AwardRoundState::Notice,
                None => false,
            })
            .map(AwardRound))
    }

    /// Stars in question that a branch, or one below it, awarded, what was raised first first; for its officers and those above,
    /// empty for everybody else.
    #[expect(clippy::too_many_arguments, reason = "a filter and the four arguments of a connection")]
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2)")]
    async fn star_cases(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch in your care.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "Those in this state.", default_with = "StarCaseState::Waiting")] state: StarCaseState,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, StarCase>> {
        let ctx = ctx(gql);
        let list = format!("star-cases-{}-{}", branch_id.0, state.as_str());
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let branch = load(gql, BranchById(branch_id.0)).await?;
        let branch = branch.filter(|it| ctx.may_see(Action::AwardStars, Resource::Branch { path: &it.path }));
        let Some(branch) = branch else { return Ok(Connection::new(false, false)) };
        let slice = store::cases(&ctx.db.conn, &branch.path, state, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.raised_at, row.id.0), StarCase))
    }
}

/// What somebody sees of a branch's rounds.
#[derive(Clone, Copy, PartialEq)]
enum Sight {
    All,
    /// Those under notice.
    Notice,
}

async fn sight(gql: &Context<'_>, branch: BranchId) -> Result<Option<Sight>> {
    let ctx = ctx(gql);
    let branch = load(gql, BranchById(branch)).await?;
    let path = branch.as_ref().map_or("", |branch| branch.path.as_str());
    if branch.is_some() && ctx.may_see(Action::AwardStars, Resource::Branch { path }) {
        return Ok(Some(Sight::All));
    }
    let Some(volunteer) = ctx.actor.as_ref().and_then(|actor| actor.volunteer) else { return Ok(None) };
    let belongs = store::belongs(&ctx.db.conn, path, volunteer).await.map_err(Fault::from)?;
    Ok((branch.is_some() && belongs).then_some(Sight::Notice))
}
