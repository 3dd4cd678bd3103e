//! What phones told, and what is counted to notice what looks odd.

use boai_entity::{
    Instant, attendance_signal,
    ids::{ActivityId, AttendanceId, AttendanceSignalId, PersonId, SessionId, TeamId, VolunteerId},
    presence_kinds::ProofKind,
};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use super::rules::Seen;
use crate::platform::db;

/// Keeps what is known of an end of a stay; once for each, but a phone that tells of an end that was known without one is looked
/// at too. Of answers in between the last one is kept, and looked at.
pub async fn keep(
    db: &impl ConnectionTrait,
    id: AttendanceSignalId,
    (attendance, of): (AttendanceId, ProofKind),
    session: Option<SessionId>,
    mocked: bool,
    at: Instant,
) -> Result<(), DbErr> {
    let text = "INSERT INTO attendance_signal (id, attendance_id, end_kind, volunteer_id, shift_id, device, mocked, at)
                SELECT $1, o.id, $3, o.volunteer_id, o.shift_id, COALESCE(s.installation_id, s.id), $5, $6
                FROM attendance o LEFT JOIN session s ON s.id = $4 WHERE o.id = $2
                ON CONFLICT (attendance_id, end_kind) DO UPDATE
                SET device = excluded.device, mocked = excluded.mocked, at = excluded.at, looked_at = NULL
                WHERE excluded.end_kind = 'PRESENCE' OR (attendance_signal.device IS NULL AND excluded.device IS NOT NULL)";
    let values = [id.into(), attendance.into(), of.into(), session.into(), mocked.into(), at.into()];
    db::run(db, text, values).await?;
    Ok(())
}

/// A signal with all that is asked about it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Told {
    #[sea_orm(nested)]
    pub signal: attendance_signal::Model,
    pub activity_id: ActivityId,
    pub team_id: TeamId,
    pub branch_path: String,
    /// Whether it is about somebody who leads the team.
    pub leads: bool,
}

const TOLD: &str = "SELECT x.*, a.id AS activity_id, a.team_id, b.path AS branch_path,
        EXISTS (SELECT 1 FROM role_grant g JOIN volunteer v ON v.person_id = g.person_id
                WHERE v.id = x.volunteer_id AND g.team_id = a.team_id AND g.role = 'TEAM_LEADER'
                  AND g.revoked_at IS NULL) AS leads
    FROM attendance_signal x
    JOIN shift s ON s.id = x.shift_id JOIN activity a ON a.id = s.activity_id
    JOIN team t ON t.id = a.team_id JOIN branch b ON b.id = t.branch_id";

/// Those that nobody looked at yet, the oldest first.
pub async fn unseen(db: &impl ConnectionTrait) -> Result<Vec<Told>, DbErr> {
    db::all(db, format!("{TOLD} WHERE x.looked_at IS NULL ORDER BY x.id LIMIT 500"), []).await
}

/// The same phone in the hands of other volunteers about that time; nobody's where no phone is known.
pub async fn same_device(
    db: &impl ConnectionTrait,
    signal: &attendance_signal::Model,
    (from, to): (Instant, Instant),
) -> Result<Vec<Told>, DbErr> {
    let text = format!(
        "{TOLD} WHERE x.device = $1 AND x.at >= $2 AND x.at <= $3 AND x.volunteer_id <> $4 ORDER BY x.at, x.id LIMIT 50"
    );
    db::all(db, text, [signal.device.into(), from.into(), to.into(), signal.volunteer_id.into()]).await
}

/// Volunteers whose ends of stays of one kind lie in one second.
pub async fn in_second(db: &impl ConnectionTrait, signal: &attendance_signal::Model) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct People {
        people: i64,
    }
    let from = signal.at - chrono::TimeDelta::milliseconds(i64::from(signal.at.timestamp_subsec_millis()));
    let text = "SELECT COUNT(DISTINCT volunteer_id) AS people FROM attendance_signal
                WHERE shift_id = $1 AND end_kind = $2 AND at >= $3 AND at < $4";
    let values =
        [signal.shift_id.into(), signal.end_kind.into(), from.into(), (from + chrono::TimeDelta::seconds(1)).into()];
    Ok(db::one::<People>(db, text, values).await?.map_or(0, |row| row.people))
}

#[derive(FromQueryResult)]
struct Ends {
    checked_in_at: Instant,
    check_in_latitude: Option<f64>,
    check_in_longitude: Option<f64>,
    check_in_accuracy_m: Option<f64>,
    checked_out_at: Option<Instant>,
    check_out_latitude: Option<f64>,
    check_out_longitude: Option<f64>,
    check_out_accuracy_m: Option<f64>,
}

