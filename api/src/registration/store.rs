//! Applications in the database.

use boai_entity::{
    Instant,
    ids::{PersonId, RegistrationId, VolunteerId},
    registration,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Value,
    sea_query::OnConflict,
};
use uuid::Uuid;

use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// False when one waits already, or one was approved: the unique indexes decide.
pub async fn add(db: &impl ConnectionTrait, row: registration::Model) -> Result<bool, DbErr> {
    let row: registration::ActiveModel = row.into();
    let inserted = registration::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// A volunteer's newest application.
pub async fn newest(db: &impl ConnectionTrait, volunteer: VolunteerId) -> Result<Option<registration::Model>, DbErr> {
    registration::Entity::find()
        .filter(registration::Column::VolunteerId.eq(volunteer))
        .order_by_desc(registration::Column::AppliedAt)
        .order_by_desc(registration::Column::Id)
        .one(db)
        .await
}

/// An application, and whose it is.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Known {
    #[sea_orm(nested)]
    pub registration: registration::Model,
    pub person_id: PersonId,
}

/// Those of these that there are, held in one order: of two officers who decide the same at once, one comes after the other.
pub async fn hold(db: &impl ConnectionTrait, ids: &[RegistrationId]) -> Result<Vec<Known>, DbErr> {
    let held = match db::for_update(db) {
        "" => String::new(),
        held => format!("{held} OF r"),
    };
    let text = format!(
        "SELECT r.*, v.person_id FROM registration r JOIN volunteer v ON v.id = r.volunteer_id
         WHERE r.id IN ({}) ORDER BY r.id {held}",
        db::placeholders(1, ids.len())
    );
    db::all(db, text, ids.iter().map(|id| (*id).into())).await
}

/// Approves these; their volunteers are registered.
pub async fn approve(
    db: &impl ConnectionTrait,
    ids: &[RegistrationId],
    by: PersonId,
    now: Instant,
) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let those = db::placeholders(3, ids.len());
    let values = || [by.into(), now.into()].into_iter().chain(ids.iter().map(|id| Value::from(*id)));
    let text =
        format!("UPDATE registration SET state = 'APPROVED', decided_by = $1, decided_at = $2 WHERE id IN ({those})");
    db::run(db, text, values()).await?;
    let those = db::placeholders(2, ids.len());
    let text = format!(
        "UPDATE volunteer SET state = 'REGISTERED', registered_at = $1
         WHERE id IN (SELECT volunteer_id FROM registration WHERE id IN ({those})) AND state = 'ENROLLED'"
    );
    db::run(db, text, values().skip(1)).await?;
    Ok(())
}

/// Declines these, each with its reason.
pub async fn decline(
    db: &impl ConnectionTrait,
    declined: &[(RegistrationId, &str)],
    by: PersonId,
    now: Instant,
) -> Result<(), DbErr> {
    if declined.is_empty() {
        return Ok(());
    }
    let declined = declined.iter().map(|(id, reason)| (Value::from(*id), *reason));
    let (ids, reasons, values) = db::each_with_text([by.into(), now.into()], declined);
    let text = format!(
        "UPDATE registration SET state = 'DECLINED', reason = {reasons}, decided_by = $1, decided_at = $2
         WHERE id IN ({ids})"
    );
    db::run(db, text, values).await?;
    Ok(())
}

/// What waits for a branch, a county or one above, what was applied for first first.
pub async fn queue(
    db: &impl ConnectionTrait,
    branch_path: &str,
    page: Page<(Instant, Uuid)>,
) -> Result<Slice<registration::Model>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![branch_path.into()];
    let mut from = String::new();
    if let Some((applied_at, id)) = page.from {
        values.extend([applied_at.into(), id.into()]);
        from = format!("AND (applied_at, id) {beyond} ($2, $3)");
    }
    let text = format!(
        "SELECT * FROM registration WHERE state = 'WAITING' AND substr(county_code, 1, length($1)) = $1 {from}
         ORDER BY applied_at {order}, id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}
