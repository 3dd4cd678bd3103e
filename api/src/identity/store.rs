//! Identities in the database.

use boai_entity::{
    Instant, identity,
    ids::{IdentityId, PersonId, VolunteerId},
    kinds::{IdentityAnswer, IdentityState},
    volunteer,
};
use chrono::{NaiveDate, TimeDelta};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    sea_query::{OnConflict, Query},
};

use super::{checker::ASKS, rules::TRIES_A_DAY};
use crate::platform::{
    db,
    pages::{Page, Slice},
};

/// Counts a number that somebody hands in, before it is looked at: parallel guesses cannot share one. False when the day's
/// are used up.
pub async fn count_try(db: &impl ConnectionTrait, person: PersonId, day: NaiveDate) -> Result<bool, DbErr> {
    let text = "INSERT INTO identity_try (person_id, day, tries) VALUES ($1, $2, 1)
                ON CONFLICT (person_id, day) DO UPDATE SET tries = identity_try.tries + 1
                WHERE identity_try.tries < $3";
    Ok(db::run(db, text, [person.into(), day.into(), TRIES_A_DAY.into()]).await? == 1)
}

/// False when the person has one already, or somebody else has the number.
pub async fn add(db: &impl ConnectionTrait, row: identity::Model) -> Result<bool, DbErr> {
    let row: identity::ActiveModel = row.into();
    let inserted = identity::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// Whether the person has one that waits or is verified.
pub async fn has_one(db: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    let live = identity::Entity::find()
        .filter(identity::Column::PersonId.eq(person))
        .filter(identity::Column::Fingerprint.is_not_null());
    Ok(live.one(db).await?.is_some())
}

/// The last one that the person handed in.
pub async fn latest(db: &impl ConnectionTrait, person: PersonId) -> Result<Option<identity::Model>, DbErr> {
    identity::Entity::find()
        .filter(identity::Column::PersonId.eq(person))
        .order_by_desc(identity::Column::SubmittedAt)
        .order_by_desc(identity::Column::Id)
        .one(db)
        .await
}

/// An identity with what tells in whose care it is.
#[derive(FromQueryResult)]
pub struct Placed {
    pub person_id: PersonId,
    pub volunteer_id: VolunteerId,
    pub residence_code: String,
    pub number_sealed: Option<String>,
}

pub async fn placed(db: &impl ConnectionTrait, id: IdentityId) -> Result<Option<Placed>, DbErr> {
    let text = "SELECT i.person_id, v.id AS volunteer_id, v.residence_code, i.number_sealed
                FROM identity i JOIN volunteer v ON v.person_id = i.person_id WHERE i.id = $1";
    db::one(db, text, [id.into()]).await
}

pub async fn by_id(db: &impl ConnectionTrait, id: IdentityId) -> Result<Option<identity::Model>, DbErr> {
    identity::Entity::find_by_id(id).one(db).await
}

/// Those of people who live below a path, in this state, the longest waiting first.
pub async fn below(
    db: &impl ConnectionTrait,
    path: &str,
    state: IdentityState,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<identity::Model>, DbErr> {
    let people = Query::select()
        .column(volunteer::Column::PersonId)
        .from(volunteer::Entity)
        .and_where(volunteer::Column::ResidenceCode.starts_with(path))
        .to_owned();
    let found = identity::Entity::find()
        .filter(identity::Column::State.eq(state))
        .filter(identity::Column::PersonId.in_subquery(people));
    page.fetch(found.cursor_by((identity::Column::SubmittedAt, identity::Column::Id)), db).await
}

/// How a decision is written down.
pub struct Decision<'a> {
    pub state: IdentityState,
    pub by: Option<PersonId>,
    pub reason: Option<&'a str>,
    pub at: Instant,
}

/// Decides on one that waits; false when it does not wait any more. What is rejected is erased with it.
pub async fn decide(db: &impl ConnectionTrait, id: IdentityId, decision: &Decision<'_>) -> Result<bool, DbErr> {
    let erase =
        if decision.state == IdentityState::Verified { "" } else { ", number_sealed = NULL, fingerprint = NULL" };
    let text = format!(
        "UPDATE identity SET state = $2, decided_by = $3, reason = $4, decided_at = $5{erase}
         WHERE id = $1 AND state = 'PENDING'"
    );
    let values = [
        id.into(),
        decision.state.as_str().into(),
        decision.by.into(),
        decision.reason.map(str::to_owned).into(),
        decision.at.into(),
    ];
    Ok(db::run(db, text, values).await? == 1)
}

/// Erases the number of the one that waits or is verified.
pub async fn withdraw(db: &impl ConnectionTrait, person: PersonId, now: Instant) -> Result<(), DbErr> {
    let text = "UPDATE identity SET state = 'WITHDRAWN', decided_by = NULL, reason = NULL, decided_at = $2,
                number_sealed = NULL, fingerprint = NULL WHERE person_id = $1 AND fingerprint IS NOT NULL";
    db::run(db, text, [person.into(), now.into()]).await?;
    Ok(())
}

/// One that the verification service is to be asked about.
#[derive(FromQueryResult)]
pub struct Unasked {
    pub id: IdentityId,
    pub person_id: PersonId,
    pub volunteer_id: VolunteerId,
    pub document: boai_entity::kinds::IdDocument,
    pub number_sealed: String,
    pub name: String,
    pub asks: i32,
}

/// Those that wait and were not asked about within the last hour, the longest waiting first.
pub async fn unasked(db: &impl ConnectionTrait, now: Instant, limit: i64) -> Result<Vec<Unasked>, DbErr> {
    let text = "SELECT i.id, i.person_id, v.id AS volunteer_id, i.document, i.number_sealed, v.name, i.asks
                FROM identity i JOIN volunteer v ON v.person_id = i.person_id
                WHERE i.state = 'PENDING' AND i.answer IS NULL AND i.asks < $1 AND (i.asked_at IS NULL OR i.asked_at <= $2)
                ORDER BY i.submitted_at, i.id LIMIT $3";
    db::all(db, text, [ASKS.into(), (now - TimeDelta::hours(1)).into(), limit.into()]).await
}

/// Takes one for asking; false when another instance did.
pub async fn take_for_asking(db: &impl ConnectionTrait, one: &Unasked, now: Instant) -> Result<bool, DbErr> {
    let text = "UPDATE identity SET asks = asks + 1, asked_at = $3 WHERE id = $1 AND asks = $2 AND state = 'PENDING'";
    Ok(db::run(db, text, [one.id.into(), one.asks.into(), now.into()]).await? == 1)
}

pub async fn keep_answer(db: &impl ConnectionTrait, id: IdentityId, answer: IdentityAnswer) -> Result<(), DbErr> {
    db::run(db, "UPDATE identity SET answer = $2 WHERE id = $1", [id.into(), answer.as_str().into()]).await?;
    Ok(())
}
