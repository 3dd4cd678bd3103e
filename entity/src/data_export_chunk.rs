//! A piece of a file made for a person: in the database, so that any instance serves it.

use sea_orm::entity::prelude::*;

use crate::ids::DataExportId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "data_export_chunk")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub export_id: DataExportId,
    /// The attempt that wrote it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub attempt: i32,
    /// `ZIP`: of the file itself; `HTML`: of the readable half while the other is being written.
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i32,
    pub bytes: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
