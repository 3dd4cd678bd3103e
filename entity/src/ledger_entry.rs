//! 时数账本: append-only; a correction is a reversing entry. Entries form a hash chain per volunteer.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};

use serde::{Deserialize, Serialize};

use crate::{
    ids::{LedgerEntryId, PersonId, PolicyId, ServiceRecordId, VolunteerId},
    kinds::{Book, EntryKind},
};

/// Stretches of time, [from, to), in Unix seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Spans(pub Vec<(i64, i64)>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LedgerEntryId,
    pub volunteer_id: VolunteerId,
    /// 1, 2, 3 … without gaps.
    pub seq: i32,
    pub kind: EntryKind,
    pub record_id: ServiceRecordId,
    /// The entry that this one takes back or confirms.
    pub corrects: Option<LedgerEntryId>,
    pub book: Book,
    /// Minutes that this entry adds to what waits for confirmation; negative takes away.
    pub pending_minutes: i32,
    /// Minutes that this entry adds to the total; negative takes away.
    pub confirmed_minutes: i32,
    /// The stretches of time credited, [from, to), Unix seconds.
    #[sea_orm(column_type = "JsonBinary")]
    pub spans: Spans,
    pub policy_id: PolicyId,
    pub recorded_by: PersonId,
    pub recorded_at: ChronoDateTimeUtc,
    pub reason: Option<String>,
    pub previous_hash: String,
    pub hash: String,
}

impl ActiveModelBehavior for ActiveModel {}
