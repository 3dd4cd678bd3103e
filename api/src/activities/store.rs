//! Activities, shifts, posts and sign-ups in the database.

use std::collections::BTreeMap;

use boai_entity::{
    Instant, activity,
    ids::{ActivityId, FacilityId, PostId, ShiftId, SignUpId, TeamId, VolunteerId},
    kinds::{ActivityState, AttendanceState, Category, SignUpState},
    post, shift, sign_up,
    volunteer::Skills,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait,
    QueryFilter, QueryOrder, Value,
};

use super::rules::Waiting;
use crate::platform::{
    db,
    pages::{Page, Slice},
};

mod sites;

pub use sites::*;

/// Rows of one INSERT. A statement binds at most 32,766 values in SQLite; a site may post 8,000 posts of five.
const ROWS_AT_ONCE: usize = 1_000;

pub async fn add_activity(
    db: &impl ConnectionTrait,
    activity: activity::Model,
    shifts: Vec<shift::Model>,
    posts: Vec<post::Model>,
) -> Result<(), DbErr> {
    let activity: activity::ActiveModel = activity.into();
    activity::Entity::insert(activity).exec_without_returning(db).await?;
    add_shifts(db, shifts, posts).await
}

pub async fn add_shifts(
    db: &impl ConnectionTrait,
    shifts: Vec<shift::Model>,
    posts: Vec<post::Model>,
) -> Result<(), DbErr> {
    for some in shifts.chunks(ROWS_AT_ONCE) {
        let some = some.iter().cloned().map(shift::ActiveModel::from);
        shift::Entity::insert_many(some).exec_without_returning(db).await?;
    }
    for some in posts.chunks(ROWS_AT_ONCE) {
        let some = some.iter().cloned().map(post::ActiveModel::from);
        post::Entity::insert_many(some).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Shifts that were added by themselves, not by a rule.
pub async fn shift_count(db: &impl ConnectionTrait, activity: ActivityId) -> Result<u64, DbErr> {
    shift::Entity::find()
        .filter(shift::Column::ActivityId.eq(activity))
        .filter(shift::Column::SeriesId.is_null())
        .count(db)
        .await
}

pub async fn shift_count_all(db: &impl ConnectionTrait, activity: ActivityId) -> Result<u64, DbErr> {
    shift::Entity::find().filter(shift::Column::ActivityId.eq(activity)).count(db).await
}

pub async fn save_activity(db: &impl ConnectionTrait, changed: activity::Model) -> Result<(), DbErr> {
    let changed: activity::ActiveModel = changed.into();
    activity::Entity::update(changed.reset_all()).exec(db).await?;
    Ok(())
}

/// An activity with the place of its team in the tree, locked for whoever changes it.
pub struct PlacedActivity {
    pub activity: activity::Model,
    pub branch_path: String,
}

pub async fn lock_activity(db: &impl ConnectionTrait, id: ActivityId) -> Result<Option<PlacedActivity>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        #[sea_orm(nested)]
        activity: activity::Model,
        branch_path: String,
    }
    let lock = if db::for_update(db).is_empty() { "" } else { "FOR NO KEY UPDATE OF a" };
    let text = format!(
        "SELECT a.*, b.path AS branch_path FROM activity a
         JOIN team t ON t.id = a.team_id JOIN branch b ON b.id = t.branch_id WHERE a.id = $1 {lock}"
    );
    let row: Option<Row> = db::one(db, text, [id.into()]).await?;
    Ok(row.map(|row| PlacedActivity { activity: row.activity, branch_path: row.branch_path }))
}

pub async fn activity(db: &impl ConnectionTrait, id: ActivityId) -> Result<Option<activity::Model>, DbErr> {
    activity::Entity::find_by_id(id).one(db).await
}

/// Takes the shift's row: from here on seats and wait-list of this shift move for one at a time.
pub async fn lock_shift(db: &impl ConnectionTrait, id: ShiftId) -> Result<Option<shift::Model>, DbErr> {
    db::one(db, format!("SELECT * FROM shift WHERE id = $1 {}", db::for_update(db)), [id.into()]).await
}

