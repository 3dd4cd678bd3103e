//! Activities, shifts, posts and sign-ups.

use async_graphql::{
    Context, InputObject, MaybeUndefined, Object, OutputType, Result, SimpleObject,
    connection::{Connection, ConnectionNameType, EdgeNameType, EmptyFields},
};
use boai_entity::{
    Instant, activity,
    ids::{ActivityId, PostId, ShiftId, SignUpId, TeamId, VolunteerId},
    kinds::{ActivityKind, ActivityState, Category, SignUpState, Skill},
    post, shift, sign_up,
    volunteer::Skills,
};

use super::{
    loaders::{ActivityById, PostById, PostsOf, ShiftById, ShiftsOf, SignUpOf},
    near::{self, Near, WITHIN_MAX_M},
    rules::{ActivityError, LeaveShiftError, ShiftPlan, SignUpError},
    service::{self, ActivityText, ShiftChange},
    sign_up as signing,
    store::{self, ActivityFilter},
};
use crate::{
    access::Action,
    graphql::{ctx, load, settle, settle_all},
    live::graphql::{AttendanceBoard, board_of},
    organisation::{
        graphql::{Division, Team, may_with_team},
        loaders::{DivisionByCode, TeamById},
    },
    people::{
        graphql::Volunteer,
        loaders::{VolunteerById, VolunteerOfPerson},
    },
    places::graphql::{Coordinates, Datum, Place},
    platform::{
        db,
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        scalars::Metres,
        text,
    },
};

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
    /// Null only when it could not be read.
    async fn team(&self, gql: &Context<'_>) -> Result<Option<Team>> {
        Ok(load(gql, TeamById(self.0.team_id)).await?.map(Team))
    }
    /// 负责人, masked for others; null when that person is no volunteer.
    async fn person_in_charge(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        let model = load(gql, VolunteerOfPerson(self.0.person_in_charge)).await?;
        let whole = may_with_team(gql, Action::SeeRoster, self.0.team_id).await?;
        Ok(model.map(|model| Volunteer { model, whole }))
    }
    /// By start.
    #[graphql(complexity = "5 * child_complexity + 1")]
    async fn shifts(&self, gql: &Context<'_>) -> Result<Vec<Shift>> {
        Ok(load(gql, ShiftsOf(self.0.id)).await?.unwrap_or_default().into_iter().map(Shift).collect())
    }
    /// Seats left in all its shifts that have not ended.
    async fn places_left(&self, gql: &Context<'_>) -> Result<i32> {
        let now = ctx(gql).now();
        let shifts = load(gql, ShiftsOf(self.0.id)).await?.unwrap_or_default();
        Ok(shifts.iter().filter(|shift| shift.ends_at > now).map(|shift| shift.capacity - shift.taken).sum())
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
    /// Seats that nobody has taken.
    async fn places_left(&self) -> i32 {
        self.0.capacity - self.0.taken
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
    #[graphql(complexity = "pages::expected(first, last) * child_complexity + 1")]
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
    /// The head count and the newest check-ins now; null for who neither leads the team nor runs its desk.
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
        Ok(model.map(|model| Volunteer { model, whole: self.whole || own }))
    }
}

/// An activity that the caller may see; a draft is there only for who runs the team's activities.
pub async fn activity_by_id(gql: &Context<'_>, id: ActivityId) -> Result<Option<Activity>> {
    let Some(model) = load(gql, ActivityById(id)).await? else { return Ok(None) };
    let visible = model.state != ActivityState::Draft || may_with_team(gql, Action::SeeRoster, model.team_id).await?;
    Ok(visible.then_some(Activity(model)))
}

/// A shift of an activity that the caller may see.
pub async fn shift_by_id(gql: &Context<'_>, id: ShiftId) -> Result<Option<Shift>> {
    let Some(model) = load(gql, ShiftById(id)).await? else { return Ok(None) };
    Ok(activity_by_id(gql, model.activity_id).await?.map(|_| Shift(model)))
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

type NearbyConnection = Connection<String, Activity, EmptyFields, NearEdge, Nearby, Nearby>;

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
        let shifts = load(gql, ShiftsOf(self.activity)).await?.unwrap_or_default();
        let within = shifts.iter().filter(|shift| shift.ends_at > self.from && shift.starts_at < self.to);
        Ok(within.map(|shift| shift.capacity - shift.taken).sum())
    }
    /// Your sign-up for one of its shifts, the first that has not ended; null when there is none.
    async fn my_sign_up(&self, gql: &Context<'_>) -> Result<Option<SignUp>> {
        let Some(volunteer) = ctx(gql).actor.as_ref().and_then(|actor| actor.volunteer) else { return Ok(None) };
        let shifts = load(gql, ShiftsOf(self.activity)).await?.unwrap_or_default();
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
    #[graphql(complexity = "pages::expected(first, last) * child_complexity + 10")]
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
    #[graphql(complexity = "pages::expected(first, last) * child_complexity + 1")]
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
        };
        let slice = store::activities(&ctx(gql).db.conn, filter, page).await.map_err(Fault::from)?;
        Ok(slice.connection("activities", |row| (row.starts_at, row.id.0), Activity))
    }
}

