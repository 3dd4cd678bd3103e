//! Roles: who holds which, granting, renewing and taking them back, and the quarterly review.

use async_graphql::{
    Context, Enum, InputObject, MaybeUndefined, Object, OutputType, Result, SimpleObject,
    connection::{Connection, ConnectionNameType, EdgeNameType, EmptyFields},
};
use boai_entity::{
    Instant,
    ids::{BranchId, RoleGrantId, RoleReviewId, TeamId},
    kinds::{LookPurpose, Role},
    role_review,
};
use chrono::TimeDelta;

use super::{
    review::{self, Word},
    rules::{ResetSecondFactorError, ReviewRolesError, RoleError},
    service::{self, NewRole, Outcome, Place},
    store::{self, HeldRole, HolderFilter, Holding},
};
use crate::{
    access::{Action, Resource},
    four_eyes::graphql::PendingAct,
    graphql::{ctx, load, settle},
    organisation::{
        graphql::{Branch, Team},
        loaders::{BranchById, TeamById},
    },
    people::graphql::{Volunteer, volunteer_of_person},
    platform::{
        db,
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        text,
    },
};

/// A role in force.
pub struct RoleGrant(pub HeldRole);

/// A role in force.
#[Object]
impl RoleGrant {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<RoleGrantId> {
        GlobalId(self.0.id)
    }
    /// What its holder may do.
    async fn role(&self) -> Role {
        self.0.role
    }
    /// The branch it is on, with everything below; null when it is on a team.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        let Some(branch) = self.0.branch_id else { return Ok(None) };
        Ok(load(gql, BranchById(branch)).await?.map(Branch))
    }
    /// The team it is on; null when it is on a branch.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        let Some(team) = self.0.team_id else { return Ok(None) };
        Ok(load(gql, TeamById(team)).await?.map(Team))
    }
    /// Since when.
    async fn granted_at(&self) -> Instant {
        self.0.granted_at
    }
    /// When it ends by itself; null when it has no end, which only a role on a team goes without.
    async fn ends_at(&self) -> Option<Instant> {
        self.0.ends_at
    }
}

/// Names the connection of roles with their holders, and its edge.
pub struct Holders;

impl ConnectionNameType for Holders {
    fn type_name<T: OutputType>() -> String {
        "RoleHolderConnection".into()
    }
}

impl EdgeNameType for Holders {
    fn type_name<T: OutputType>() -> String {
        "RoleHolderEdge".into()
    }
}

pub type HolderConnection = Connection<String, RoleGrant, EmptyFields, Holder, Holders, Holders>;

/// Who holds a role, and when they were last seen.
pub struct Holder(Holding);

/// Who holds a role, and when they were last seen.
#[Object]
impl Holder {
    /// By the whole name; null for who has not enrolled as a volunteer.
    async fn holder(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_of_person(gql, self.0.grant.person_id, LookPurpose::Roles).await
    }
    /// Who granted the role, or last renewed it, by the whole name; null when whoever runs the server did, and for who has
    /// not enrolled as a volunteer.
    async fn granted_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        match self.0.grant.renewed_by.or(self.0.grant.granted_by) {
            Some(person) => volunteer_of_person(gql, person, LookPurpose::Roles).await,
            None => Ok(None),
        }
    }
    /// When a device of the holder last signed in or refreshed its session; null when none did within the days that ended
    /// sessions are kept.
    async fn last_used_at(&self) -> Option<Instant> {
        self.0.last_used_at
    }
    /// When somebody above last kept it in a review; null when nobody did yet.
    async fn reviewed_at(&self) -> Option<Instant> {
        self.0.reviewed_at
    }
}

/// The review of one quarter of the roles in a branch's care: those on branches below it, and on teams of its own and of
/// branches below that have no county's office between.
pub struct RoleReview {
    model: role_review::Model,
    path: String,
}

