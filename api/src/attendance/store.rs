//! Attendances, refused tries and request ids in the database.

use boai_entity::{
    Instant, attendance, attendance_attempt, consent,
    ids::{ActivityId, AttendanceId, PersonId, PolicyId, ShiftId, TeamId, VolunteerId},
    kinds::{ActivityKind, ActivityState, Category, ConsentKind, SignUpState},
    request_effect,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult,
    QueryFilter, sea_query::OnConflict,
};

use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// Takes the volunteer's own row, and the shift's to be shared with everybody else who checks in: only whoever cancels the
/// activity or signs up must wait, so nobody is checked in to what has just been cancelled.
pub async fn lock_for_check_in(db: &impl ConnectionTrait, volunteer: VolunteerId, shift: ShiftId) -> Result<(), DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(());
    }
    let text = "SELECT v.id FROM volunteer v, shift s WHERE v.id = $1 AND s.id = $2
                FOR NO KEY UPDATE OF v FOR SHARE OF s";
    if db::run(db, text, [volunteer.into(), shift.into()]).await? == 0 {
        // No such shift: the volunteer's row is still needed for the request id.
        crate::people::store::lock(db, volunteer).await?;
    }
    Ok(())
}

/// What a check-in needs to know of shift, volunteer and policy, in one row.
#[derive(Debug, FromQueryResult)]
pub struct CheckInFacts {
    pub activity_id: ActivityId,
    pub team_id: TeamId,
    pub activity_state: ActivityState,
    pub latitude: f64,
    pub longitude: f64,
    pub radius_m: i32,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub branch_path: String,
    pub sign_up: Option<SignUpState>,
    pub signed_up_at: Option<Instant>,
    pub location_consent: bool,
    pub pairs_today: i64,
    pub open_id: Option<AttendanceId>,
    pub open_shift: Option<ShiftId>,
    pub open_activity: Option<ActivityId>,
    pub open_since: Option<Instant>,
    /// Who recorded its check-in, when it was not the volunteer.
    pub open_by: Option<PersonId>,
    pub open_ends_at: Option<Instant>,
    pub open_branch_path: Option<String>,
    pub open_title: Option<String>,
}

impl CheckInFacts {
    /// Where the volunteer is checked in already.
    pub fn open(&self, volunteer: VolunteerId) -> Option<OpenStay> {
        Some(OpenStay {
            id: self.open_id?,
            shift_id: self.open_shift?,
            activity_id: self.open_activity?,
            volunteer_id: volunteer,
            ends_at: self.open_ends_at?,
            branch_path: self.open_branch_path.clone()?,
        })
    }
}

/// `day` is the civil day that pairs are counted in, as [from, to).
pub async fn check_in_facts(
    db: &impl ConnectionTrait,
    shift: ShiftId,
    volunteer: VolunteerId,
    person: PersonId,
    day: (Instant, Instant),
) -> Result<Option<CheckInFacts>, DbErr> {
    db::one(
        db,
        "SELECT a.id AS activity_id, a.team_id, a.state AS activity_state, a.latitude, a.longitude, a.radius_m, s.starts_at, s.ends_at,
                b.path AS branch_path, u.state AS sign_up, u.signed_up_at,
                EXISTS (SELECT 1 FROM consent c WHERE c.person_id = $3 AND c.kind = 'LOCATION' AND c.withdrawn_at IS NULL)
                    AS location_consent,
                (SELECT COUNT(*) FROM attendance x JOIN shift y ON y.id = x.shift_id
                 WHERE x.volunteer_id = $2 AND x.checked_in_at >= $4 AND x.checked_in_at < $5
                   AND y.activity_id = a.id AND x.state <> 'UNDONE') AS pairs_today,
                o.id AS open_id, o.shift_id AS open_shift, oa.id AS open_activity, o.checked_in_at AS open_since,
                o.check_in_by AS open_by,
                os.ends_at AS open_ends_at, ob.path AS open_branch_path, oa.title AS open_title
         FROM shift s
         JOIN activity a ON a.id = s.activity_id
         JOIN team t ON t.id = a.team_id
         JOIN branch b ON b.id = t.branch_id
         LEFT JOIN sign_up u ON u.shift_id = s.id AND u.volunteer_id = $2
         LEFT JOIN attendance o ON o.volunteer_id = $2 AND o.state = 'OPEN'
         LEFT JOIN shift os ON os.id = o.shift_id
         LEFT JOIN activity oa ON oa.id = os.activity_id
         LEFT JOIN team ot ON ot.id = oa.team_id
         LEFT JOIN branch ob ON ob.id = ot.branch_id
         WHERE s.id = $1",
        [shift.into(), volunteer.into(), person.into(), day.0.into(), day.1.into()],
    )
    .await
}

