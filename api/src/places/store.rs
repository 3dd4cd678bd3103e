//! Facilities in the database.

use boai_entity::{
    Instant, facility,
    ids::{BranchId, FacilityId, PersonId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, SqlErr,
    sea_query::OnConflict,
};

use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// False when the branch has an open facility of that name.
pub async fn add(db: &impl ConnectionTrait, new: facility::Model) -> Result<bool, DbErr> {
    let new: facility::ActiveModel = new.into();
    let rows = facility::Entity::insert(new)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(rows == 1)
}

/// False when the branch has another open facility of that name; then the transaction is over.
pub async fn save(db: &impl ConnectionTrait, changed: facility::Model) -> Result<bool, DbErr> {
    let changed: facility::ActiveModel = changed.into();
    match facility::Entity::update(changed.reset_all()).exec(db).await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A facility with the place of its branch in the tree, locked for whoever changes it.
#[derive(FromQueryResult)]
pub struct PlacedFacility {
    #[sea_orm(nested)]
    pub facility: facility::Model,
    pub branch_path: String,
}

pub async fn lock(db: &impl ConnectionTrait, id: FacilityId) -> Result<Option<PlacedFacility>, DbErr> {
    let lock = if db::for_update(db).is_empty() { "" } else { "FOR NO KEY UPDATE OF f" };
    let text = format!(
        "SELECT f.*, b.path AS branch_path FROM facility f JOIN branch b ON b.id = f.branch_id WHERE f.id = $1 {lock}"
    );
    db::one(db, text, [id.into()]).await
}

/// A facility that stays as it is until the transaction ends: whoever takes its place from it takes the right one.
pub async fn hold(db: &impl ConnectionTrait, id: FacilityId) -> Result<Option<facility::Model>, DbErr> {
    let lock = if db::for_update(db).is_empty() { "" } else { "FOR SHARE" };
    db::one(db, format!("SELECT * FROM facility WHERE id = $1 {lock}"), [id.into()]).await
}

pub async fn facility(db: &impl ConnectionTrait, id: FacilityId) -> Result<Option<facility::Model>, DbErr> {
    facility::Entity::find_by_id(id).one(db).await
}

/// A branch's own, by name.
pub async fn of_branch(
    db: &impl ConnectionTrait,
    branch: BranchId,
    closed_too: bool,
    page: Page<(String, uuid::Uuid)>,
) -> Result<Slice<facility::Model>, DbErr> {
    let mut select = facility::Entity::find().filter(facility::Column::BranchId.eq(branch));
    if !closed_too {
        select = select.filter(facility::Column::ClosedAt.is_null());
    }
    page.fetch(select.cursor_by((facility::Column::Name, facility::Column::Id)), db).await
}

/// Moves the activities there that are not over to where the facility is now: one statement.
pub async fn move_activities(
    db: &impl ConnectionTrait,
    to: &facility::Model,
    [x, y, z]: [f64; 3],
    now: Instant,
) -> Result<(), DbErr> {
    let text = "UPDATE activity SET place_name = $2, address = $3, division_code = $4, latitude = $5, longitude = $6,
                                    unit_x = $7, unit_y = $8, unit_z = $9
                WHERE facility_id = $1 AND state <> 'CANCELLED' AND ends_at > $10";
    let place = [to.name.clone().into(), to.address.clone().into(), to.division_code.clone().into()];
    let point = [to.latitude, to.longitude, x, y, z].map(Into::into);
    db::run(db, text, [to.id.into()].into_iter().chain(place).chain(point).chain([now.into()])).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Someone {
    person_id: PersonId,
}

/// Everybody who is signed up there for a shift to come.
pub async fn signed_up_there(db: &impl ConnectionTrait, id: FacilityId, now: Instant) -> Result<Vec<PersonId>, DbErr> {
    let text = "SELECT DISTINCT v.person_id FROM activity a JOIN shift s ON s.activity_id = a.id
                JOIN sign_up u ON u.shift_id = s.id JOIN volunteer v ON v.id = u.volunteer_id
                WHERE a.facility_id = $1 AND s.ends_at > $2 AND u.state IN ('SEATED', 'WAITING')";
    let rows: Vec<Someone> = db::all(db, text, [id.into(), now.into()]).await?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}

/// Who is in charge of activities there that are not over.
pub async fn in_charge_there(db: &impl ConnectionTrait, id: FacilityId, now: Instant) -> Result<Vec<PersonId>, DbErr> {
    let text = "SELECT DISTINCT person_in_charge AS person_id FROM activity
                WHERE facility_id = $1 AND state <> 'CANCELLED' AND ends_at > $2";
    let rows: Vec<Someone> = db::all(db, text, [id.into(), now.into()]).await?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}
