//! Whoever can sign in: one person per phone number.

use sea_orm::entity::prelude::*;

use crate::ids::PersonId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PersonId,
    /// E.164, for example +8613800138000; of an erased person `erased:` and the id. Never in logs or errors.
    #[sea_orm(unique)]
    pub phone: String,
    pub created_at: ChronoDateTimeUtc,
    /// Since when the row is a pseudonym: it names nobody, and nobody signs in as it.
    pub erased_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