/// Takes the rows of the shifts of an activity that are not over, in the order of their ids: a long-lived site has thousands.
pub async fn lock_shifts(db: &impl ConnectionTrait, activity: ActivityId, now: Instant) -> Result<Vec<ShiftId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: ShiftId,
    }
    let text =
        format!("SELECT id FROM shift WHERE activity_id = $1 AND ends_at > $2 ORDER BY id {}", db::for_update(db));
    let rows: Vec<Row> = db::all(db, text, [activity.into(), now.into()]).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

pub async fn posts_of(db: &impl ConnectionTrait, shift: ShiftId) -> Result<Vec<post::Model>, DbErr> {
    post::Entity::find().filter(post::Column::ShiftId.eq(shift)).order_by_asc(post::Column::Id).all(db).await
}

/// Widens or narrows the activity's time to its shifts'.
pub async fn refit_times(db: &impl ConnectionTrait, id: ActivityId) -> Result<(), DbErr> {
    db::run(
        db,
        "UPDATE activity SET starts_at = COALESCE((SELECT MIN(starts_at) FROM shift WHERE activity_id = $1), starts_at),
                             ends_at = COALESCE((SELECT MAX(ends_at) FROM shift WHERE activity_id = $1), ends_at)
         WHERE id = $1",
        [id.into()],
    )
    .await?;
    Ok(())
}

pub async fn set_shift_times(
    db: &impl ConnectionTrait,
    id: ShiftId,
    starts_at: Instant,
    ends_at: Instant,
) -> Result<(), DbErr> {
    db::run(
        db,
        "UPDATE shift SET starts_at = $2, ends_at = $3 WHERE id = $1",
        [id.into(), starts_at.into(), ends_at.into()],
    )
    .await?;
    Ok(())
}

/// Sets the seats of a shift unless more are taken: one statement. Says whether it did.
pub async fn set_shift_capacity(db: &impl ConnectionTrait, id: ShiftId, capacity: i32) -> Result<bool, DbErr> {
    let text = "UPDATE shift SET capacity = $2 WHERE id = $1 AND taken <= $2";
    Ok(db::run(db, text, [id.into(), capacity.into()]).await? == 1)
}

pub async fn set_post_capacity(
    db: &impl ConnectionTrait,
    shift: ShiftId,
    post: PostId,
    capacity: i32,
) -> Result<bool, DbErr> {
    let text = "UPDATE post SET capacity = $3 WHERE id = $2 AND shift_id = $1 AND taken <= $3";
    Ok(db::run(db, text, [shift.into(), post.into(), capacity.into()]).await? == 1)
}

/// Takes a seat if there is one: one conditional statement, so a full shift never has more than its capacity.
pub async fn take_seat(db: &impl ConnectionTrait, shift: ShiftId) -> Result<bool, DbErr> {
    let text = "UPDATE shift SET taken = taken + 1 WHERE id = $1 AND taken < capacity AND cancelled_at IS NULL";
    Ok(db::run(db, text, [shift.into()]).await? == 1)
}

pub async fn take_post(db: &impl ConnectionTrait, post: PostId) -> Result<bool, DbErr> {
    let text = "UPDATE post SET taken = taken + 1 WHERE id = $1 AND taken < capacity";
    Ok(db::run(db, text, [post.into()]).await? == 1)
}

pub async fn give_seat_back(db: &impl ConnectionTrait, shift: ShiftId, post: Option<PostId>) -> Result<(), DbErr> {
    db::run(db, "UPDATE shift SET taken = taken - 1 WHERE id = $1", [shift.into()]).await?;
    leave_post(db, post).await
}

pub async fn leave_post(db: &impl ConnectionTrait, post: Option<PostId>) -> Result<(), DbErr> {
    if let Some(post) = post {
        db::run(db, "UPDATE post SET taken = taken - 1 WHERE id = $1", [post.into()]).await?;
    }
    Ok(())
}

