//! 报名: one per volunteer and shift.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{PostId, ShiftId, SignUpId, VolunteerId},
    kinds::SignUpState,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_up")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SignUpId,
    pub shift_id: ShiftId,
    pub post_id: Option<PostId>,
    pub volunteer_id: VolunteerId,
    pub state: SignUpState,
    /// Orders the wait-list.
    pub signed_up_at: ChronoDateTimeUtc,
    pub changed_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
