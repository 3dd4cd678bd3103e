//! Divisions, branches and teams.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant, branch, division,
    ids::{BranchId, TeamId, VolunteerId},
    kinds::{BranchKind, Category, DivisionLevel, LookPurpose, MembershipState},
    team, team_member,
};

use super::{
    loaders::{BranchById, DivisionByCode, MembershipOf, PlacedTeamById, TeamById},
    rules::{DecideTeamMemberError, FoundTeamError, TeamMembershipError},
    service::{self, NewTeam},
    store::{self, BranchFilter, DivisionFilter, TeamFilter},
};
use crate::{
    access::{Action, Resource},
    badge_rules::graphql::{BadgeRule, badge_rules_on, badge_versions_of},
    graphql::{ctx, load, settle},
    people::graphql::{Volunteer, volunteer_in_full},
    places::graphql::{Facility, facilities_of},
    platform::{
        errors::Fault,
        node::{self, GlobalId},
        pages::{self, Page, PageArgs},
        scalars::Date,
        text,
        wire::price,
    },
    policy_changes::graphql::{Policy, policies_of, policy_on},
};

/// 行政区划: an official administrative division.
pub struct Division(pub division::Model);

/// 行政区划: an official administrative division.
#[Object]
impl Division {
    /// Opaque global id.
    pub async fn id(&self) -> async_graphql::ID {
        node::encode("Division", &self.0.code)
    }
    /// The national code: 2, 4, 6, 9 or 12 digits by level.
    async fn code(&self) -> &str {
        &self.0.code
    }
    /// Province, city, county, township or village.
    async fn level(&self) -> DivisionLevel {
        self.0.level
    }
    /// Its official name.
    async fn name(&self) -> &str {
        &self.0.name
    }
    /// First day on which the code was in force; null when the source does not say.
    async fn valid_from(&self) -> Option<Date> {
        self.0.valid_from.map(Date)
    }
    /// First day on which it no longer was; null while it is in force.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }
    /// The division above; null at the top.
    async fn parent(&self, gql: &Context<'_>) -> Result<Option<Division>> {
        let Some(parent) = &self.0.parent_code else { return Ok(None) };
        Ok(load(gql, DivisionByCode(parent.clone())).await?.map(Division))
    }
    /// The divisions directly below, by code.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn children(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Division>> {
        let filter = DivisionFilter { parent_code: Some(self.0.code.clone()), level: None, name: None };
        divisions(gql, filter, PageArgs { first, after, last, before }).await
    }
}

/// 红十字会与基层组织: a Red Cross society at a division's level, or inside a school or firm.
pub struct Branch(pub branch::Model);

