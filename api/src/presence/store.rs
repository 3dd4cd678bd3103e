//! Asks and answers in the database.

use boai_entity::{
    Instant, attendance,
    ids::{ActivityId, AttendanceId, PersonId, PresenceAskId, ShiftId, VolunteerId},
    kinds::{ActivityState, EvidenceGrade},
    presence_ask,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, Value};

use crate::platform::db;

/// What asking everybody at a shift needs to know of it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct ShiftFacts {
    pub activity_id: ActivityId,
    pub activity_state: ActivityState,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub cancelled_at: Option<Instant>,
    pub branch_path: String,
}

pub async fn shift_facts(db: &impl ConnectionTrait, shift: ShiftId) -> Result<Option<ShiftFacts>, DbErr> {
    db::one(
        db,
        "SELECT a.id AS activity_id, a.state AS activity_state, s.starts_at, s.ends_at, s.cancelled_at, b.path AS branch_path
         FROM shift s JOIN activity a ON a.id = s.activity_id
         JOIN team t ON t.id = a.team_id JOIN branch b ON b.id = t.branch_id WHERE s.id = $1",
        [shift.into()],
    )
    .await
}

/// How often a shift was asked, and when last.
#[derive(Clone, Copy, Debug, Default, FromQueryResult)]
pub struct Standing {
    pub asks: i64,
    pub last_asked_at: Option<Instant>,
}

pub async fn standing(db: &impl ConnectionTrait, shift: ShiftId) -> Result<Standing, DbErr> {
    let text = "SELECT COUNT(*) AS asks, MAX(asked_at) AS last_asked_at FROM presence_ask WHERE shift_id = $1";
    Ok(db::one(db, text, [shift.into()]).await?.unwrap_or_default())
}

/// What a leader's request id led to.
pub async fn by_request(
    db: &impl ConnectionTrait,
    person: PersonId,
    request_id: uuid::Uuid,
) -> Result<Option<presence_ask::Model>, DbErr> {
    presence_ask::Entity::find()
        .filter(presence_ask::Column::AskedBy.eq(person))
        .filter(presence_ask::Column::RequestId.eq(request_id))
        .one(db)
        .await
}

/// Adds an ask, unless the shift has had its number, or one after `since`. Of two at one instant, who both see none, one gets the
/// number: false for the other.
pub async fn add(
    db: &impl ConnectionTrait,
    ask: &presence_ask::Model,
    at_most: i64,
    since: Instant,
) -> Result<bool, DbErr> {
    let text = "INSERT INTO presence_ask (id, shift_id, number, asked_at, answer_by, asked_by, request_id, policy_id)
                SELECT $1, $2, $3, $4, $5, $6, $7, $8
                WHERE (SELECT COUNT(*) FROM presence_ask p WHERE p.shift_id = $2) < $9
                  AND NOT EXISTS (SELECT 1 FROM presence_ask p WHERE p.shift_id = $2 AND p.asked_at > $10)
                ON CONFLICT DO NOTHING";
    let values: [Value; 10] = [
        ask.id.into(),
        ask.shift_id.into(),
        ask.number.into(),
        ask.asked_at.into(),
        ask.answer_by.into(),
        ask.asked_by.into(),
        ask.request_id.into(),
        ask.policy_id.into(),
        at_most.into(),
        since.into(),
    ];
    Ok(db::run(db, text, values).await? == 1)
}

/// Asks everybody who is at the shift now, and says whom.
pub async fn call(db: &impl ConnectionTrait, ask: PresenceAskId, shift: ShiftId) -> Result<Vec<VolunteerId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        volunteer_id: VolunteerId,
    }
    let text = "INSERT INTO presence_call (ask_id, attendance_id, volunteer_id)
                SELECT $1, o.id, o.volunteer_id FROM attendance o WHERE o.shift_id = $2 AND o.state = 'OPEN'
                RETURNING volunteer_id";
    let rows: Vec<Row> = db::all(db, text, [ask.into(), shift.into()]).await?;
    Ok(rows.into_iter().map(|row| row.volunteer_id).collect())
}

/// Somebody who was asked, with what judging their answer needs to know.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Called {
    #[sea_orm(nested)]
    pub attendance: attendance::Model,
    pub asked_at: Instant,
    pub answer_by: Instant,
    pub answered_at: Option<Instant>,
    pub latitude: f64,
    pub longitude: f64,
    pub radius_m: i32,
    pub branch_path: String,
    pub location_consent: bool,
}

