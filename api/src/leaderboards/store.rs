//! Standings and tallies in the database. Whoever moves a volunteer's standings holds that volunteer's row.

use boai_entity::{
    ids::{TeamId, VolunteerId},
    kinds::Category,
};
use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use super::rules::{Among, Board, COUNTY, Period, TALLIED, bucket_end, bucket_sql};
use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// The team of what was served with any team. Written out, so that the partial indexes are seen to fit.
pub(super) fn any_team(db: &impl ConnectionTrait) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => "x'00000000000000000000000000000000'",
        _ => "'00000000-0000-0000-0000-000000000000'::uuid",
    }
}

/// Whether a volunteer `v` agreed to be shown.
pub(super) const AGREED: &str = "EXISTS (SELECT 1 FROM consent a
    WHERE a.person_id = v.person_id AND a.kind = 'LEADERBOARD' AND a.withdrawn_at IS NULL)";
/// Whether a volunteer `v` was not erased.
pub(super) const HERE: &str = "v.number NOT LIKE 'erased:%'";

/// Moves every standing that minutes of a team, a category and a day count for, in one statement.
pub async fn move_standings(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    (team, category, day): (TeamId, Category, NaiveDate),
    minutes: i32,
) -> Result<(), DbErr> {
    let [all, year, month] = Period::of(day);
    let text = format!(
        "INSERT INTO leaderboard_standing (volunteer_id, team_id, category, period, home, shown, minutes, counted)
         SELECT v.id, t.column1, c.column1, p.column1, v.residence_code, {AGREED}, $4, 0
         FROM volunteer v CROSS JOIN (VALUES ({}), ($2)) t CROSS JOIN (VALUES (''), ($3)) c
         CROSS JOIN (VALUES ($5), ($6), ($7)) p
         WHERE v.id = $1 AND {HERE}
         ON CONFLICT (volunteer_id, team_id, category, period)
         DO UPDATE SET minutes = leaderboard_standing.minutes + excluded.minutes",
        any_team(db)
    );
    let values: [Value; 7] = [
        volunteer.into(),
        team.into(),
        category.as_str().into(),
        minutes.into(),
        all.0.into(),
        year.0.into(),
        month.0.into(),
    ];
    db::run(db, text, values).await?;
    Ok(())
}

/// Shows a volunteer on all boards, or on none.
pub async fn set_shown(db: &impl ConnectionTrait, volunteer: VolunteerId, shown: bool) -> Result<(), DbErr> {
    let text = "UPDATE leaderboard_standing SET shown = $2 WHERE volunteer_id = $1";
    db::run(db, text, [volunteer.into(), shown.into()]).await?;
    Ok(())
}

/// Takes a volunteer off all boards and out of the tallies; the rows themselves go with the rest of an erasure.
pub async fn take_off(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<(), DbErr> {
    let text = "UPDATE leaderboard_standing SET minutes = 0, shown = FALSE WHERE volunteer_id = $1";
    db::run(db, text, [volunteer.into()]).await?;
    count(db, &[volunteer]).await
}

/// Whose standings the tallies do not have yet, held; who is held by somebody else is left for later.
pub async fn hold_uncounted(db: &impl ConnectionTrait, most: u64) -> Result<Vec<VolunteerId>, DbErr> {
    let held = match db::for_update(db) {
        "" => String::new(),
        held => format!("{held} SKIP LOCKED"),
    };
    let text = format!(
        "SELECT v.id FROM volunteer v WHERE v.id IN (
             SELECT s.volunteer_id FROM leaderboard_standing s WHERE s.uncounted LIMIT {most})
         {held}"
    );
    ids(db, text, vec![]).await
}

/// Whether the tallies miss anything.
pub async fn is_uncounted(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let text = "SELECT s.volunteer_id AS id FROM leaderboard_standing s WHERE s.uncounted LIMIT 1";
    Ok(!ids(db, text, vec![]).await?.is_empty())
}

pub(super) async fn ids(
    db: &impl ConnectionTrait,
    text: impl Into<String>,
    values: Vec<Value>,
) -> Result<Vec<VolunteerId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: VolunteerId,
    }
    let rows: Vec<Row> = db::all(db, text, values).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Brings what moved of these volunteers, who are held, into the tallies. Tallies are taken in one order: of two who count at once, one
