//! Activities, shifts, posts and sign-ups.

use async_graphql::{
    Context, Object, OutputType, Result,
    connection::{Connection, ConnectionNameType, EdgeNameType, EmptyFields},
};
use boai_entity::{
    Instant, activity,
    ids::{ActivityId, PostId, ShiftId, SignUpId, TeamId, VolunteerId},
    kinds::{ActivityKind, ActivityState, Category, LookPurpose, SignUpState, Skill},
    post, shift, sign_up,
};

use super::{
    loaders::{ActivityById, PostById, PostsOf, RulesOf, ShiftById, ShiftsOf, SignUpOf},
    near::{self, Near, WITHIN_MAX_M},
    store::{self, ActivityFilter},
};
use crate::{
    access::{Action, Resource},
    attendance::graphql::{SiteCode, site_code},
    graphql::{ctx, load},
    live::graphql::{AttendanceBoard, board_of},
    organisation::{
        graphql::{Division, Team, may_with_team},
        loaders::{DivisionByCode, PlacedTeamById, TeamById},
    },
    people::{
        graphql::Volunteer,
        loaders::{VolunteerById, VolunteerOfPerson},
    },
    places::graphql::{Coordinates, Datum, Facility, Place, facility_by_id},
    platform::{
        civil::civil_day,
        db,
        errors::Fault,
        node::{GlobalId, NOTHING},
        pages::{self, Page, PageArgs},
        scalars::Metres,
        text,
        wire::price,
    },
};

mod mutation;
mod sites;

pub use mutation::ActivityMutation;
pub use sites::{ShiftRule, SiteMutation};

/// 活动
pub struct Activity(pub activity::Model);