pub async fn called(
    db: &impl ConnectionTrait,
    ask: PresenceAskId,
    volunteer: VolunteerId,
    person: PersonId,
) -> Result<Option<Called>, DbErr> {
    db::one(
        db,
        "SELECT o.*, p.asked_at, p.answer_by, c.answered_at, a.latitude, a.longitude, a.radius_m, b.path AS branch_path,
                EXISTS (SELECT 1 FROM consent x WHERE x.person_id = $3 AND x.kind = 'LOCATION' AND x.withdrawn_at IS NULL)
                    AS location_consent
         FROM presence_call c
         JOIN presence_ask p ON p.id = c.ask_id
         JOIN attendance o ON o.id = c.attendance_id
         JOIN shift s ON s.id = o.shift_id
         JOIN activity a ON a.id = s.activity_id
         JOIN team t ON t.id = a.team_id
         JOIN branch b ON b.id = t.branch_id
         WHERE c.ask_id = $1 AND c.volunteer_id = $2",
        [ask.into(), volunteer.into(), person.into()],
    )
    .await
}

/// What an answer proves, and how it was measured.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub at: Instant,
    pub grade: EvidenceGrade,
    pub accuracy_m: Option<f64>,
    pub distance_m: Option<f64>,
}

/// Keeps an answer; false when there is one already.
pub async fn answer(
    db: &impl ConnectionTrait,
    (ask, attendance): (PresenceAskId, AttendanceId),
    answer: Answer,
) -> Result<bool, DbErr> {
    let text = "UPDATE presence_call SET answered_at = $3, grade = $4, accuracy_m = $5, distance_m = $6
                WHERE ask_id = $1 AND attendance_id = $2 AND answered_at IS NULL";
    let Answer { at, grade, accuracy_m, distance_m } = answer;
    let values = [ask.into(), attendance.into(), at.into(), grade.into(), accuracy_m.into(), distance_m.into()];
    Ok(db::run(db, text, values).await? == 1)
}

/// Writes down the best proof that was given; false when the stay has ended.
pub async fn set_grade(db: &impl ConnectionTrait, id: AttendanceId, grade: EvidenceGrade) -> Result<bool, DbErr> {
    let text = "UPDATE attendance SET presence_grade = $2 WHERE id = $1 AND state = 'OPEN'";
    Ok(db::run(db, text, [id.into(), grade.into()]).await? == 1)
}

/// An ask, and how many answered it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Asked {
    #[sea_orm(nested)]
    pub ask: presence_ask::Model,
    pub people: i64,
    pub answered: i64,
}

const ASKED: &str = "SELECT p.*, (SELECT COUNT(*) FROM presence_call c WHERE c.ask_id = p.id) AS people,
        (SELECT COUNT(c.answered_at) FROM presence_call c WHERE c.ask_id = p.id) AS answered
    FROM presence_ask p";

pub async fn asked(db: &impl ConnectionTrait, id: PresenceAskId) -> Result<Option<Asked>, DbErr> {
    db::one(db, format!("{ASKED} WHERE p.id = $1"), [id.into()]).await
}

/// The asks of shifts, the last first.
pub async fn asked_at(db: &impl ConnectionTrait, shifts: &[ShiftId]) -> Result<Vec<Asked>, DbErr> {
    let these = db::placeholders(1, shifts.len());
    let text = format!("{ASKED} WHERE p.shift_id IN ({these}) ORDER BY p.number DESC");
    db::all(db, text, shifts.iter().map(|shift| Value::from(*shift))).await
}

/// An ask as it reached somebody's stay.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Call {
    pub attendance_id: AttendanceId,
    pub ask_id: PresenceAskId,
    pub asked_at: Instant,
    pub answer_by: Instant,
    pub answered_at: Option<Instant>,
    pub grade: Option<EvidenceGrade>,
}

/// What reached these stays, the last first.
pub async fn calls_of(db: &impl ConnectionTrait, stays: &[AttendanceId]) -> Result<Vec<Call>, DbErr> {
    let these = db::placeholders(1, stays.len());
    let text = format!(
        "SELECT c.attendance_id, c.ask_id, p.asked_at, p.answer_by, c.answered_at, c.grade
         FROM presence_call c JOIN presence_ask p ON p.id = c.ask_id
         WHERE c.attendance_id IN ({these}) ORDER BY p.number DESC"
    );
    db::all(db, text, stays.iter().map(|stay| Value::from(*stay))).await
}
