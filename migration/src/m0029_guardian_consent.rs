//! The text that the guardian of a volunteer under 18 agrees to: its first version.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, Statement, prelude::DateTimeUtc},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The beginning of 2026 in China, in seconds since 1970.
const IN_FORCE_FROM: i64 = 1_767_196_800;

const TEXT: [&str; 6] = [
    "GUARDIAN",
    "2026-01",
    "监护人同意书",
    "一、您是该未满十八周岁志愿者的监护人,同意其参加与年龄、身心状况相适应的红十字志愿服务。
二、依法不组织未成年人参加抢险救灾等有危险的活动。
三、我们为组织活动、记录服务时间处理孩子的姓名、电话、出生日期、居住地、技能和服务记录,并保存您的姓名和手机号,仅用于与您联系和核实监护人身份。位置信息、公开姓名和证件号码由孩子另行单独授权,您可以代为撤回。
四、您可以通过手机验证码查看、复制孩子的信息,撤回授权,要求注销。孩子年满十八周岁后由本人行使这些权利。
五、撤回:可随时撤回,撤回后孩子不能再报名新的活动;已报名的活动和已有的服务记录不受影响。",
    "The guardian's consent",
    "1. You are the guardian of this volunteer under 18, and agree that the child serves with the Red Cross as fits age and health.
2. The law has no minor taken into rescue or other dangerous work, and we take none.
3. To organise activities and record service time we process the child's name, phone number, birth date, residence, skills and service records; we keep your name and phone number to reach you and to know that it is you. Location, showing the name to the public and the number of an identity document take a consent of the child's own each, which you may withdraw.
4. With a code to your phone you can see and copy what is held about the child, withdraw consents, and have the account erased; from the 18th birthday on the child does so alone.
5. Withdrawing: you can withdraw at any time; from then on the child signs up for nothing new. What was signed up for, and the service records, stay.",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let from = DateTimeUtc::from_timestamp(IN_FORCE_FROM, 0).ok_or(DbErr::Custom("a time".into()))?;
        let [kind, version, texts @ ..] = TEXT;
        let insert = "INSERT INTO consent_text VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [kind, version].map(Into::into).into_iter().chain([from.into()]).chain(texts.map(Into::into));
        db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), insert, values)).await?;
        Ok(())
    }
}