/// 活动
#[Object]
impl Activity {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<ActivityId> {
        GlobalId(self.0.id)
    }
    /// Only service gives service time.
    async fn kind(&self) -> ActivityKind {
        self.0.kind
    }
    /// What it is about.
    async fn category(&self) -> Category {
        self.0.category
    }
    /// A headline.
    async fn title(&self) -> &str {
        &self.0.title
    }
    /// What will be done, and how.
    async fn description(&self) -> &str {
        &self.0.description
    }
    /// What to know before signing up.
    async fn risks(&self) -> &str {
        &self.0.risks
    }
    /// What the place is called.
    async fn place_name(&self) -> &str {
        &self.0.place_name
    }
    /// Street and number, as people say it.
    async fn address(&self) -> &str {
        &self.0.address
    }
    /// The place, in the datum that you ask for.
    async fn place(
        &self,
        #[graphql(desc = "The coordinate system of the answer.", default_with = "Datum::Wgs84")] datum: Datum,
    ) -> Result<Coordinates> {
        Coordinates::of(self.0.latitude, self.0.longitude, datum)
    }
    /// The circle within which a phone may check in.
    async fn radius(&self) -> Metres {
        Metres(self.0.radius_m.into())
    }
    /// Every one of them is needed to sign up.
    async fn skills_required(&self) -> &[Skill] {
        &self.0.skills_required.0
    }
    /// Whole years on the day of the shift.
    async fn minimum_age(&self) -> i32 {
        self.0.minimum_age
    }
    /// Minors must not take part in dangerous work.
    async fn dangerous(&self) -> bool {
        self.0.dangerous
    }
    /// Whether it can be signed up for.
    async fn state(&self) -> ActivityState {
        self.0.state
    }
    /// Start of the first shift.
    async fn starts_at(&self) -> Instant {
        self.0.starts_at
    }
    /// End of the last shift.
    async fn ends_at(&self) -> Instant {
        self.0.ends_at
    }
    /// Null while it is a draft.
    async fn published_at(&self) -> Option<Instant> {
        self.0.published_at
    }
    /// Null unless it was cancelled.
    async fn cancel_reason(&self) -> Option<&str> {
        self.0.cancel_reason.as_deref()
    }
    /// Null only when it could not be read.
    async fn division(&self, gql: &Context<'_>) -> Result<Option<Division>> {
        Ok(load(gql, DivisionByCode(self.0.division_code.clone())).await?.map(Division))
    }
    /// Where it takes place, and has its place from; null when its place is its own.
    async fn facility(&self, gql: &Context<'_>) -> Result<Option<Facility>> {
        let Some(facility) = self.0.facility_id else { return Ok(None) };
        facility_by_id(gql, facility).await
    }
    /// Null only when it could not be read.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        Ok(load(gql, TeamById(self.0.team_id)).await?.map(Team))
    }
    /// 负责人, masked for others; null when that person is no volunteer.
    async fn person_in_charge(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        let model = load(gql, VolunteerOfPerson(self.0.person_in_charge)).await?;
        let whole = may_with_team(gql, Action::SeeRoster, self.0.team_id).await?;
        Ok(model.map(|model| match whole {
            true => Volunteer::whole(model, LookPurpose::PersonInCharge),
            false => Volunteer::masked(model, self.0.id.0),
        }))
    }
    /// By start. Of those that `shiftRules` made, today's and later ones; see `shiftPages` for all.
    #[graphql(complexity = "price::list(5, child_complexity, 1)")]
    async fn shifts(&self, gql: &Context<'_>) -> Result<Vec<Shift>> {
        Ok(load(gql, ShiftsOf::of_today(self.0.id, ctx(gql).now()))
            .await?
            .unwrap_or_default()
            .into_iter()
            .map(Shift)
            .collect())
    }
    /// Its shifts by start, page by page: those of a long-lived site, past ones too.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    #[expect(clippy::too_many_arguments, reason = "a time and the four arguments of a connection")]
    async fn shift_pages(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only what ends after this.")] from: Option<Instant>,
        #[graphql(desc = "Only what starts before this.")] to: Option<Instant>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Shift>> {
        let list = format!("shifts-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let time = (moment("from", from)?, moment("to", to)?);
        let slice = store::shifts(&ctx(gql).db.conn, self.0.id, time, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.starts_at, row.id.0), Shift))
    }
    /// 排班规则: by which its day shifts are made, those in force and those to come; an activity has at most 20, and each may
    /// have versions to come.
    #[graphql(complexity = "price::list(5, child_complexity, 1)")]
    async fn shift_rules(&self, gql: &Context<'_>) -> Result<Vec<ShiftRule>> {
        let key = RulesOf(self.0.id, civil_day(ctx(gql).now()));
        Ok(load(gql, key).await?.unwrap_or_default().into_iter().map(ShiftRule).collect())
    }
    /// Seats left in all its shifts that have not ended.
    async fn places_left(&self, gql: &Context<'_>) -> Result<i32> {
        let now = ctx(gql).now();
        let shifts = load(gql, ShiftsOf::of_today(self.0.id, ctx(gql).now())).await?.unwrap_or_default();
        Ok(shifts
            .iter()
            .filter(|shift| shift.ends_at > now && shift.cancelled_at.is_none())
            .map(|shift| shift.capacity - shift.taken)
            .sum())
    }
}

/// 班次
pub struct Shift(pub shift::Model);

