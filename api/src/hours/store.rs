//! Records, ledger entries and totals in the database.

use boai_entity::{
    Instant, attendance,
    ids::{ActivityId, AttendanceId, DisputeId, PersonId, ServiceRecordId, ShiftId, TeamId, VolunteerId},
    kinds::{ActivityKind, Category, RecordState},
    ledger_entry::{self, Spans},
    service_record, volunteer_total,
};
use chrono::NaiveDate;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryFilter,
    QueryOrder, Value,
    sea_query::{Expr, OnConflict},
};

use super::{
    ledger::TotalMove,
    rules::{Span, from_spans},
};
use crate::platform::{
    civil::day_bounds,
    db,
    pages::{Page, Slice},
};

/// The stretches that the ledger credits the volunteer with in or around `time`, but for one record.
pub async fn credited(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    time: Span,
    except: Option<ServiceRecordId>,
) -> Result<Vec<Span>, DbErr> {
    standing_spans(db, volunteer, time, except, "l.kind <> 'REVERSAL'").await
}

/// A record that was corrected keeps its old entries, each taken back by a later one; what stands is what no other entry
/// names. A confirmation names what it confirms and repeats its stretches.
async fn standing_spans(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    time: Span,
    except: Option<ServiceRecordId>,
    of: &str,
) -> Result<Vec<Span>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        record_id: ServiceRecordId,
        spans: Spans,
    }
    let text = format!(
        "SELECT l.record_id, l.spans FROM service_record r JOIN ledger_entry l ON l.record_id = r.id
         WHERE r.volunteer_id = $1 AND r.served_from < $3 AND r.served_to > $2 AND {of}
           AND NOT EXISTS (SELECT 1 FROM ledger_entry n WHERE n.corrects = l.id)"
    );
    let rows: Vec<Row> = db::all(db, text, [volunteer.into(), time.from.into(), time.to.into()]).await?;
    let others = rows.iter().filter(|row| Some(row.record_id) != except);
    Ok(others.flat_map(|row| from_spans(&row.spans)).collect())
}

/// The stretches in or around `time` that are confirmed of the volunteer, whichever team did, but for one record.
pub async fn confirmed_spans(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    time: Span,
    except: Option<ServiceRecordId>,
) -> Result<Vec<Span>, DbErr> {
    standing_spans(db, volunteer, time, except, "l.kind = 'CONFIRMED'").await
}

#[derive(FromQueryResult)]
pub struct ChainHead {
    pub seq: i32,
    pub hash: String,
}

