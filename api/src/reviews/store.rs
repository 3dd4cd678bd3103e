//! The queue in the database.

use boai_entity::{
    Instant,
    ids::{AttendanceId, PersonId, ReviewItemId, TeamId, VolunteerId},
    review_item,
    review_kinds::{ReviewKind, ReviewOutcome, ReviewState},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, Value, sea_query::OnConflict,
};

use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// False when the same was raised already: the unique indexes decide.
pub async fn add(db: &impl ConnectionTrait, row: review_item::Model) -> Result<bool, DbErr> {
    let row: review_item::ActiveModel = row.into();
    let inserted = review_item::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// How an item was settled.
pub struct Settled {
    pub by: Option<PersonId>,
    pub at: Instant,
    pub outcome: ReviewOutcome,
    pub note: Option<String>,
}

const SETTLED: &str =
    "UPDATE review_item SET state = 'SETTLED', settled_by = $2, settled_at = $3, outcome = $4, note = $5";

impl Settled {
    fn values(&self, first: Value) -> Vec<Value> {
        vec![first, self.by.into(), self.at.into(), self.outcome.into(), self.note.clone().into()]
    }
}

/// False when it waits no longer.
pub async fn settle(db: &impl ConnectionTrait, id: ReviewItemId, settled: &Settled) -> Result<bool, DbErr> {
    // What takes two persons is never settled by the first of them, but for taking it back.
    let second = "(kind NOT IN ('BACK_FILL', 'LONG_DAY', 'CORRECTION') OR raised_by <> $2 OR $4 = 'WITHDRAWN')";
    let text = format!("{SETTLED} WHERE id = $1 AND state = 'WAITING' AND {second}");
    Ok(db::run(db, text, settled.values(id.into())).await? == 1)
}

/// Settles whatever of these kinds waits about an attendance, and says which items.
pub async fn settle_of(
    db: &impl ConnectionTrait,
    attendance: AttendanceId,
    kinds: &[ReviewKind],
    settled: &Settled,
) -> Result<Vec<ReviewItemId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: ReviewItemId,
    }
    let mut values = settled.values(attendance.into());
    let those = db::placeholders(values.len() + 1, kinds.len());
    values.extend(kinds.iter().map(|kind| Value::from(*kind)));
    let text = format!("{SETTLED} WHERE attendance_id = $1 AND state = 'WAITING' AND kind IN ({those}) RETURNING id");
    let rows: Vec<Row> = db::all(db, text, values).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// An item, and the branch of its team.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PlacedItem {
    #[sea_orm(nested)]
    pub item: review_item::Model,
    pub branch_path: String,
}

pub async fn placed(db: &impl ConnectionTrait, id: ReviewItemId) -> Result<Option<PlacedItem>, DbErr> {
    let text = "SELECT r.*, b.path AS branch_path FROM review_item r
                JOIN team t ON t.id = r.team_id JOIN branch b ON b.id = t.branch_id WHERE r.id = $1";
    db::one(db, text, [id.into()]).await
}

/// Whose queue.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    Team(TeamId),
    /// Of all teams of a branch and of those below it.
    Below(&'a str),
}

/// Which part of a queue.
pub struct Wanted {
    pub state: ReviewState,
    pub kind: Option<ReviewKind>,
    /// What is about the team's leaders too.
    pub about_leaders: bool,
    /// Who asks, and sees no flag about themself.
    pub asker: Option<VolunteerId>,
}

/// What was raised first comes first.
pub async fn queue(
    db: &impl ConnectionTrait,
    whose: Whose<'_>,
    wanted: &Wanted,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<review_item::Model>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![wanted.state.into()];
    let mut conditions = vec!["r.state = $1".to_owned()];
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let placed = match whose {
        Whose::Team(team) => {
            conditions.push(format!("r.team_id = {}", bind(team.into())));
            ""
        }
        Whose::Below(path) => {
            let path = bind(path.into());
            conditions.push(format!("substr(b.path, 1, length({path})) = {path}"));
            "JOIN team t ON t.id = r.team_id JOIN branch b ON b.id = t.branch_id"
        }
    };
    if let Some(kind) = wanted.kind {
        conditions.push(format!("r.kind = {}", bind(kind.into())));
    }
    if !wanted.about_leaders {
        conditions.push("NOT r.officers_only".into());
    }
    if let Some(asker) = wanted.asker {
        conditions
            .push(format!("(r.kind <> 'FLAG' OR r.volunteer_id IS NULL OR r.volunteer_id <> {})", bind(asker.into())));
    }
    if let Some((raised_at, id)) = page.from {
        conditions.push(format!("(r.raised_at, r.id) {beyond} ({}, {})", bind(raised_at.into()), bind(id.into())));
    }
    let text = format!(
        "SELECT r.* FROM review_item r {placed} WHERE {} ORDER BY r.raised_at {order}, r.id {order} LIMIT {}",
        conditions.join(" AND "),
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}

pub async fn items(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = ReviewItemId>,
) -> Result<Vec<review_item::Model>, DbErr> {
    review_item::Entity::find().filter(review_item::Column::Id.is_in(ids)).all(db).await
}
