//! Rounds of commendations, their quotas and nominees, and the lists that are published.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant,
    award_kinds::{AwardRoundState, CandidateState},
    commendation_nominee, commendation_quota, commendation_round,
    honour_kinds::CommendedKind,
    ids::{BranchId, CommendationNomineeId, CommendationRoundId, TeamId},
    kinds::LookPurpose,
};

use super::{
    loaders::CommendationRoundById,
    rules::{CommendationError, MOST_OF_A_KIND, MOST_QUOTAS, NominateError, Quota, ReviewNomineesError},
    service::{self, Subject},
    store::{self, Shown},
};
use crate::{
    access::{Action, Resource},
    awards::{
        graphql::{CandidateVerdict, verdict},
        review::AT_ONCE,
        store::belongs,
    },
    graphql::{ctx, load, load_many, settle},
    organisation::{
        graphql::{Branch, Team},
        loaders::{BranchById, TeamById},
    },
    people::{
        graphql::{Volunteer, volunteer_in_full},
        rules::masked,
    },
    platform::{
        errors::Fault,
        node::{GlobalId, NOTHING},
        pages::{self, Page, PageArgs},
        text,
    },
};

/// 通报表扬: a round in which a branch commends whom the branches below nominate.
pub struct CommendationRound(pub commendation_round::Model);

/// 通报表扬: a round in which a branch commends whom the branches below nominate.
#[Object]
impl CommendationRound {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<CommendationRoundId> {
        GlobalId(self.0.id)
    }
    /// Whose round it is. Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.branch_id)).await?.map(Branch))
    }
    /// 名称
    async fn title(&self) -> &str {
        &self.0.title
    }
    /// Where it stands: `OPENED` while it takes nominations, `AWARDED` once its list is published.
    async fn state(&self) -> AwardRoundState {
        self.0.state
    }
    /// By the server's clock.
    async fn opened_at(&self) -> Instant {
        self.0.opened_at
    }
    /// Until when who passed is under notice; null before the notice.
    async fn notice_until(&self) -> Option<Instant> {
        self.0.notice_until
    }
    /// When the list was published, or the round cancelled; null before.
    async fn closed_at(&self) -> Option<Instant> {
        self.0.closed_at
    }
    /// Why it was cancelled; null when it was not.
    async fn cancel_reason(&self) -> Option<&str> {
        self.0.cancel_reason.as_deref()
    }
    /// 名额: what each branch may nominate and has; for who has the round in their care all of them, for officers of a branch that
    /// has some its own, empty for everybody else.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2 * pages::STATEMENT)")]
    async fn quotas(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, CommendationQuota>> {
        let ctx = ctx(gql);
        let list = format!("quotas-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        if ctx.actor.as_ref().is_none_or(|actor| actor.grants.is_empty()) {
            return Ok(Connection::new(false, false));
        }
        // A few hundred at most, however many of them the caller sees.
        let mut quotas = store::quotas(&ctx.db.conn, self.0.id).await.map_err(Fault::from)?;
        let branches = load_many(gql, quotas.iter().map(|quota| BranchById(quota.branch_id))).await?;
        quotas.retain(|quota| {
            let branch = branches.get(&BranchById(quota.branch_id));
            branch.is_some_and(|it| ctx.may_see(Action::Commend, Resource::Branch { path: &it.path }))
        });
        let key = |quota: &commendation_quota::Model| (quota.branch_id.0, quota.kind.as_str());
        Ok(page.of(quotas, key, false).connection(&list, key, CommendationQuota))
    }
    /// 提名: what was nominated first first; empty for who has not the round in their care.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2 * pages::STATEMENT)")]
    async fn nominees(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Those in this state only.")] state: Option<CandidateState>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, CommendationNominee>> {
        let list = format!("nominees-{}-{}", self.0.id, state.map_or(String::new(), CandidateState::as_str));
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        if !in_care(gql, self.0.branch_id).await? {
            return Ok(Connection::new(false, false));
        }
        let slice = store::nominees(&ctx(gql).db.conn, self.0.id, state, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.nominated_at, row.id.0), CommendationNominee))
    }
    /// 公示或表扬名单: who passed while the notice runs, and who was commended once the list is published; empty otherwise.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn commended(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Commended>> {
        let list = format!("commended-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let state = match self.0.state {
            AwardRoundState::Notice => CandidateState::Passed,
            AwardRoundState::Awarded => CandidateState::Awarded,
            _ => return Ok(Connection::new(false, false)),
        };
        let slice = store::shown(&ctx(gql).db.conn, self.0.id, state, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.nominee.nominated_at, row.nominee.id.0), Commended))
    }
}

