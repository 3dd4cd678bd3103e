//! A person's authenticator app.

use sea_orm::entity::prelude::*;

use crate::ids::PersonId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// Sealed; none until a first code has confirmed one.
    pub secret: Option<String>,
    pub confirmed_at: Option<ChronoDateTimeUtc>,
    /// Sealed; waits for a code that confirms it.
    pub new_secret: Option<String>,
    pub new_secret_until: Option<ChronoDateTimeUtc>,
    /// The last step of 30 s (since 1970) whose code was used: a code is good once.
    pub last_step: i32,
    /// Since the last good code.
    pub wrong_tries: i32,
    pub locked_until: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
