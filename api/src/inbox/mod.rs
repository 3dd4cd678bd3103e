//! What people should hear about.

use boai_entity::{
    ids::{ActivityId, InboxItemId, PersonId, ShiftId, VolunteerId},
    kinds::InboxKind,
};
use sea_orm::{ConnectionTrait, DbErr};

use crate::{ctx::Ctx, platform::outbox::Event};

pub mod store;

pub use store::Place;

/// Puts an item into these volunteers' inboxes, within the transaction that gives the reason for it.
pub async fn tell_volunteers(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    volunteers: &[VolunteerId],
    kind: InboxKind,
    place: Option<(ActivityId, Option<ShiftId>)>,
    note: &str,
) -> Result<(), DbErr> {
    let about: Vec<_> = volunteers.iter().map(|volunteer| (*volunteer, place)).collect();
    tell_of_places(ctx, tx, &about, kind, note).await
}

/// The same where each hears of a place of their own.
pub async fn tell_each_volunteer(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    about: &[(VolunteerId, (ActivityId, Option<ShiftId>))],
    kind: InboxKind,
    note: &str,
) -> Result<(), DbErr> {
    let about: Vec<_> = about.iter().map(|(volunteer, place)| (*volunteer, Some(*place))).collect();
    tell_of_places(ctx, tx, &about, kind, note).await
}

/// The same where each hears words of their own; the statements are as many as for one.
pub async fn tell_volunteers_apart(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    notes: &[(VolunteerId, &str)],
    kind: InboxKind,
) -> Result<(), DbErr> {
    if notes.is_empty() {
        return Ok(());
    }
    let added = store::add_noted(tx, notes, || ctx.new_id(), kind, by(ctx), ctx.now()).await?;
    tell_owners(ctx, tx, added).await
}

async fn tell_of_places(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    about: &[(VolunteerId, Place)],
    kind: InboxKind,
    note: &str,
) -> Result<(), DbErr> {
    if about.is_empty() {
        return Ok(());
    }
    let added = store::add_inbox_items(tx, about, || ctx.new_id(), kind, (note, by(ctx)), ctx.now()).await?;
    tell_owners(ctx, tx, added).await
}

/// Puts an item into these persons' inboxes, volunteers or not, within the transaction that gives the reason for it.
pub async fn tell_persons(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    persons: &[PersonId],
    kind: InboxKind,
    note: &str,
) -> Result<(), DbErr> {
    if persons.is_empty() {
        return Ok(());
    }
    let about: Vec<_> = persons.iter().map(|person| (*person, None)).collect();
    let added = store::add_items(tx, &about, || ctx.new_id(), kind, (note, by(ctx)), ctx.now()).await?;
    tell_owners(ctx, tx, added).await
}

/// The same about an activity.
pub async fn tell_persons_of(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    persons: &[PersonId],
    kind: InboxKind,
    place: (ActivityId, Option<ShiftId>),
    (note, by): (&str, Option<PersonId>),
) -> Result<(), DbErr> {
    if persons.is_empty() {
        return Ok(());
    }
    let about: Vec<_> = persons.iter().map(|person| (*person, Some(place))).collect();
    let added = store::add_items(tx, &about, || ctx.new_id(), kind, (note, by), ctx.now()).await?;
    tell_owners(ctx, tx, added).await
}

fn by(ctx: &Ctx) -> Option<PersonId> {
    ctx.actor.as_ref().map(|actor| actor.person)
}

/// What the outbox calls a person's inbox.
#[must_use]
pub fn inbox_topic(person: PersonId) -> String {
    format!("inbox:{person}")
}

async fn tell_owners(ctx: &Ctx, tx: &impl ConnectionTrait, added: Vec<(PersonId, InboxItemId)>) -> Result<(), DbErr> {
    let event = |(person, item): (PersonId, InboxItemId)| Event { topic: inbox_topic(person), subject: Some(item.0) };
    ctx.tell_all(tx, added.into_iter().map(event)).await
}
