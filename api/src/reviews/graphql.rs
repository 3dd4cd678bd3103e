//! The queue of a team's leaders and of a branch's officers.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant,
    ids::{BranchId, ReviewItemId, TeamId},
    kinds::LookPurpose,
    review_item,
    review_kinds::{FlagReason, ProposalBasis, ReviewKind, ReviewOutcome, ReviewState},
};

use super::{
    service::{self, FlagError},
    store::{self, Wanted, Whose},
};
use crate::{
    access::{Action, Resource},
    activities::graphql::{Activity, Shift, activity_by_id, shift_by_id},
    attendance::{graphql::Attendance, loaders::AttendanceById},
    ctx::Ctx,
    graphql::{ctx, load, settle},
    organisation::{
        graphql::Team,
        loaders::{BranchById, PlacedTeamById, TeamById},
    },
    people::graphql::{Volunteer, volunteer_in_full, volunteer_of_person},
    platform::{
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs, Slice},
        text,
        wire::price,
    },
    sync::graphql::{SyncedEnd, synced_ends},
};

/// Something about served time that waits for the eye of a leader or of a branch's officer. Nothing follows from it by itself.
pub struct ReviewItem(pub review_item::Model);

/// Something about served time that waits for the eye of a leader or of a branch's officer. Nothing follows from it by itself.
#[Object]
impl ReviewItem {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<ReviewItemId> {
        GlobalId(self.0.id)
    }
    /// What it is.
    async fn kind(&self) -> ReviewKind {
        self.0.kind
    }
    /// Whether it waits.
    async fn state(&self) -> ReviewState {
        self.0.state
    }
    /// Null only when it could not be read.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        Ok(load(gql, TeamById(self.0.team_id)).await?.map(Team))
    }
    /// Null only when it could not be read.
    async fn activity(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        activity_by_id(gql, self.0.activity_id).await
    }
    /// Null when it is about no single shift.
    async fn shift(&self, gql: &Context<'_>) -> Result<Option<Shift>> {
        match self.0.shift_id {
            Some(shift) => shift_by_id(gql, shift).await,
            None => Ok(None),
        }
    }
    /// Whom it is about, by the whole name; null when it is about nobody alone.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        match self.0.volunteer_id {
            Some(volunteer) => volunteer_in_full(gql, volunteer, LookPurpose::Roster).await,
            None => Ok(None),
        }
    }
    /// The stay that it is about; null when it is about none, or nobody ever checked in.
    async fn attendance(&self, gql: &Context<'_>) -> Result<Option<Attendance>> {
        match self.0.attendance_id {
            Some(attendance) => Ok(load(gql, AttendanceById(attendance)).await?.map(Attendance)),
            None => Ok(None),
        }
    }
    /// From when somebody served, as it is proposed; null when nothing is.
    async fn proposed_from(&self) -> Option<Instant> {
        self.0.details.from
    }
    /// Until when somebody served, as it is proposed; null when nothing is.
    async fn proposed_to(&self) -> Option<Instant> {
        self.0.details.to
    }
    /// Where the proposed end comes from; null when nothing is proposed, or a person proposed it.
    async fn proposal_basis(&self) -> Option<ProposalBasis> {
        self.0.details.basis
    }
    /// What looks odd; null for what is no flag.
    async fn flag(&self) -> Option<FlagReason> {
        self.0.details.flag
    }
    /// The numbers behind it.
    async fn numbers(&self) -> Vec<ReviewNumber> {
        let number = |(name, value): (&String, &f64)| ReviewNumber { name: name.clone(), value: *value };
        self.0.details.numbers.iter().map(number).collect()
    }
    /// Why, in the words of whoever brought it forward; null when nobody did.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// By the server's clock.
    async fn raised_at(&self) -> Instant {
        self.0.raised_at
    }
    /// Who brought it forward, by the whole name; null when nobody did.
    async fn raised_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        match self.0.raised_by {
            Some(person) => volunteer_of_person(gql, person, LookPurpose::Roster).await,
            None => Ok(None),
        }
    }
    /// Null while it waits.
    async fn settled_at(&self) -> Option<Instant> {
        self.0.settled_at
    }
    /// Who settled it, by the whole name; null while it waits.
    async fn settled_by(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        match self.0.settled_by {
            Some(person) => volunteer_of_person(gql, person, LookPurpose::Roster).await,
            None => Ok(None),
        }
    }
    /// What became of it; null while it waits.
    async fn outcome(&self) -> Option<ReviewOutcome> {
        self.0.outcome
    }
    /// In the words of whoever settled it; null while it waits, and when nothing was said.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }
    /// Of a `SYNC_ITEM`: the check-in, the check-out, or both of a stay; empty of all else.
    #[graphql(complexity = "price::list(2, child_complexity, pages::STATEMENT)")]
    async fn synced_ends(&self, gql: &Context<'_>) -> Result<Vec<SyncedEnd>> {
        match self.0.kind {
            ReviewKind::SyncItem => synced_ends(gql, self.0.id).await,
            _ => Ok(Vec::new()),
        }
    }
}