/// The volunteer's open attendance with what a check-out needs to know, in one row.
#[derive(Debug, FromQueryResult)]
pub struct CheckOutFacts {
    #[sea_orm(nested)]
    pub attendance: attendance::Model,
    pub activity_id: ActivityId,
    pub team_id: TeamId,
    pub kind: ActivityKind,
    pub category: Category,
    pub latitude: f64,
    pub longitude: f64,
    pub radius_m: i32,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub branch_path: String,
    pub location_consent: bool,
}

pub async fn check_out_facts(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    person: PersonId,
    which: Whereabouts,
) -> Result<Option<CheckOutFacts>, DbErr> {
    let (which, id) = match which {
        Whereabouts::Open => ("o.state = 'OPEN'", None),
        Whereabouts::Stay(id) => ("o.id = $3", Some(id.into())),
    };
    let text = format!(
        "SELECT o.*, a.id AS activity_id, a.team_id, a.kind, a.category, a.latitude, a.longitude, a.radius_m,
                s.starts_at, s.ends_at, b.path AS branch_path,
                EXISTS (SELECT 1 FROM consent c WHERE c.person_id = $2 AND c.kind = 'LOCATION' AND c.withdrawn_at IS NULL)
                    AS location_consent
         FROM attendance o
         JOIN shift s ON s.id = o.shift_id
         JOIN activity a ON a.id = s.activity_id
         JOIN team t ON t.id = a.team_id
         JOIN branch b ON b.id = t.branch_id
         WHERE o.volunteer_id = $1 AND {which}"
    );
    db::one(db, text, [volunteer.into(), person.into()].into_iter().chain(id)).await
}

/// Which of a volunteer's stays.
#[derive(Clone, Copy, Debug)]
pub enum Whereabouts {
    /// Wherever they are checked in.
    Open,
    /// This one, whatever became of it.
    Stay(AttendanceId),
}

