//! Persons and their numbers in the database.

use boai_entity::{Instant, ids::PersonId, person};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, SqlErr, sea_query::OnConflict,
};

use crate::platform::db;

/// Takes the row of the person with this number, who is made if there is none yet.
pub async fn lock_or_make(
    db: &impl ConnectionTrait,
    new_id: PersonId,
    phone: &str,
    now: Instant,
) -> Result<person::Model, DbErr> {
    loop {
        let new = person::ActiveModel {
            id: Set(new_id),
            phone: Set(phone.into()),
            created_at: Set(now),
            erased_at: Set(None),
        };
        person::Entity::insert(new)
            .on_conflict(OnConflict::column(person::Column::Phone).do_nothing().to_owned())
            .exec_without_returning(db)
            .await?;
        let taken = format!("SELECT * FROM person WHERE phone = $1 {}", db::for_update(db));
        // None when the person moved to another number while we waited for the row: then the number is free.
        if let Some(person) = db::one(db, taken, [phone.into()]).await? {
            return Ok(person);
        }
    }
}

/// Takes the person's row: whatever opens, ends or moves an account happens one after the other.
pub async fn lock(db: &impl ConnectionTrait, id: PersonId) -> Result<Option<person::Model>, DbErr> {
    db::one(db, format!("SELECT * FROM person WHERE id = $1 {}", db::for_update(db)), [id.into()]).await
}

pub async fn person(db: &impl ConnectionTrait, id: PersonId) -> Result<Option<person::Model>, DbErr> {
    person::Entity::find_by_id(id).one(db).await
}

pub async fn with_phone(db: &impl ConnectionTrait, phone: &str) -> Result<Option<person::Model>, DbErr> {
    person::Entity::find().filter(person::Column::Phone.eq(phone)).one(db).await
}

/// Moves the person to another number; false when it belongs to somebody, and then the transaction is over.
pub async fn change_phone(db: &impl ConnectionTrait, id: PersonId, phone: &str) -> Result<bool, DbErr> {
    match db::run(db, "UPDATE person SET phone = $2 WHERE id = $1", [id.into(), phone.into()]).await {
        Ok(rows) => Ok(rows == 1),
        Err(error) => match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Ok(false),
            _ => Err(error),
        },
    }
}