/// 班次
#[Object]
impl Shift {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<ShiftId> {
        GlobalId(self.0.id)
    }
    /// Time before it does not count.
    async fn starts_at(&self) -> Instant {
        self.0.starts_at
    }
    /// Time after it does not count.
    async fn ends_at(&self) -> Instant {
        self.0.ends_at
    }
    /// Seats in all.
    async fn capacity(&self) -> i32 {
        self.0.capacity
    }
    /// Seats that nobody has taken; none of a cancelled shift.
    async fn places_left(&self) -> i32 {
        if self.0.cancelled_at.is_some() { 0 } else { self.0.capacity - self.0.taken }
    }
    /// Null unless this shift was cancelled by itself.
    async fn cancelled_at(&self) -> Option<Instant> {
        self.0.cancelled_at
    }
    /// Null unless this shift was cancelled by itself.
    async fn cancel_reason(&self) -> Option<&str> {
        self.0.cancel_reason.as_deref()
    }
    /// 岗位; empty when the shift has none.
    async fn posts(&self, gql: &Context<'_>) -> Result<Vec<Post>> {
        Ok(load(gql, PostsOf(self.0.id)).await?.unwrap_or_default().into_iter().map(Post).collect())
    }
    /// Null only when it could not be read.
    async fn activity(&self, gql: &Context<'_>) -> Result<Option<Activity>> {
        activity_by_id(gql, self.0.activity_id).await
    }
    /// Your own; null when you never signed up.
    async fn my_sign_up(&self, gql: &Context<'_>) -> Result<Option<SignUp>> {
        my_sign_up(gql, self.0.id).await
    }
    /// Who signed up, in that order; names are masked unless you run the team's activities or its desk. Null for a stranger.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn sign_ups(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only these; who has a seat when left out.", default_with = "vec![SignUpState::Seated]")]
        states: Vec<SignUpState>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Option<Connection<String, SignUp>>> {
        if ctx(gql).actor.is_none() {
            return Ok(None);
        }
        let whole = may_on_shift(gql, Action::SeeRoster, &self.0).await?;
        let list = format!("sign-ups-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let slice = store::sign_ups(&ctx(gql).db.conn, self.0.id, &states, page).await.map_err(Fault::from)?;
        let sign_up = |model| SignUp { model, whole };
        Ok(Some(slice.connection(&list, |row| (row.signed_up_at, row.id.0), sign_up)))
    }
    /// 签到码: for the screen at the site; null for who neither leads the team nor runs its desk.
    async fn site_code(&self, gql: &Context<'_>) -> Result<Option<SiteCode>> {
        if !may_on_shift(gql, Action::ShowSiteCode, &self.0).await? {
            return Ok(None);
        }
        // With it others check in: by a role on a branch that takes the second factor.
        let Some(activity) = load(gql, ActivityById(self.0.activity_id)).await? else { return Ok(None) };
        let Some(team) = load(gql, PlacedTeamById(activity.team_id)).await? else { return Ok(None) };
        let team = Resource::Team { id: team.id, branch_path: &team.branch_path };
        Ok(ctx(gql).may(Action::ShowSiteCode, team)?.then(|| site_code(ctx(gql), self.0.id)))
    }
    /// The head count and the newest check-ins now; null for who neither leads the team nor runs its desk.
    #[graphql(complexity = "price::list(1, child_complexity, 2 * pages::STATEMENT)")]
    async fn board(&self, gql: &Context<'_>) -> Result<Option<AttendanceBoard>> {
        if !may_on_shift(gql, Action::SeeRoster, &self.0).await? {
            return Ok(None);
        }
        board_of(ctx(gql), self.0.id).await
    }
}

async fn may_on_shift(gql: &Context<'_>, action: Action, shift: &shift::Model) -> Result<bool> {
    let Some(activity) = load(gql, ActivityById(shift.activity_id)).await? else { return Ok(false) };
    may_with_team(gql, action, activity.team_id).await
}

/// 岗位
pub struct Post(pub post::Model);

/// 岗位
#[Object]
impl Post {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<PostId> {
        GlobalId(self.0.id)
    }
    /// What is done there.
    async fn name(&self) -> &str {
        &self.0.name
    }
    /// Seats of this post.
    async fn capacity(&self) -> i32 {
        self.0.capacity
    }
    /// Seats that nobody has taken.
    async fn places_left(&self) -> i32 {
        self.0.capacity - self.0.taken
    }
}

/// 报名
pub struct SignUp {
    pub model: sign_up::Model,
    /// Whether the viewer may see the whole name.
    pub whole: bool,
}

/// 报名
#[Object]
impl SignUp {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<SignUpId> {
        GlobalId(self.model.id)
    }
    /// Seated, waiting, or over.
    async fn state(&self) -> SignUpState {
        self.model.state
    }
    /// Orders the wait-list.
    async fn signed_up_at(&self) -> Instant {
        self.model.signed_up_at
    }
    /// Null only when it could not be read.
    async fn shift(&self, gql: &Context<'_>) -> Result<Option<Shift>> {
        shift_by_id(gql, self.model.shift_id).await
    }
    /// Null when the shift has no posts.
    async fn post(&self, gql: &Context<'_>) -> Result<Option<Post>> {
        let Some(post) = self.model.post_id else { return Ok(None) };
        Ok(load(gql, PostById(post)).await?.map(Post))
    }
    /// Null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        let own = ctx(gql).actor.as_ref().and_then(|actor| actor.volunteer) == Some(self.model.volunteer_id);
        let model = load(gql, VolunteerById(self.model.volunteer_id)).await?;
        Ok(model.map(|model| match self.whole || own {
            true => Volunteer::whole(model, LookPurpose::Roster),
            false => Volunteer::masked(model, self.model.id.0),
        }))
    }
}

