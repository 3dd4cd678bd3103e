//! What a person should hear about.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ActivityId, InboxItemId, PersonId, ShiftId},
    kinds::InboxKind,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InboxItemId,
    pub person_id: PersonId,
    pub kind: InboxKind,
    pub activity_id: Option<ActivityId>,
    pub shift_id: Option<ShiftId>,
    /// What changed, or why, in the words of whoever did it.
    pub note: String,
    pub created_at: ChronoDateTimeUtc,
    pub read_at: Option<ChronoDateTimeUtc>,
    /// Who did what it tells of; none: the person themself, or nobody in particular.
    pub by_person: Option<PersonId>,
}

impl ActiveModelBehavior for ActiveModel {}