/// Whether the commendations of a branch are the caller's to see to.
async fn in_care(gql: &Context<'_>, branch: BranchId) -> Result<bool> {
    let branch = load(gql, BranchById(branch)).await?;
    Ok(branch.is_some_and(|it| ctx(gql).may_see(Action::Commend, Resource::Branch { path: &it.path })))
}

/// 名额: how many of a kind a branch may nominate in a round.
pub struct CommendationQuota(commendation_quota::Model);

/// 名额: how many of a kind a branch may nominate in a round.
#[Object]
impl CommendationQuota {
    /// Who nominates. Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.branch_id)).await?.map(Branch))
    }
    /// What it nominates.
    async fn kind(&self) -> CommendedKind {
        self.0.kind
    }
    /// How many.
    async fn quota(&self) -> i32 {
        self.0.quota
    }
    /// How many it has nominated.
    async fn taken(&self) -> i32 {
        self.0.taken
    }
}

/// 提名: a volunteer or a team that a branch nominated.
pub struct CommendationNominee(pub commendation_nominee::Model);

/// 提名: a volunteer or a team that a branch nominated.
#[Object]
impl CommendationNominee {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<CommendationNomineeId> {
        GlobalId(self.0.id)
    }
    /// What it is.
    async fn kind(&self) -> CommendedKind {
        self.0.kind
    }
    /// By the whole name; null for a team.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        match self.0.volunteer_id {
            Some(volunteer) => volunteer_in_full(gql, volunteer, LookPurpose::Recognition).await,
            None => Ok(None),
        }
    }
    /// Null for a volunteer.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        let Some(team) = self.0.team_id else { return Ok(None) };
        Ok(load(gql, TeamById(team)).await?.map(Team))
    }
    /// 推荐单位: who nominated it. Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.branch_id)).await?.map(Branch))
    }
    /// 主要事迹; null once its volunteer was erased.
    async fn merits(&self) -> Option<&str> {
        self.0.merits.as_deref()
    }
    /// By the server's clock.
    async fn nominated_at(&self) -> Instant {
        self.0.nominated_at
    }
    /// Where it stands; `AWARDED` once it is commended.
    async fn state(&self) -> CandidateState {
        self.0.state
    }
    /// Why it was refused; null when it was not.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// When it was reviewed; null before.
    async fn decided_at(&self) -> Option<Instant> {
        self.0.decided_at
    }
}

/// Somebody on a published list, or under notice.
pub struct Commended(Shown);

/// Somebody on a published list, or under notice.
#[Object]
impl Commended {
    /// What it is.
    async fn kind(&self) -> CommendedKind {
        self.0.nominee.kind
    }
    /// The team's, or the volunteer's: whole only with the consent `PUBLICATION` and once the list is published, 王*明 otherwise.
    async fn name(&self) -> String {
        let Shown { nominee, volunteer_name, team_name, may_publish } = &self.0;
        match (volunteer_name, team_name) {
            (Some(name), _) if *may_publish && nominee.state == CandidateState::Awarded => name.clone(),
            (Some(name), _) => masked(name),
            (None, team) => team.clone().unwrap_or_default(),
        }
    }
    /// 推荐单位. Null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.nominee.branch_id)).await?.map(Branch))
    }
}

/// 名额 of a branch.
#[derive(InputObject)]
struct CommendationQuotaInput {
    /// The branch whose round it is, or one below it.
    branch_id: GlobalId<BranchId>,
    /// What it nominates.
    kind: CommendedKind,
    /// How many; 1 to 1,000.
    quota: i32,
}

