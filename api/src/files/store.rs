//! Honours from outside, training and evaluations in the database.

use boai_entity::{
    Instant, evaluation,
    honour_kinds::HonourState,
    ids::{EvaluationId, OutsideHonourId, PersonId, TeamId, TrainingRecordId, VolunteerId},
    kinds::MembershipState,
    outside_honour, training_record, volunteer,
};
use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Value, sea_query::OnConflict,
};
use uuid::Uuid;

use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// False when the same waits or is there already: the unique index decides.
pub async fn add_honour(db: &impl ConnectionTrait, row: outside_honour::Model) -> Result<bool, DbErr> {
    let row: outside_honour::ActiveModel = row.into();
    let inserted = outside_honour::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

/// How many a volunteer has, with those that wait.
pub async fn honours_held(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<i64, DbErr> {
    let text = "SELECT COUNT(*) AS count FROM outside_honour WHERE volunteer_id = $1 AND state <> 'REFUSED'";
    let count: Option<Count> = db::one(db, text, [volunteer.into()]).await?;
    Ok(count.map_or(0, |count| count.count))
}

/// What a volunteer submitted, newest first; in one state only, where that is given.
pub async fn honours_of(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    state: Option<HonourState>,
    limit: u64,
) -> Result<Vec<outside_honour::Model>, DbErr> {
    use outside_honour::Column;
    let mut select = outside_honour::Entity::find().filter(Column::VolunteerId.eq(volunteer));
    if let Some(state) = state {
        select = select.filter(Column::State.eq(state));
    }
    select.order_by_desc(Column::SubmittedAt).order_by_desc(Column::Id).limit(limit).all(db).await
}

/// An honour, and whose it is.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Known {
    #[sea_orm(nested)]
    pub honour: outside_honour::Model,
    pub person_id: PersonId,
}

/// Those of these that there are, held in one order: of two officers who decide the same at once, one comes after the other.
pub async fn hold_honours(db: &impl ConnectionTrait, ids: &[OutsideHonourId]) -> Result<Vec<Known>, DbErr> {
    let held = match db::for_update(db) {
        "" => String::new(),
        held => format!("{held} OF h"),
    };
    let text = format!(
        "SELECT h.*, v.person_id FROM outside_honour h JOIN volunteer v ON v.id = h.volunteer_id
         WHERE h.id IN ({}) ORDER BY h.id {held}",
        db::placeholders(1, ids.len())
    );
    db::all(db, text, ids.iter().map(|id| (*id).into())).await
}

/// Recognises these.
pub async fn recognise(
    db: &impl ConnectionTrait,
    ids: &[OutsideHonourId],
    by: PersonId,
    now: Instant,
) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let text = format!(
        "UPDATE outside_honour SET state = 'RECOGNISED', decided_by = $1, decided_at = $2 WHERE id IN ({})",
        db::placeholders(3, ids.len())
    );
    let values = [by.into(), now.into()].into_iter().chain(ids.iter().map(|id| Value::from(*id)));
    db::run(db, text, values).await?;
    Ok(())
}

/// Refuses these, each with its reason.
pub async fn refuse(
    db: &impl ConnectionTrait,
    refused: &[(OutsideHonourId, &str)],
    by: PersonId,
    now: Instant,
) -> Result<(), DbErr> {
    if refused.is_empty() {
        return Ok(());
    }
    let ids: Vec<(Value, &str)> = refused.iter().map(|(id, reason)| (Value::from(*id), *reason)).collect();
    let (these, reasons, values) = db::each_with_text([by.into(), now.into()], ids);
    let text = format!(
        "UPDATE outside_honour SET state = 'REFUSED', reason = {reasons}, decided_by = $1, decided_at = $2
         WHERE id IN ({these})"
    );
    db::run(db, text, values).await?;
    Ok(())
}