/// Somebody's last fixes up to a moment, the newest first, those of the moment with them.
pub async fn fixes(db: &impl ConnectionTrait, volunteer: VolunteerId, until: Instant) -> Result<Vec<Seen>, DbErr> {
    let text = "SELECT checked_in_at, check_in_latitude, check_in_longitude, check_in_accuracy_m,
                       checked_out_at, check_out_latitude, check_out_longitude, check_out_accuracy_m
                FROM attendance WHERE volunteer_id = $1 AND checked_in_at <= $2 ORDER BY checked_in_at DESC LIMIT 10";
    let rows: Vec<Ends> = db::all(db, text, [volunteer.into(), until.into()]).await?;
    let mut seen = Vec::new();
    for row in rows {
        let ends = [
            (row.checked_out_at, row.check_out_latitude, row.check_out_longitude, row.check_out_accuracy_m),
            (Some(row.checked_in_at), row.check_in_latitude, row.check_in_longitude, row.check_in_accuracy_m),
        ];
        for (at, latitude, longitude, accuracy) in ends {
            if let (Some(at), Some(latitude), Some(longitude)) = (at, latitude, longitude)
                && at <= until
            {
                seen.push(Seen { at, latitude, longitude, accuracy_m: accuracy.unwrap_or_default() });
            }
        }
    }
    seen.sort_by_key(|seen| std::cmp::Reverse(seen.at));
    Ok(seen)
}

pub async fn looked(db: &impl ConnectionTrait, id: AttendanceSignalId, now: Instant) -> Result<(), DbErr> {
    let text = "UPDATE attendance_signal SET looked_at = $2 WHERE id = $1 AND looked_at IS NULL";
    db::run(db, text, [id.into(), now.into()]).await?;
    Ok(())
}

/// An activity of which a shift is over.
#[derive(FromQueryResult)]
pub struct Attended {
    pub activity_id: ActivityId,
    pub team_id: TeamId,
    pub branch_path: String,
}

/// Activities of which a shift ended in a stretch of time with somebody at it.
pub async fn ended(db: &impl ConnectionTrait, from: Instant, to: Instant) -> Result<Vec<Attended>, DbErr> {
    db::all(
        db,
        "SELECT DISTINCT a.id AS activity_id, a.team_id, b.path AS branch_path
         FROM shift s JOIN activity a ON a.id = s.activity_id
         JOIN team t ON t.id = a.team_id JOIN branch b ON b.id = t.branch_id
         WHERE s.ends_at >= $1 AND s.ends_at < $2
           AND EXISTS (SELECT 1 FROM attendance o WHERE o.shift_id = s.id AND o.state <> 'UNDONE')
         ORDER BY a.id",
        [from.into(), to.into()],
    )
    .await
}

/// From when to when a person was at a shift: from the first check-in to the last check-out.
#[derive(FromQueryResult)]
pub struct Stayed {
    pub volunteer_id: VolunteerId,
    pub came_at: Instant,
    pub left_at: Option<Instant>,
    pub forgotten: i64,
}

/// Of an activity's shifts that ended in a stretch of time.
pub async fn stayed(
    db: &impl ConnectionTrait,
    activity: ActivityId,
    (from, to): (Instant, Instant),
) -> Result<Vec<Stayed>, DbErr> {
    db::all(
        db,
        "SELECT o.volunteer_id, MIN(o.checked_in_at) AS came_at, MAX(o.checked_out_at) AS left_at,
                SUM(CASE WHEN o.checked_out_at IS NULL THEN 1 ELSE 0 END) AS forgotten
         FROM shift s JOIN attendance o ON o.shift_id = s.id AND o.state <> 'UNDONE'
         WHERE s.activity_id = $1 AND s.ends_at >= $2 AND s.ends_at < $3 GROUP BY o.volunteer_id, s.id",
        [activity.into(), from.into(), to.into()],
    )
    .await
}

/// How many stays of a volunteer somebody confirmed for a team.
#[derive(FromQueryResult)]
pub struct Confirmed {
    pub team_id: TeamId,
    pub confirmed_by: PersonId,
    pub records: i64,
}

/// By team, by whoever confirmed, and by volunteer, in a stretch of time.
pub async fn confirmed(db: &impl ConnectionTrait, from: Instant, to: Instant) -> Result<Vec<Confirmed>, DbErr> {
    db::all(
        db,
        "SELECT team_id, confirmed_by, COUNT(*) AS records FROM service_record
         WHERE confirmed_at >= $1 AND confirmed_at <= $2 AND state = 'CONFIRMED' AND confirmed_by IS NOT NULL
         GROUP BY team_id, confirmed_by, volunteer_id ORDER BY team_id, confirmed_by",
        [from.into(), to.into()],
    )
    .await
}

/// What a flag about whoever confirmed for a team hangs on.
#[derive(FromQueryResult)]
pub struct Confirmer {
    pub activity_id: ActivityId,
    pub branch_path: String,
    pub volunteer_id: Option<VolunteerId>,
    pub members: i64,
}

pub async fn confirmer(db: &impl ConnectionTrait, team: TeamId, person: PersonId) -> Result<Option<Confirmer>, DbErr> {
    db::one(
        db,
        "SELECT r.activity_id, b.path AS branch_path, v.id AS volunteer_id,
                (SELECT COUNT(*) FROM team_member m WHERE m.team_id = r.team_id AND m.state = 'ACCEPTED') AS members
         FROM service_record r JOIN team t ON t.id = r.team_id JOIN branch b ON b.id = t.branch_id
         LEFT JOIN volunteer v ON v.person_id = r.confirmed_by
         WHERE r.team_id = $1 AND r.confirmed_by = $2 ORDER BY r.confirmed_at DESC LIMIT 1",
        [team.into(), person.into()],
    )
    .await
}