/// A post of a new shift.
#[derive(InputObject)]
struct PostInput {
    /// At most 20 characters, different from the shift's other posts.
    name: String,
    /// 1 to 10,000.
    capacity: i32,
}

/// A new shift.
#[derive(InputObject)]
struct ShiftInput {
    /// May lie in the past as long as the end does not.
    starts_at: Instant,
    /// After `startsAt`, at most 72 h; over midnight is fine.
    ends_at: Instant,
    /// 1 to 10,000. With posts, the sum of theirs.
    capacity: i32,
    /// None when left out.
    #[graphql(default)]
    posts: Vec<PostInput>,
}

impl ShiftInput {
    fn plan(self) -> Result<ShiftPlan, Fault> {
        let post = |post: PostInput| Ok((text::field("posts.name", &post.name, 20, true)?, post.capacity));
        Ok(ShiftPlan {
            starts_at: db::moment("shifts.startsAt", self.starts_at)?,
            ends_at: db::moment("shifts.endsAt", self.ends_at)?,
            capacity: self.capacity,
            posts: self.posts.into_iter().map(post).collect::<Result<_, Fault>>()?,
        })
    }
}

/// What `createActivity` takes.
#[derive(InputObject)]
struct CreateActivityInput {
    /// The team that organises and records.
    team_id: GlobalId<TeamId>,
    /// Only service gives service time.
    #[graphql(default_with = "ActivityKind::Service")]
    kind: ActivityKind,
    /// What it is about.
    category: Category,
    /// At most 60 characters.
    title: String,
    /// At most 5,000 characters.
    description: String,
    /// What a volunteer must know before signing up; at most 2,000 characters.
    #[graphql(default)]
    risks: String,
    /// At most 60 characters.
    place_name: String,
    /// At most 200 characters.
    address: String,
    /// Of the place, any level.
    division_code: String,
    /// Where people check in.
    place: Place,
    /// Whole metres; the policy's default (300 m) when left out.
    radius: Option<i32>,
    /// Every one of them is needed to sign up.
    #[graphql(default)]
    skills_required: Vec<Skill>,
    /// Whole years on the day of the shift.
    #[graphql(default = 14)]
    minimum_age: i32,
    /// Minors are refused.
    #[graphql(default = false)]
    dangerous: bool,
    /// At least one.
    shifts: Vec<ShiftInput>,
}

