//! Posting activities, changing and cancelling them; and telling those who signed up.

use boai_entity::{
    Instant, activity,
    ids::{ActivityId, FacilityId, PostId, ShiftId, TeamId, VolunteerId},
    kinds::{ActivityKind, ActivityState, Category, InboxKind},
    post, shift,
    volunteer::Skills,
};
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;

use super::{
    board_topic,
    rules::{self, ActivityRefusal, Demands, ShiftPlan},
    sign_up, store,
};
use crate::{
    access::{Action, Resource},
    ctx::Ctx,
    inbox::tell_volunteers,
    organisation,
    places::{self, geodesy::Point},
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop},
    },
    policies,
};

pub(super) type Done<T> = Result<T, Stop<ActivityRefusal>>;

/// Where an activity takes place.
#[derive(Clone, PartialEq)]
pub struct Place {
    pub name: String,
    pub address: String,
    pub division_code: String,
    pub point: Point,
}

/// Where a new activity is to take place.
pub enum Venue {
    Own(Place),
    /// Its place is the facility's, whenever that moves.
    Facility(FacilityId),
}

/// What an activity says of itself, apart from where.
#[derive(Clone)]
pub struct ActivityText {
    pub kind: ActivityKind,
    pub category: Category,
    pub title: String,
    pub description: String,
    pub risks: String,
    /// Metres; the policy's default when none is given.
    pub radius_m: Option<i32>,
    pub skills_required: Skills,
    pub minimum_age: i32,
    pub dangerous: bool,
}