pub async fn chain_head(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<Option<ChainHead>, DbErr> {
    db::one(
        db,
        "SELECT seq, hash FROM ledger_entry WHERE volunteer_id = $1 ORDER BY seq DESC LIMIT 1",
        [volunteer.into()],
    )
    .await
}

pub async fn add_entries(db: &impl ConnectionTrait, entries: Vec<ledger_entry::Model>) -> Result<(), DbErr> {
    let entries = entries.into_iter().map(ledger_entry::ActiveModel::from);
    ledger_entry::Entity::insert_many(entries).exec_without_returning(db).await?;
    Ok(())
}

pub async fn add_record(db: &impl ConnectionTrait, record: service_record::Model) -> Result<(), DbErr> {
    let record: service_record::ActiveModel = record.into();
    service_record::Entity::insert(record).exec_without_returning(db).await?;
    Ok(())
}

/// Adds the record of a check-out, or renews that of one that a desk took back; the record as it is now. Any other record of
/// the attendance stays, and makes this fail.
pub async fn add_served(
    db: &impl ConnectionTrait,
    record: service_record::Model,
) -> Result<service_record::Model, DbErr> {
    use service_record::Column;
    let renewed = OnConflict::column(Column::AttendanceId)
        .update_columns([Column::ServedFrom, Column::ServedTo, Column::ServiceDate, Column::Minutes, Column::State])
        .update_columns([Column::Book, Column::Reason, Column::RecordedAt])
        .action_and_where(Expr::col((service_record::Entity, Column::State)).eq(RecordState::Undone))
        .to_owned();
    let record: service_record::ActiveModel = record.into();
    service_record::Entity::insert(record).on_conflict(renewed).exec_with_returning(db).await
}

pub async fn save_record(db: &impl ConnectionTrait, record: service_record::Model) -> Result<(), DbErr> {
    let record: service_record::ActiveModel = record.into();
    service_record::Entity::update(record.reset_all()).exec(db).await?;
    Ok(())
}

/// Adds to the totals, all in one statement.
pub async fn move_totals(db: &impl ConnectionTrait, volunteer: VolunteerId, moves: &[TotalMove]) -> Result<(), DbErr> {
    if moves.is_empty() {
        return Ok(());
    }
    let mut values: Vec<Value> = vec![volunteer.into()];
    let rows: Vec<String> = moves
        .iter()
        .map(|total| {
            let at = values.len() + 1;
            values.extend([
                total.dimension.into(),
                total.key.as_str().into(),
                total.pending.into(),
                total.confirmed.into(),
            ]);
            format!("($1, ${at}, ${}, ${}, ${})", at + 1, at + 2, at + 3)
        })
        .collect();
    let text = format!(
        "INSERT INTO volunteer_total (volunteer_id, dimension, key, pending_minutes, confirmed_minutes) VALUES {}
         ON CONFLICT (volunteer_id, dimension, key) DO UPDATE SET
             pending_minutes = volunteer_total.pending_minutes + excluded.pending_minutes,
             confirmed_minutes = volunteer_total.confirmed_minutes + excluded.confirmed_minutes",
        rows.join(", ")
    );
    db::run(db, text, values).await?;
    Ok(())
}

pub async fn totals(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<Vec<volunteer_total::Model>, DbErr> {
    volunteer_total::Entity::find()
        .filter(volunteer_total::Column::VolunteerId.eq(volunteer))
        .order_by_asc(volunteer_total::Column::Dimension)
        .order_by_asc(volunteer_total::Column::Key)
        .all(db)
        .await
}

/// A volunteer's records, newest service first.
pub async fn records(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<service_record::Model>, DbErr> {
    let mut cursor = service_record::Entity::find()
        .filter(service_record::Column::VolunteerId.eq(volunteer))
        .cursor_by((service_record::Column::ServedFrom, service_record::Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

pub async fn confirmed_records(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
) -> Result<Vec<service_record::Model>, DbErr> {
    service_record::Entity::find()
        .filter(service_record::Column::VolunteerId.eq(volunteer))
        .filter(service_record::Column::State.eq(RecordState::Confirmed))
        .all(db)
        .await
}

/// An attendance with what its confirmation needs to know.
#[derive(Debug, FromQueryResult)]
pub struct ConfirmFacts {
    #[sea_orm(nested)]
    pub attendance: attendance::Model,
    pub person_id: PersonId,
    pub activity_id: ActivityId,
    pub team_id: TeamId,
    pub kind: ActivityKind,
    pub category: Category,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub branch_path: String,
}

pub async fn confirm_facts(db: &impl ConnectionTrait, id: AttendanceId) -> Result<Option<ConfirmFacts>, DbErr> {
    db::one(
        db,
        "SELECT o.*, v.person_id, a.id AS activity_id, a.team_id, a.kind, a.category, s.starts_at, s.ends_at,
                b.path AS branch_path
         FROM attendance o
         JOIN volunteer v ON v.id = o.volunteer_id
         JOIN shift s ON s.id = o.shift_id
         JOIN activity a ON a.id = s.activity_id
         JOIN team t ON t.id = a.team_id
         JOIN branch b ON b.id = t.branch_id
         WHERE o.id = $1",
        [id.into()],
    )
    .await
}

/// An attendance that the leader has settled is open no longer.
pub async fn forget_open(db: &impl ConnectionTrait, id: AttendanceId) -> Result<(), DbErr> {
    let text = "UPDATE attendance SET state = 'FORGOTTEN' WHERE id = $1 AND state = 'OPEN'";
    db::run(db, text, [id.into()]).await?;
    Ok(())
}

pub async fn record_of(
    db: &impl ConnectionTrait,
    attendance: AttendanceId,
) -> Result<Option<service_record::Model>, DbErr> {
    service_record::Entity::find().filter(service_record::Column::AttendanceId.eq(attendance)).one(db).await
}

/// The entry of a record that stands: no other one confirms it or takes it back.
pub async fn standing_entry(
    db: &impl ConnectionTrait,
    record: ServiceRecordId,
) -> Result<Option<ledger_entry::Model>, DbErr> {
    db::one(
        db,
        "SELECT l.* FROM ledger_entry l WHERE l.record_id = $1 AND l.kind <> 'REVERSAL'
           AND NOT EXISTS (SELECT 1 FROM ledger_entry n WHERE n.corrects = l.id)",
        [record.into()],
    )
    .await
}

/// A stretch of volunteers by id, for the audit.
pub async fn volunteers_after(
    db: &impl ConnectionTrait,
    after: Option<VolunteerId>,
    count: u64,
) -> Result<Vec<VolunteerId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: VolunteerId,
    }
    let (filter, values) = match after {
        Some(after) => ("WHERE id > $1", vec![after.into()]),
        None => ("", vec![]),
    };
    let rows: Vec<Row> =
        db::all(db, format!("SELECT id FROM volunteer {filter} ORDER BY id LIMIT {count}"), values).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Every entry of these volunteers, by volunteer and place in the chain.
pub async fn entries_of(
    db: &impl ConnectionTrait,
    volunteers: &[VolunteerId],
) -> Result<Vec<ledger_entry::Model>, DbErr> {
    ledger_entry::Entity::find()
        .filter(ledger_entry::Column::VolunteerId.is_in(volunteers.iter().copied()))
        .order_by_asc(ledger_entry::Column::VolunteerId)
        .order_by_asc(ledger_entry::Column::Seq)
        .all(db)
        .await
}

pub async fn records_of(
    db: &impl ConnectionTrait,
    volunteers: &[VolunteerId],
) -> Result<Vec<service_record::Model>, DbErr> {
    service_record::Entity::find()
        .filter(service_record::Column::VolunteerId.is_in(volunteers.iter().copied()))
        .all(db)
        .await
}

pub async fn totals_of(
    db: &impl ConnectionTrait,
    volunteers: &[VolunteerId],
) -> Result<Vec<volunteer_total::Model>, DbErr> {
    volunteer_total::Entity::find()
        .filter(volunteer_total::Column::VolunteerId.is_in(volunteers.iter().copied()))
        .all(db)
        .await
}

/// A shift's team, and the branch of that.
#[derive(FromQueryResult)]
pub struct PlacedShift {
    pub team_id: TeamId,
    pub branch_path: String,
}

pub async fn placed_shift(db: &impl ConnectionTrait, shift: ShiftId) -> Result<Option<PlacedShift>, DbErr> {
    let text = "SELECT a.team_id, b.path AS branch_path FROM shift s JOIN activity a ON a.id = s.activity_id
                JOIN team t ON t.id = a.team_id JOIN branch b ON b.id = t.branch_id WHERE s.id = $1";
    db::one(db, text, [shift.into()]).await
}

/// Stays of a shift whose time waits for the leader, who checked in first first; all but one person's.
pub async fn waiting_of_shift(
    db: &impl ConnectionTrait,
    shift: ShiftId,
    except: PersonId,
    count: usize,
) -> Result<Vec<AttendanceId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        attendance_id: AttendanceId,
    }
    let text = format!(
        "SELECT r.attendance_id FROM service_record r
         JOIN attendance o ON o.id = r.attendance_id JOIN volunteer v ON v.id = r.volunteer_id
         WHERE r.shift_id = $1 AND r.state = 'PENDING' AND r.awaits IS NULL AND v.person_id <> $2
         ORDER BY o.checked_in_at, o.id LIMIT {count}"
    );
    let rows: Vec<Row> = db::all(db, text, [shift.into(), except.into()]).await?;
    Ok(rows.into_iter().map(|row| row.attendance_id).collect())
}

/// Whether somebody is a member of a team.
pub async fn in_team(db: &impl ConnectionTrait, team: TeamId, volunteer: VolunteerId) -> Result<bool, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        #[expect(dead_code, reason = "that there is a row says it")]
        volunteer_id: VolunteerId,
    }
    let text = "SELECT volunteer_id FROM team_member WHERE team_id = $1 AND volunteer_id = $2 AND state = 'ACCEPTED'";
    let row: Option<Row> = db::one(db, text, [team.into(), volunteer.into()]).await?;
    Ok(row.is_some())
}

/// Whether a stay's record is disputed: then nothing else may change it.
pub async fn is_disputed(db: &impl ConnectionTrait, attendance: AttendanceId, now: Instant) -> Result<bool, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        #[expect(dead_code, reason = "that there is a row says it")]
        id: DisputeId,
    }
    let text = "SELECT id FROM dispute WHERE attendance_id = $1 AND state IN ('OPENED', 'DECIDED', 'APPEALED')
                AND (ends_at IS NULL OR ends_at > $2)";
    let row: Option<Row> = db::one(db, text, [attendance.into(), now.into()]).await?;
    Ok(row.is_some())
}

