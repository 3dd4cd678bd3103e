//! What waits for a person, and what request ids led to, in the database.

use boai_entity::{
    Instant, attendance, desk_entry,
    ids::{ActivityId, AttendanceId, FacilityId, PersonId, ReviewItemId, ShiftId, TeamId, VolunteerId},
    kinds::AttendanceEnd,
    request_effect, review_item,
    sync_kinds::SyncedState,
    synced_end, volunteer,
};
use chrono::TimeDelta;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict,
};
use uuid::Uuid;

use crate::platform::db;

/// Check-outs that wait for their check-ins and are looked at again at a time.
const AGAIN: u64 = 200;

/// Takes the volunteer's own row, and these shifts' to be shared, as [`lock_for_check_in`] does; where somebody may have to be
/// given a seat, to be held alone.
///
/// [`lock_for_check_in`]: crate::attendance::store::lock_for_check_in
pub async fn lock(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    shifts: &[ShiftId],
    alone: bool,
) -> Result<Option<volunteer::Model>, DbErr> {
    let whose = crate::people::store::lock(db, volunteer).await?;
    if db.get_database_backend() == DbBackend::Sqlite || shifts.is_empty() {
        return Ok(whose);
    }
    let (those, how) = (db::placeholders(1, shifts.len()), if alone { "FOR NO KEY UPDATE" } else { "FOR SHARE" });
    let text = format!("SELECT id FROM shift WHERE id IN ({those}) ORDER BY id {how}");
    db::run(db, text, shifts.iter().map(|shift| (*shift).into())).await?;
    Ok(whose)
}

/// Whether the volunteer has a seat at each of these shifts.
pub async fn seated(db: &impl ConnectionTrait, volunteer: VolunteerId, shifts: &[ShiftId]) -> Result<bool, DbErr> {
    #[derive(FromQueryResult)]
    struct Seats {
        seats: i64,
    }
    let those = db::placeholders(2, shifts.len());
    let text = format!(
        "SELECT COUNT(*) AS seats FROM sign_up WHERE volunteer_id = $1 AND state = 'SEATED' AND shift_id IN ({those})"
    );
    let values = std::iter::once(volunteer.into()).chain(shifts.iter().map(|shift| (*shift).into()));
    let seats = db::one::<Seats>(db, text, values).await?.map_or(0, |row| row.seats);
    Ok(usize::try_from(seats).is_ok_and(|seats| seats == shifts.len()))
}

/// What is asked about the desk of a shift.
#[derive(Clone, Debug, FromQueryResult)]
pub struct DeskPlace {
    pub activity_id: ActivityId,
    pub facility_id: Option<FacilityId>,
    pub team_id: TeamId,
    pub branch_path: String,
}

pub async fn desk_place(db: &impl ConnectionTrait, shift: ShiftId) -> Result<Option<DeskPlace>, DbErr> {
    let text = "SELECT s.activity_id, a.facility_id, a.team_id, b.path AS branch_path
                FROM shift s JOIN activity a ON a.id = s.activity_id
                JOIN team t ON t.id = a.team_id JOIN branch b ON b.id = t.branch_id WHERE s.id = $1";
    db::one(db, text, [shift.into()]).await
}

/// At which shift and end a code of a volunteer's was used, or waits to be.
#[derive(Clone, Debug, FromQueryResult)]
pub struct StepUsed {
    pub step: i32,
    pub shift_id: ShiftId,
    pub end_kind: AttendanceEnd,
    pub used_at: Instant,
}

/// Of these steps those that were used, live or by what came in later, whether it counts yet or waits.
pub async fn steps_used(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    steps: &[i32],
) -> Result<Vec<StepUsed>, DbErr> {
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let those = db::placeholders(2, steps.len());
    let text = format!(
        "SELECT c.step, o.shift_id, c.end_kind, c.used_at FROM code_use c JOIN attendance o ON o.id = c.attendance_id
         WHERE c.volunteer_id = $1 AND c.step IN ({those})
         UNION ALL
         SELECT e.step, e.shift_id, e.end_kind, e.happened_at FROM synced_end e
         WHERE e.volunteer_id = $1 AND e.step IN ({those}) AND e.state = 'AWAITING'"
    );
    let values = std::iter::once(volunteer.into()).chain(steps.iter().map(|step| (*step).into()));
    db::all(db, text, values).await
}