/// comes after the other.
pub async fn count(db: &impl ConnectionTrait, volunteers: &[VolunteerId]) -> Result<(), DbErr> {
    let those = format!("uncounted AND volunteer_id IN ({})", db::placeholders(1, volunteers.len()));
    let values = || volunteers.iter().map(|id| Value::from(*id));
    let moved = format!(
        "SELECT home, category, period, {} AS bucket, 1 AS n FROM leaderboard_standing WHERE {those} AND minutes > 0
         UNION ALL
         SELECT home, category, period, {}, -1 FROM leaderboard_standing WHERE {those} AND counted > 0",
        bucket_sql("minutes"),
        bucket_sql("counted")
    );
    db::run(db, add_to_tallies(&by_area(&moved)), values()).await?;
    db::run(db, format!("UPDATE leaderboard_standing SET counted = minutes WHERE {those}"), values()).await?;
    Ok(())
}

/// Rows of (home, category, period, bucket, n) for each area that they are tallied in.
pub(super) fn by_area(rows: &str) -> String {
    let levels = TALLIED.map(|digits| format!("({digits})")).join(", ");
    format!(
        "SELECT substr(x.home, 1, n.column1) AS area, x.category, x.period, x.bucket, x.n
         FROM ({rows}) x CROSS JOIN (VALUES {levels}) n WHERE length(x.home) >= n.column1"
    )
}

/// Adds rows of (area, category, period, bucket, n) to the tallies.
pub(super) fn add_to_tallies(rows: &str) -> String {
    format!(
        "INSERT INTO leaderboard_tally (area, category, period, bucket, heads)
         SELECT y.area, y.category, y.period, y.bucket, SUM(y.n) FROM ({rows}) y
         GROUP BY y.area, y.category, y.period, y.bucket HAVING SUM(y.n) <> 0
         ORDER BY y.area, y.category, y.period, y.bucket
         ON CONFLICT (area, category, period, bucket)
         DO UPDATE SET heads = leaderboard_tally.heads + excluded.heads"
    )
}

/// The condition on standings `s` of a board, with its first values.
fn of(db: &impl ConnectionTrait, board: &Board) -> (String, Vec<Value>) {
    let any_team = any_team(db);
    let (among, first): (String, Value) = match &board.among {
        Among::Team(team) => ("s.team_id = $1".into(), (*team).into()),
        Among::Division(code) if code.len() < COUNTY => {
            (format!("s.team_id = {any_team} AND substr(s.home, 1, length($1)) = $1"), code.as_str().into())
        }
        Among::Division(code) => (
            format!(
                "s.team_id = {any_team} AND substr(s.home, 1, {COUNTY}) = substr($1, 1, {COUNTY})
                 AND substr(s.home, 1, length($1)) = $1"
            ),
            code.as_str().into(),
        ),
        Among::Members(path) => (
            format!(
                "s.team_id = {any_team} AND s.volunteer_id IN (
                     SELECT m.volunteer_id FROM team_member m JOIN team t ON t.id = m.team_id
                     JOIN branch b ON b.id = t.branch_id WHERE m.state = 'ACCEPTED' AND b.path = $1)"
            ),
            path.as_str().into(),
        ),
    };
    let category = board.category.map(Category::as_str).unwrap_or_default();
    (format!("{among} AND s.category = $2 AND s.period = $3"), vec![first, category.into(), board.period.0.into()])
}

/// A condition that every standing meets: it lets an index be used that has whether they are shown before the minutes.
const SHOWN_OR_NOT: &str = "s.shown IN (TRUE, FALSE)";

/// Whether others see a shown standing `s` of a volunteer `v`: of a minor only as long as the guardian agrees that the child serves.
fn seen(of_age_since: usize) -> String {
    format!(
        "s.shown = TRUE AND (v.birth_date <= ${of_age_since} OR EXISTS (SELECT 1 FROM consent g
             WHERE g.person_id = v.person_id AND g.kind = 'GUARDIAN' AND g.withdrawn_at IS NULL))"
    )
}