/// 红十字会与基层组织: a Red Cross society at a division's level, or inside a school or firm.
#[Object]
impl Branch {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<BranchId> {
        GlobalId(self.0.id)
    }
    /// Its full name.
    async fn name(&self) -> &str {
        &self.0.name
    }
    /// The level of the division it serves.
    async fn level(&self) -> DivisionLevel {
        self.0.level
    }
    /// Territorial, or inside a school or firm.
    async fn kind(&self) -> BranchKind {
        self.0.kind
    }
    /// Null when the source does not say.
    async fn founded_on(&self) -> Option<Date> {
        self.0.founded_on.map(Date)
    }
    /// The division it serves; null only when it could not be read.
    async fn division(&self, gql: &Context<'_>) -> Result<Option<Division>> {
        Ok(load(gql, DivisionByCode(self.0.division_code.clone())).await?.map(Division))
    }
    /// The branch above; null at the top.
    async fn parent(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        let Some(parent) = self.0.parent_id else { return Ok(None) };
        Ok(load(gql, BranchById(parent)).await?.map(Branch))
    }
    /// The branches directly below, by division code.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn children(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Branch>> {
        let filter = BranchFilter { parent: Some(self.0.id), level: None, name: None };
        branches(gql, filter, PageArgs { first, after, last, before }).await
    }
    /// The branch's own teams, by name.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn teams(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Team>> {
        let filter = TeamFilter { branch: Some(self.0.id), speciality: None, name: None };
        teams(gql, filter, PageArgs { first, after, last, before }).await
    }
    /// 场所: the branch's own facilities, by name.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn facilities(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Those that were closed, too.", default = false)] closed_too: bool,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Facility>> {
        facilities_of(gql, self.0.id, closed_too, PageArgs { first, after, last, before }).await
    }
    /// The policy in force here: the branch's own, or that of the nearest branch above that has one. Null for a day before
    /// there were any.
    async fn policy(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A day, also one to come; now by default.")] on: Option<Date>,
    ) -> Result<Option<Policy>> {
        policy_on(gql, &self.0, on).await
    }
    /// The branch's own versions, with those that wait and those that were withdrawn; those that begin last first.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn policies(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Policy>> {
        policies_of(gql, &self.0, PageArgs { first, after, last, before }).await
    }
    /// 徽章: the rule of each badge in force here, by code: the branch's own, or that of the nearest branch above that has one.
    #[graphql(complexity = "price::list(4, child_complexity, 1)")]
    async fn badge_rules(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A day, also one to come; now by default.")] on: Option<Date>,
    ) -> Result<Vec<BadgeRule>> {
        badge_rules_on(gql, &self.0, on).await
    }
    /// The branch's own versions of badges, with those that wait and those that were withdrawn; those that begin last first.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn badge_rule_versions(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, BadgeRule>> {
        badge_versions_of(gql, &self.0, PageArgs { first, after, last, before }).await
    }
}

/// 志愿服务队
pub struct Team(pub team::Model);

/// 志愿服务队
#[Object]
impl Team {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<TeamId> {
        GlobalId(self.0.id)
    }
    /// Unlike any other of its branch.
    async fn name(&self) -> &str {
        &self.0.name
    }
    /// 专长
    async fn speciality(&self) -> Category {
        self.0.speciality
    }
    /// What it does, in its own words.
    async fn description(&self) -> &str {
        &self.0.description
    }
    /// When it was founded here.
    async fn created_at(&self) -> Instant {
        self.0.created_at
    }
    /// The branch it belongs to; null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.branch_id)).await?.map(Branch))
    }
    /// Where you stand with it; null for who never asked, and for who is no volunteer.
    async fn my_membership(&self, gql: &Context<'_>) -> Result<Option<TeamMember>> {
        let Some(volunteer) = ctx(gql).actor.as_ref().and_then(|actor| actor.volunteer) else { return Ok(None) };
        Ok(load(gql, MembershipOf(volunteer, self.0.id)).await?.map(TeamMember))
    }
    /// The members, or who asks to be one, by the time of asking; null for who does not lead the team.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn members(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Members, or who asks to be one.", default_with = "MembershipState::Accepted")]
        state: MembershipState,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Option<Connection<String, TeamMember>>> {
        let ctx = ctx(gql);
        if !may_with_team(gql, Action::DecideMembers, self.0.id).await? {
            return Ok(None);
        }
        let list = format!("team-members-{}-{}", state.as_str(), self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let slice = store::members(&ctx.db.conn, self.0.id, state, page).await.map_err(Fault::from)?;
        Ok(Some(slice.connection(&list, |row| (row.asked_at, row.volunteer_id.0), TeamMember)))
    }
}

/// Whether the caller may see what who does this to a team sees, asked together for all teams of a list.
pub async fn may_with_team(gql: &Context<'_>, action: Action, team: TeamId) -> Result<bool> {
    if ctx(gql).actor.as_ref().is_none_or(|actor| actor.grants.is_empty()) {
        return Ok(false);
    }
    let placed = load(gql, PlacedTeamById(team)).await?;
    Ok(placed
        .is_some_and(|team| ctx(gql).may_see(action, Resource::Team { id: team.id, branch_path: &team.branch_path })))
}

/// A volunteer in a team, or asking to be.
pub struct TeamMember(pub team_member::Model);

