//! 志愿服务记录证明: what it shows is frozen with its issue.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{BranchId, CertificateId, ServiceRecordId, VolunteerId},
    kinds::{Book, Category},
};

/// All that a certificate shows but its number and day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Shown {
    pub name: String,
    pub volunteer_number: String,
    /// The first and the last character of a verified number; none without one.
    pub id_number: Option<String>,
    pub from: chrono::NaiveDate,
    pub to: chrono::NaiveDate,
    pub issuer: String,
    pub units: Vec<Unit>,
}

/// What one recording unit recorded (order 67: who recorded certifies).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    pub team: String,
    pub branch: String,
    pub records: Vec<Line>,
}

/// One record; times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub record: ServiceRecordId,
    pub day: chrono::NaiveDate,
    pub from: i64,
    pub to: i64,
    pub activity: String,
    pub place: String,
    pub content: Category,
    pub book: Book,
    pub minutes: i32,
}

impl Unit {
    pub fn minutes(&self) -> i64 {
        self.records.iter().map(|line| i64::from(line.minutes)).sum()
    }
}

impl Shown {
    pub fn minutes(&self) -> i64 {
        self.units.iter().map(Unit::minutes).sum()
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "certificate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CertificateId,
    #[sea_orm(unique)]
    pub number: String,
    pub volunteer_id: VolunteerId,
    pub branch_id: BranchId,
    pub issued_at: ChronoDateTimeUtc,
    #[sea_orm(column_type = "JsonBinary")]
    pub shown: Shown,
    /// Where the volunteer's ledger stood: how many entries it had, and the hash of the last.
    pub seq: i32,
    pub head: String,
    /// SHA-256 of `shown`.
    pub digest: String,
    /// What is signed, for who checks it without a network, and which key signed.
    pub payload: String,
    pub key_id: String,
    /// Where the service said that it can be checked.
    pub address: Option<String>,
    pub revoked_at: Option<ChronoDateTimeUtc>,
    pub revoke_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
