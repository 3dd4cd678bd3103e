//! A device on which a person is signed in.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{PersonId, SessionId},
    kinds::{Platform, SessionEnd, SignInWay},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub person_id: PersonId,
    pub device: String,
    pub created_at: ChronoDateTimeUtc,
    pub last_used_at: ChronoDateTimeUtc,
    pub ended_at: Option<ChronoDateTimeUtc>,
    pub end_reason: Option<SessionEnd>,
    pub platform: Platform,
    pub way: SignInWay,
    /// Made by the app when it was installed, so that signing in again there is no new device.
    pub installation_id: Option<Uuid>,
    /// Until when it may act by roles that ask for the second factor.
    pub second_factor_until: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
