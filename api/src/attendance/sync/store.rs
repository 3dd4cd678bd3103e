//! What waits for a person, and what request ids led to, in the database.

use boai_entity::{
    Instant, attendance,
    ids::{AttendanceId, PersonId, ReviewItemId, ShiftId, VolunteerId},
    kinds::AttendanceEnd,
    request_effect, review_item,
    sync_kinds::SyncedState,
    synced_end,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use crate::platform::db;

/// Check-outs that wait for their check-ins and are looked at again at a time.
const AGAIN: u64 = 200;

/// Takes the volunteer's own row, and these shifts' to be shared, as [`lock_for_check_in`] does.
///
/// [`lock_for_check_in`]: crate::attendance::store::lock_for_check_in
pub async fn lock(db: &impl ConnectionTrait, volunteer: VolunteerId, shifts: &[ShiftId]) -> Result<(), DbErr> {
    crate::people::store::lock(db, volunteer).await?;
    if db.get_database_backend() == DbBackend::Sqlite || shifts.is_empty() {
        return Ok(());
    }
    let those = db::placeholders(1, shifts.len());
    let text = format!("SELECT id FROM shift WHERE id IN ({those}) ORDER BY id FOR SHARE");
    db::run(db, text, shifts.iter().map(|shift| (*shift).into())).await?;
    Ok(())
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

/// Whether a stay that ended covers this moment.
pub async fn covered(db: &impl ConnectionTrait, volunteer: VolunteerId, at: Instant) -> Result<bool, DbErr> {
    let text = "SELECT id FROM attendance
                WHERE volunteer_id = $1 AND checked_in_at <= $2 AND checked_out_at > $2 LIMIT 1";
    Ok(db::one::<Found>(db, text, [volunteer.into(), at.into()]).await?.is_some())
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
    let text = "SELECT attendance_id AS id FROM service_record WHERE attendance_id = $1 AND state <> 'UNDONE'";
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