/// What `openCommendationRound` takes.
#[derive(InputObject)]
struct OpenCommendationRoundInput {
    /// A branch in your care.
    branch_id: GlobalId<BranchId>,
    /// 名称; at most 60 characters.
    title: String,
    /// 1 to 500 of them, one for each branch and kind.
    quotas: Vec<CommendationQuotaInput>,
}

/// What takes a round.
#[derive(InputObject)]
struct CommendationRoundInput {
    /// A round of a branch in your care.
    round_id: GlobalId<CommendationRoundId>,
}

/// What `cancelCommendationRound` takes.
#[derive(InputObject)]
struct CancelCommendationRoundInput {
    /// A round of a branch in your care that has commended nobody.
    round_id: GlobalId<CommendationRoundId>,
    /// Who was told that they passed reads it; at most 500 characters.
    reason: String,
}

/// What became of a round.
#[derive(SimpleObject)]
struct CommendationRoundPayload {
    /// As it stands now; null when nothing was done.
    round: Option<CommendationRound>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<CommendationError>,
}

/// What `nominate` takes.
#[derive(InputObject)]
struct NominateInput {
    /// A round that takes nominations.
    round_id: GlobalId<CommendationRoundId>,
    /// 推荐单位: a branch in your care that has a quota.
    branch_id: GlobalId<BranchId>,
    /// 志愿者编号 of a volunteer of that branch or one below; this or `teamId`.
    volunteer_number: Option<String>,
    /// A team of that branch or one below; this or `volunteerNumber`.
    team_id: Option<GlobalId<TeamId>>,
    /// 主要事迹; at most 1,000 characters.
    merits: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct NominatePayload {
    /// Null when it was refused.
    nominee: Option<CommendationNominee>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<NominateError>,
}

/// What `takeNominationBack` takes.
#[derive(InputObject)]
struct TakeNominationBackInput {
    /// A nomination of a branch in your care.
    nominee_id: GlobalId<CommendationNomineeId>,
}

/// What became of it.
#[derive(SimpleObject)]
struct TakeNominationBackPayload {
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<NominateError>,
}

/// The word on a nomination.
#[derive(InputObject)]
struct ReviewNomineeItem {
    /// Of the round's nominees.
    nominee_id: GlobalId<CommendationNomineeId>,
    /// Passes when left out.
    #[graphql(default_with = "CandidateVerdict::Pass")]
    verdict: CandidateVerdict,
    /// For `REFUSE`: whoever nominated reads it; at most 500 characters.
    #[graphql(default)]
    reason: String,
}

/// What `reviewNominees` takes.
#[derive(InputObject)]
struct ReviewNomineesInput {
    /// A round of a branch in your care.
    round_id: GlobalId<CommendationRoundId>,
    /// At most 200. Each is decided by itself: one that is refused spoils no other.
    items: Vec<ReviewNomineeItem>,
}

/// What became of one item.
#[derive(SimpleObject)]
struct ReviewNomineeResult {
    /// The item's nomination.
    nominee_id: GlobalId<CommendationNomineeId>,
    /// As it stands now; null when nothing was done.
    nominee: Option<CommendationNominee>,
    /// Why nothing was done, for people and for the app; empty when it was.
    errors: Vec<ReviewNomineesError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct ReviewNomineesPayload {
    /// One for each item, in the order given.
    results: Vec<ReviewNomineeResult>,
    /// The errors of all items together.
    errors: Vec<ReviewNomineesError>,
}

#[derive(Default)]
pub struct CommendationQuery;

#[Object]
impl CommendationQuery {
    /// 通报表扬: a branch's rounds, newest first. Anybody reads those whose list is published; the branch's volunteers, and those of
    /// the branches below, those under notice too; officers of a branch below those that take nominations, and the branch's own all.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 3)")]
    async fn commendation_rounds(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The branch that commends.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, CommendationRound>> {
        let list = format!("commendation-rounds-{}", branch_id.0);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let states = states_seen(gql, branch_id.0).await?;
        let slice = store::rounds(&ctx(gql).db.conn, branch_id.0, states, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.opened_at, row.id.0), CommendationRound))
    }

