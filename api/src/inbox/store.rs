//! Inboxes in the database.

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

/// One item for each of these volunteers' inboxes; whose is which.
pub async fn add_inbox_items(
    db: &impl ConnectionTrait,
    volunteers: &[VolunteerId],
    mut new_id: impl FnMut() -> uuid::Uuid,
    kind: InboxKind,
    place: Option<(ActivityId, Option<ShiftId>)>,
    (note, by): (&str, Option<PersonId>),
    now: Instant,
) -> Result<Vec<(PersonId, InboxItemId)>, DbErr> {
    let mut added = Vec::with_capacity(volunteers.len());
    for some in volunteers.chunks(AT_ONCE) {
        let persons: Vec<PersonId> = volunteer::Entity::find()
            .select_only()
            .column(volunteer::Column::PersonId)
            .filter(volunteer::Column::Id.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        added.extend(add_items(db, &persons, &mut new_id, kind, place, (note, by), now).await?);
    }
    Ok(added)
}

/// One item for each of these persons' inboxes; whose is which.
pub async fn add_items(
    db: &impl ConnectionTrait,
    persons: &[PersonId],
    mut new_id: impl FnMut() -> uuid::Uuid,
    kind: InboxKind,
    place: Option<(ActivityId, Option<ShiftId>)>,
    (note, by): (&str, Option<PersonId>),
    now: Instant,
) -> Result<Vec<(PersonId, InboxItemId)>, DbErr> {
    let added: Vec<_> = persons.iter().map(|person| (*person, InboxItemId(new_id()))).collect();
    for some in added.chunks(AT_ONCE) {
        let items = some.iter().map(|(person, id)| inbox_item::ActiveModel {
            id: Set(*id),
            person_id: Set(*person),
            kind: Set(kind),
            activity_id: Set(place.map(|(activity, _)| activity)),
            shift_id: Set(place.and_then(|(_, shift)| shift)),
            note: Set(note.into()),
            created_at: Set(now),
            read_at: Set(None),
            by_person: Set(by.filter(|by| by != person)),
        });
        inbox_item::Entity::insert_many(items).exec_without_returning(db).await?;
    }
    Ok(added)
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