/// What became of it.
#[derive(SimpleObject)]
struct ActivityPayload {
    /// Null when it was refused.
    activity: Option<Activity>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ActivityError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct ShiftPayload {
    /// Null when it was refused.
    shift: Option<Shift>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ActivityError>,
}

/// What `publishActivity` takes.
#[derive(InputObject)]
struct PublishActivityInput {
    /// A draft of your team.
    activity_id: GlobalId<ActivityId>,
}

/// Leave out what stays as it is.
#[derive(InputObject)]
struct ChangeActivityInput {
    /// An activity of your team.
    activity_id: GlobalId<ActivityId>,
    /// What changed and why, for those who signed up; 1 to 500 characters.
    note: String,
    /// What it is about.
    category: Option<Category>,
    /// At most 60 characters.
    title: Option<String>,
    /// At most 5,000 characters.
    description: Option<String>,
    /// At most 2,000 characters.
    risks: Option<String>,
    /// At most 60 characters.
    place_name: Option<String>,
    /// At most 200 characters.
    address: Option<String>,
    /// Of the place, any level.
    division_code: Option<String>,
    /// Where people check in.
    place: Option<Place>,
    /// Whole metres.
    radius: Option<i32>,
    /// Replaces the list.
    skills_required: Option<Vec<Skill>>,
    /// Whole years on the day of the shift.
    minimum_age: Option<i32>,
    /// Minors are refused from then on.
    dangerous: Option<bool>,
}

/// What `cancelActivity` takes.
#[derive(InputObject)]
struct CancelActivityInput {
    /// An activity of your team.
    activity_id: GlobalId<ActivityId>,
    /// Those who signed up read it; 1 to 500 characters.
    reason: String,
}

/// What `addShift` takes.
#[derive(InputObject)]
struct AddShiftInput {
    /// An activity of your team.
    activity_id: GlobalId<ActivityId>,
    /// The new shift.
    shift: ShiftInput,
}

/// New seats of a post.
#[derive(InputObject)]
struct PostCapacityInput {
    /// A post of this shift.
    post_id: GlobalId<PostId>,
    /// 1 to 10,000, and no less than are taken.
    capacity: i32,
}

/// Leave out what stays as it is.
#[derive(InputObject)]
struct ChangeShiftInput {
    /// A shift of your team.
    shift_id: GlobalId<ShiftId>,
    /// Refused once somebody has checked in.
    starts_at: Option<Instant>,
    /// Refused once somebody has checked in.
    ends_at: Option<Instant>,
    /// For a shift without posts.
    capacity: Option<i32>,
    /// For a shift with posts; its own seats follow.
    #[graphql(default)]
    posts: Vec<PostCapacityInput>,
    /// What changed and why, for those who signed up; at most 500 characters.
    #[graphql(default)]
    note: String,
}

/// What `signUpForShift` takes.
#[derive(InputObject)]
struct SignUpForShiftInput {
    /// A shift of a published activity.
    shift_id: GlobalId<ShiftId>,
    /// Needed when the shift has posts.
    #[graphql(default)]
    post_id: MaybeUndefined<GlobalId<PostId>>,
}

/// What became of it.
#[derive(SimpleObject)]
struct SignUpForShiftPayload {
    /// Seated, or waiting when the shift is full; null when it was refused.
    sign_up: Option<SignUp>,
    /// Every reason at once.
    errors: Vec<SignUpError>,
}

/// What `leaveShift` takes.
#[derive(InputObject)]
struct LeaveShiftInput {
    /// A shift that you signed up for.
    shift_id: GlobalId<ShiftId>,
}

/// What became of it.
#[derive(SimpleObject)]
struct LeaveShiftPayload {
    /// Null when it was refused.
    sign_up: Option<SignUp>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<LeaveShiftError>,
}

#[derive(Default)]
pub struct ActivityMutation;

#[Object]
impl ActivityMutation {
    /// Makes a draft of an activity. For who leads the team.
    async fn create_activity(&self, gql: &Context<'_>, input: CreateActivityInput) -> Result<ActivityPayload> {
        let ctx = ctx(gql);
        let text = ActivityText {
            kind: input.kind,
            category: input.category,
            title: text::field("title", &input.title, 60, true)?,
            description: text::field("description", &input.description, 5000, true)?,
            risks: text::field("risks", &input.risks, 2000, false)?,
            place_name: text::field("placeName", &input.place_name, 60, true)?,
            address: text::field("address", &input.address, 200, true)?,
            division_code: input.division_code,
            point: input.place.point()?,
            radius_m: input.radius,
            skills_required: Skills(input.skills_required),
            minimum_age: input.minimum_age,
            dangerous: input.dangerous,
        };
        let shifts = input.shifts.into_iter().map(ShiftInput::plan).collect::<Result<Vec<_>, _>>()?;
        let created = service::create(ctx, input.team_id.0, text, shifts).await;
        let (activity, errors) = settle(ctx, created, ActivityError::new)?;
        Ok(ActivityPayload { activity: activity.map(Activity), errors })
    }

    /// Opens a draft to volunteers.
    async fn publish_activity(&self, gql: &Context<'_>, input: PublishActivityInput) -> Result<ActivityPayload> {
        let ctx = ctx(gql);
        let (activity, errors) = settle(ctx, service::publish(ctx, input.activity_id.0).await, ActivityError::new)?;
        Ok(ActivityPayload { activity: activity.map(Activity), errors })
    }

