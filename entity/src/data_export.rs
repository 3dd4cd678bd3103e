//! A file made for a person: everything held about them, or what became of it. Also the job that makes it.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{DataExportId, PersonId},
    kinds::{DataAsker, DataExportKind, DataExportState},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "data_export")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DataExportId,
    pub person_id: PersonId,
    pub kind: DataExportKind,
    pub asked_by: DataAsker,
    /// The phone's own id for the wish: a repeat finds the first.
    pub request_id: Uuid,
    pub asked_at: ChronoDateTimeUtc,
    /// The civil day (Asia/Shanghai) that the daily limit counts.
    pub asked_on: Date,
    pub state: DataExportState,
    /// How often somebody began; only the newest attempt may finish.
    pub attempt: i32,
    /// Until when whoever works at it is believed to be alive.
    pub leased_until: Option<ChronoDateTimeUtc>,
    pub parts_done: i32,
    pub parts_total: i32,
    pub ready_at: Option<ChronoDateTimeUtc>,
    pub expires_at: Option<ChronoDateTimeUtc>,
    /// Of the finished file.
    pub size_bytes: i32,
    /// SHA-256 of the newest link's token.
    #[sea_orm(unique)]
    pub token_hash: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
