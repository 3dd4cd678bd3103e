//! 志愿者: a person who enrolled.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};

use serde::{Deserialize, Serialize};

use crate::{
    ids::{PersonId, VolunteerId},
    kinds::{DayPart, Skill, VolunteerState, Weekday},
};

/// What someone can do, or what an activity asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Skills(pub Vec<Skill>);

/// The parts of the week in which a volunteer usually has time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Availability(pub Vec<(Weekday, DayPart)>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "volunteer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VolunteerId,
    #[sea_orm(unique)]
    pub person_id: PersonId,
    /// 志愿者编号. Never an ID number (PIPL; order 67).
    #[sea_orm(unique)]
    pub number: String,
    pub name: String,
    pub birth_date: Date,
    pub guardian_name: Option<String>,
    pub guardian_phone: Option<String>,
    pub residence_code: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub skills: Skills,
    #[sea_orm(column_type = "JsonBinary")]
    pub availability: Availability,
    pub state: VolunteerState,
    pub enrolled_at: ChronoDateTimeUtc,
    pub registered_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