    /// A round; null when there is none for you to see: see `commendationRounds`.
    async fn commendation_round(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The round.")] id: GlobalId<CommendationRoundId>,
    ) -> Result<Option<CommendationRound>> {
        let round = load(gql, CommendationRoundById(id.0)).await?;
        let branch = round.as_ref().map_or(BranchId(NOTHING), |round| round.branch_id);
        let states = states_seen(gql, branch).await?;
        Ok(round.filter(|round| states.contains(&round.state)).map(CommendationRound))
    }
}

/// In which states the caller sees the rounds of a branch.
async fn states_seen(gql: &Context<'_>, branch: BranchId) -> Result<&'static [AwardRoundState]> {
    use AwardRoundState::{Awarded, Cancelled, Notice, Opened, Reviewing};
    let ctx = ctx(gql);
    let branch = load(gql, BranchById(branch)).await?;
    let path = branch.as_ref().map_or("", |branch| branch.path.as_str());
    if branch.is_some() && ctx.may_see(Action::Commend, Resource::Branch { path }) {
        return Ok(&[Opened, Reviewing, Notice, Awarded, Cancelled]);
    }
    let Some(actor) = &ctx.actor else { return Ok(&[Awarded]) };
    if branch.is_some() && actor.offices().iter().any(|office| office.starts_with(path)) {
        return Ok(&[Opened, Notice, Awarded]);
    }
    let Some(volunteer) = actor.volunteer else { return Ok(&[Awarded]) };
    let belongs = belongs(&ctx.db.conn, path, volunteer).await.map_err(Fault::from)?;
    Ok(if branch.is_some() && belongs { &[Notice, Awarded] } else { &[Awarded] })
}

#[derive(Default)]
pub struct CommendationMutation;

#[Object]
impl CommendationMutation {
    /// 启动通报表扬: opens a round of a branch, with a quota for each branch below that nominates.
    async fn open_commendation_round(
        &self,
        gql: &Context<'_>,
        input: OpenCommendationRoundInput,
    ) -> Result<CommendationRoundPayload> {
        let ctx = ctx(gql);
        let title = text::line("title", &input.title, 60, true)?;
        let given = input.quotas.len();
        if !(1..=MOST_QUOTAS).contains(&given) {
            return Err(Fault::bad_input(format!("`quotas` has {given} items; 1 to {MOST_QUOTAS} are taken.")).into());
        }
        if input.quotas.iter().any(|quota| !(1..=MOST_OF_A_KIND).contains(&quota.quota)) {
            return Err(Fault::bad_input(format!("`quota` is 1 to {MOST_OF_A_KIND}.")).into());
        }
        let quota =
            |given: &CommendationQuotaInput| Quota { branch: given.branch_id.0, kind: given.kind, quota: given.quota };
        let quotas: Vec<Quota> = input.quotas.iter().map(quota).collect();
        let opened = service::open(ctx, input.branch_id.0, title, &quotas).await;
        let (round, errors) = settle(ctx, opened, CommendationError::new)?;
        Ok(CommendationRoundPayload { round: round.map(CommendationRound), errors })
    }

    /// 提名: nominates a volunteer or a team of a branch in your care, within the branch's quota; never oneself.
    async fn nominate(&self, gql: &Context<'_>, input: NominateInput) -> Result<NominatePayload> {
        let ctx = ctx(gql);
        let merits = text::field("merits", &input.merits, 1000, true)?;
        let subject = match (&input.volunteer_number, input.team_id) {
            (Some(number), None) => Subject::Volunteer(number.trim()),
            (None, Some(team)) => Subject::Team(team.0),
            _ => return Err(Fault::bad_input("Give `volunteerNumber` or `teamId`, one of the two.").into()),
        };
        let nominated = service::nominate(ctx, (input.round_id.0, input.branch_id.0), subject, merits).await;
        let (nominee, errors) = settle(ctx, nominated, NominateError::new)?;
        Ok(NominatePayload { nominee: nominee.map(CommendationNominee), errors })
    }

    /// 撤回提名: takes a nomination back while the round takes them; its place in the quota is free again.
    async fn take_nomination_back(
        &self,
        gql: &Context<'_>,
        input: TakeNominationBackInput,
    ) -> Result<TakeNominationBackPayload> {
        let ctx = ctx(gql);
        let (_, errors) = settle(ctx, service::take_back(ctx, input.nominee_id.0).await, NominateError::new)?;
        Ok(TakeNominationBackPayload { errors })
    }

    /// Ends the nominations of a round; from here on they are reviewed.
    async fn close_nominations(
        &self,
        gql: &Context<'_>,
        input: CommendationRoundInput,
    ) -> Result<CommendationRoundPayload> {
        let ctx = ctx(gql);
        let closed = service::close_nominations(ctx, input.round_id.0).await;
        let (round, errors) = settle(ctx, closed, CommendationError::new)?;
        Ok(CommendationRoundPayload { round: round.map(CommendationRound), errors })
    }

    /// Lets nominations pass, or refuses them; never one's own name. Saying something else is possible until the notice, and in the
    /// notice a refusal still is.
    async fn review_nominees(&self, gql: &Context<'_>, input: ReviewNomineesInput) -> Result<ReviewNomineesPayload> {
        let ctx = ctx(gql);
        let given = input.items.len();
        if given > AT_ONCE {
            let told = format!("`items` has {given} items; at most {AT_ONCE} are taken at once.");
            return Err(Fault::bad_input(told).into());
        }
        let item = |item: &ReviewNomineeItem| Ok((item.nominee_id.0, verdict(item.verdict, &item.reason)?));
        let items = input.items.iter().map(item).collect::<Result<Vec<_>, Fault>>()?;
        let reviewed = service::review(ctx, input.round_id.0, &items).await?;
        let result = |(nominee_id, reviewed): (GlobalId<CommendationNomineeId>, service::Reviewed)| match reviewed {
            Ok(nominee) => {
                ReviewNomineeResult { nominee_id, nominee: Some(CommendationNominee(nominee)), errors: Vec::new() }
            }
            Err(refusal) => ReviewNomineeResult {
                nominee_id,
                nominee: None,
                errors: vec![ReviewNomineesError::new(&refusal, ctx.lang)],
            },
        };
        let ids = input.items.iter().map(|item| item.nominee_id);
        let results: Vec<_> = ids.zip(reviewed).map(result).collect();
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(ReviewNomineesPayload { results, errors })
    }

    /// 公示: puts who passed under notice, once every nomination was reviewed.
    async fn give_notice_of_commendations(
        &self,
        gql: &Context<'_>,
        input: CommendationRoundInput,
    ) -> Result<CommendationRoundPayload> {
        let ctx = ctx(gql);
        let noticed = service::give_notice(ctx, input.round_id.0).await;
        let (round, errors) = settle(ctx, noticed, CommendationError::new)?;
        Ok(CommendationRoundPayload { round: round.map(CommendationRound), errors })
    }

    /// 发布名单: commends who passed, once the notice is over; the list is everybody's to read.
    async fn publish_commendations(
        &self,
        gql: &Context<'_>,
        input: CommendationRoundInput,
    ) -> Result<CommendationRoundPayload> {
        let ctx = ctx(gql);
        let (round, errors) = settle(ctx, service::publish(ctx, input.round_id.0).await, CommendationError::new)?;
        Ok(CommendationRoundPayload { round: round.map(CommendationRound), errors })
    }

    /// Cancels a round that has commended nobody.
    async fn cancel_commendation_round(
        &self,
        gql: &Context<'_>,
        input: CancelCommendationRoundInput,
    ) -> Result<CommendationRoundPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let cancelled = service::cancel(ctx, input.round_id.0, reason).await;
        let (round, errors) = settle(ctx, cancelled, CommendationError::new)?;
        Ok(CommendationRoundPayload { round: round.map(CommendationRound), errors })
    }
}