    /// Changes what an activity says of itself. Those who signed up find it in their inbox.
    async fn change_activity(&self, gql: &Context<'_>, input: ChangeActivityInput) -> Result<ActivityPayload> {
        let ctx = ctx(gql);
        let field = |name: &str, given: &Option<String>, at_most: usize, required: bool| {
            given.as_deref().map(|given| text::field(name, given, at_most, required)).transpose()
        };
        let note = text::field("note", &input.note, 500, true)?;
        let title = field("title", &input.title, 60, true)?;
        let description = field("description", &input.description, 5000, true)?;
        let risks = field("risks", &input.risks, 2000, false)?;
        let place_name = field("placeName", &input.place_name, 60, true)?;
        let address = field("address", &input.address, 200, true)?;
        let point = input.place.map(|place| place.point()).transpose()?;
        let change = move |text: &mut ActivityText| {
            put(&mut text.category, input.category);
            put(&mut text.title, title);
            put(&mut text.description, description);
            put(&mut text.risks, risks);
            put(&mut text.place_name, place_name);
            put(&mut text.address, address);
            put(&mut text.division_code, input.division_code);
            put(&mut text.point, point);
            put(&mut text.radius_m, input.radius.map(Some));
            put(&mut text.skills_required, input.skills_required.map(Skills));
            put(&mut text.minimum_age, input.minimum_age);
            put(&mut text.dangerous, input.dangerous);
        };
        let changed = service::change(ctx, input.activity_id.0, change, &note).await;
        let (activity, errors) = settle(ctx, changed, ActivityError::new)?;
        Ok(ActivityPayload { activity: activity.map(Activity), errors })
    }

    /// Calls an activity off: every sign-up ends, and those people find the reason in their inbox.
    async fn cancel_activity(&self, gql: &Context<'_>, input: CancelActivityInput) -> Result<ActivityPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 500, true)?;
        let cancelled = service::cancel(ctx, input.activity_id.0, &reason).await;
        let (activity, errors) = settle(ctx, cancelled, ActivityError::new)?;
        Ok(ActivityPayload { activity: activity.map(Activity), errors })
    }

    /// Adds a shift to an activity.
    async fn add_shift(&self, gql: &Context<'_>, input: AddShiftInput) -> Result<ShiftPayload> {
        let ctx = ctx(gql);
        let added = service::add_shift(ctx, input.activity_id.0, input.shift.plan()?).await;
        let (shift, errors) = settle(ctx, added, ActivityError::new)?;
        Ok(ShiftPayload { shift: shift.map(Shift), errors })
    }

    /// Changes a shift's time or seats. Fewer seats than people signed up is refused with the number; new seats go to the
    /// wait-list.
    async fn change_shift(&self, gql: &Context<'_>, input: ChangeShiftInput) -> Result<ShiftPayload> {
        let ctx = ctx(gql);
        let posts: Vec<_> = input.posts.into_iter().map(|post| (post.post_id.0, post.capacity)).collect();
        let mut named: Vec<PostId> = posts.iter().map(|(id, _)| *id).collect();
        named.sort_unstable();
        named.dedup();
        if named.len() < posts.len() {
            return Err(Fault::bad_input("`posts` names a post twice; give each its seats once.").into());
        }
        let change = ShiftChange {
            starts_at: moment("startsAt", input.starts_at)?,
            ends_at: moment("endsAt", input.ends_at)?,
            capacity: input.capacity,
            posts,
            note: text::field("note", &input.note, 500, false)?,
        };
        let changed = service::change_shift(ctx, input.shift_id.0, change).await;
        let (shift, errors) = settle(ctx, changed, ActivityError::new)?;
        Ok(ShiftPayload { shift: shift.map(Shift), errors })
    }

    /// 报名: takes a seat, or a place on the wait-list when the shift is full. Doing it twice is doing it once.
    async fn sign_up_for_shift(&self, gql: &Context<'_>, input: SignUpForShiftInput) -> Result<SignUpForShiftPayload> {
        let ctx = ctx(gql);
        let signed_up = signing::sign_up(ctx, input.shift_id.0, input.post_id.take().map(|id| id.0)).await;
        let (sign_up, errors) = settle_all(ctx, signed_up, SignUpError::new)?;
        Ok(SignUpForShiftPayload { sign_up: sign_up.map(|model| SignUp { model, whole: true }), errors })
    }

    /// Gives the seat, or the place on the wait-list, back. The seat goes to whoever waits longest.
    async fn leave_shift(&self, gql: &Context<'_>, input: LeaveShiftInput) -> Result<LeaveShiftPayload> {
        let ctx = ctx(gql);
        let (sign_up, errors) = settle(ctx, signing::leave(ctx, input.shift_id.0).await, LeaveShiftError::new)?;
        Ok(LeaveShiftPayload { sign_up: sign_up.map(|model| SignUp { model, whole: true }), errors })
    }
}

fn moment(name: &str, at: Option<Instant>) -> Result<Option<Instant>, Fault> {
    at.map(|at| db::moment(name, at)).transpose()
}

fn put<T>(place: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *place = new;
    }
}