/// A volunteer in a team, or asking to be.
#[Object]
impl TeamMember {
    /// Requested, accepted, declined or left.
    async fn state(&self) -> MembershipState {
        self.0.state
    }
    /// When the volunteer asked to join.
    async fn asked_at(&self) -> Instant {
        self.0.asked_at
    }
    /// Null until it is decided.
    async fn decided_at(&self) -> Option<Instant> {
        self.0.decided_at
    }
    /// Null only when it could not be read.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        Ok(load(gql, TeamById(self.0.team_id)).await?.map(Team))
    }
    /// Only the person and the team's leaders ever reach this object, so the name is whole. Null only when it could not
    /// be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_in_full(gql, self.0.volunteer_id, LookPurpose::Membership).await
    }
}

async fn divisions(gql: &Context<'_>, filter: DivisionFilter, args: PageArgs) -> Result<Connection<String, Division>> {
    let page = Page::read("divisions", args)?;
    let slice = store::divisions(&ctx(gql).db.conn, filter, page).await.map_err(Fault::from)?;
    Ok(slice.connection("divisions", |row| row.code.clone(), Division))
}

async fn branches(gql: &Context<'_>, filter: BranchFilter, args: PageArgs) -> Result<Connection<String, Branch>> {
    let page = Page::read("branches", args)?;
    let slice = store::branches(&ctx(gql).db.conn, filter, page).await.map_err(Fault::from)?;
    Ok(slice.connection("branches", |row| row.path.clone(), Branch))
}

async fn teams(gql: &Context<'_>, filter: TeamFilter, args: PageArgs) -> Result<Connection<String, Team>> {
    let page = Page::read("teams", args)?;
    let slice = store::teams(&ctx(gql).db.conn, filter, page).await.map_err(Fault::from)?;
    Ok(slice.connection("teams", |row| (row.name.clone(), row.id.0), Team))
}

fn search(name: Option<String>) -> Result<Option<String>> {
    Ok(name.map(|name| text::line("name", &name, 50, true)).transpose()?)
}

#[derive(Default)]
pub struct OrganisationQuery;

#[Object]
impl OrganisationQuery {
    /// One division by its national code; null when there is none.
    async fn division(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "2, 4, 6, 9 or 12 digits.")] code: String,
    ) -> Result<Option<Division>> {
        Ok(store::division(&ctx(gql).db.conn, &code).await.map_err(Fault::from)?.map(Division))
    }

    /// Divisions by code: those below `parentCode`, of a `level`, with `name` in their name; all of these together.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    #[expect(clippy::too_many_arguments, reason = "a filter and the four arguments of a connection")]
    async fn divisions(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only those directly below this division.")] parent_code: Option<String>,
        #[graphql(desc = "Only those of this level.")] level: Option<DivisionLevel>,
        #[graphql(desc = "Only those with this in their name; at most 50 characters.")] name: Option<String>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Division>> {
        let filter = DivisionFilter { parent_code, level, name: search(name)? };
        divisions(gql, filter, PageArgs { first, after, last, before }).await
    }

    /// Branches from the top down: those directly below `parentId`, of a `level`, with `name` in their name.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    #[expect(clippy::too_many_arguments, reason = "a filter and the four arguments of a connection")]
    async fn branches(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only those directly below this branch.")] parent_id: Option<GlobalId<BranchId>>,
        #[graphql(desc = "Only those of this level.")] level: Option<DivisionLevel>,
        #[graphql(desc = "Only those with this in their name; at most 50 characters.")] name: Option<String>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Branch>> {
        let filter = BranchFilter { parent: parent_id.map(|id| id.0), level, name: search(name)? };
        branches(gql, filter, PageArgs { first, after, last, before }).await
    }

    /// Teams by name: those of a branch, with a speciality, with `name` in their name.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    #[expect(clippy::too_many_arguments, reason = "a filter and the four arguments of a connection")]
    async fn teams(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only those of this branch.")] branch_id: Option<GlobalId<BranchId>>,
        #[graphql(desc = "Only those with this speciality.")] speciality: Option<Category>,
        #[graphql(desc = "Only those with this in their name; at most 50 characters.")] name: Option<String>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Team>> {
        let filter = TeamFilter { branch: branch_id.map(|id| id.0), speciality, name: search(name)? };
        teams(gql, filter, PageArgs { first, after, last, before }).await
    }
}

