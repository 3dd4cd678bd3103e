//! What the world will be told once the transaction that wrote it has committed.

use sea_orm::entity::prelude::*;

use crate::ids::OutboxEventId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OutboxEventId,
    pub topic: String,
    /// What it is about: an attendance for a board, an item for an inbox.
    pub subject_id: Option<Uuid>,
    /// Its place in the order of all that was told; given after the commit.
    pub number: Option<i64>,
    pub created_at: ChronoDateTimeUtc,
    pub published_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
