//! Desks in the database: grants, rosters, entries, refused scans, and codes that were used.

use boai_entity::{
    Instant, code_use, desk_entry, desk_grant,
    ids::{
        ActivityId, AttendanceId, DeskEntryId, DeskGrantId, FacilityId, PersonId, PostId, SessionId, ShiftId, SignUpId,
        TeamId, VolunteerId,
    },
    kinds::{AttendanceEnd, AttendanceState, SignUpState},
    refused_scan, volunteer,
};
use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Value,
    sea_query::OnConflict,
};

use super::rules::SiteId;
use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// A site, as far as permissions go.
pub struct Site {
    pub name: String,
    /// Of an activity; a facility is its branch's.
    pub team: Option<TeamId>,
    pub branch_path: String,
    /// Whether the person sits at its desk on the day.
    pub granted: bool,
}

pub async fn site(
    db: &impl ConnectionTrait,
    site: SiteId,
    person: PersonId,
    day: NaiveDate,
) -> Result<Option<Site>, DbErr> {
    #[derive(FromQueryResult)]
    struct OfActivity {
        name: String,
        team_id: TeamId,
        branch_path: String,
        granted: bool,
    }
    #[derive(FromQueryResult)]
    struct OfFacility {
        name: String,
        branch_path: String,
        granted: bool,
    }
    const GRANTED: &str = "EXISTS (SELECT 1 FROM desk_grant g WHERE g.person_id = $2 AND g.revoked_at IS NULL
                                    AND g.from_day <= $3 AND g.to_day >= $3";
    match site {
        SiteId::Activity(id) => {
            let text = format!(
                "SELECT a.title AS name, a.team_id, b.path AS branch_path,
                        {GRANTED} AND (g.activity_id = a.id OR g.facility_id = a.facility_id)) AS granted
                 FROM activity a JOIN team t ON t.id = a.team_id JOIN branch b ON b.id = t.branch_id WHERE a.id = $1"
            );
            let row: Option<OfActivity> = db::one(db, text, [id.into(), person.into(), day.into()]).await?;
            Ok(row.map(|OfActivity { name, team_id, branch_path, granted }| Site {
                name,
                team: Some(team_id),
                branch_path,
                granted,
            }))
        }
        SiteId::Facility(id) => {
            let text = format!(
                "SELECT f.name, b.path AS branch_path, {GRANTED} AND g.facility_id = f.id) AS granted
                 FROM facility f JOIN branch b ON b.id = f.branch_id WHERE f.id = $1"
            );
            let row: Option<OfFacility> = db::one(db, text, [id.into(), person.into(), day.into()]).await?;
            Ok(row.map(|OfFacility { name, branch_path, granted }| Site { name, team: None, branch_path, granted }))
        }
    }
}

/// The condition that an activity takes place at a site, `$1`.
fn takes_place(site: SiteId) -> &'static str {
    match site {
        SiteId::Activity(_) => "a.id = $1",
        SiteId::Facility(_) => "a.facility_id = $1",
    }
}

/// Whether an activity takes place at a site.
pub async fn is_at(db: &impl ConnectionTrait, site: SiteId, activity: ActivityId) -> Result<bool, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        #[expect(dead_code, reason = "that there is one says it all")]
        id: ActivityId,
    }
    let text = format!("SELECT a.id FROM activity a WHERE {} AND a.id = $2", takes_place(site));
    let row: Option<Row> = db::one(db, text, [site.uuid().into(), activity.into()]).await?;
    Ok(row.is_some())
}