/// The review of one quarter of the roles in a branch's care: those on branches below it, and on teams of its own and of
/// branches below that have no county's office between.
#[Object]
impl RoleReview {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<RoleReviewId> {
        GlobalId(self.model.id)
    }
    /// For example `2026Q2`, in Asia/Shanghai.
    async fn quarter(&self) -> &str {
        &self.model.quarter
    }
    /// When it was opened, with the roles in force at that moment.
    async fn opened_at(&self) -> Instant {
        self.model.opened_at
    }
    /// What still waits then is overdue.
    async fn due_at(&self) -> Instant {
        self.model.due_at
    }
    /// How it stands.
    async fn tally(&self, gql: &Context<'_>) -> Result<ReviewTally> {
        let ctx = ctx(gql);
        let tally = store::tally(&ctx.db.conn, self.model.id, ctx.now()).await.map_err(Fault::from)?;
        let number = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        Ok(ReviewTally { waiting: number(tally.waiting), kept: number(tally.kept), over: number(tally.over) })
    }
    /// What nobody has reviewed yet and is still in force.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn waiting(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<HolderConnection> {
        let filter = HolderFilter { waits_in: Some(self.model.id), ..HolderFilter::default() };
        holders(gql, "role-review", &self.path, filter, PageArgs { first, after, last, before }).await
    }
}

/// How a review stands.
#[derive(SimpleObject)]
struct ReviewTally {
    /// In force and not reviewed yet.
    waiting: i32,
    /// Kept.
    kept: i32,
    /// Taken back, or ended by itself.
    over: i32,
}

async fn holders(
    gql: &Context<'_>,
    list: &str,
    path: &str,
    filter: HolderFilter,
    args: PageArgs,
) -> Result<HolderConnection> {
    let ctx = ctx(gql);
    let page = Page::read(list, args)?;
    let slice = store::holdings(&ctx.db.conn, path, &filter, ctx.now(), page).await.map_err(Fault::from)?;
    let key = |holding: &Holding| (holding.path.clone(), holding.grant.id.0);
    Ok(slice.connection_with(list, key, |holding| (RoleGrant(holding.grant.clone().into()), Holder(holding))))
}

/// The path of a branch whose roles the caller may see; none for another and for what is not there.
async fn visible_path(gql: &Context<'_>, branch: BranchId) -> Result<Option<String>> {
    if ctx(gql).actor.as_ref().is_none_or(|actor| actor.grants.is_empty()) {
        return Ok(None);
    }
    let branch = load(gql, BranchById(branch)).await?;
    let may = |path: &str| ctx(gql).may_see(Action::SeeRoles, Resource::Branch { path });
    Ok(branch.map(|branch| branch.path).filter(|path| may(path)))
}

/// What `grantRole` takes.
#[derive(InputObject)]
struct GrantRoleInput {
    /// 志愿者编号 of who will hold it.
    volunteer_number: String,
    /// What the person may do.
    role: Role,
    /// Exactly one of branch and team.
    branch_id: Option<GlobalId<BranchId>>,
    /// Exactly one of branch and team.
    team_id: Option<GlobalId<TeamId>>,
    /// When it ends by itself. On a branch it must, within the longest term (12 months unless set otherwise); on a team, left
    /// out or null, it has no end.
    #[graphql(default)]
    ends_at: MaybeUndefined<Instant>,
    /// Why, at most 500 characters: needed for a branch officer's role, which a second person approves.
    reason: Option<String>,
}

/// What `renewRole` takes.
#[derive(InputObject)]
struct RenewRoleInput {
    /// A grant in your care that has an end.
    grant_id: GlobalId<RoleGrantId>,
    /// The new end: later than the present one, within the longest term from now.
    ends_at: Instant,
    /// Why, at most 500 characters: needed for a branch officer's role, which a second person approves.
    reason: Option<String>,
}

/// What became of it.
#[derive(SimpleObject)]
struct GrantRolePayload {
    /// The role as it stands now; null when it was refused or waits for a second person.
    grant: Option<RoleGrant>,
    /// What waits for a second person; null when it was refused or done at once.
    pending_act: Option<PendingAct>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<RoleError>,
}

impl GrantRolePayload {
    fn new((outcome, errors): (Option<Outcome>, Vec<RoleError>)) -> Self {
        let (grant, pending_act) = match outcome {
            Some(Outcome::Done(grant)) => (Some(RoleGrant(grant.into())), None),
            Some(Outcome::Waits(act)) => (None, Some(PendingAct(act))),
            None => (None, None),
        };
        Self { grant, pending_act, errors }
    }
}

