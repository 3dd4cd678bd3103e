//! A WeChat account of a person, within one mini program.

use sea_orm::entity::prelude::*;

use crate::ids::PersonId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "wechat_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub app_id: String,
    /// SHA-256 over mini program and openid, in hexadecimal: it is only ever looked up.
    #[sea_orm(primary_key, auto_increment = false)]
    pub openid_hash: String,
    pub person_id: PersonId,
    pub linked_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