/// Grants a desk; false when the same grant is there already.
pub async fn add_grant(db: &impl ConnectionTrait, row: desk_grant::Model) -> Result<bool, DbErr> {
    let row: desk_grant::ActiveModel = row.into();
    let inserted = desk_grant::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

pub async fn grant(db: &impl ConnectionTrait, id: DeskGrantId) -> Result<Option<desk_grant::Model>, DbErr> {
    desk_grant::Entity::find_by_id(id).one(db).await
}

/// Ends a grant now; false when it was taken back already.
pub async fn revoke(db: &impl ConnectionTrait, id: DeskGrantId, by: PersonId, now: Instant) -> Result<bool, DbErr> {
    let text = "UPDATE desk_grant SET revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at IS NULL";
    Ok(db::run(db, text, [id.into(), now.into(), by.into()]).await? == 1)
}

/// Who has the desk of a site today or later, by the first day.
pub async fn grants(
    db: &impl ConnectionTrait,
    site: SiteId,
    today: NaiveDate,
    page: Page<(NaiveDate, uuid::Uuid)>,
) -> Result<Slice<desk_grant::Model>, DbErr> {
    let at = match site {
        SiteId::Activity(id) => desk_grant::Column::ActivityId.eq(id),
        SiteId::Facility(id) => desk_grant::Column::FacilityId.eq(id),
    };
    let select = desk_grant::Entity::find()
        .filter(at)
        .filter(desk_grant::Column::RevokedAt.is_null())
        .filter(desk_grant::Column::ToDay.gte(today));
    page.fetch(select.cursor_by((desk_grant::Column::FromDay, desk_grant::Column::Id)), db).await
}

/// Desks that a person has today or later.
pub async fn desks_of(
    db: &impl ConnectionTrait,
    person: PersonId,
    today: NaiveDate,
) -> Result<Vec<desk_grant::Model>, DbErr> {
    desk_grant::Entity::find()
        .filter(desk_grant::Column::PersonId.eq(person))
        .filter(desk_grant::Column::RevokedAt.is_null())
        .filter(desk_grant::Column::ToDay.gte(today))
        .order_by_asc(desk_grant::Column::FromDay)
        .order_by_asc(desk_grant::Column::Id)
        .limit(50)
        .all(db)
        .await
}

/// Desks that a person has or had, those taken back too: for what was entered before and is told now. A grant is for a day to a
/// season, and what comes in later is at most weeks old, so the last hundred are all that can matter.
pub async fn desks_ever_of(db: &impl ConnectionTrait, person: PersonId) -> Result<Vec<desk_grant::Model>, DbErr> {
    let theirs = desk_grant::Entity::find().filter(desk_grant::Column::PersonId.eq(person));
    theirs.order_by_desc(desk_grant::Column::ToDay).limit(100).all(db).await
}

/// Whoever is at this phone number, or is the volunteer with this number.
pub async fn person_by_phone(db: &impl ConnectionTrait, phone: &str) -> Result<Option<PersonId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: PersonId,
    }
    let text = "SELECT id FROM person WHERE phone = $1 AND erased_at IS NULL";
    let row: Option<Row> = db::one(db, text, [phone.into()]).await?;
    Ok(row.map(|row| row.id))
}

/// The volunteer behind a session that had not ended at a moment.
pub async fn volunteer_of_session(
    db: &impl ConnectionTrait,
    session: SessionId,
    at: Instant,
) -> Result<Option<volunteer::Model>, DbErr> {
    let text = "SELECT v.* FROM session s JOIN person p ON p.id = s.person_id AND p.erased_at IS NULL
                JOIN volunteer v ON v.person_id = s.person_id WHERE s.id = $1 AND (s.ended_at IS NULL OR s.ended_at > $2)";
    db::one(db, text, [session.into(), at.into()]).await
}

/// A line of a roster: who is to come to which shift, and whether they are there.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Line {
    pub sign_up_id: SignUpId,
    pub sign_up_state: SignUpState,
    pub shift_id: ShiftId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub activity_title: String,
    pub team_name: String,
    pub post_id: Option<PostId>,
    pub post_name: Option<String>,
    pub volunteer_id: VolunteerId,
    pub person_id: PersonId,
    pub name: String,
    pub attendance_state: Option<AttendanceState>,
    pub checked_in_at: Option<Instant>,
    pub checked_out_at: Option<Instant>,
    /// The entry of a desk that made the attendance what it is.
    pub entry_id: Option<DeskEntryId>,
    pub entered_at: Option<Instant>,
}

/// Lines, with the newest stay of each that was not undone. `$1` is the site, `$2` and `$3` the day.
fn lines(site: SiteId) -> String {
    format!(
        "SELECT u.id AS sign_up_id, u.state AS sign_up_state, s.id AS shift_id, s.starts_at, s.ends_at,
                a.title AS activity_title, t.name AS team_name, u.post_id, r.name AS post_name, v.id AS volunteer_id,
                v.person_id, v.name, o.state AS attendance_state, o.checked_in_at, o.checked_out_at,
                e.id AS entry_id, e.made_at AS entered_at
         FROM activity a
         JOIN team t ON t.id = a.team_id
         JOIN shift s ON s.activity_id = a.id
         JOIN sign_up u ON u.shift_id = s.id AND u.state IN ('SEATED', 'WAITING')
         JOIN volunteer v ON v.id = u.volunteer_id
         LEFT JOIN post r ON r.id = u.post_id
         LEFT JOIN attendance o ON o.id = (
              SELECT x.id FROM attendance x
              WHERE x.volunteer_id = u.volunteer_id AND x.shift_id = u.shift_id AND x.state <> 'UNDONE'
              ORDER BY x.checked_in_at DESC, x.id DESC LIMIT 1)
         LEFT JOIN desk_entry e ON e.attendance_id = o.id AND e.undone_at IS NULL
              AND e.end_kind = CASE WHEN o.checked_out_at IS NULL THEN 'CHECK_IN' ELSE 'CHECK_OUT' END
         WHERE {} AND a.state = 'PUBLISHED' AND s.starts_at < $3 AND s.ends_at > $2",
        takes_place(site)
    )
}

