//! Disputes in the database.

use boai_entity::{
    Instant, dispute,
    dispute_kinds::DisputeState,
    ids::{AttendanceId, DisputeId, PersonId, ServiceRecordId, TeamId, VolunteerId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, Value, sea_query::OnConflict,
};

use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// The stay that a record is of.
pub async fn stay_of(db: &impl ConnectionTrait, record: ServiceRecordId) -> Result<Option<AttendanceId>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        attendance_id: AttendanceId,
    }
    let text = "SELECT attendance_id FROM service_record WHERE id = $1";
    let row: Option<Row> = db::one(db, text, [record.into()]).await?;
    Ok(row.map(|row| row.attendance_id))
}

/// Whether somebody is, or was, shown a stay's record in the public notice of a team that they are in.
pub async fn is_noticed(
    db: &impl ConnectionTrait,
    stay: AttendanceId,
    volunteer: VolunteerId,
    now: Instant,
) -> Result<bool, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        #[expect(dead_code, reason = "that there is a row says it")]
        volunteer_id: VolunteerId,
    }
    let text = "SELECT m.volunteer_id FROM service_record r JOIN team_member m ON m.team_id = r.team_id
                WHERE r.attendance_id = $1 AND m.volunteer_id = $2 AND m.state = 'ACCEPTED' AND r.state = 'CONFIRMED'
                  AND (r.notice_until IS NOT NULL OR EXISTS (
                      SELECT 1 FROM dispute d WHERE d.attendance_id = r.attendance_id
                      AND (d.state IN ('OPENED', 'APPEALED') OR (d.state = 'DECIDED' AND d.ends_at > $3))))";
    let row: Option<Row> = db::one(db, text, [stay.into(), volunteer.into(), now.into()]).await?;
    Ok(row.is_some())
}

/// What a request id led to.
pub async fn by_request(
    db: &impl ConnectionTrait,
    person: PersonId,
    request_id: uuid::Uuid,
) -> Result<Option<dispute::Model>, DbErr> {
    dispute::Entity::find()
        .filter(dispute::Column::OpenedBy.eq(person))
        .filter(dispute::Column::RequestId.eq(request_id))
        .one(db)
        .await
}

/// How often somebody disputed a stay's record.
pub async fn opened(db: &impl ConnectionTrait, stay: AttendanceId, person: PersonId) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let text = "SELECT COUNT(*) AS count FROM dispute WHERE attendance_id = $1 AND opened_by = $2";
    Ok(db::one::<Count>(db, text, [stay.into(), person.into()]).await?.map_or(0, |row| row.count))
}

/// False when the stay's record is disputed already: of two at one instant the unique index takes one. What nobody appealed in
/// time is closed first, so that it stands in no one's way.
pub async fn add(db: &impl ConnectionTrait, row: dispute::Model) -> Result<bool, DbErr> {
    let text = "UPDATE dispute SET state = 'ENDED' WHERE attendance_id = $1 AND state = 'DECIDED' AND ends_at <= $2";
    db::run(db, text, [row.attendance_id.into(), row.opened_at.into()]).await?;
    let row: dispute::ActiveModel = row.into();
    let inserted = dispute::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// Writes a dispute down as it is now; false when it stands elsewhere than before: of two who move it one does.
pub async fn save(db: &impl ConnectionTrait, row: dispute::Model, before: DisputeState) -> Result<bool, DbErr> {
    let id = row.id;
    let row: dispute::ActiveModel = row.into();
    let saved = dispute::Entity::update_many()
        .set(row.reset_all())
        .filter(dispute::Column::Id.eq(id))
        .filter(dispute::Column::State.eq(before))
        .exec(db)
        .await?;
    Ok(saved.rows_affected == 1)
}

/// A dispute, the branch of its team, and the person whose hours they are.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Placed {
    #[sea_orm(nested)]
    pub dispute: dispute::Model,
    pub branch_path: String,
    pub person_id: PersonId,
}

pub async fn placed(db: &impl ConnectionTrait, id: DisputeId) -> Result<Option<Placed>, DbErr> {
    let text = "SELECT d.*, b.path AS branch_path, v.person_id FROM dispute d JOIN volunteer v ON v.id = d.volunteer_id
                JOIN team t ON t.id = d.team_id JOIN branch b ON b.id = t.branch_id WHERE d.id = $1";
    db::one(db, text, [id.into()]).await
}

/// What somebody opened, and what is about their hours; newest first.
pub async fn of_person(
    db: &impl ConnectionTrait,
    person: PersonId,
    volunteer: Option<VolunteerId>,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<dispute::Model>, DbErr> {
    let own = Condition::any()
        .add(dispute::Column::OpenedBy.eq(person))
        .add_option(volunteer.map(|volunteer| dispute::Column::VolunteerId.eq(volunteer)));
    let mut cursor = dispute::Entity::find().filter(own).cursor_by((dispute::Column::OpenedAt, dispute::Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

pub async fn by_ids(db: &impl ConnectionTrait, ids: &[DisputeId]) -> Result<Vec<dispute::Model>, DbErr> {
    dispute::Entity::find().filter(dispute::Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// Over these stays' records, newest first.
pub async fn of_stays(db: &impl ConnectionTrait, stays: &[AttendanceId]) -> Result<Vec<dispute::Model>, DbErr> {
    dispute::Entity::find()
        .filter(dispute::Column::AttendanceId.is_in(stays.iter().copied()))
        .order_by_desc(dispute::Column::OpenedAt)
        .order_by_desc(dispute::Column::Id)
        .all(db)
        .await
}

/// Whose disputes.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    Team(TeamId),
    /// Of all teams of a branch and of those below it.
    Below(&'a str),
}

/// Which of them.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub over: bool,
    /// Only what nobody decided in time.
    pub late: bool,
    pub now: Instant,
}

/// What was opened first comes first.
pub async fn disputes(
    db: &impl ConnectionTrait,
    whose: Whose<'_>,
    wanted: Wanted,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<dispute::Model>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![wanted.now.into()];
    let open = "d.state IN ('OPENED', 'DECIDED', 'APPEALED') AND (d.ends_at IS NULL OR d.ends_at > $1)";
    let mut conditions = vec![if wanted.over { "d.ends_at <= $1".to_owned() } else { open.to_owned() }];
    if wanted.late {
        conditions.push("d.state IN ('OPENED', 'APPEALED') AND d.decide_by <= $1".into());
    }
    let placed = match whose {
        Whose::Team(team) => {
            values.push(team.into());
            conditions.push("d.team_id = $2".into());
            ""
        }
        Whose::Below(path) => {
            values.push(path.into());
            conditions.push("substr(b.path, 1, length($2)) = $2".into());
            "JOIN team t ON t.id = d.team_id JOIN branch b ON b.id = t.branch_id"
        }
    };
    if let Some((opened_at, id)) = page.from {
        values.extend([opened_at.into(), id.into()]);
        conditions.push(format!("(d.opened_at, d.id) {beyond} ($3, $4)"));
    }
    let text = format!(
        "SELECT d.* FROM dispute d {placed} WHERE {} ORDER BY d.opened_at {order}, d.id {order} LIMIT {}",
        conditions.join(" AND "),
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}
