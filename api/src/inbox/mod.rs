//! What people should hear about.

use boai_entity::{
    ids::{ActivityId, PersonId, ShiftId, VolunteerId},
    kinds::InboxKind,
};
use sea_orm::{ConnectionTrait, DbErr};

use crate::ctx::Ctx;

pub mod store;

/// Puts an item into these volunteers' inboxes, within the transaction that gives the reason for it.
pub async fn tell_volunteers(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    volunteers: &[VolunteerId],
    kind: InboxKind,
    place: Option<(ActivityId, Option<ShiftId>)>,
    note: &str,
) -> Result<(), DbErr> {
    if volunteers.is_empty() {
        return Ok(());
    }
    store::add_inbox_items(tx, volunteers, || ctx.new_id(), kind, place, (note, by(ctx)), ctx.now()).await
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
    store::add_items(tx, persons, || ctx.new_id(), kind, None, (note, by(ctx)), ctx.now()).await
}

fn by(ctx: &Ctx) -> Option<PersonId> {
    ctx.actor.as_ref().map(|actor| actor.person)
}