/// A site's roster of a day, by shift.
pub async fn roster(
    db: &impl ConnectionTrait,
    site: SiteId,
    day: (Instant, Instant),
    shift: Option<ShiftId>,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<Line>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![site.uuid().into(), day.0.into(), day.1.into()];
    let mut more = String::new();
    if let Some(shift) = shift {
        values.push(shift.into());
        more.push_str(&format!(" AND s.id = ${}", values.len()));
    }
    if let Some((starts_at, id)) = page.from {
        values.extend([starts_at.into(), id.into()]);
        more.push_str(&format!(" AND (s.starts_at, u.id) {beyond} (${}, ${})", values.len() - 1, values.len()));
    }
    let text = format!("{}{more} ORDER BY s.starts_at {order}, u.id {order} LIMIT {}", lines(site), page.limit + 1);
    Ok(page.cut(db::all(db, text, values).await?))
}

/// Whose lines of a roster are looked for.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    Volunteer(VolunteerId),
    /// Whose phone number ends so.
    Digits(&'a str),
    SignUp(SignUpId),
}

/// These lines of a site's roster of a day, by shift.
pub async fn lines_of(
    db: &impl ConnectionTrait,
    site: SiteId,
    day: (Instant, Instant),
    wanted: Wanted<'_>,
) -> Result<Vec<Line>, DbErr> {
    let (condition, value): (_, Value) = match wanted {
        Wanted::Volunteer(id) => ("v.id = $4", id.into()),
        Wanted::Digits(digits) => (
            "EXISTS (SELECT 1 FROM person p WHERE p.id = v.person_id AND p.phone LIKE $4)",
            format!("%{digits}").into(),
        ),
        Wanted::SignUp(id) => ("v.id = (SELECT w.volunteer_id FROM sign_up w WHERE w.id = $4)", id.into()),
    };
    let text = format!("{} AND {condition} ORDER BY s.starts_at, u.id LIMIT 100", lines(site));
    db::all(db, text, [site.uuid().into(), day.0.into(), day.1.into(), value]).await
}

/// A shift of a site.
#[derive(Clone, Debug, FromQueryResult)]
pub struct SiteShift {
    pub id: ShiftId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub capacity: i32,
    pub taken: i32,
    pub activity_title: String,
    pub team_name: String,
}

/// A site's shifts of a day, by start.
pub async fn shifts(db: &impl ConnectionTrait, site: SiteId, day: (Instant, Instant)) -> Result<Vec<SiteShift>, DbErr> {
    let text = format!(
        "SELECT s.id, s.starts_at, s.ends_at, s.capacity, s.taken, a.title AS activity_title, t.name AS team_name
         FROM activity a JOIN team t ON t.id = a.team_id JOIN shift s ON s.activity_id = a.id
         WHERE {} AND a.state = 'PUBLISHED' AND s.starts_at < $3 AND s.ends_at > $2
         ORDER BY s.starts_at, s.id LIMIT 200",
        takes_place(site)
    );
    db::all(db, text, [site.uuid().into(), day.0.into(), day.1.into()]).await
}

/// When, for what and at which shift a code was used.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Used {
    pub used_at: Instant,
    pub end_kind: AttendanceEnd,
    pub shift_id: ShiftId,
}

pub async fn used(db: &impl ConnectionTrait, volunteer: VolunteerId, step: i32) -> Result<Option<Used>, DbErr> {
    let text = "SELECT c.used_at, c.end_kind, o.shift_id FROM code_use c JOIN attendance o ON o.id = c.attendance_id
                WHERE c.volunteer_id = $1 AND c.step = $2";
    db::one(db, text, [volunteer.into(), step.into()]).await
}

