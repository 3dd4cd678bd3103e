//! An access or refresh token of a session; only its hash is kept.

use sea_orm::entity::prelude::*;

use crate::{ids::SessionId, kinds::TokenKind};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    pub session_id: SessionId,
    pub kind: TokenKind,
    pub expires_at: ChronoDateTimeUtc,
    /// When a refresh token was exchanged. A second use ends the session.
    pub used_at: Option<ChronoDateTimeUtc>,
    /// The hash of the refresh token that it was given for; none for the first two of a session.
    pub parent: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
