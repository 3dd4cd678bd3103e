//! Inboxes in the database.

use std::collections::HashMap;

use boai_entity::{
    Instant,
    ids::{ActivityId, InboxItemId, PersonId, ShiftId, VolunteerId},
    inbox_item,
    kinds::InboxKind,
    volunteer,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::platform::pages::{Page, Slice};

/// People told at once: their rows stay below what a statement may bind (32,766 values on SQLite).
const AT_ONCE: usize = 2000;

/// What an item is about, when it is about an activity or one of its shifts.
pub type Place = Option<(ActivityId, Option<ShiftId>)>;

/// One item for each of these volunteers' inboxes; whose is which. Somebody may be told of several places.
pub async fn add_inbox_items(
    db: &impl ConnectionTrait,
    about: &[(VolunteerId, Place)],
    mut new_id: impl FnMut() -> uuid::Uuid,
    kind: InboxKind,
    (note, by): (&str, Option<PersonId>),
    now: Instant,
) -> Result<Vec<(PersonId, InboxItemId)>, DbErr> {
    let mut added = Vec::with_capacity(about.len());
    for some in about.chunks(AT_ONCE) {
        let persons = persons_of(db, some.iter().map(|(volunteer, _)| *volunteer)).await?;
        let of_person = |(volunteer, place): &(VolunteerId, Place)| Some((*persons.get(volunteer)?, *place));
        let about: Vec<_> = some.iter().filter_map(of_person).collect();
        added.extend(add_items(db, &about, &mut new_id, kind, (note, by), now).await?);
    }
    Ok(added)
}

/// One item for each of these persons' inboxes; whose is which.
pub async fn add_items(
    db: &impl ConnectionTrait,
    about: &[(PersonId, Place)],
    mut new_id: impl FnMut() -> uuid::Uuid,
    kind: InboxKind,
    (note, by): (&str, Option<PersonId>),
    now: Instant,
) -> Result<Vec<(PersonId, InboxItemId)>, DbErr> {
    let mut added = Vec::with_capacity(about.len());
    for some in about.chunks(AT_ONCE) {
        let items: Vec<_> = some
            .iter()
            .map(|(person, place)| item(InboxItemId(new_id()), *person, *place, kind, (note, by), now))
            .collect();
        added.extend(items.iter().map(|item| (*item.person_id.as_ref(), *item.id.as_ref())));
        inbox_item::Entity::insert_many(items).exec_without_returning(db).await?;
    }
    Ok(added)
}

/// One item for each of these volunteers' inboxes, with its own note; whose is which.
pub async fn add_noted(
    db: &impl ConnectionTrait,
    notes: &[(VolunteerId, &str)],
    mut new_id: impl FnMut() -> uuid::Uuid,
    kind: InboxKind,
    by: Option<PersonId>,
    now: Instant,
) -> Result<Vec<(PersonId, InboxItemId)>, DbErr> {
    let mut added = Vec::with_capacity(notes.len());
    for some in notes.chunks(AT_ONCE) {
        let persons = persons_of(db, some.iter().map(|(volunteer, _)| *volunteer)).await?;
        let noted = |(volunteer, note): &(VolunteerId, &str)| {
            let person = *persons.get(volunteer)?;
            Some(item(InboxItemId(new_id()), person, None, kind, (note, by), now))
        };
        let items: Vec<_> = some.iter().filter_map(noted).collect();
        added.extend(items.iter().map(|item| (*item.person_id.as_ref(), *item.id.as_ref())));
        if !items.is_empty() {
            inbox_item::Entity::insert_many(items).exec_without_returning(db).await?;
        }
    }
    Ok(added)
}

async fn persons_of(
    db: &impl ConnectionTrait,
    volunteers: impl Iterator<Item = VolunteerId>,
) -> Result<HashMap<VolunteerId, PersonId>, DbErr> {
    let persons: Vec<(VolunteerId, PersonId)> = volunteer::Entity::find()
        .select_only()
        .column(volunteer::Column::Id)
        .column(volunteer::Column::PersonId)
        .filter(volunteer::Column::Id.is_in(volunteers))
        .into_tuple()
        .all(db)
        .await?;
    Ok(persons.into_iter().collect())
}

fn item(
    id: InboxItemId,
    person: PersonId,
    place: Place,
    kind: InboxKind,
    (note, by): (&str, Option<PersonId>),
    now: Instant,
) -> inbox_item::ActiveModel {
    inbox_item::ActiveModel {
        id: Set(id),
        person_id: Set(person),
        kind: Set(kind),
        activity_id: Set(place.map(|(activity, _)| activity)),
        shift_id: Set(place.and_then(|(_, shift)| shift)),
        note: Set(note.into()),
        created_at: Set(now),
        read_at: Set(None),
        by_person: Set(by.filter(|by| *by != person)),
    }
}

/// Newest first.
pub async fn inbox(
    db: &impl ConnectionTrait,
    person: PersonId,
    page: Page<(Instant, uuid::Uuid)>,
) -> Result<Slice<inbox_item::Model>, DbErr> {
    let mut cursor = inbox_item::Entity::find()
        .filter(inbox_item::Column::PersonId.eq(person))
        .cursor_by((inbox_item::Column::CreatedAt, inbox_item::Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

/// Those of these items that are a person's own.
pub async fn items(
    db: &impl ConnectionTrait,
    person: PersonId,
    ids: impl IntoIterator<Item = InboxItemId>,
) -> Result<Vec<inbox_item::Model>, DbErr> {
    inbox_item::Entity::find()
        .filter(inbox_item::Column::PersonId.eq(person))
        .filter(inbox_item::Column::Id.is_in(ids))
        .all(db)
        .await
}