/// Uses a code up; false when it was used before: the primary key decides.
pub async fn use_up(db: &impl ConnectionTrait, row: code_use::Model) -> Result<bool, DbErr> {
    let row: code_use::ActiveModel = row.into();
    let inserted = code_use::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

pub async fn add_entry(db: &impl ConnectionTrait, row: desk_entry::Model) -> Result<(), DbErr> {
    let row: desk_entry::ActiveModel = row.into();
    desk_entry::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The entry that made this end of an attendance.
pub async fn entry_of(
    db: &impl ConnectionTrait,
    attendance: AttendanceId,
    end: AttendanceEnd,
) -> Result<Option<desk_entry::Model>, DbErr> {
    desk_entry::Entity::find()
        .filter(desk_entry::Column::AttendanceId.eq(attendance))
        .filter(desk_entry::Column::EndKind.eq(end))
        .order_by_desc(desk_entry::Column::Id)
        .one(db)
        .await
}

/// An entry with what undoing it needs to know.
#[derive(FromQueryResult)]
pub struct PlacedEntry {
    #[sea_orm(nested)]
    pub entry: desk_entry::Model,
    pub person_id: PersonId,
    pub shift_id: ShiftId,
    pub activity_id: ActivityId,
    pub facility_id: Option<FacilityId>,
    pub branch_path: String,
    pub attendance_state: AttendanceState,
}

pub async fn entry(db: &impl ConnectionTrait, id: DeskEntryId) -> Result<Option<PlacedEntry>, DbErr> {
    let text = "SELECT e.*, v.person_id, o.shift_id, s.activity_id, a.facility_id, b.path AS branch_path,
                       o.state AS attendance_state
                FROM desk_entry e
                JOIN volunteer v ON v.id = e.volunteer_id
                JOIN attendance o ON o.id = e.attendance_id
                JOIN shift s ON s.id = o.shift_id
                JOIN activity a ON a.id = s.activity_id
                JOIN team t ON t.id = a.team_id
                JOIN branch b ON b.id = t.branch_id
                WHERE e.id = $1";
    db::one(db, text, [id.into()]).await
}

/// Marks an entry as undone; false when it was already.
pub async fn mark_undone(
    db: &impl ConnectionTrait,
    id: DeskEntryId,
    by: PersonId,
    reason: &str,
    now: Instant,
) -> Result<bool, DbErr> {
    let text = "UPDATE desk_entry SET undone_at = $2, undone_by = $3, undo_reason = $4
                WHERE id = $1 AND undone_at IS NULL";
    Ok(db::run(db, text, [id.into(), now.into(), by.into(), reason.into()]).await? == 1)
}

/// Makes an open attendance void; false when it is open no longer.
pub async fn void(db: &impl ConnectionTrait, id: AttendanceId) -> Result<bool, DbErr> {
    let text = "UPDATE attendance SET state = 'UNDONE' WHERE id = $1 AND state = 'OPEN'";
    Ok(db::run(db, text, [id.into()]).await? == 1)
}

/// Opens a closed attendance again; false when it is not closed.
pub async fn reopen(db: &impl ConnectionTrait, id: AttendanceId) -> Result<bool, DbErr> {
    let text =
        "UPDATE attendance SET state = 'OPEN', checked_out_at = NULL, check_out_grade = NULL, check_out_by = NULL
                WHERE id = $1 AND state = 'CLOSED'";
    Ok(db::run(db, text, [id.into()]).await? == 1)
}

pub async fn keep_refused(db: &impl ConnectionTrait, row: refused_scan::Model) -> Result<(), DbErr> {
    let row: refused_scan::ActiveModel = row.into();
    refused_scan::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// What a site's desk was refused since a moment, the newest first, with the name of whoever it was about.
#[derive(Clone, FromQueryResult)]
pub struct Refused {
    #[sea_orm(nested)]
    pub scan: refused_scan::Model,
    pub name: Option<String>,
}

pub async fn refused(
    db: &impl ConnectionTrait,
    site: SiteId,
    since: Instant,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<Refused>, DbErr> {
    let (beyond, order) = page.seek(true);
    let at = match site {
        SiteId::Activity(_) => "x.activity_id = $1",
        SiteId::Facility(_) => "x.facility_id = $1",
    };
    let mut values: Vec<Value> = vec![site.uuid().into(), since.into()];
    let mut seek = String::new();
    if let Some((tried_at, id)) = page.from {
        values.extend([tried_at.into(), id.into()]);
        seek = format!("AND (x.tried_at, x.id) {beyond} ($3, $4)");
    }
    let text = format!(
        "SELECT x.*, v.name FROM refused_scan x LEFT JOIN volunteer v ON v.id = x.volunteer_id
         WHERE {at} AND x.tried_at >= $2 {seek} ORDER BY x.tried_at {order}, x.id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}
