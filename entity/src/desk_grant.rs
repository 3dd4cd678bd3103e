//! 签到台授权: who sits at the desk of a site, and on which days.

use sea_orm::entity::prelude::*;

use crate::ids::{ActivityId, DeskGrantId, FacilityId, PersonId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "desk_grant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeskGrantId,
    pub person_id: PersonId,
    /// The site: an activity, or a facility with whatever takes place there.
    pub activity_id: Option<ActivityId>,
    pub facility_id: Option<FacilityId>,
    /// Civil days in Asia/Shanghai, both of them too.
    pub from_day: Date,
    pub to_day: Date,
    pub granted_by: PersonId,
    pub granted_at: ChronoDateTimeUtc,
    pub revoked_at: Option<ChronoDateTimeUtc>,
    pub revoked_by: Option<PersonId>,
}

impl ActiveModelBehavior for ActiveModel {}