/// Opens an attendance unless the volunteer has one open already: the partial unique index decides.
pub async fn open(db: &impl ConnectionTrait, row: attendance::Model) -> Result<bool, DbErr> {
    let row: attendance::ActiveModel = row.into();
    let inserted = attendance::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

pub async fn save(db: &impl ConnectionTrait, row: attendance::Model) -> Result<(), DbErr> {
    let row: attendance::ActiveModel = row.into();
    attendance::Entity::update(row.reset_all()).exec(db).await?;
    Ok(())
}

pub async fn attendance(db: &impl ConnectionTrait, id: AttendanceId) -> Result<Option<attendance::Model>, DbErr> {
    attendance::Entity::find_by_id(id).one(db).await
}

pub async fn open_attendance(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
) -> Result<Option<attendance::Model>, DbErr> {
    attendance::Entity::find()
        .filter(attendance::Column::VolunteerId.eq(volunteer))
        .filter(attendance::Column::State.eq(boai_entity::kinds::AttendanceState::Open))
        .one(db)
        .await
}

/// Marks an open attendance as forgotten; false when it is no longer open.
pub async fn forget(db: &impl ConnectionTrait, id: AttendanceId) -> Result<bool, DbErr> {
    let text = "UPDATE attendance SET state = 'FORGOTTEN' WHERE id = $1 AND state = 'OPEN'";
    Ok(db::run(db, text, [id.into()]).await? == 1)
}

/// An open attendance, with what tells whether its check-out was forgotten.
#[derive(FromQueryResult)]
pub struct OpenStay {
    pub id: AttendanceId,
    pub shift_id: ShiftId,
    pub activity_id: ActivityId,
    pub volunteer_id: VolunteerId,
    pub ends_at: Instant,
    pub branch_path: String,
}

/// Open attendances of shifts that ended before a moment.
pub async fn overdue(db: &impl ConnectionTrait, ended_before: Instant) -> Result<Vec<OpenStay>, DbErr> {
    db::all(
        db,
        "SELECT o.id, o.shift_id, s.activity_id, o.volunteer_id, s.ends_at, b.path AS branch_path
         FROM attendance o JOIN shift s ON s.id = o.shift_id JOIN activity a ON a.id = s.activity_id
         JOIN team t ON t.id = a.team_id JOIN branch b ON b.id = t.branch_id
         WHERE o.state = 'OPEN' AND s.ends_at < $1 ORDER BY o.id LIMIT 500",
        [ended_before.into()],
    )
    .await
}

/// That neither the leader nor a check-out that waits for the leader's word says when this stay ended.
const NOBODY_SAID_WHEN: &str = "o.state = 'FORGOTTEN'
    AND NOT EXISTS (SELECT 1 FROM service_record c WHERE c.attendance_id = o.id AND c.state <> 'UNDONE')
    AND NOT EXISTS (SELECT 1 FROM synced_end e WHERE e.attendance_id = o.id AND e.state = 'AWAITING'
                    AND e.end_kind = 'CHECK_OUT')";

/// Stays of shifts that ended in a stretch of time, which came in later without their check-out, and which no leader was asked
/// about yet.
pub async fn unfinished(db: &impl ConnectionTrait, (from, to): (Instant, Instant)) -> Result<Vec<OpenStay>, DbErr> {
    let text = format!(
        "SELECT o.id, o.shift_id, s.activity_id, o.volunteer_id, s.ends_at, b.path AS branch_path
         FROM shift s JOIN attendance o ON o.shift_id = s.id JOIN activity a ON a.id = s.activity_id
         JOIN team t ON t.id = a.team_id JOIN branch b ON b.id = t.branch_id
         WHERE s.ends_at >= $1 AND s.ends_at < $2 AND a.kind = 'SERVICE' AND {NOBODY_SAID_WHEN}
           AND NOT EXISTS (SELECT 1 FROM review_item r WHERE r.attendance_id = o.id
                           AND r.kind = 'FORGOTTEN_CHECK_OUT' AND (r.outcome IS NULL OR r.outcome <> 'WITHDRAWN'))
         ORDER BY o.id LIMIT 500"
    );
    db::all(db, text, [from.into(), to.into()]).await
}

/// What a proposal to the leader is made of.
#[derive(FromQueryResult)]
pub struct ForgottenFacts {
    pub volunteer_id: VolunteerId,
    pub shift_id: ShiftId,
    pub activity_id: ActivityId,
    pub team_id: TeamId,
    pub policy_id: PolicyId,
    pub checked_in_at: Instant,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub latitude: f64,
    pub longitude: f64,
    pub radius_m: i32,
    /// When the volunteer last proved in between to be there for certain.
    pub proved_at: Option<Instant>,
}

/// None for what is no service, which gives no service time to settle, and where somebody has said or says when it ended.
pub async fn forgotten_facts(db: &impl ConnectionTrait, id: AttendanceId) -> Result<Option<ForgottenFacts>, DbErr> {
    let text = format!(
        "SELECT o.volunteer_id, o.shift_id, s.activity_id, a.team_id, o.policy_id, o.checked_in_at, s.starts_at, s.ends_at,
                a.latitude, a.longitude, a.radius_m,
                (SELECT MAX(c.answered_at) FROM presence_call c
                 WHERE c.attendance_id = o.id AND c.grade IN ('DESK', 'LOCATION')) AS proved_at
         FROM attendance o JOIN shift s ON s.id = o.shift_id JOIN activity a ON a.id = s.activity_id
         WHERE o.id = $1 AND a.kind = 'SERVICE' AND {NOBODY_SAID_WHEN}"
    );
    db::one(db, text, [id.into()]).await
}

/// A refused check-out, or answer in between, whose location was kept.
#[derive(FromQueryResult)]
pub struct LocatedTry {
    pub fixed_at: Instant,
    pub latitude: f64,
    pub longitude: f64,
}

/// Somebody's refused check-outs of a shift, and answers in between, with a fix after a moment, the last first. A fix too inaccurate or from the future
/// proves nothing; one too old for a check-out tells where its phone was.
pub async fn located_tries(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    shift: ShiftId,
    after: Instant,
) -> Result<Vec<LocatedTry>, DbErr> {
    db::all(
        db,
        "SELECT fixed_at, latitude, longitude FROM attendance_attempt
         WHERE volunteer_id = $1 AND shift_id = $2 AND fixed_at > $3 AND fixed_at <= tried_at AND end_kind IN ('CHECK_OUT', 'PRESENCE')
           AND latitude IS NOT NULL AND longitude IS NOT NULL
           AND refusal NOT IN ('FixInaccurate', 'FixFromTheFuture')
         ORDER BY fixed_at DESC LIMIT 20",
        [volunteer.into(), shift.into(), after.into()],
    )
    .await
}

/// Whether the person agrees, now, to the use of their location.
pub async fn location_consent(db: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    let given = consent::Entity::find()
        .filter(consent::Column::PersonId.eq(person))
        .filter(consent::Column::Kind.eq(ConsentKind::Location))
        .filter(consent::Column::WithdrawnAt.is_null());
    Ok(given.one(db).await?.is_some())
}

pub async fn keep_attempt(db: &impl ConnectionTrait, row: attendance_attempt::Model) -> Result<(), DbErr> {
    let row: attendance_attempt::ActiveModel = row.into();
    attendance_attempt::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub async fn effect(
    db: &impl ConnectionTrait,
    person: PersonId,
    request_id: uuid::Uuid,
) -> Result<Option<request_effect::Model>, DbErr> {
    request_effect::Entity::find_by_id((person, request_id)).one(db).await
}

pub async fn keep_effect(db: &impl ConnectionTrait, row: request_effect::Model) -> Result<(), DbErr> {
    let row = request_effect::ActiveModel {
        person_id: Set(row.person_id),
        request_id: Set(row.request_id),
        operation: Set(row.operation),
        asked: Set(row.asked),
        subject_id: Set(row.subject_id),
        made_at: Set(row.made_at),
    };
    request_effect::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// A shift's attendances by check-in time.
pub async fn of_shift(
    db: &impl ConnectionTrait,
    shift: ShiftId,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<attendance::Model>, DbErr> {
    let select = attendance::Entity::find().filter(attendance::Column::ShiftId.eq(shift));
    page.fetch(select.cursor_by((attendance::Column::CheckedInAt, attendance::Column::Id)), db).await
}

/// Those of these attendances that are a shift's own.
pub async fn of_shift_by_ids(
    db: &impl ConnectionTrait,
    shift: ShiftId,
    ids: impl IntoIterator<Item = AttendanceId>,
) -> Result<Vec<attendance::Model>, DbErr> {
    attendance::Entity::find()
        .filter(attendance::Column::ShiftId.eq(shift))
        .filter(attendance::Column::Id.is_in(ids))
        .all(db)
        .await
}

/// The numbers of a live board.
#[derive(Clone, Debug, Default, PartialEq, FromQueryResult)]
pub struct HeadCount {
    pub capacity: i32,
    pub signed_up: i64,
    pub waiting: i64,
    pub present: i64,
    pub left_already: i64,
    pub forgotten: i64,
}

pub async fn head_count(db: &impl ConnectionTrait, shift: ShiftId) -> Result<Option<HeadCount>, DbErr> {
    db::one(
        db,
        "SELECT s.capacity,
                (SELECT COUNT(*) FROM sign_up u WHERE u.shift_id = $1 AND u.state = 'SEATED') AS signed_up,
                (SELECT COUNT(*) FROM sign_up u WHERE u.shift_id = $1 AND u.state = 'WAITING') AS waiting,
                (SELECT COUNT(*) FROM attendance o WHERE o.shift_id = $1 AND o.state = 'OPEN') AS present,
                (SELECT COUNT(*) FROM attendance o WHERE o.shift_id = $1 AND o.state = 'CLOSED') AS left_already,
                (SELECT COUNT(*) FROM attendance o WHERE o.shift_id = $1 AND o.state = 'FORGOTTEN') AS forgotten
         FROM shift s WHERE s.id = $1",
        [shift.into()],
    )
    .await
}

/// The newest check-ins of a shift that were not undone.
pub async fn latest(db: &impl ConnectionTrait, shift: ShiftId, count: u64) -> Result<Vec<attendance::Model>, DbErr> {
    use sea_orm::{QueryOrder, QuerySelect};
    attendance::Entity::find()
        .filter(attendance::Column::ShiftId.eq(shift))
        .filter(attendance::Column::State.ne(boai_entity::kinds::AttendanceState::Undone))
        .order_by_desc(attendance::Column::CheckedInAt)
        .order_by_desc(attendance::Column::Id)
        .limit(count)
        .all(db)
        .await
}
