//! Volunteers, consents, roles and inboxes in the database.

use boai_entity::{
    Instant, consent, consent_text,
    ids::{BranchId, ConsentId, PersonId, RoleGrantId, TeamId, VolunteerId},
    kinds::{ConsentKind, Role},
    role_grant, volunteer,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, SqlErr,
    sea_query::OnConflict,
};

use crate::platform::db;

/// What became of an enrolment.
pub enum Added {
    Yes,
    /// The person is a volunteer already.
    PersonTaken,
    /// Another volunteer has this number: choose another.
    NumberTaken,
}

pub async fn add_volunteer(db: &impl ConnectionTrait, row: volunteer::Model) -> Result<Added, DbErr> {
    let person = row.person_id;
    let row: volunteer::ActiveModel = row.into();
    let inserted = volunteer::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    if inserted == 1 {
        return Ok(Added::Yes);
    }
    let taken = volunteer_of(db, person).await?.is_some();
    Ok(if taken { Added::PersonTaken } else { Added::NumberTaken })
}

pub async fn volunteer_of(db: &impl ConnectionTrait, person: PersonId) -> Result<Option<volunteer::Model>, DbErr> {
    volunteer::Entity::find().filter(volunteer::Column::PersonId.eq(person)).one(db).await
}

pub async fn volunteer(db: &impl ConnectionTrait, id: VolunteerId) -> Result<Option<volunteer::Model>, DbErr> {
    volunteer::Entity::find_by_id(id).one(db).await
}

/// None too for what cannot be a number, without asking (PostgreSQL takes no NUL in a text).
pub async fn volunteer_by_number(db: &impl ConnectionTrait, number: &str) -> Result<Option<volunteer::Model>, DbErr> {
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    volunteer::Entity::find().filter(volunteer::Column::Number.eq(number)).one(db).await
}

/// Takes the volunteer's own row, so that what one person does at one instant on two phones happens one after the
/// other. No volunteer ever waits for another's.
pub async fn lock(db: &impl ConnectionTrait, id: VolunteerId) -> Result<Option<volunteer::Model>, DbErr> {
    db::one(db, format!("SELECT * FROM volunteer WHERE id = $1 {}", db::for_update(db)), [id.into()]).await
}

/// The text of each kind that is in force.
pub async fn texts_in_force(db: &impl ConnectionTrait, now: Instant) -> Result<Vec<consent_text::Model>, DbErr> {
    let text = "SELECT * FROM consent_text t WHERE in_force_from <= $1 AND NOT EXISTS (
                    SELECT 1 FROM consent_text n
                    WHERE n.kind = t.kind AND n.in_force_from > t.in_force_from AND n.in_force_from <= $1)
                ORDER BY kind LIMIT 100";
    db::all(db, text, [now.into()]).await
}

/// The consents that are in force, one of a kind at most.
pub async fn consents_in_force(db: &impl ConnectionTrait, person: PersonId) -> Result<Vec<consent::Model>, DbErr> {
    consent::Entity::find()
        .filter(consent::Column::PersonId.eq(person))
        .filter(consent::Column::WithdrawnAt.is_null())
        .all(db)
        .await
}

/// Ends a consent that was given for another version of its text.
pub async fn end_older_consent(
    db: &impl ConnectionTrait,
    person: PersonId,
    kind: ConsentKind,
    version: &str,
    now: Instant,
) -> Result<(), DbErr> {
    let update = consent::Entity::update_many()
        .col_expr(consent::Column::WithdrawnAt, now.into())
        .filter(consent::Column::PersonId.eq(person))
        .filter(consent::Column::Kind.eq(kind))
        .filter(consent::Column::Version.ne(version))
        .filter(consent::Column::WithdrawnAt.is_null());
    update.exec(db).await?;
    Ok(())
}

/// Gives a consent; false when it is in force already.
pub async fn give_consent(db: &impl ConnectionTrait, row: consent::Model) -> Result<bool, DbErr> {
    let row: consent::ActiveModel = row.into();
    let inserted = consent::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

pub async fn withdraw_consent(
    db: &impl ConnectionTrait,
    person: PersonId,
    kind: ConsentKind,
    now: Instant,
) -> Result<bool, DbErr> {
    let update = consent::Entity::update_many()
        .col_expr(consent::Column::WithdrawnAt, now.into())
        .filter(consent::Column::PersonId.eq(person))
        .filter(consent::Column::Kind.eq(kind))
        .filter(consent::Column::WithdrawnAt.is_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Every consent ever given, newest first.
pub async fn consents(db: &impl ConnectionTrait, person: PersonId) -> Result<Vec<consent::Model>, DbErr> {
    consent::Entity::find()
        .filter(consent::Column::PersonId.eq(person))
        .order_by_desc(consent::Column::GivenAt)
        .order_by_desc(consent::Column::Id)
        .limit(100)
        .all(db)
        .await
}

pub fn new_consent(id: uuid::Uuid, person: PersonId, kind: ConsentKind, version: &str, now: Instant) -> consent::Model {
    consent::Model {
        id: ConsentId(id),
        person_id: person,
        kind,
        version: version.into(),
        given_at: now,
        withdrawn_at: None,
    }
}

/// A role in force, with the name of its place.
#[derive(Clone, FromQueryResult)]
pub struct HeldRole {
    pub id: RoleGrantId,
    pub role: Role,
    pub branch_id: Option<BranchId>,
    pub team_id: Option<TeamId>,
    pub granted_at: Instant,
    pub ends_at: Option<Instant>,
}

pub async fn roles_of(db: &impl ConnectionTrait, person: PersonId, now: Instant) -> Result<Vec<HeldRole>, DbErr> {
    db::all(
        db,
        "SELECT id, role, branch_id, team_id, granted_at, ends_at FROM role_grant
         WHERE person_id = $1 AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > $2) ORDER BY id LIMIT 200",
        [person.into(), now.into()],
    )
    .await
}

pub async fn role_grant(db: &impl ConnectionTrait, id: RoleGrantId) -> Result<Option<role_grant::Model>, DbErr> {
    role_grant::Entity::find_by_id(id).one(db).await
}

/// False when the person holds the role there already. An ended grant is closed first, so that it stands in no one's way.
pub async fn add_role(db: &impl ConnectionTrait, row: role_grant::Model) -> Result<bool, DbErr> {
    role_grant::Entity::update_many()
        .col_expr(role_grant::Column::RevokedAt, row.granted_at.into())
        .filter(role_grant::Column::PersonId.eq(row.person_id))
        .filter(role_grant::Column::RevokedAt.is_null())
        .filter(role_grant::Column::EndsAt.lte(row.granted_at))
        .exec(db)
        .await?;
    let row: role_grant::ActiveModel = row.into();
    match role_grant::Entity::insert(row).exec_without_returning(db).await {
        Ok(_) => Ok(true),
        Err(error) => match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Ok(false),
            _ => Err(error),
        },
    }
}

pub async fn revoke_role(db: &impl ConnectionTrait, id: RoleGrantId, now: Instant) -> Result<bool, DbErr> {
    let update = role_grant::Entity::update_many()
        .col_expr(role_grant::Column::RevokedAt, now.into())
        .filter(role_grant::Column::Id.eq(id))
        .filter(role_grant::Column::RevokedAt.is_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}