/// A number behind something that waits for review.
#[derive(SimpleObject)]
struct ReviewNumber {
    /// What it counts, with its unit: `minutesApart`, `volunteers` …
    name: String,
    /// In the unit that the name says.
    value: f64,
}

#[derive(Default)]
pub struct ReviewsQuery;

#[Object]
impl ReviewsQuery {
    /// What waits for review, what was raised first first. Of a team for its leaders and the officers above; of a branch and all
    /// below it for its officers and those above; empty for everybody else. What is flagged about a team's leader is shown to
    /// officers alone, and nobody sees what is flagged about themself.
    #[expect(clippy::too_many_arguments, reason = "filters and the four arguments of a connection")]
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn review_queue(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A team in your care. Exactly one of teamId and branchId.")] team_id: Option<GlobalId<TeamId>>,
        #[graphql(desc = "A branch in your care. Exactly one of teamId and branchId.")] branch_id: Option<
            GlobalId<BranchId>,
        >,
        #[graphql(desc = "Those in this state.", default_with = "ReviewState::Waiting")] state: ReviewState,
        #[graphql(desc = "Of this kind only.")] kind: Option<ReviewKind>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, ReviewItem>> {
        let ctx = ctx(gql);
        let whose = match (&team_id, &branch_id) {
            (Some(team), None) => team.0.to_string(),
            (None, Some(branch)) => branch.0.to_string(),
            _ => return Err(Fault::bad_input("Give exactly one of `teamId` and `branchId`.").into()),
        };
        let list =
            format!("review-queue-{}-{}-{whose}", state.as_str(), kind.map_or(String::new(), ReviewKind::as_str));
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let db = &ctx.db.conn;
        let mut slice = Slice { rows: Vec::new(), has_previous: false, has_next: false };
        if let Some(GlobalId(team)) = team_id
            && let Some(placed) = load(gql, PlacedTeamById(team)).await?
            && let Some(wanted) =
                wanted(ctx, (state, kind), Resource::Team { id: team, branch_path: &placed.branch_path })
        {
            slice = store::queue(db, Whose::Team(team), &wanted, page).await.map_err(Fault::from)?;
        } else if let Some(GlobalId(branch)) = branch_id
            && let Some(branch) = load(gql, BranchById(branch)).await?
            && let Some(wanted) = wanted(ctx, (state, kind), Resource::Branch { path: &branch.path })
        {
            slice = store::queue(db, Whose::Below(&branch.path), &wanted, page).await.map_err(Fault::from)?;
        }
        Ok(slice.connection(&list, |row| (row.raised_at, row.id.0), ReviewItem))
    }
}

/// What the caller may see of a queue; none when it is not the caller's to see to.
fn wanted(ctx: &Ctx, (state, kind): (ReviewState, Option<ReviewKind>), whose: Resource<'_>) -> Option<Wanted> {
    let about_leaders = ctx.may_see(Action::ReviewLeaders, whose);
    let asker = ctx.actor.as_ref().and_then(|actor| actor.volunteer);
    ctx.may_see(Action::ConfirmHours, whose).then_some(Wanted { state, kind, about_leaders, asker })
}

/// What `settleFlag` takes.
#[derive(InputObject)]
struct SettleFlagInput {
    /// A flag of a queue in your care.
    item_id: GlobalId<ReviewItemId>,
    /// What you found, at most 500 characters. It stays with the flag.
    note: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct SettleFlagPayload {
    /// Null when it was refused.
    item: Option<ReviewItem>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<FlagError>,
}

#[derive(Default)]
pub struct ReviewsMutation;

#[Object]
impl ReviewsMutation {
    /// Settles a flag with a note. Nobody's hours change by it: for that there is `confirmHours`.
    async fn settle_flag(&self, gql: &Context<'_>, input: SettleFlagInput) -> Result<SettleFlagPayload> {
        let ctx = ctx(gql);
        let note = text::field("note", &input.note, 500, true)?;
        let settled = service::settle_flag(ctx, input.item_id.0, note).await;
        let (item, errors) = settle(ctx, settled, FlagError::new)?;
        Ok(SettleFlagPayload { item: item.map(ReviewItem), errors })
    }
}
