//! A person's wish to be erased, and what came of it. It stays, as the proof that it was carried out.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ErasureId, PersonId},
    kinds::{DataAsker, ErasureState},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "erasure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ErasureId,
    pub person_id: PersonId,
    pub asked_by: DataAsker,
    pub asked_at: ChronoDateTimeUtc,
    pub takes_effect_at: ChronoDateTimeUtc,
    pub state: ErasureState,
    /// When it took effect or was called off.
    pub ended_at: Option<ChronoDateTimeUtc>,
    /// SHA-256 of the token of the link to the report, which is given before there is a report: afterwards nobody can
    /// sign in to be given one.
    pub report_token_hash: Option<String>,
    /// The number for the last text message; gone once that was sent, or a day later.
    pub last_word_to: Option<String>,
    /// `zh-CN` or `en`.
    pub language: String,
}

impl ActiveModelBehavior for ActiveModel {}
