//! Rules and the shifts that they made, in the database.

use std::collections::HashMap;

use boai_entity::{
    Instant, attendance,
    ids::{ActivityId, ShiftId, ShiftRuleId, VolunteerId},
    post, shift, shift_rule,
};
use chrono::NaiveDate;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait,
    QueryFilter, Value,
};

use crate::platform::db;

pub async fn rule(db: &impl ConnectionTrait, id: ShiftRuleId) -> Result<Option<shift_rule::Model>, DbErr> {
    shift_rule::Entity::find_by_id(id).one(db).await
}

pub async fn add_rule(db: &impl ConnectionTrait, rule: shift_rule::Model) -> Result<(), DbErr> {
    shift_rule::Entity::insert(shift_rule::ActiveModel::from(rule)).exec_without_returning(db).await?;
    Ok(())
}

pub async fn save_rule(db: &impl ConnectionTrait, rule: shift_rule::Model) -> Result<(), DbErr> {
    shift_rule::Entity::update(shift_rule::ActiveModel::from(rule).reset_all()).exec(db).await?;
    Ok(())
}

pub async fn set_made_until(db: &impl ConnectionTrait, id: ShiftRuleId, day: NaiveDate) -> Result<(), DbErr> {
    db::run(db, "UPDATE shift_rule SET made_until = $2 WHERE id = $1", [id.into(), day.into()]).await?;
    Ok(())
}

/// Rules of an activity that are in force or will be.
pub async fn rule_count(db: &impl ConnectionTrait, activity: ActivityId, today: NaiveDate) -> Result<u64, DbErr> {
    shift_rule::Entity::find()
        .filter(shift_rule::Column::ActivityId.eq(activity))
        .filter(Condition::any().add(shift_rule::Column::ValidTo.is_null()).add(shift_rule::Column::ValidTo.gte(today)))
        .count(db)
        .await
}

/// No version of the series goes on after this day.
pub async fn end_series(db: &impl ConnectionTrait, series: ShiftRuleId, last: NaiveDate) -> Result<(), DbErr> {
    let text = "UPDATE shift_rule SET valid_to = $2 WHERE series_id = $1 AND (valid_to IS NULL OR valid_to > $2)";
    db::run(db, text, [series.into(), last.into()]).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Due {
    id: ShiftRuleId,
    activity_id: ActivityId,
}

/// Rules that have days to make up to the horizon, some hundreds at a time; with their activities.
pub async fn rules_due(db: &impl ConnectionTrait, horizon: NaiveDate) -> Result<Vec<(ShiftRuleId, ActivityId)>, DbErr> {
    let text = "SELECT r.id, r.activity_id FROM shift_rule r
                JOIN activity a ON a.id = r.activity_id JOIN facility f ON f.id = a.facility_id
                WHERE r.made_until < $1 AND (r.valid_to IS NULL OR r.made_until < r.valid_to)
                  AND a.state <> 'CANCELLED' AND f.closed_at IS NULL
                ORDER BY r.made_until, r.id LIMIT 500";
    let rows: Vec<Due> = db::all(db, text, [horizon.into()]).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.activity_id)).collect())
}

pub async fn shift_count_of(db: &impl ConnectionTrait, series: ShiftRuleId) -> Result<u64, DbErr> {
    shift::Entity::find().filter(shift::Column::SeriesId.eq(series)).count(db).await
}

/// The rows of a series' shifts from one day to another, taken in the order of their ids.
pub async fn lock_series(
    db: &impl ConnectionTrait,
    series: ShiftRuleId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<shift::Model>, DbErr> {
    let text = format!(
        "SELECT * FROM shift WHERE series_id = $1 AND day BETWEEN $2 AND $3 ORDER BY id {}",
        db::for_update(db)
    );
    db::all(db, text, [series.into(), from.into(), to.into()]).await
}

/// This day goes its own way.
pub async fn own_plan(db: &impl ConnectionTrait, id: ShiftId) -> Result<(), DbErr> {
    db::run(db, "UPDATE shift SET own_plan = TRUE WHERE id = $1 AND series_id IS NOT NULL", [id.into()]).await?;
    Ok(())
}

fn values(ids: &[ShiftId]) -> impl Iterator<Item = Value> {
    ids.iter().map(|id| Value::from(*id))
}

/// How many are signed up (seated or waiting) for each of these shifts.
pub async fn signed_up_by_shift(db: &impl ConnectionTrait, ids: &[ShiftId]) -> Result<HashMap<ShiftId, i64>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        shift_id: ShiftId,
        people: i64,
    }
    let text = format!(
        "SELECT shift_id, COUNT(*) AS people FROM sign_up
         WHERE shift_id IN ({}) AND state IN ('SEATED', 'WAITING') GROUP BY shift_id",
        db::placeholders(1, ids.len())
    );
    let rows: Vec<Row> = db::all(db, text, values(ids)).await?;
    Ok(rows.into_iter().map(|row| (row.shift_id, row.people)).collect())
}