/// What `foundTeam` takes.
#[derive(InputObject)]
struct FoundTeamInput {
    /// A branch in your care.
    branch_id: GlobalId<BranchId>,
    /// At most 50 characters, unlike any other team of the branch.
    name: String,
    /// What it is good at.
    speciality: Category,
    /// At most 2,000 characters.
    #[graphql(default)]
    description: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct FoundTeamPayload {
    /// Null when it was refused.
    team: Option<Team>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<FoundTeamError>,
}

/// What `teamMembership` takes.
#[derive(InputObject)]
struct TeamMembershipInput {
    /// The team.
    team_id: GlobalId<TeamId>,
}

/// What became of it.
#[derive(SimpleObject)]
struct AskToJoinTeamPayload {
    /// Null when it was refused.
    membership: Option<TeamMember>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<TeamMembershipError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct LeaveTeamPayload {
    /// The team that you left; null when it was refused.
    team_id: Option<GlobalId<TeamId>>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<TeamMembershipError>,
}

/// What `decideTeamMember` takes.
#[derive(InputObject)]
struct DecideTeamMemberInput {
    /// A team that you lead.
    team_id: GlobalId<TeamId>,
    /// Who asked to join.
    volunteer_id: GlobalId<VolunteerId>,
    /// Yes or no.
    accept: bool,
}

/// What became of it.
#[derive(SimpleObject)]
struct DecideTeamMemberPayload {
    /// Null when it was refused.
    membership: Option<TeamMember>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<DecideTeamMemberError>,
}

#[derive(Default)]
pub struct OrganisationMutation;

#[Object]
impl OrganisationMutation {
    /// Founds a team below a branch. For officers of that branch or one above.
    async fn found_team(&self, gql: &Context<'_>, input: FoundTeamInput) -> Result<FoundTeamPayload> {
        let ctx = ctx(gql);
        let new = NewTeam {
            branch: input.branch_id.0,
            name: text::line("name", &input.name, 50, true)?,
            speciality: input.speciality,
            description: text::field("description", &input.description, 2000, false)?,
        };
        let (team, errors) = settle(ctx, service::found_team(ctx, new).await, FoundTeamError::new)?;
        Ok(FoundTeamPayload { team: team.map(Team), errors })
    }

    /// Asks to join a team; its leader decides. Asking twice is asking once.
    async fn ask_to_join_team(&self, gql: &Context<'_>, input: TeamMembershipInput) -> Result<AskToJoinTeamPayload> {
        let ctx = ctx(gql);
        let asked = service::ask_to_join(ctx, input.team_id.0).await;
        let (membership, errors) = settle(ctx, asked, TeamMembershipError::new)?;
        Ok(AskToJoinTeamPayload { membership: membership.map(TeamMember), errors })
    }

    /// Leaves a team, or takes the request to join back.
    async fn leave_team(&self, gql: &Context<'_>, input: TeamMembershipInput) -> Result<LeaveTeamPayload> {
        let ctx = ctx(gql);
        let left = service::leave_team(ctx, input.team_id.0).await;
        let (team_id, errors) = settle(ctx, left, TeamMembershipError::new)?;
        Ok(LeaveTeamPayload { team_id: team_id.map(GlobalId), errors })
    }

    /// Accepts or declines who asked to join. For the team's leaders.
    async fn decide_team_member(
        &self,
        gql: &Context<'_>,
        input: DecideTeamMemberInput,
    ) -> Result<DecideTeamMemberPayload> {
        let ctx = ctx(gql);
        let decided = service::decide_member(ctx, input.team_id.0, input.volunteer_id.0, input.accept).await;
        let (membership, errors) = settle(ctx, decided, DecideTeamMemberError::new)?;
        Ok(DecideTeamMemberPayload { membership: membership.map(TeamMember), errors })
    }
}
