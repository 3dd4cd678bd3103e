//! 岗位: a task inside a shift with seats of its own, which are part of the shift's.

use sea_orm::entity::prelude::*;

use crate::ids::{PostId, ShiftId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "post")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PostId,
    pub shift_id: ShiftId,
    pub name: String,
    pub capacity: i32,
    pub taken: i32,
}

impl ActiveModelBehavior for ActiveModel {}