/// A volunteer on a board.
#[derive(Debug, FromQueryResult)]
pub struct Listed {
    pub volunteer_id: VolunteerId,
    pub name: String,
    pub minutes: i32,
}

/// Those on a board whom others see, most minutes first.
pub async fn listed(
    db: &impl ConnectionTrait,
    board: &Board,
    of_age_since: NaiveDate,
    page: &Page<(i32, Uuid)>,
) -> Result<Slice<Listed>, DbErr> {
    let (beyond, order) = page.seek(true);
    let (of, mut values) = of(db, board);
    values.push(of_age_since.into());
    let mut from = String::new();
    if let Some((minutes, id)) = page.from {
        values.extend([minutes.into(), id.into()]);
        from = format!("AND (s.minutes, s.volunteer_id) {beyond} ($5, $6)");
    }
    let text = format!(
        "SELECT s.volunteer_id, v.name, s.minutes FROM leaderboard_standing s JOIN volunteer v ON v.id = s.volunteer_id
         WHERE {of} AND {} AND s.minutes > 0 {from}
         ORDER BY s.minutes {order}, s.volunteer_id {order} LIMIT {}",
        seen(4),
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}

#[derive(Debug, FromQueryResult)]
pub struct Own {
    pub minutes: i32,
    /// Whether others see it.
    pub seen: bool,
}

/// A volunteer's own standing; none without a minute on the board.
pub async fn own(
    db: &impl ConnectionTrait,
    board: &Board,
    of_age_since: NaiveDate,
    volunteer: VolunteerId,
) -> Result<Option<Own>, DbErr> {
    let (of, mut values) = of(db, board);
    values.extend([of_age_since.into(), volunteer.into()]);
    let text = format!(
        "SELECT s.minutes, ({}) AS seen FROM leaderboard_standing s JOIN volunteer v ON v.id = s.volunteer_id
         WHERE s.volunteer_id = $5 AND {of} AND s.minutes > 0",
        seen(4)
    );
    db::one(db, text, values).await
}

/// How many on a board have more than this, shown or not.
pub async fn above(db: &impl ConnectionTrait, board: &Board, minutes: i32) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        above: i64,
    }
    let (of, mut values) = of(db, board);
    values.push(minutes.into());
    let within =
        format!("SELECT COUNT(*) FROM leaderboard_standing s WHERE {of} AND {SHOWN_OR_NOT} AND s.minutes > $4");
    let text = if board.among.tallied() {
        values.push(bucket_end(minutes).into());
        format!(
            "SELECT CAST(
                 (SELECT COALESCE(SUM(y.heads), 0) FROM leaderboard_tally y
                  WHERE y.area = $1 AND y.category = $2 AND y.period = $3 AND y.bucket >= $5)
                 + (SELECT COALESCE(SUM(CASE WHEN s.minutes >= $5 THEN 1 ELSE 0 END
                                        - CASE WHEN s.counted >= $5 THEN 1 ELSE 0 END), 0)
                    FROM leaderboard_standing s WHERE {of} AND s.uncounted)
                 + ({within} AND s.minutes < $5) AS bigint) AS above"
        )
    } else {
        format!("SELECT CAST(({within}) AS bigint) AS above")
    };
    let row: Option<Row> = db::one(db, text, values).await?;
    Ok(row.map_or(0, |row| row.above))
}

/// How many have each number of minutes, from more than `beyond` to `most`, shown or not.
pub async fn between(
    db: &impl ConnectionTrait,
    board: &Board,
    beyond: i32,
    most: i32,
) -> Result<Vec<(i32, i64)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        minutes: i32,
        volunteers: i64,
    }
    let (of, mut values) = of(db, board);
    values.extend([beyond.into(), most.into()]);
    let text = format!(
        "SELECT s.minutes, COUNT(*) AS volunteers FROM leaderboard_standing s
         WHERE {of} AND {SHOWN_OR_NOT} AND s.minutes > $4 AND s.minutes <= $5 GROUP BY s.minutes"
    );
    let rows: Vec<Row> = db::all(db, text, values).await?;
    Ok(rows.into_iter().map(|row| (row.minutes, row.volunteers)).collect())
}
