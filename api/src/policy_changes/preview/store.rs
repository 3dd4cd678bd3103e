//! The ledger, a stretch of volunteers at a time, and the jobs that go over it.

use std::collections::HashMap;

use boai_entity::{
    Instant,
    ids::{ActivityId, LedgerEntryId, PolicyId, PolicyPreviewId, ServiceRecordId, TeamId, VolunteerId},
    ledger_entry::Spans,
    policy, policy_preview, star_scheme,
};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Value, sea_query::OnConflict};

use crate::platform::{db, leases::Jobs};

pub const JOBS: Jobs = Jobs("policy_preview");

/// Puts a job down; false when one for this policy is under way already.
pub async fn ask(db: &impl ConnectionTrait, row: policy_preview::Model) -> Result<bool, DbErr> {
    let inserted = policy_preview::Entity::insert(policy_preview::ActiveModel::from(row))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

pub async fn newest(db: &impl ConnectionTrait, policy: PolicyId) -> Result<Option<policy_preview::Model>, DbErr> {
    let text = "SELECT * FROM policy_preview WHERE policy_id = $1 ORDER BY asked_at DESC, id DESC LIMIT 1";
    db::one(db, text, [policy.into()]).await
}

/// A job, and the branch whose policy it is about.
#[derive(FromQueryResult)]
pub struct Placed {
    #[sea_orm(nested)]
    pub preview: policy_preview::Model,
    pub branch_path: String,
}

pub async fn placed(db: &impl ConnectionTrait, id: PolicyPreviewId) -> Result<Option<Placed>, DbErr> {
    let text = "SELECT w.*, p.branch_path FROM policy_preview w JOIN policy p ON p.id = w.policy_id WHERE w.id = $1";
    db::one(db, text, [id.into()]).await
}

/// Takes the next job that waits, or that somebody left behind. Of any number of instances each gets another one.
pub async fn claim(db: &impl ConnectionTrait, now: Instant) -> Result<Option<policy_preview::Model>, DbErr> {
    JOBS.claim(db, now).await
}

pub async fn policy(db: &impl ConnectionTrait, id: PolicyId) -> Result<Option<policy::Model>, DbErr> {
    policy::Entity::find_by_id(id).one(db).await
}

/// What would be in force at the policy's branch on its first day without it.
pub async fn without(db: &impl ConnectionTrait, waits: &policy::Model) -> Result<Option<policy::Model>, DbErr> {
    let text = "SELECT * FROM policy WHERE id <> $3 AND withdrawn_at IS NULL AND valid_from <= $2
                  AND substr($1, 1, length(branch_path)) = branch_path
                ORDER BY length(branch_path) DESC, valid_from DESC, version DESC LIMIT 1";
    db::one(db, text, [waits.branch_path.clone().into(), waits.valid_from.into(), waits.id.into()]).await
}

/// Branches below that have a policy of their own by then: the one that waits does not reach them.
pub async fn own_ways_below(db: &impl ConnectionTrait, waits: &policy::Model) -> Result<Vec<String>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        branch_path: String,
    }
    let text = "SELECT DISTINCT branch_path FROM policy WHERE withdrawn_at IS NULL AND valid_from <= $2
                  AND length(branch_path) > length($1) AND substr(branch_path, 1, length($1)) = $1";
    let rows: Vec<Row> = db::all(db, text, [waits.branch_path.clone().into(), waits.valid_from.into()]).await?;
    Ok(rows.into_iter().map(|row| row.branch_path).collect())
}

/// Every star scheme that would be in force somewhere on the policy's first day, by place; `with` its own, or as if there was
/// none.
pub async fn schemes(
    db: &impl ConnectionTrait,
    waits: &policy::Model,
    with: bool,
) -> Result<HashMap<String, Vec<i64>>, DbErr> {
    let text = "SELECT * FROM star_scheme WHERE withdrawn_at IS NULL AND valid_from <= $1
                ORDER BY branch_path, valid_from, version";
    let rows: Vec<star_scheme::Model> = db::all(db, text, [waits.valid_from.into()]).await?;
    // Of a place the last one stays.
    let rows = rows.into_iter().filter(|row| with || row.policy_id != Some(waits.id));
    Ok(rows.map(|row| (row.branch_path, row.thresholds.0)).collect())
}

