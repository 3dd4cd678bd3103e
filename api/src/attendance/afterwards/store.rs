//! What is asked of the database before time is told of afterwards.

use boai_entity::{
    Instant,
    ids::{ActivityId, AttendanceId, PersonId, ShiftId, TeamId, VolunteerId},
    kinds::{ActivityKind, ActivityState, SignUpState},
    review_item,
    review_kinds::ReviewKind,
};
use chrono::NaiveDate;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter};

use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// A shift, and what a volunteer has to do with it.
#[derive(Debug, FromQueryResult)]
pub struct ShiftFacts {
    pub activity_id: ActivityId,
    pub activity_state: ActivityState,
    pub kind: ActivityKind,
    pub team_id: TeamId,
    pub branch_path: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub person_id: Option<PersonId>,
    pub sign_up: Option<SignUpState>,
    pub member: bool,
    pub attendance_id: Option<AttendanceId>,
}

pub async fn shift_facts(
    db: &impl ConnectionTrait,
    shift: ShiftId,
    volunteer: VolunteerId,
) -> Result<Option<ShiftFacts>, DbErr> {
    db::one(
        db,
        "SELECT a.id AS activity_id, a.state AS activity_state, a.kind, a.team_id, b.path AS branch_path, s.starts_at,
                s.ends_at, v.person_id, u.state AS sign_up,
                EXISTS (SELECT 1 FROM team_member m WHERE m.team_id = t.id AND m.volunteer_id = $2
                        AND m.state = 'ACCEPTED') AS member,
                (SELECT o.id FROM attendance o WHERE o.shift_id = s.id AND o.volunteer_id = $2
                   AND o.state <> 'UNDONE' ORDER BY o.checked_in_at DESC, o.id DESC LIMIT 1) AS attendance_id
         FROM shift s
         JOIN activity a ON a.id = s.activity_id
         JOIN team t ON t.id = a.team_id
         JOIN branch b ON b.id = t.branch_id
         LEFT JOIN volunteer v ON v.id = $2
         LEFT JOIN sign_up u ON u.shift_id = s.id AND u.volunteer_id = $2
         WHERE s.id = $1",
        [shift.into(), volunteer.into()],
    )
    .await
}

/// Claims of the same subject, whatever became of them.
pub async fn claims_of(db: &impl ConnectionTrait, subject: &str) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Claims {
        claims: i64,
    }
    let text = "SELECT COUNT(*) AS claims FROM review_item WHERE kind = 'CLAIM' AND subject = $1";
    Ok(db::one::<Claims>(db, text, [subject.into()]).await?.map_or(0, |row| row.claims))
}

/// A volunteer's own claims, newest first.
pub async fn claims(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<review_item::Model>, DbErr> {
    let mut cursor = review_item::Entity::find()
        .filter(review_item::Column::VolunteerId.eq(volunteer))
        .filter(review_item::Column::Kind.eq(ReviewKind::Claim))
        .cursor_by((review_item::Column::RaisedAt, review_item::Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

#[derive(FromQueryResult)]
struct Counted {
    people: i32,
}

/// Counts one more of whom this leader fills in hours at a shift on a day, and says how many that makes. The row is held
/// until the end of the transaction: of two batches at one instant each counts the other's people.
pub async fn count_one(
    db: &impl ConnectionTrait,
    leader: PersonId,
    shift: ShiftId,
    day: NaiveDate,
) -> Result<i64, DbErr> {
    let text = "INSERT INTO back_fill_count (person_id, shift_id, day, people) VALUES ($1, $2, $3, 1)
                ON CONFLICT (person_id, shift_id, day) DO UPDATE SET people = back_fill_count.people + 1
                RETURNING people";
    let counted: Option<Counted> = db::one(db, text, [leader.into(), shift.into(), day.into()]).await?;
    Ok(counted.map_or(0, |row| row.people.into()))
}

pub async fn counted(
    db: &impl ConnectionTrait,
    leader: PersonId,
    shift: ShiftId,
    day: NaiveDate,
) -> Result<i64, DbErr> {
    let text = "SELECT people FROM back_fill_count WHERE person_id = $1 AND shift_id = $2 AND day = $3";
    let counted: Option<Counted> = db::one(db, text, [leader.into(), shift.into(), day.into()]).await?;
    Ok(counted.map_or(0, |row| row.people.into()))
}