/// What `revokeRole` takes.
#[derive(InputObject)]
struct RevokeRoleInput {
    /// A grant in your care.
    grant_id: GlobalId<RoleGrantId>,
    /// Goes to the audit trail and to its holder, at most 500 characters.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct RevokeRolePayload {
    /// The grant that ended; null when it was refused.
    grant_id: Option<GlobalId<RoleGrantId>>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<RoleError>,
}

/// What `resetSecondFactor` takes.
#[derive(InputObject)]
struct ResetSecondFactorInput {
    /// A role on a branch in your care, of who has lost app and recovery codes.
    grant_id: GlobalId<RoleGrantId>,
    /// How you know that it is them, and what happened, at most 500 characters: for the second person and the audit trail.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct ResetSecondFactorPayload {
    /// What waits for a second person; null when it was refused.
    pending_act: Option<PendingAct>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ResetSecondFactorError>,
}

/// What is said of a role in a review.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum ReviewVerdict {
    /// Still needed, still the right person.
    Keep,
    /// It ends at once.
    TakeBack,
}

/// One role of a review.
#[derive(InputObject)]
struct ReviewRolesItem {
    /// A role that waits in the review.
    grant_id: GlobalId<RoleGrantId>,
    /// Kept or taken back.
    verdict: ReviewVerdict,
    /// Why it is taken back, at most 500 characters.
    reason: Option<String>,
}

/// What `reviewRoles` takes.
#[derive(InputObject)]
struct ReviewRolesInput {
    /// The review that they are in.
    review_id: GlobalId<RoleReviewId>,
    /// At most 100.
    items: Vec<ReviewRolesItem>,
}

/// What became of one role.
#[derive(SimpleObject)]
struct ReviewRolesResult {
    /// The role.
    grant_id: GlobalId<RoleGrantId>,
    /// Why it was refused; empty when it was done.
    errors: Vec<ReviewRolesError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct ReviewRolesPayload {
    /// One for each item, in their order.
    results: Vec<ReviewRolesResult>,
    /// All the results' errors; empty when everything was done.
    errors: Vec<ReviewRolesError>,
}

#[derive(Default)]
pub struct RolesQuery;

#[Object]
impl RolesQuery {
    /// Who holds which role on a branch, on everything below and on their teams, by the place in the tree, with whole names:
    /// for its officers and those above. Null when there is no such branch in your care.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    #[expect(clippy::too_many_arguments, reason = "a filter and the four arguments of a connection")]
    async fn role_holders(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "This branch and everything below.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "Only this role.")] role: Option<Role>,
        #[graphql(desc = "Only what ends within so many days, 0 to 3650.")] ending_within_days: Option<i32>,
        #[graphql(desc = "Only whose holder was not seen for so many days, 0 to 3650, and had the role by then.")]
        unused_for_days: Option<i32>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Option<HolderConnection>> {
        let now = ctx(gql).now();
        let ends_before = days("endingWithinDays", ending_within_days)?.map(|days| now + days);
        let unused_since = days("unusedForDays", unused_for_days)?.map(|days| now - days);
        let filter = HolderFilter { role, ends_before, unused_since, waits_in: None };
        let Some(path) = visible_path(gql, branch_id.0).await? else { return Ok(None) };
        Ok(Some(holders(gql, "role-holders", &path, filter, PageArgs { first, after, last, before }).await?))
    }

    /// The newest quarterly review of the roles in a branch's care. Null when there is no such branch in your care, or none
    /// was opened there yet: they are opened at counties, cities and provinces.
    async fn role_review(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Of a county, a city or a province.")] branch_id: GlobalId<BranchId>,
    ) -> Result<Option<RoleReview>> {
        let Some(path) = visible_path(gql, branch_id.0).await? else { return Ok(None) };
        let review = store::newest_review(&ctx(gql).db.conn, branch_id.0).await.map_err(Fault::from)?;
        Ok(review.map(|model| RoleReview { model, path }))
    }
}

#[derive(Default)]
pub struct RolesMutation;

#[Object]
impl RolesMutation {
    /// Grants a role on a branch or a team; it reaches everything below. For officers of a branch above; never to oneself. On
    /// a branch it has an end. A branch officer's role waits for a second officer above (`approveAct`).
    async fn grant_role(&self, gql: &Context<'_>, input: GrantRoleInput) -> Result<GrantRolePayload> {
        let ctx = ctx(gql);
        let place = match (input.branch_id, input.team_id) {
            (Some(branch), None) => Place::Branch(branch.0),
            (None, Some(team)) => Place::Team(team.0),
            _ => return Err(Fault::bad_input("Name exactly one of `branchId` and `teamId`.").into()),
        };
        let new = NewRole {
            volunteer_number: input.volunteer_number.trim().into(),
            role: input.role,
            place,
            ends_at: input.ends_at.take().map(|at| db::moment("endsAt", at)).transpose()?,
            reason: reason(input.reason)?,
        };
        Ok(GrantRolePayload::new(settle(ctx, service::grant(ctx, new).await, RoleError::new)?))
    }