/// Puts a sign-up at another post, whose seat is taken already.
pub async fn set_post(db: &impl ConnectionTrait, id: SignUpId, post: PostId, now: Instant) -> Result<(), DbErr> {
    let text = "UPDATE sign_up SET post_id = $2, changed_at = $3 WHERE id = $1";
    db::run(db, text, [id.into(), post.into(), now.into()]).await?;
    Ok(())
}

/// Who waits at these shifts, as far as they have free seats and are not over: in the order in which they signed up.
pub async fn waiting(db: &impl ConnectionTrait, shifts: &[ShiftId], now: Instant) -> Result<Vec<Waiting>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: SignUpId,
        volunteer_id: VolunteerId,
        activity_id: ActivityId,
        shift_id: ShiftId,
        shift_free: i32,
        post_id: Option<PostId>,
        post_free: Option<i32>,
    }
    let these = db::placeholders(2, shifts.len());
    let text = format!(
        "SELECT u.id, u.volunteer_id, s.activity_id, u.shift_id, s.capacity - s.taken AS shift_free,
                u.post_id, p.capacity - p.taken AS post_free
         FROM sign_up u JOIN shift s ON s.id = u.shift_id LEFT JOIN post p ON p.id = u.post_id
         WHERE u.shift_id IN ({these}) AND u.state = 'WAITING'
           AND s.taken < s.capacity AND s.cancelled_at IS NULL AND s.ends_at > $1
         ORDER BY u.signed_up_at, u.id"
    );
    let values = std::iter::once(now.into()).chain(shifts.iter().map(|shift| Value::from(*shift)));
    let rows: Vec<Row> = db::all(db, text, values).await?;
    let waiting = |row: Row| Waiting {
        id: row.id,
        volunteer: row.volunteer_id,
        activity: row.activity_id,
        shift: row.shift_id,
        shift_free: row.shift_free,
        post: row.post_id.zip(row.post_free),
    };
    Ok(rows.into_iter().map(waiting).collect())
}

/// Seats all of these, whose shifts' rows are held. The database refuses more than there is room for.
pub async fn seat_all(db: &impl ConnectionTrait, waiting: &[Waiting], now: Instant) -> Result<(), DbErr> {
    for some in waiting.chunks(ROWS_AT_ONCE) {
        let text = format!(
            "UPDATE sign_up SET state = 'SEATED', changed_at = $1 WHERE id IN ({})",
            db::placeholders(2, some.len())
        );
        db::run(db, text, std::iter::once(now.into()).chain(some.iter().map(|one| Value::from(one.id)))).await?;
    }
    take_more(db, "shift", waiting.iter().map(|one| one.shift.0)).await?;
    take_more(db, "post", waiting.iter().filter_map(|one| one.post).map(|(post, _)| post.0)).await
}

/// Takes a seat of each of these, of some as often as they come.
async fn take_more(
    db: &impl ConnectionTrait,
    table: &str,
    each: impl Iterator<Item = uuid::Uuid>,
) -> Result<(), DbErr> {
    let mut seats: BTreeMap<uuid::Uuid, i32> = BTreeMap::new();
    each.for_each(|id| *seats.entry(id).or_default() += 1);
    let seats: Vec<(uuid::Uuid, i32)> = seats.into_iter().collect();
    for some in seats.chunks(ROWS_AT_ONCE) {
        let whens = (0..some.len()).map(|row| format!("WHEN ${} THEN ${}", 2 * row + 1, 2 * row + 2));
        let ids = (0..some.len()).map(|row| format!("${}", 2 * row + 1)).collect::<Vec<_>>().join(", ");
        let text = format!(
            "UPDATE {table} SET taken = taken + CASE id {} ELSE 0 END WHERE id IN ({ids})",
            whens.collect::<Vec<_>>().join(" ")
        );
        db::run(db, text, some.iter().flat_map(|(id, seats)| [Value::from(*id), (*seats).into()])).await?;
    }
    Ok(())
}

