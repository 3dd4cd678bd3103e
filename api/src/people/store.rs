//! Volunteers and consents in the database.

use boai_entity::{
    Instant, consent, consent_text,
    ids::{ConsentId, PersonId, VolunteerId},
    kinds::ConsentKind,
    volunteer,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict,
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