/// Everybody who is signed up for any of these shifts, once each.
pub async fn signed_up_at(db: &impl ConnectionTrait, ids: &[ShiftId]) -> Result<Vec<VolunteerId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        volunteer_id: VolunteerId,
    }
    let text = format!(
        "SELECT DISTINCT volunteer_id FROM sign_up WHERE shift_id IN ({}) AND state IN ('SEATED', 'WAITING')",
        db::placeholders(1, ids.len())
    );
    let rows: Vec<Row> = db::all(db, text, values(ids)).await?;
    Ok(rows.into_iter().map(|row| row.volunteer_id).collect())
}

pub async fn posts_of_all(db: &impl ConnectionTrait, ids: &[ShiftId]) -> Result<Vec<post::Model>, DbErr> {
    post::Entity::find().filter(post::Column::ShiftId.is_in(ids.iter().copied())).all(db).await
}

pub async fn attendances_at(db: &impl ConnectionTrait, ids: &[ShiftId]) -> Result<u64, DbErr> {
    attendance::Entity::find().filter(attendance::Column::ShiftId.is_in(ids.iter().copied())).count(db).await
}

/// Gives shifts of a rule their new times and seats, posts too, and brings back those that an earlier version of the rule had
/// called off: a statement for the shifts and one for their posts. The database refuses seats below those taken.
pub async fn replan(
    db: &impl ConnectionTrait,
    times: &[(ShiftId, (Instant, Instant))],
    capacity: i32,
    posts: &[(String, i32)],
) -> Result<(), DbErr> {
    if times.is_empty() {
        return Ok(());
    }
    let count = times.len();
    // Each row binds its id, its start and its end.
    let case = |offset: usize| {
        let whens = (0..count).map(|row| format!("WHEN ${} THEN ${}", 3 * row + 2, 3 * row + 2 + offset));
        format!("CASE id {} END", whens.collect::<Vec<_>>().join(" "))
    };
    let ids = (0..count).map(|row| format!("${}", 3 * row + 2)).collect::<Vec<_>>().join(", ");
    let text = format!(
        "UPDATE shift SET capacity = $1, cancelled_at = NULL, cancel_reason = NULL, starts_at = {}, ends_at = {}
         WHERE id IN ({ids})",
        case(1),
        case(2)
    );
    let rows = times.iter().flat_map(|(id, (from, to))| [Value::from(*id), (*from).into(), (*to).into()]);
    db::run(db, text, [capacity.into()].into_iter().chain(rows)).await?;
    if posts.is_empty() {
        return Ok(());
    }
    let whens = (0..posts.len()).map(|post| format!("WHEN ${} THEN ${}", 2 * post + 1, 2 * post + 2));
    let text = format!(
        "UPDATE post SET capacity = CASE name {} ELSE capacity END WHERE shift_id IN ({})",
        whens.collect::<Vec<_>>().join(" "),
        db::placeholders(2 * posts.len() + 1, count)
    );
    let seats = posts.iter().flat_map(|(name, seats)| [Value::from(name.clone()), (*seats).into()]);
    db::run(db, text, seats.chain(times.iter().map(|(id, _)| Value::from(*id)))).await?;
    Ok(())
}

/// Cancels shifts, their sign-ups with them, and frees their seats.
pub async fn cancel_shifts(
    db: &impl ConnectionTrait,
    ids: &[ShiftId],
    reason: &str,
    now: Instant,
) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let these = db::placeholders(1, ids.len());
    let next = ids.len() + 1;
    let text = format!(
        "UPDATE shift SET taken = 0, cancelled_at = ${next}, cancel_reason = ${} WHERE id IN ({these}) AND cancelled_at IS NULL",
        next + 1
    );
    db::run(db, text, values(ids).chain([now.into(), reason.into()])).await?;
    db::run(db, format!("UPDATE post SET taken = 0 WHERE shift_id IN ({these})"), values(ids)).await?;
    let text = format!(
        "UPDATE sign_up SET state = 'CANCELLED', changed_at = ${next}
         WHERE shift_id IN ({these}) AND state IN ('SEATED', 'WAITING')"
    );
    db::run(db, text, values(ids).chain([now.into()])).await?;
    Ok(())
}