/// Makes a draft.
pub async fn create(
    ctx: &Ctx,
    team: TeamId,
    venue: Venue,
    text: ActivityText,
    shifts: Vec<ShiftPlan>,
) -> Done<activity::Model> {
    let person = ctx.actor().or_fault()?.person;
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    let team = organisation::store::placed_team(&tx, team).await.or_fault()?.ok_or(ActivityRefusal::NotFound)?;
    if !ctx.may(Action::RunActivities, Resource::Team { id: team.id, branch_path: &team.branch_path }).or_fault()? {
        return Err(ActivityRefusal::NotFound.into());
    }
    // The shifts of a site come by its rules.
    if !(shifts.is_empty() && matches!(venue, Venue::Facility(_))) {
        rules::check_shifts(&shifts, now)?;
    }
    let (place, facility_id) = match venue {
        Venue::Own(place) => (place, None),
        Venue::Facility(facility) => (place_of(&tx, facility).await?, Some(facility)),
    };
    let radius_m = check_text(&tx, &text, &place, &team.branch_path, now).await?;
    let id = ActivityId(ctx.new_id());
    let [unit_x, unit_y, unit_z] = place.point.unit_vector();
    let activity = activity::Model {
        id,
        team_id: team.id,
        kind: text.kind,
        category: text.category,
        title: text.title,
        description: text.description,
        risks: text.risks,
        place_name: place.name,
        address: place.address,
        division_code: place.division_code,
        latitude: place.point.latitude(),
        longitude: place.point.longitude(),
        unit_x,
        unit_y,
        unit_z,
        radius_m,
        skills_required: text.skills_required,
        minimum_age: text.minimum_age,
        dangerous: text.dangerous,
        state: ActivityState::Draft,
        person_in_charge: person,
        created_at: now,
        published_at: None,
        cancelled_at: None,
        cancel_reason: None,
        starts_at: shifts.iter().map(|shift| shift.starts_at).min().unwrap_or(now),
        ends_at: shifts.iter().map(|shift| shift.ends_at).max().unwrap_or(now + TimeDelta::minutes(1)),
        facility_id,
    };
    let (shifts, posts) = shift_rows(ctx, id, shifts);
    store::add_activity(&tx, activity.clone(), shifts, posts).await.or_fault()?;
    ctx.audit(&tx, "CREATE_ACTIVITY", "Activity", id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(activity)
}

/// Opens a draft to volunteers.
pub async fn publish(ctx: &Ctx, id: ActivityId) -> Done<activity::Model> {
    let tx = ctx.db.begin().await.or_fault()?;
    let mut activity = mine(ctx, &tx, id).await?.activity;
    if activity.state != ActivityState::Draft {
        return Err(ActivityRefusal::WrongState { state: activity.state.as_str() }.into());
    }
    if activity.facility_id.is_some() && store::shift_count_all(&tx, id).await.or_fault()? == 0 {
        return Err(ActivityRefusal::NoShifts.into());
    }
    activity.state = ActivityState::Published;
    activity.published_at = Some(ctx.now());
    store::save_activity(&tx, activity.clone()).await.or_fault()?;
    ctx.audit(&tx, "PUBLISH_ACTIVITY", "Activity", id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(activity)
}

/// Changes what an activity says of itself; those signed up hear of it, with what changed in the leader's words.
pub async fn change(
    ctx: &Ctx,
    id: ActivityId,
    change: impl FnOnce(&mut ActivityText, &mut Place),
    note: &str,
) -> Done<activity::Model> {
    let tx = ctx.db.begin().await.or_fault()?;
    let placed = mine(ctx, &tx, id).await?;
    let mut activity = placed.activity;
    not_cancelled(&activity)?;
    let before = place_in(&activity).or_fault()?;
    let (mut text, mut place) = (text_of(&activity), before.clone());
    change(&mut text, &mut place);
    if activity.facility_id.is_some() && place != before {
        return Err(ActivityRefusal::PlaceIsFacilitys.into());
    }
    activity.radius_m = check_text(&tx, &text, &place, &placed.branch_path, ctx.now()).await?;
    [activity.unit_x, activity.unit_y, activity.unit_z] = place.point.unit_vector();
    activity.latitude = place.point.latitude();
    activity.longitude = place.point.longitude();
    activity.kind = text.kind;
    activity.category = text.category;
    activity.title = text.title;
    activity.description = text.description;
    activity.risks = text.risks;
    activity.place_name = place.name;
    activity.address = place.address;
    activity.division_code = place.division_code;
    activity.skills_required = text.skills_required;
    activity.minimum_age = text.minimum_age;
    activity.dangerous = text.dangerous;
    everybody_still_fits(&tx, &activity, ctx.now()).await?;
    store::save_activity(&tx, activity.clone()).await.or_fault()?;
    tell_signed_up(ctx, &tx, &activity, None, InboxKind::ActivityChanged, note).await?;
    ctx.audit(&tx, "CHANGE_ACTIVITY", "Activity", id.0, Some(note.into())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(activity)
}

/// Calls an activity off. What people have served already cannot be called off.
pub async fn cancel(ctx: &Ctx, id: ActivityId, reason: &str) -> Done<activity::Model> {
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    let mut activity = mine(ctx, &tx, id).await?.activity;
    not_cancelled(&activity)?;
    store::free_seats(&tx, id).await.or_fault()?;
    nobody_served(&tx, id, None).await?;
    activity.state = ActivityState::Cancelled;
    activity.cancelled_at = Some(now);
    activity.cancel_reason = Some(reason.into());
    store::save_activity(&tx, activity.clone()).await.or_fault()?;
    tell_signed_up(ctx, &tx, &activity, None, InboxKind::ActivityCancelled, reason).await?;
    store::cancel_sign_ups(&tx, id, now).await.or_fault()?;
    for shift in store::lock_shifts(&tx, id, now).await.or_fault()? {
        ctx.tell(&tx, board_topic(shift)).await.or_fault()?;
    }
    ctx.audit(&tx, "CANCEL_ACTIVITY", "Activity", id.0, Some(reason.into())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(activity)
}

/// Adds a shift.
pub async fn add_shift(ctx: &Ctx, id: ActivityId, plan: ShiftPlan) -> Done<shift::Model> {
    let tx = ctx.db.begin().await.or_fault()?;
    let activity = mine(ctx, &tx, id).await?.activity;
    not_cancelled(&activity)?;
    facility_open(&tx, &activity).await?;
    rules::check_shift(&plan, ctx.now())?;
    rules::check_shift_count(store::shift_count(&tx, id).await.or_fault()? + 1)?;
    let (shifts, posts) = shift_rows(ctx, id, vec![plan]);
    let shift = shifts[0].clone();
    store::add_shifts(&tx, shifts, posts).await.or_fault()?;
    store::refit_times(&tx, id).await.or_fault()?;
    ctx.audit(&tx, "ADD_SHIFT", "Shift", shift.id.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(shift)
}

/// Nothing new takes place at a facility that was closed.
pub(super) async fn facility_open(tx: &impl ConnectionTrait, activity: &activity::Model) -> Done<()> {
    if let Some(facility) = activity.facility_id {
        let facility = places::store::facility(tx, facility).await.or_fault()?;
        facility.filter(|facility| facility.closed_at.is_none()).ok_or(ActivityRefusal::FacilityNotOpen)?;
    }
    Ok(())
}

/// What is to change about a shift.
#[derive(Clone, Debug, Default)]
pub struct ShiftChange {
    pub starts_at: Option<Instant>,
    pub ends_at: Option<Instant>,
    pub capacity: Option<i32>,
    /// New seats of some of its posts.
    pub posts: Vec<(PostId, i32)>,
    pub note: String,
}

/// Changes a shift's time or seats. Fewer seats than people is refused with the number; more seats go to the wait-list.
pub async fn change_shift(ctx: &Ctx, id: ShiftId, change: ShiftChange) -> Done<shift::Model> {
    let tx = ctx.db.begin().await.or_fault()?;
    let facts = store::shift_facts(&tx, id).await.or_fault()?.ok_or(ActivityRefusal::NotFound)?;
    let activity = mine(ctx, &tx, facts.activity_id).await?.activity;
    not_cancelled(&activity)?;
    let shift = store::lock_shift(&tx, id).await.or_fault()?.ok_or(ActivityRefusal::NotFound)?;
    if shift.cancelled_at.is_some() {
        return Err(ActivityRefusal::WrongState { state: ActivityState::Cancelled.as_str() }.into());
    }
    store::own_plan(&tx, id).await.or_fault()?;
    change_times(ctx, &tx, &activity, &shift, &change).await?;
    let seats = change_seats(&tx, &shift, &change).await?;
    sign_up::seat_who_waits(ctx, &tx, &[id]).await.or_fault()?;
    if !change.note.is_empty() || change.starts_at.is_some() || change.ends_at.is_some() {
        tell_signed_up(ctx, &tx, &activity, Some(id), InboxKind::ActivityChanged, &change.note).await?;
    }
    ctx.tell(&tx, board_topic(id)).await.or_fault()?;
    let shift = store::lock_shift(&tx, id).await.or_fault()?.ok_or(ActivityRefusal::NotFound)?;
    ctx.audit(&tx, "CHANGE_SHIFT", "Shift", id.0, Some(format!("{seats} seats. {}", change.note))).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(shift)
}

async fn change_times(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    activity: &activity::Model,
    shift: &shift::Model,
    change: &ShiftChange,
) -> Done<()> {
    if change.starts_at.is_none() && change.ends_at.is_none() {
        return Ok(());
    }
    let plan = ShiftPlan {
        starts_at: change.starts_at.unwrap_or(shift.starts_at),
        ends_at: change.ends_at.unwrap_or(shift.ends_at),
        capacity: shift.capacity,
        posts: Vec::new(),
    };
    rules::check_shift(&plan, ctx.now())?;
    nobody_served(tx, activity.id, Some(shift.id)).await?;
    store::set_shift_times(tx, shift.id, plan.starts_at, plan.ends_at).await.or_fault()?;
    // Ages count on the day of the shift, so an earlier day can make somebody too young.
    everybody_still_fits(tx, activity, ctx.now()).await?;
    store::refit_times(tx, activity.id).await.or_fault()
}

/// The seats that the shift has in the end.
async fn change_seats(tx: &impl ConnectionTrait, shift: &shift::Model, change: &ShiftChange) -> Done<i32> {
    change.posts.iter().try_for_each(|&(_, capacity)| rules::check_capacity(capacity))?;
    let posts = store::posts_of(tx, shift.id).await.or_fault()?;
    let capacity = match change.capacity {
        Some(_) if !posts.is_empty() => return Err(ActivityRefusal::ChangePostsInstead.into()),
        Some(capacity) => capacity,
        None if change.posts.is_empty() => return Ok(shift.capacity),
        None => posts.iter().map(|post| new_capacity(post, change)).sum(),
    };
    rules::check_capacity(capacity)?;
    for &(id, capacity) in &change.posts {
        let post = posts.iter().find(|post| post.id == id).ok_or(ActivityRefusal::NotFound)?;
        if !store::set_post_capacity(tx, shift.id, id, capacity).await.or_fault()? {
            return Err(ActivityRefusal::CapacityBelowSignedUp { signed_up: post.taken, capacity }.into());
        }
    }
    if !store::set_shift_capacity(tx, shift.id, capacity).await.or_fault()? {
        return Err(ActivityRefusal::CapacityBelowSignedUp { signed_up: shift.taken, capacity }.into());
    }
    Ok(capacity)
}

fn new_capacity(post: &post::Model, change: &ShiftChange) -> i32 {
    change.posts.iter().find(|(id, _)| *id == post.id).map_or(post.capacity, |(_, capacity)| *capacity)
}

pub(super) async fn mine(ctx: &Ctx, tx: &impl ConnectionTrait, id: ActivityId) -> Done<store::PlacedActivity> {
    ctx.actor().or_fault()?;
    let placed = store::lock_activity(tx, id).await.or_fault()?.ok_or(ActivityRefusal::NotFound)?;
    let team = Resource::Team { id: placed.activity.team_id, branch_path: &placed.branch_path };
    if ctx.may(Action::RunActivities, team).or_fault()? { Ok(placed) } else { Err(ActivityRefusal::NotFound.into()) }
}

pub(super) fn not_cancelled(activity: &activity::Model) -> Result<(), ActivityRefusal> {
    match activity.state {
        ActivityState::Cancelled => Err(ActivityRefusal::WrongState { state: activity.state.as_str() }),
        _ => Ok(()),
    }
}

/// Nobody who signed up becomes unfit behind their back: minors above all must not slip into dangerous work. The shifts'
/// rows are taken first, so that nobody signs up under the old demands meanwhile. Shifts that are over do not count.
async fn everybody_still_fits(tx: &impl ConnectionTrait, activity: &activity::Model, now: Instant) -> Done<()> {
    store::lock_shifts(tx, activity.id, now).await.or_fault()?;
    let unfit = |person: &store::SignedUp| {
        let demands = Demands {
            starts_at: person.starts_at,
            minimum_age: activity.minimum_age,
            dangerous: activity.dangerous,
            skills_required: &activity.skills_required.0,
        };
        !rules::why_not(&demands, person.birth_date, &person.skills.0).is_empty()
    };
    let signed_up = store::signed_up_people(tx, activity.id, now).await.or_fault()?;
    match signed_up.iter().filter(|person| unfit(person)).count() {
        0 => Ok(()),
        people => Err(ActivityRefusal::SignedUpUnfit { people: i64::try_from(people).unwrap_or(i64::MAX) }.into()),
    }
}

pub(super) async fn nobody_served(tx: &impl ConnectionTrait, id: ActivityId, shift: Option<ShiftId>) -> Done<()> {
    match store::attendances(tx, id, shift).await.or_fault()? {
        0 => Ok(()),
        some => Err(ActivityRefusal::AlreadyServed { attendances: i64::try_from(some).unwrap_or(i64::MAX) }.into()),
    }
}

async fn tell_signed_up(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    activity: &activity::Model,
    shift: Option<ShiftId>,
    kind: InboxKind,
    note: &str,
) -> Done<()> {
    let people: Vec<VolunteerId> = store::signed_up(tx, activity.id, shift).await.or_fault()?;
    tell_volunteers(ctx, tx, &people, kind, Some((activity.id, shift)), note).await.or_fault()
}

/// Checks what needs the database and the branch's policy; gives the radius to use, in metres.
async fn check_text(
    tx: &impl ConnectionTrait,
    text: &ActivityText,
    place: &Place,
    branch_path: &str,
    now: Instant,
) -> Done<i32> {
    let policy = policies::policy_at(tx, branch_path, now).await.or_fault()?.body;
    let radius_m = text.radius_m.unwrap_or(policy.radius_default_m);
    rules::check_radius(radius_m, &policy)?;
    rules::check_minimum_age(text.minimum_age)?;
    organisation::store::division(tx, &place.division_code)
        .await
        .or_fault()?
        .ok_or(ActivityRefusal::DivisionUnknown)?;
    Ok(radius_m)
}

/// The place of a facility that is open; it stays so until the transaction ends.
async fn place_of(tx: &impl ConnectionTrait, id: FacilityId) -> Done<Place> {
    let facility = places::store::hold(tx, id).await.or_fault()?.filter(|facility| facility.closed_at.is_none());
    let facility = facility.ok_or(ActivityRefusal::FacilityNotOpen)?;
    let point = point_of("facility", id.0, facility.latitude, facility.longitude).or_fault()?;
    Ok(Place { name: facility.name, address: facility.address, division_code: facility.division_code, point })
}

fn place_in(activity: &activity::Model) -> Result<Place, Fault> {
    Ok(Place {
        name: activity.place_name.clone(),
        address: activity.address.clone(),
        division_code: activity.division_code.clone(),
        point: point_of("activity", activity.id.0, activity.latitude, activity.longitude)?,
    })
}

fn point_of(what: &str, id: uuid::Uuid, latitude: f64, longitude: f64) -> Result<Point, Fault> {
    Point::wgs84(latitude, longitude).map_err(|error| Fault::Internal(format!("{what} {id}: {error}")))
}

fn text_of(activity: &activity::Model) -> ActivityText {
    ActivityText {
        kind: activity.kind,
        category: activity.category,
        title: activity.title.clone(),
        description: activity.description.clone(),
        risks: activity.risks.clone(),
        radius_m: Some(activity.radius_m),
        skills_required: activity.skills_required.clone(),
        minimum_age: activity.minimum_age,
        dangerous: activity.dangerous,
    }
}

pub(super) fn shift_rows(
    ctx: &Ctx,
    activity: ActivityId,
    plans: Vec<ShiftPlan>,
) -> (Vec<shift::Model>, Vec<post::Model>) {
    let mut posts = Vec::new();
    let mut row = |plan: ShiftPlan| {
        let id = ShiftId(ctx.new_id());
        // Posts are read by id: sorted, the ids of one instant keep the order that the leader gave.
        let mut post_ids: Vec<_> = plan.posts.iter().map(|_| PostId(ctx.new_id())).collect();
        post_ids.sort_unstable();
        posts.extend(plan.posts.into_iter().zip(post_ids).map(|((name, capacity), post_id)| post::Model {
            id: post_id,
            shift_id: id,
            name,
            capacity,
            taken: 0,
        }));
        let ShiftPlan { starts_at, ends_at, capacity, .. } = plan;
        shift::Model::new(id, activity, starts_at, ends_at, capacity)
    };
    let shifts = plans.into_iter().map(&mut row).collect();
    (shifts, posts)
}
