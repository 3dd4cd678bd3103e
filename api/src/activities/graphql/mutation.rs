//! Posting and changing activities, signing up and leaving.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use boai_entity::{
    Instant,
    ids::{ActivityId, FacilityId, PostId, ShiftId, TeamId},
    kinds::{ActivityKind, Category, Skill},
    volunteer::Skills,
};

use super::{
    super::{
        rules::{ActivityError, LeaveShiftError, ShiftPlan, SignUpError},
        service::{self, ActivityText, ShiftChange, Venue},
        sign_up as signing,
    },
    Activity, Shift, SignUp, moment,
};
use crate::{
    graphql::{ctx, settle, settle_all},
    places::graphql::Place,
    platform::{db, errors::Fault, node::GlobalId, text},
};

/// A post of a new shift.
#[derive(InputObject)]
pub(super) struct PostInput {
    /// At most 20 characters, different from the shift's other posts.
    pub name: String,
    /// 1 to 10,000.
    pub capacity: i32,
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
    /// 场所: an open facility of any branch, from which the activity takes its place; then leave out the next four.
    facility_id: Option<GlobalId<FacilityId>>,
    /// At most 60 characters. Needed without a facility.
    place_name: Option<String>,
    /// At most 200 characters. Needed without a facility.
    address: Option<String>,
    /// Of the place, any level. Needed without a facility.
    division_code: Option<String>,
    /// Where people check in. Needed without a facility.
    place: Option<Place>,
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
    /// At least one; at a facility none is needed yet, when `createShiftRule` makes them.
    shifts: Vec<ShiftInput>,
}

impl CreateActivityInput {
    fn venue(&self) -> Result<Venue, Fault> {
        let own = (&self.place_name, &self.address, &self.division_code, self.place);
        match (self.facility_id, own) {
            (Some(facility), (None, None, None, None)) => Ok(Venue::Facility(facility.0)),
            (None, (Some(name), Some(address), Some(division_code), Some(place))) => Ok(Venue::Own(service::Place {
                name: text::field("placeName", name, 60, true)?,
                address: text::field("address", address, 200, true)?,
                division_code: division_code.clone(),
                point: place.point()?,
            })),
            _ => Err(Fault::bad_input(
                "Say where: by `facilityId` alone, or by `placeName`, `address`, `divisionCode` and `place`, all four.",
            )),
        }
    }
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
pub(super) struct ShiftPayload {
    /// Null when it was refused.
    pub shift: Option<Shift>,
    /// Why it was refused, for people and for the app; empty when it was done.
    pub errors: Vec<ActivityError>,
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
        let venue = input.venue()?;
        let text = ActivityText {
            kind: input.kind,
            category: input.category,
            title: text::field("title", &input.title, 60, true)?,
            description: text::field("description", &input.description, 5000, true)?,
            risks: text::field("risks", &input.risks, 2000, false)?,
            radius_m: input.radius,
            skills_required: Skills(input.skills_required),
            minimum_age: input.minimum_age,
            dangerous: input.dangerous,
        };
        let shifts = input.shifts.into_iter().map(ShiftInput::plan).collect::<Result<Vec<_>, _>>()?;
        let created = service::create(ctx, input.team_id.0, venue, text, shifts).await;
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
        let change = move |text: &mut ActivityText, place: &mut service::Place| {
            put(&mut text.category, input.category);
            put(&mut text.title, title);
            put(&mut text.description, description);
            put(&mut text.risks, risks);
            put(&mut place.name, place_name);
            put(&mut place.address, address);
            put(&mut place.division_code, input.division_code);
            put(&mut place.point, point);
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

fn put<T>(place: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *place = new;
    }
}