/// An activity that the caller may see; a draft is there only for who runs the team's activities. What is not there takes as
/// many statements as somebody else's draft.
pub async fn activity_by_id(gql: &Context<'_>, id: ActivityId) -> Result<Option<Activity>> {
    let model = load(gql, ActivityById(id)).await?;
    if model.as_ref().is_some_and(|model| model.state != ActivityState::Draft) {
        return Ok(model.map(Activity));
    }
    let team = model.as_ref().map_or(TeamId(NOTHING), |model| model.team_id);
    let visible = may_with_team(gql, Action::SeeRoster, team).await?;
    Ok(model.filter(|_| visible).map(Activity))
}

/// A shift of an activity that the caller may see.
pub async fn shift_by_id(gql: &Context<'_>, id: ShiftId) -> Result<Option<Shift>> {
    let model = load(gql, ShiftById(id)).await?;
    let activity = model.as_ref().map_or(ActivityId(NOTHING), |model| model.activity_id);
    let visible = activity_by_id(gql, activity).await?.is_some();
    Ok(model.filter(|_| visible).map(Shift))
}

async fn my_sign_up(gql: &Context<'_>, shift: ShiftId) -> Result<Option<SignUp>> {
    let Some(volunteer) = ctx(gql).actor.as_ref().and_then(|actor| actor.volunteer) else { return Ok(None) };
    Ok(load(gql, SignUpOf(volunteer, shift)).await?.map(|model| SignUp { model, whole: true }))
}

/// A volunteer's own list of sign-ups.
pub struct MySignUps {
    pub volunteer: Option<VolunteerId>,
    pub past: bool,
}

impl MySignUps {
    pub async fn page(self, gql: &Context<'_>, args: PageArgs) -> Result<Connection<String, SignUp>> {
        let list = if self.past { "past-sign-ups" } else { "sign-ups" };
        let page = Page::read(list, args)?;
        let Some(volunteer) = self.volunteer else { return Ok(Connection::new(false, false)) };
        let ctx = ctx(gql);
        let slice = store::sign_ups_of(&ctx.db.conn, volunteer, self.past, ctx.now(), page).await;
        let sign_up = |row: store::TimedSignUp| SignUp { model: row.sign_up, whole: true };
        let slice = slice.map_err(Fault::from)?;
        Ok(slice.connection(list, |row| (row.starts_at, row.sign_up.id.0), sign_up))
    }
}

/// Names the connection of nearby activities and its edge.
pub struct Nearby;

impl ConnectionNameType for Nearby {
    fn type_name<T: OutputType>() -> String {
        "NearbyActivityConnection".into()
    }
}

impl EdgeNameType for Nearby {
    fn type_name<T: OutputType>() -> String {
        "NearbyActivityEdge".into()
    }
}

/// Activities with how they lie to you.
pub type NearbyConnection = Connection<String, Activity, EmptyFields, NearEdge, Nearby, Nearby>;

/// How an activity lies to you.
pub struct NearEdge {
    activity: ActivityId,
    distance_m: f64,
    from: Instant,
    to: Instant,
}

/// How an activity lies to you.
#[Object]
impl NearEdge {
    /// Along the ground, from the point you gave.
    async fn distance(&self) -> Metres {
        Metres((self.distance_m * 10.0).round() / 10.0)
    }
    /// Seats left in the shifts within the time you asked for.
    async fn places_left(&self, gql: &Context<'_>) -> Result<i32> {
        let shifts = load(gql, ShiftsOf::of_today(self.activity, ctx(gql).now())).await?.unwrap_or_default();
        let open = shifts.iter().filter(|shift| shift.cancelled_at.is_none());
        let within = open.filter(|shift| shift.ends_at > self.from && shift.starts_at < self.to);
        Ok(within.map(|shift| shift.capacity - shift.taken).sum())
    }
    /// Your sign-up for one of its shifts, the first that has not ended; null when there is none.
    async fn my_sign_up(&self, gql: &Context<'_>) -> Result<Option<SignUp>> {
        let Some(volunteer) = ctx(gql).actor.as_ref().and_then(|actor| actor.volunteer) else { return Ok(None) };
        let shifts = load(gql, ShiftsOf::of_today(self.activity, ctx(gql).now())).await?.unwrap_or_default();
        let open = shifts.iter().filter(|shift| shift.ends_at > self.from);
        let keys = open.map(|shift| SignUpOf(volunteer, shift.id));
        let mut mine = crate::graphql::load_many(gql, keys).await?;
        let held = shifts
            .iter()
            .filter_map(|shift| mine.remove(&SignUpOf(volunteer, shift.id)))
            .find(|sign_up| matches!(sign_up.state, SignUpState::Seated | SignUpState::Waiting));
        Ok(held.map(|model| SignUp { model, whole: true }))
    }
}