/// Every team's branch, by its path.
pub async fn team_paths(db: &impl ConnectionTrait) -> Result<HashMap<TeamId, String>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: TeamId,
        path: String,
    }
    let text = "SELECT t.id, b.path FROM team t JOIN branch b ON b.id = t.branch_id";
    let rows: Vec<Row> = db::all(db, text, []).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.path)).collect())
}

/// Which of these places have a branch.
pub async fn branches_at(db: &impl ConnectionTrait, places: &[&str]) -> Result<Vec<String>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        path: String,
    }
    let text = format!("SELECT path FROM branch WHERE path IN ({})", db::placeholders(1, places.len()));
    let rows: Vec<Row> = db::all(db, text, places.iter().map(|place| Value::from(*place))).await?;
    Ok(rows.into_iter().map(|row| row.path).collect())
}

pub async fn count_people(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        count: i64,
    }
    let row: Option<Row> = db::one(db, "SELECT COUNT(*) AS count FROM volunteer", []).await?;
    Ok(row.map_or(0, |row| row.count))
}

/// A volunteer, and where they live.
#[derive(FromQueryResult)]
pub struct Home {
    pub id: VolunteerId,
    pub residence_code: String,
}

pub async fn people_after(
    db: &impl ConnectionTrait,
    after: Option<VolunteerId>,
    count: u64,
) -> Result<Vec<Home>, DbErr> {
    let (filter, values) = match after {
        Some(after) => ("WHERE id > $1", vec![after.into()]),
        None => ("", vec![]),
    };
    let text = format!("SELECT id, residence_code FROM volunteer {filter} ORDER BY id LIMIT {count}");
    db::all(db, text, values).await
}

/// Confirmed minutes of each volunteer of a stretch, first and last included: as the ledger sums them up.
pub async fn sums(
    db: &impl ConnectionTrait,
    (first, last): (VolunteerId, VolunteerId),
) -> Result<HashMap<VolunteerId, i64>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        volunteer_id: VolunteerId,
        minutes: i64,
    }
    let text = "SELECT volunteer_id, CAST(SUM(confirmed_minutes) AS bigint) AS minutes FROM ledger_entry
                WHERE volunteer_id BETWEEN $1 AND $2 GROUP BY volunteer_id";
    let rows: Vec<Row> = db::all(db, text, [first.into(), last.into()]).await?;
    Ok(rows.into_iter().map(|row| (row.volunteer_id, row.minutes)).collect())
}

/// A ledger entry, with what its record says.
#[derive(FromQueryResult)]
pub struct Entry {
    pub id: LedgerEntryId,
    pub volunteer_id: VolunteerId,
    pub corrects: Option<LedgerEntryId>,
    pub reverses: bool,
    pub spans: Spans,
    pub record_id: ServiceRecordId,
    pub team_id: TeamId,
    pub activity_id: ActivityId,
    pub served_from: Instant,
    pub served_to: Instant,
}

/// The confirmations of a stretch of volunteers, and what takes back entries.
pub async fn entries(
    db: &impl ConnectionTrait,
    (first, last): (VolunteerId, VolunteerId),
) -> Result<Vec<Entry>, DbErr> {
    let text = "SELECT l.id, l.volunteer_id, l.corrects, l.kind = 'REVERSAL' AS reverses, l.spans, l.record_id,
                       r.team_id, r.activity_id, r.served_from, r.served_to
                FROM ledger_entry l JOIN service_record r ON r.id = l.record_id
                WHERE l.volunteer_id BETWEEN $1 AND $2 AND l.kind <> 'SERVED'
                ORDER BY l.volunteer_id, l.seq";
    db::all(db, text, [first.into(), last.into()]).await
}
