//! A WeChat account that signed in and belongs to nobody yet: good for a moment, until a phone number is proved.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "wechat_ticket")]
pub struct Model {
    /// Of the ticket, which only the phone has.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    pub app_id: String,
    pub openid_hash: String,
    pub expires_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