#[derive(Default)]
pub struct ActivityQuery;

#[Object]
impl ActivityQuery {
    /// 身边的活动: published activities around a point, nearest first, exact at the edge of the circle.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 10)")]
    #[expect(clippy::too_many_arguments, reason = "a filter and the four arguments of a connection")]
    async fn activities_near(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Where you are, with the datum that your phone gives.")] point: Place,
        #[graphql(desc = "At most 50,000 m.", default_with = "Metres(5_000.0)")] within: Metres,
        #[graphql(desc = "Activities with a shift that ends after this; now when left out or past.")] from: Option<
            Instant,
        >,
        #[graphql(desc = "Activities with a shift that starts before this; 30 days after `from` when left out.")]
        to: Option<Instant>,
        #[graphql(desc = "All when left out.")] categories: Option<Vec<Category>>,
        #[graphql(desc = "Only with a free seat in a shift within the time.", default = false)]
        only_with_places_left: bool,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<NearbyConnection> {
        let ctx = ctx(gql);
        if within.0 > WITHIN_MAX_M {
            return Err(
                Fault::bad_input(format!("`within` is {} m; at most {WITHIN_MAX_M} m are taken.", within.0)).into()
            );
        }
        // What has ended is no place to go to, whatever time was asked for.
        let from = moment("from", from)?.map_or(ctx.now(), |from| from.max(ctx.now()));
        let to = moment("to", to)?.unwrap_or(from + chrono::TimeDelta::days(30));
        let page = Page::read("activities-near", PageArgs { first, after, last, before })?;
        let near = Near {
            centre: point.point()?,
            within_m: within.0,
            from,
            to,
            categories: categories.unwrap_or_default(),
            only_with_places_left,
        };
        let slice = near::find(&ctx.db.conn, &near, page).await.map_err(Fault::from)?;
        Ok(slice.connection_with("activities-near", near::Found::key, |found| {
            let edge = NearEdge { activity: found.activity.id, distance_m: found.distance_m(), from, to };
            (Activity(found.activity), edge)
        }))
    }

    /// Published activities by start: in a division and everything below, of a team, with a text in title, place or
    /// description, in a time. Who runs the named team's activities sees its drafts and cancelled ones too.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    #[expect(clippy::too_many_arguments, reason = "a filter and the four arguments of a connection")]
    async fn activities(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "This division and everything below.")] division_code: Option<String>,
        #[graphql(desc = "Only of this team.")] team_id: Option<GlobalId<TeamId>>,
        #[graphql(desc = "At most 50 characters.")] text: Option<String>,
        #[graphql(desc = "Only what ends after this.")] from: Option<Instant>,
        #[graphql(desc = "Only what starts before this.")] to: Option<Instant>,
        #[graphql(desc = "All when left out.")] categories: Option<Vec<Category>>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Activity>> {
        let page = Page::read("activities", PageArgs { first, after, last, before })?;
        let team = team_id.map(|id| id.0);
        let every_state = match team {
            Some(team) => may_with_team(gql, Action::SeeRoster, team).await?,
            None => false,
        };
        let filter = ActivityFilter {
            division_code: division_code.map(|code| text::field("divisionCode", &code, 12, true)).transpose()?,
            text: text.map(|text| text::field("text", &text, 50, true)).transpose()?,
            team,
            from: moment("from", from)?,
            to: moment("to", to)?,
            categories: categories.unwrap_or_default(),
            every_state,
            facility: None,
        };
        let slice = store::activities(&ctx(gql).db.conn, filter, page).await.map_err(Fault::from)?;
        Ok(slice.connection("activities", |row| (row.starts_at, row.id.0), Activity))
    }
}

fn moment(name: &str, at: Option<Instant>) -> Result<Option<Instant>, Fault> {
    at.map(|at| db::moment(name, at)).transpose()
}