/// Stops the clock of a confirmed record's notice, or has it end at a moment.
pub async fn set_notice(
    db: &impl ConnectionTrait,
    attendance: AttendanceId,
    until: Option<Instant>,
) -> Result<(), DbErr> {
    let text = "UPDATE service_record SET notice_until = $2 WHERE attendance_id = $1 AND state = 'CONFIRMED'";
    db::run(db, text, [attendance.into(), until.into()]).await?;
    Ok(())
}

/// A record under notice, or whose notice stands still.
#[derive(FromQueryResult)]
pub struct Noticed {
    #[sea_orm(nested)]
    pub record: service_record::Model,
    /// Its place in the list.
    pub ends: Instant,
}

/// A team's records under notice, what ends first first; what is disputed, and has no end yet, last.
pub async fn noticed(
    db: &impl ConnectionTrait,
    team: TeamId,
    now: Instant,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<Noticed>, DbErr> {
    let (beyond, order) = page.seek(false);
    let never = day_bounds(NaiveDate::from_ymd_opt(2999, 12, 31).unwrap_or(NaiveDate::MAX)).0;
    let mut values: Vec<Value> = vec![team.into(), now.into(), never.into()];
    let mut from = String::new();
    if let Some((until, id)) = page.from {
        values.extend([until.into(), id.into()]);
        from = format!("AND (COALESCE(r.notice_until, $3), r.id) {beyond} ($4, $5)");
    }
    let text = format!(
        "SELECT r.*, COALESCE(r.notice_until, $3) AS ends FROM service_record r
         WHERE r.team_id = $1 AND (r.notice_until > $2 OR (r.notice_until IS NULL AND r.state = 'CONFIRMED')) {from}
         ORDER BY ends {order}, r.id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}

/// What waits for its leader although its shift ended before a moment: of a branch and all below it.
pub async fn late(
    db: &impl ConnectionTrait,
    branch_path: &str,
    ended_before: Instant,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<service_record::Model>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![branch_path.into(), ended_before.into()];
    let mut from = String::new();
    if let Some((served_to, id)) = page.from {
        values.extend([served_to.into(), id.into()]);
        from = format!("AND (r.served_to, r.id) {beyond} ($3, $4)");
    }
    let text = format!(
        "SELECT r.* FROM service_record r JOIN shift s ON s.id = r.shift_id
         JOIN team t ON t.id = r.team_id JOIN branch b ON b.id = t.branch_id
         WHERE r.state = 'PENDING' AND r.awaits IS NULL AND s.ends_at < $2
           AND substr(b.path, 1, length($1)) = $1 {from}
         ORDER BY r.served_to {order}, r.id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}