/// The desk's entries for these stays that stand.
pub async fn entries(db: &impl ConnectionTrait, stays: &[AttendanceId]) -> Result<Vec<desk_entry::Model>, DbErr> {
    let standing = desk_entry::Entity::find()
        .filter(desk_entry::Column::AttendanceId.is_in(stays.iter().copied()))
        .filter(desk_entry::Column::UndoneAt.is_null());
    standing.all(db).await
}

/// Enters what a desk told of later; nothing where an entry stands already, for somebody else told of the same.
pub async fn enter(db: &impl ConnectionTrait, row: desk_entry::Model) -> Result<(), DbErr> {
    desk_entry::Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub async fn volunteers(db: &impl ConnectionTrait, ids: &[VolunteerId]) -> Result<Vec<volunteer::Model>, DbErr> {
    volunteer::Entity::find().filter(volunteer::Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// What these request ids of a person's led to.
pub async fn effects(
    db: &impl ConnectionTrait,
    person: PersonId,
    requests: &[Uuid],
) -> Result<Vec<request_effect::Model>, DbErr> {
    let those = request_effect::Entity::find()
        .filter(request_effect::Column::PersonId.eq(person))
        .filter(request_effect::Column::RequestId.is_in(requests.iter().copied()));
    those.all(db).await
}

/// The same of what waits or waited for a person.
pub async fn sent_before(
    db: &impl ConnectionTrait,
    person: PersonId,
    requests: &[Uuid],
) -> Result<Vec<synced_end::Model>, DbErr> {
    let those = synced_end::Entity::find()
        .filter(synced_end::Column::PersonId.eq(person))
        .filter(synced_end::Column::RequestId.is_in(requests.iter().copied()));
    those.all(db).await
}

pub async fn stays(db: &impl ConnectionTrait, ids: &[AttendanceId]) -> Result<Vec<attendance::Model>, DbErr> {
    attendance::Entity::find().filter(attendance::Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The oldest check-outs of a volunteer that wait without a stay.
pub async fn homeless(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<Vec<synced_end::Model>, DbErr> {
    synced_end::Entity::find()
        .filter(synced_end::Column::VolunteerId.eq(volunteer))
        .filter(synced_end::Column::State.eq(SyncedState::Awaiting))
        .filter(synced_end::Column::EndKind.eq(AttendanceEnd::CheckOut))
        .filter(synced_end::Column::AttendanceId.is_null())
        .order_by_asc(synced_end::Column::HeardAt)
        .order_by_asc(synced_end::Column::Id)
        .limit(AGAIN)
        .all(db)
        .await
}

pub async fn of_review(db: &impl ConnectionTrait, review: ReviewItemId) -> Result<Vec<synced_end::Model>, DbErr> {
    let those = synced_end::Entity::find().filter(synced_end::Column::ReviewItemId.eq(review));
    those.order_by_asc(synced_end::Column::EndKind).order_by_asc(synced_end::Column::HappenedAt).all(db).await
}

pub async fn add(db: &impl ConnectionTrait, row: synced_end::Model) -> Result<(), DbErr> {
    synced_end::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub async fn save(db: &impl ConnectionTrait, row: synced_end::Model) -> Result<(), DbErr> {
    synced_end::Entity::update(row.into_active_model().reset_all()).exec(db).await?;
    Ok(())
}

/// From now on the request id stands for this stay.
pub async fn lead(db: &impl ConnectionTrait, row: &synced_end::Model, attendance: AttendanceId) -> Result<(), DbErr> {
    let text = "UPDATE request_effect SET subject_id = $3 WHERE person_id = $1 AND request_id = $2";
    db::run(db, text, [row.person_id.into(), row.request_id.into(), attendance.into()]).await?;
    Ok(())
}

/// A review, and the branch of its team.
#[derive(FromQueryResult)]
pub struct PlacedReview {
    #[sea_orm(nested)]
    pub item: review_item::Model,
    pub branch_path: String,
}

pub async fn review(db: &impl ConnectionTrait, id: ReviewItemId) -> Result<Option<PlacedReview>, DbErr> {
    let text = "SELECT r.*, b.path AS branch_path FROM review_item r
                JOIN team t ON t.id = r.team_id JOIN branch b ON b.id = t.branch_id WHERE r.id = $1";
    db::one(db, text, [id.into()]).await
}

/// Tells whoever looks at a check-in of its check-out too.
pub async fn propose_end(db: &impl ConnectionTrait, review: ReviewItemId, to: Instant) -> Result<(), DbErr> {
    let Some(item) = review_item::Entity::find_by_id(review).one(db).await? else { return Ok(()) };
    let mut details = item.details.clone();
    details.to = Some(to);
    let mut item = item.into_active_model();
    item.details = Set(details);
    review_item::Entity::update(item).exec(db).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Found {
    id: AttendanceId,
}

/// Stays of the volunteer's that cover a moment, or begin or end near it; those that were undone left out.
pub async fn around(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    at: Instant,
    near: TimeDelta,
) -> Result<Vec<attendance::Model>, DbErr> {
    let text = "SELECT * FROM attendance
                WHERE volunteer_id = $1 AND checked_in_at <= $3 AND state <> 'UNDONE'
                  AND (checked_in_at >= $2 OR checked_out_at >= $2)
                ORDER BY checked_in_at, id LIMIT 200";
    db::all(db, text, [volunteer.into(), (at - near).into(), (at + near).into()]).await
}

/// Whether another stay of the volunteer's lies in these times; of one that is not closed its check-in counts.
pub async fn overlapped(db: &impl ConnectionTrait, stay: &attendance::Model, until: Instant) -> Result<bool, DbErr> {
    let text = "SELECT id FROM attendance
                WHERE volunteer_id = $1 AND id <> $2 AND checked_in_at < $4
                  AND COALESCE(checked_out_at, checked_in_at) > $3 LIMIT 1";
    let values = [stay.volunteer_id.into(), stay.id.into(), stay.checked_in_at.into(), until.into()];
    Ok(db::one::<Found>(db, text, values).await?.is_some())
}

/// The latest stay at a shift that began by this moment and has no end; of those only that somebody else recorded, if asked.
pub async fn unfinished(
    db: &impl ConnectionTrait,
    (volunteer, shift): (VolunteerId, ShiftId),
    at: Instant,
    by_others: bool,
) -> Result<Option<AttendanceId>, DbErr> {
    let by_others = if by_others { "AND o.check_in_by IS NOT NULL" } else { "" };
    let text = format!(
        "SELECT o.id FROM attendance o
         WHERE o.volunteer_id = $1 AND o.shift_id = $2 AND o.checked_in_at <= $3 AND o.state <> 'CLOSED' {by_others}
           AND NOT EXISTS (SELECT 1 FROM service_record r WHERE r.attendance_id = o.id AND r.state <> 'UNDONE')
         ORDER BY o.checked_in_at DESC LIMIT 1"
    );
    Ok(db::one::<Found>(db, text, [volunteer.into(), shift.into(), at.into()]).await?.map(|found| found.id))
}

/// Whether the leader has settled the stay.
pub async fn settled(db: &impl ConnectionTrait, stay: AttendanceId) -> Result<bool, DbErr> {
    let text = "SELECT attendance_id AS id FROM service_record WHERE attendance_id = $1 AND state NOT IN ('PENDING', 'UNDONE')";
    Ok(db::one::<Found>(db, text, [stay.into()]).await?.is_some())
}

/// Whose volunteer this is.
pub async fn person_of(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<Option<PersonId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        person_id: PersonId,
    }
    let text = "SELECT person_id FROM volunteer WHERE id = $1";
    Ok(db::one::<Row>(db, text, [volunteer.into()]).await?.map(|row| row.person_id))
}
