//! A long-lived place of a branch.

use async_graphql::Enum;
use chrono::NaiveTime;
use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{BranchId, FacilityId},
    kinds::{Weekday, kinds},
};

kinds! {
    /// What kind of place a facility is.
    FacilityKind {
        /// 会员服务中心 (县级)
        MemberServiceCentre,
        /// 会员之家 (乡镇、街道)
        MemberHome,
        /// 会员工作室 (村、社区)
        MemberStudio,
        /// 以姓名命名的工作室
        NamedStudio,
        /// 生命教育体验馆
        LifeEducationHall,
        /// 应急救护培训基地
        TrainingBase,
        /// 博爱家园
        BoaiHome,
        /// 志愿服务站
        ServiceStation,
        /// 疫苗接种点
        VaccinationSite,
        /// 其他
        OtherPlace,
    }
}

/// When a facility is open on some days of the week, in Asia/Shanghai. A time of closing that is not after that of opening
/// lies on the day after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSpan {
    pub weekdays: Vec<Weekday>,
    pub opens_at: NaiveTime,
    pub closes_at: NaiveTime,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct OpeningHours(pub Vec<OpenSpan>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "facility")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FacilityId,
    /// Whose officers keep it.
    pub branch_id: BranchId,
    pub kind: FacilityKind,
    /// Unlike any other open one of its branch.
    pub name: String,
    pub address: String,
    pub division_code: String,
    /// WGS-84 degrees.
    pub latitude: f64,
    pub longitude: f64,
    #[sea_orm(column_type = "JsonBinary")]
    pub opening_hours: OpeningHours,
    pub created_at: ChronoDateTimeUtc,
    pub closed_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