    /// Puts the end of a role off, for officers of a branch above; never one's own. A branch officer's role waits for a
    /// second officer above (`approveAct`).
    async fn renew_role(&self, gql: &Context<'_>, input: RenewRoleInput) -> Result<GrantRolePayload> {
        let ctx = ctx(gql);
        let ends_at = db::moment("endsAt", input.ends_at)?;
        let renewed = service::renew(ctx, input.grant_id.0, ends_at, reason(input.reason)?).await;
        Ok(GrantRolePayload::new(settle(ctx, renewed, RoleError::new)?))
    }

    /// Takes a role back; it ends at once, and its holder is told why.
    async fn revoke_role(&self, gql: &Context<'_>, input: RevokeRoleInput) -> Result<RevokeRolePayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let (grant, errors) = settle(ctx, service::revoke(ctx, input.grant_id.0, &reason).await, RoleError::new)?;
        Ok(RevokeRolePayload { grant_id: grant.map(GlobalId), errors })
    }

    /// Proposes to take away the second factor of somebody with a role on a branch who has lost app and recovery codes, so
    /// that they can enrol a new one. For officers above every branch on which they hold a role; a second one approves it
    /// (`approveAct`).
    async fn reset_second_factor(
        &self,
        gql: &Context<'_>,
        input: ResetSecondFactorInput,
    ) -> Result<ResetSecondFactorPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let proposed = service::reset_second_factor(ctx, input.grant_id.0, &reason).await;
        let (act, errors) = settle(ctx, proposed, ResetSecondFactorError::new)?;
        Ok(ResetSecondFactorPayload { pending_act: act.map(PendingAct), errors })
    }

    /// Keeps roles that wait in a quarter's review, or takes them back. For officers above; never one's own. The same verdict
    /// twice is one.
    async fn review_roles(&self, gql: &Context<'_>, input: ReviewRolesInput) -> Result<ReviewRolesPayload> {
        let ctx = ctx(gql);
        if input.items.len() > 100 {
            let given = input.items.len();
            return Err(Fault::bad_input(format!("`items` has {given} items; at most 100 are taken at once.")).into());
        }
        let read = |item: ReviewRolesItem| {
            let why = reason(item.reason)?.unwrap_or_default();
            Ok::<_, Fault>(match item.verdict {
                ReviewVerdict::Keep => (item.grant_id, Word::Keep),
                ReviewVerdict::TakeBack => (item.grant_id, Word::TakeBack { reason: why }),
            })
        };
        let items = input.items.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut results = Vec::with_capacity(items.len());
        for (grant_id, word) in items {
            let decided = review::decide(ctx, input.review_id.0, grant_id.0, &word).await;
            let (_, errors) = settle(ctx, decided, ReviewRolesError::new)?;
            results.push(ReviewRolesResult { grant_id, errors });
        }
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(ReviewRolesPayload { results, errors })
    }
}

fn reason(given: Option<String>) -> Result<Option<String>, Fault> {
    given.map(|reason| text::field("reason", &reason, 500, false)).transpose()
}

fn days(name: &str, given: Option<i32>) -> Result<Option<TimeDelta>, Fault> {
    match given {
        Some(days) if !(0..=3650).contains(&days) => {
            Err(Fault::bad_input(format!("`{name}` is {days}; 0 to 3650 days are taken.")))
        }
        _ => Ok(given.map(|days| TimeDelta::days(days.into()))),
    }
}
