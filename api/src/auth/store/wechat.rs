//! WeChat accounts and link tickets in the database.

use boai_entity::{Instant, ids::PersonId, wechat_link, wechat_ticket};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, sea_query::OnConflict};

use crate::platform::db;

/// A WeChat account within a mini program; of its openid only the hash.
#[derive(Clone, FromQueryResult)]
pub struct Account {
    pub app_id: String,
    pub openid_hash: String,
}

/// Whom an account belongs to.
pub async fn person_of(db: &impl ConnectionTrait, account: &Account) -> Result<Option<PersonId>, DbErr> {
    let key = (account.app_id.clone(), account.openid_hash.clone());
    Ok(wechat_link::Entity::find_by_id(key).one(db).await?.map(|link| link.person_id))
}

/// The person's account in a mini program.
pub async fn link_of(
    db: &impl ConnectionTrait,
    person: PersonId,
    app_id: &str,
) -> Result<Option<wechat_link::Model>, DbErr> {
    wechat_link::Entity::find()
        .filter(wechat_link::Column::PersonId.eq(person))
        .filter(wechat_link::Column::AppId.eq(app_id))
        .one(db)
        .await
}

/// What became of a wish to link.
#[derive(PartialEq)]
pub enum Linked {
    Now,
    /// The two belong to each other already.
    Before,
    /// The account belongs to somebody else.
    AccountTaken,
    /// The person has another account there.
    PersonTaken,
}

/// Links account and person, unless either has another: one row, and two unique keys that judge.
pub async fn link(
    db: &impl ConnectionTrait,
    account: &Account,
    person: PersonId,
    now: Instant,
) -> Result<Linked, DbErr> {
    let row: wechat_link::ActiveModel = wechat_link::Model {
        app_id: account.app_id.clone(),
        openid_hash: account.openid_hash.clone(),
        person_id: person,
        linked_at: now,
    }
    .into();
    let inserted = wechat_link::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    if inserted == 1 {
        return Ok(Linked::Now);
    }
    Ok(match person_of(db, account).await? {
        Some(owner) if owner == person => Linked::Before,
        Some(_) => Linked::AccountTaken,
        None => Linked::PersonTaken,
    })
}

/// Unlinks the person's account in a mini program, or in all of them; says whether there was one.
pub async fn unlink(db: &impl ConnectionTrait, person: PersonId, app_id: Option<&str>) -> Result<bool, DbErr> {
    let mut delete = wechat_link::Entity::delete_many().filter(wechat_link::Column::PersonId.eq(person));
    if let Some(app_id) = app_id {
        delete = delete.filter(wechat_link::Column::AppId.eq(app_id));
    }
    Ok(delete.exec(db).await?.rows_affected > 0)
}

/// Keeps a ticket for an account that belongs to nobody yet; those that nobody used in time go.
pub async fn add_ticket(db: &impl ConnectionTrait, ticket: wechat_ticket::Model, now: Instant) -> Result<(), DbErr> {
    wechat_ticket::Entity::delete_many().filter(wechat_ticket::Column::ExpiresAt.lte(now)).exec(db).await?;
    let ticket: wechat_ticket::ActiveModel = ticket.into();
    wechat_ticket::Entity::insert(ticket).exec_without_returning(db).await?;
    Ok(())
}

/// Uses a ticket up: it is good once, and for one of two who use it at one instant.
pub async fn use_ticket(db: &impl ConnectionTrait, hash: &str, now: Instant) -> Result<Option<Account>, DbErr> {
    db::one(
        db,
        "DELETE FROM wechat_ticket WHERE hash = $1 AND expires_at > $2 RETURNING app_id, openid_hash",
        [hash.into(), now.into()],
    )
    .await
}