pub async fn sign_up(
    db: &impl ConnectionTrait,
    shift: ShiftId,
    volunteer: VolunteerId,
) -> Result<Option<sign_up::Model>, DbErr> {
    sign_up::Entity::find()
        .filter(sign_up::Column::ShiftId.eq(shift))
        .filter(sign_up::Column::VolunteerId.eq(volunteer))
        .one(db)
        .await
}

pub async fn set_sign_up_state(
    db: &impl ConnectionTrait,
    id: SignUpId,
    state: SignUpState,
    now: Instant,
) -> Result<(), DbErr> {
    sign_up::Entity::update_many()
        .col_expr(sign_up::Column::State, state.into())
        .col_expr(sign_up::Column::ChangedAt, now.into())
        .filter(sign_up::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Writes a new sign-up, or brings one back that had left.
pub async fn put_sign_up(db: &impl ConnectionTrait, row: sign_up::Model, known: bool) -> Result<(), DbErr> {
    let row: sign_up::ActiveModel = row.into();
    if known {
        sign_up::Entity::update(row.reset_all()).exec(db).await?;
    } else {
        sign_up::Entity::insert(row).exec_without_returning(db).await?;
    }
    Ok(())
}

/// A sign-up of the volunteer (seated or waiting) whose shift overlaps this time.
#[derive(FromQueryResult)]
pub struct Overlap {
    pub title: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
}

pub async fn overlap(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    starts_at: Instant,
    ends_at: Instant,
) -> Result<Option<Overlap>, DbErr> {
    db::one(
        db,
        "SELECT a.title, s.starts_at, s.ends_at FROM sign_up u
         JOIN shift s ON s.id = u.shift_id JOIN activity a ON a.id = s.activity_id
         WHERE u.volunteer_id = $1 AND u.state IN ('SEATED', 'WAITING') AND s.starts_at < $3 AND s.ends_at > $2
         ORDER BY s.starts_at LIMIT 1",
        [volunteer.into(), starts_at.into(), ends_at.into()],
    )
    .await
}

pub async fn has_attended(db: &impl ConnectionTrait, shift: ShiftId, volunteer: VolunteerId) -> Result<bool, DbErr> {
    use boai_entity::attendance;
    let found = attendance::Entity::find()
        .filter(attendance::Column::ShiftId.eq(shift))
        .filter(attendance::Column::VolunteerId.eq(volunteer))
        .filter(attendance::Column::State.ne(AttendanceState::Undone))
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Attendances at an activity, or at one of its shifts.
pub async fn attendances(
    db: &impl ConnectionTrait,
    activity: ActivityId,
    shift: Option<ShiftId>,
) -> Result<u64, DbErr> {
    use boai_entity::attendance;
    let mut condition = Condition::all().add(attendance::Column::State.ne(AttendanceState::Undone)).add(
        attendance::Column::ShiftId.in_subquery(
            sea_orm::sea_query::Query::select()
                .column(shift::Column::Id)
                .from(shift::Entity)
                .and_where(shift::Column::ActivityId.eq(activity))
                .to_owned(),
        ),
    );
    if let Some(shift) = shift {
        condition = condition.add(attendance::Column::ShiftId.eq(shift));
    }
    attendance::Entity::find().filter(condition).count(db).await
}

/// The volunteers who are signed up (seated or waiting) for an activity, or for one of its shifts.
pub async fn signed_up(
    db: &impl ConnectionTrait,
    activity: ActivityId,
    shift: Option<ShiftId>,
) -> Result<Vec<VolunteerId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        volunteer_id: VolunteerId,
    }
    let rows: Vec<Row> = db::all(
        db,
        "SELECT DISTINCT u.volunteer_id FROM sign_up u JOIN shift s ON s.id = u.shift_id
         WHERE s.activity_id = $1 AND s.id = COALESCE($2, s.id) AND u.state IN ('SEATED', 'WAITING')",
        [activity.into(), shift.map(|id| id.0).into()],
    )
    .await?;
    Ok(rows.into_iter().map(|row| row.volunteer_id).collect())
}

/// Somebody who is signed up (seated or waiting), as far as an activity's demands go.
#[derive(FromQueryResult)]
pub struct SignedUp {
    pub birth_date: chrono::NaiveDate,
    pub skills: Skills,
    pub starts_at: Instant,
}

/// Those whose shift has not ended.
pub async fn signed_up_people(
    db: &impl ConnectionTrait,
    activity: ActivityId,
    now: Instant,
) -> Result<Vec<SignedUp>, DbErr> {
    db::all(
        db,
        "SELECT v.birth_date, v.skills, s.starts_at FROM sign_up u
         JOIN shift s ON s.id = u.shift_id JOIN volunteer v ON v.id = u.volunteer_id
         WHERE s.activity_id = $1 AND s.ends_at > $2 AND u.state IN ('SEATED', 'WAITING')",
        [activity.into(), now.into()],
    )
    .await
}

/// Frees every seat of an activity that is being cancelled. This takes the shifts' rows, so whoever signs up at the same
/// instant is either cancelled too or finds the activity cancelled.
pub async fn free_seats(db: &impl ConnectionTrait, activity: ActivityId) -> Result<(), DbErr> {
    db::run(db, "UPDATE shift SET taken = 0 WHERE activity_id = $1", [activity.into()]).await?;
    let text = "UPDATE post SET taken = 0 WHERE shift_id IN (SELECT id FROM shift WHERE activity_id = $1)";
    db::run(db, text, [activity.into()]).await?;
    Ok(())
}

/// Ends every sign-up of a cancelled activity.
pub async fn cancel_sign_ups(db: &impl ConnectionTrait, activity: ActivityId, now: Instant) -> Result<(), DbErr> {
    db::run(
        db,
        "UPDATE sign_up SET state = 'CANCELLED', changed_at = $2
         WHERE shift_id IN (SELECT id FROM shift WHERE activity_id = $1) AND state IN ('SEATED', 'WAITING')",
        [activity.into(), now.into()],
    )
    .await?;
    Ok(())
}

/// What a sign-up or check-in needs to know of a shift, in one row.
#[derive(Clone, FromQueryResult)]
pub struct ShiftFacts {
    pub activity_id: ActivityId,
    pub state: ActivityState,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub minimum_age: i32,
    pub dangerous: bool,
    pub skills_required: Skills,
}

pub async fn shift_facts(db: &impl ConnectionTrait, id: ShiftId) -> Result<Option<ShiftFacts>, DbErr> {
    db::one(
        db,
        "SELECT a.id AS activity_id, CASE WHEN s.cancelled_at IS NULL THEN a.state ELSE 'CANCELLED' END AS state, s.starts_at, s.ends_at, a.minimum_age, a.dangerous, a.skills_required
         FROM shift s JOIN activity a ON a.id = s.activity_id WHERE s.id = $1",
        [id.into()],
    )
    .await
}

/// Which published activities are looked for, apart from where.
#[derive(Clone, Debug, Default)]
pub struct ActivityFilter {
    pub division_code: Option<String>,
    pub text: Option<String>,
    pub team: Option<TeamId>,
    pub facility: Option<FacilityId>,
    pub from: Option<Instant>,
    pub to: Option<Instant>,
    pub categories: Vec<Category>,
    /// Drafts and cancelled ones too: for who runs the team's activities.
    pub every_state: bool,
}

/// By start.
pub async fn activities(
    db: &impl ConnectionTrait,
    filter: ActivityFilter,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<activity::Model>, DbErr> {
    let mut select = activity::Entity::find();
    if !filter.every_state {
        select = select.filter(activity::Column::State.eq(ActivityState::Published));
    }
    if let Some(team) = filter.team {
        select = select.filter(activity::Column::TeamId.eq(team));
    }
    if let Some(facility) = filter.facility {
        select = select.filter(activity::Column::FacilityId.eq(facility));
    }
    if let Some(code) = filter.division_code {
        // A range rather than LIKE, so that the index serves it; of digits alone, which every collation sorts alike:
        // 330106109203 lies between 3301 and 330199999999.
        let end = format!("{code:9<12}");
        select = select.filter(activity::Column::DivisionCode.between(code, end));
    }
    if let Some(from) = filter.from {
        select = select.filter(activity::Column::EndsAt.gt(from));
    }
    if let Some(to) = filter.to {
        select = select.filter(activity::Column::StartsAt.lt(to));
    }
    if !filter.categories.is_empty() {
        select = select.filter(activity::Column::Category.is_in(filter.categories));
    }
    if let Some(text) = filter.text {
        let like = |column: activity::Column| db::contains(db, column, &text);
        let anywhere = Condition::any()
            .add(like(activity::Column::Title))
            .add(like(activity::Column::PlaceName))
            .add(like(activity::Column::Description));
        select = select.filter(anywhere);
    }
    page.fetch(select.cursor_by((activity::Column::StartsAt, activity::Column::Id)), db).await
}

/// An activity's shifts that end after and start before these moments, by start.
pub async fn shifts(
    db: &impl ConnectionTrait,
    activity: ActivityId,
    (from, to): (Option<Instant>, Option<Instant>),
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<shift::Model>, DbErr> {
    let mut select = shift::Entity::find().filter(shift::Column::ActivityId.eq(activity));
    if let Some(from) = from {
        select = select.filter(shift::Column::EndsAt.gt(from));
    }
    if let Some(to) = to {
        select = select.filter(shift::Column::StartsAt.lt(to));
    }
    page.fetch(select.cursor_by((shift::Column::StartsAt, shift::Column::Id)), db).await
}

/// Who signed up for a shift, in the order of signing up.
pub async fn sign_ups(
    db: &impl ConnectionTrait,
    shift: ShiftId,
    states: &[SignUpState],
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<sign_up::Model>, DbErr> {
    let select = sign_up::Entity::find()
        .filter(sign_up::Column::ShiftId.eq(shift))
        .filter(sign_up::Column::State.is_in(states.iter().copied()));
    page.fetch(select.cursor_by((sign_up::Column::SignedUpAt, sign_up::Column::Id)), db).await
}

/// A sign-up with its shift's start, which orders a volunteer's own list.
#[derive(Clone, FromQueryResult)]
pub struct TimedSignUp {
    #[sea_orm(nested)]
    pub sign_up: sign_up::Model,
    pub starts_at: Instant,
}

/// The volunteer's sign-ups (seated or waiting) by the shift's start: those that have not ended at `now`, or those that have.
pub async fn sign_ups_of(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    past: bool,
    now: Instant,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<TimedSignUp>, DbErr> {
    let (beyond, order) = page.seek(false);
    let when = if past { "s.ends_at <= $2" } else { "s.ends_at > $2" };
    let mut values: Vec<sea_orm::Value> = vec![volunteer.into(), now.into()];
    let mut seek = String::new();
    if let Some((starts_at, id)) = page.from {
        values.extend([starts_at.into(), id.into()]);
        seek = format!("AND (s.starts_at, u.id) {beyond} ($3, $4)");
    }
    let text = format!(
        "SELECT u.*, s.starts_at FROM sign_up u JOIN shift s ON s.id = u.shift_id
         WHERE u.volunteer_id = $1 AND u.state IN ('SEATED', 'WAITING') AND {when} {seek}
         ORDER BY s.starts_at {order}, u.id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}

pub fn new_sign_up(
    id: uuid::Uuid,
    shift: ShiftId,
    post: Option<PostId>,
    volunteer: VolunteerId,
    now: Instant,
) -> sign_up::Model {
    sign_up::Model {
        id: SignUpId(id),
        shift_id: shift,
        post_id: post,
        volunteer_id: volunteer,
        state: SignUpState::Waiting,
        signed_up_at: now,
        changed_at: now,
    }
}