/// What waits for a branch, a county or one above, what was submitted first first; without what is left of who was erased.
pub async fn queue(
    db: &impl ConnectionTrait,
    branch_path: &str,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<outside_honour::Model>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![branch_path.into()];
    let mut from = String::new();
    if let Some((submitted_at, id)) = page.from {
        values.extend([submitted_at.into(), id.into()]);
        from = format!("AND (submitted_at, id) {beyond} ($2, $3)");
    }
    let text = format!(
        "SELECT * FROM outside_honour WHERE state = 'WAITING' AND proof IS NOT NULL AND substr(county_code, 1, length($1)) = $1 {from}
         ORDER BY submitted_at {order}, id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}

/// Those of these numbers that are accepted members of a team, held: an erasure comes before, and the number is nobody's, or after.
pub async fn hold_members(
    db: &impl ConnectionTrait,
    team: TeamId,
    numbers: &[&str],
) -> Result<Vec<volunteer::Model>, DbErr> {
    let mut values: Vec<Value> = vec![team.into(), MembershipState::Accepted.into()];
    values.extend(numbers.iter().map(|number| Value::from(*number)));
    let text = format!(
        "SELECT v.* FROM volunteer v JOIN team_member m ON m.volunteer_id = v.id AND m.team_id = $1 AND m.state = $2
         WHERE v.number IN ({}) ORDER BY v.id {}",
        db::placeholders(3, numbers.len()),
        match db.get_database_backend() {
            DbBackend::Sqlite => "",
            _ => "FOR NO KEY UPDATE OF v",
        }
    );
    db::all(db, text, values).await
}

/// Enters training, but for what is there already; which of it was entered.
pub async fn add_training(
    db: &impl ConnectionTrait,
    rows: Vec<training_record::Model>,
) -> Result<Vec<TrainingRecordId>, DbErr> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<TrainingRecordId> = rows.iter().map(|row| row.id).collect();
    training_record::Entity::insert_many(rows.into_iter().map(training_record::ActiveModel::from))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    let there = training_record::Entity::find().filter(training_record::Column::Id.is_in(ids)).all(db).await?;
    Ok(there.into_iter().map(|row| row.id).collect())
}

/// The same for evaluations.
pub async fn add_evaluations(
    db: &impl ConnectionTrait,
    rows: Vec<evaluation::Model>,
) -> Result<Vec<EvaluationId>, DbErr> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<EvaluationId> = rows.iter().map(|row| row.id).collect();
    evaluation::Entity::insert_many(rows.into_iter().map(evaluation::ActiveModel::from))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    let there = evaluation::Entity::find().filter(evaluation::Column::Id.is_in(ids)).all(db).await?;
    Ok(there.into_iter().map(|row| row.id).collect())
}

/// An entry of somebody's file, with the place of whoever entered it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PlacedEntry {
    pub volunteer_id: VolunteerId,
    pub person_id: PersonId,
    pub team_id: Option<TeamId>,
    pub branch_path: String,
}

/// An entry of either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Training(TrainingRecordId),
    Evaluation(EvaluationId),
}

impl Entry {
    fn place(self) -> (&'static str, Value) {
        match self {
            Self::Training(id) => ("training_record", id.into()),
            Self::Evaluation(id) => ("evaluation", id.into()),
        }
    }
}

pub async fn placed_entry(db: &impl ConnectionTrait, entry: Entry) -> Result<Option<PlacedEntry>, DbErr> {
    let (table, id) = entry.place();
    let text = format!(
        "SELECT e.volunteer_id, v.person_id, e.team_id, b.path AS branch_path FROM {table} e
         JOIN volunteer v ON v.id = e.volunteer_id JOIN branch b ON b.id = e.branch_id WHERE e.id = $1"
    );
    db::one(db, text, [id]).await
}

/// False when it was struck out before.
pub async fn strike(
    db: &impl ConnectionTrait,
    entry: Entry,
    reason: &str,
    by: PersonId,
    now: Instant,
) -> Result<bool, DbErr> {
    let (table, id) = entry.place();
    let text = format!(
        "UPDATE {table} SET struck_at = $2, struck_by = $3, strike_reason = $4 WHERE id = $1 AND struck_at IS NULL"
    );
    Ok(db::run(db, text, [id, now.into(), by.into(), reason.into()]).await? == 1)
}

/// The training in a volunteer's file, the last first.
pub async fn training(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    page: Page<(NaiveDate, Uuid)>,
) -> Result<Slice<training_record::Model>, DbErr> {
    use training_record::Column;
    let select = training_record::Entity::find().filter(Column::VolunteerId.eq(volunteer));
    let mut cursor = select.filter(Column::StruckAt.is_null()).cursor_by((Column::TrainedOn, Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

/// The evaluations in a volunteer's file, the last first.
pub async fn evaluations(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<evaluation::Model>, DbErr> {
    use evaluation::Column;
    let select = evaluation::Entity::find().filter(Column::VolunteerId.eq(volunteer));
    let mut cursor = select.filter(Column::StruckAt.is_null()).cursor_by((Column::EvaluatedAt, Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

/// Where a volunteer belongs: the paths of the branches whose teams they are in.
pub async fn branches_of(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<Vec<String>, DbErr> {
    #[derive(FromQueryResult)]
    struct Path {
        path: String,
    }
    let text =
        "SELECT DISTINCT b.path FROM team_member m JOIN team t ON t.id = m.team_id JOIN branch b ON b.id = t.branch_id
                WHERE m.volunteer_id = $1 AND m.state = 'ACCEPTED'";
    let paths: Vec<Path> = db::all(db, text, [volunteer.into()]).await?;
    Ok(paths.into_iter().map(|row| row.path).collect())
}
