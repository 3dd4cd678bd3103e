//! One-time codes in the database: the newest of each number, and the number's limits.

use boai_entity::{Instant, kinds::CodePurpose, sign_in_code};
use chrono::{NaiveDate, TimeDelta};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult};

use super::super::rules::{CODE_PAUSE_SECONDS, CODE_TRIES, CODES_PER_DAY};
use crate::platform::db;

/// A code to put in place; of the code itself only the hash.
pub struct NewCode<'a> {
    pub phone: &'a str,
    pub purpose: CodePurpose,
    pub hash: &'a str,
    pub expires_at: Instant,
}

/// Puts a new code in place unless the number's limits forbid it, which count the texts of every purpose: one statement,
/// so that two requests at one instant cannot both pass. Says whether it did.
pub async fn place(db: &impl ConnectionTrait, code: &NewCode<'_>, now: Instant, day: NaiveDate) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "INSERT INTO sign_in_code (phone, code_hash, sent_at, expires_at, tries, used_at, day, sent_today, purpose)
         VALUES ($1, $2, $3, $4, 0, NULL, $5, 1, $8)
         ON CONFLICT (phone) DO UPDATE SET
             code_hash = excluded.code_hash, sent_at = excluded.sent_at, expires_at = excluded.expires_at,
             tries = 0, used_at = NULL, day = excluded.day, purpose = excluded.purpose,
             sent_today = CASE WHEN sign_in_code.day = excluded.day THEN sign_in_code.sent_today + 1 ELSE 1 END
         WHERE sign_in_code.sent_at <= $6 AND (sign_in_code.day <> excluded.day OR sign_in_code.sent_today < $7)",
        [
            code.phone.into(),
            code.hash.into(),
            now.into(),
            code.expires_at.into(),
            day.into(),
            (now - TimeDelta::seconds(CODE_PAUSE_SECONDS)).into(),
            CODES_PER_DAY.into(),
            code.purpose.as_str().into(),
        ],
    )
    .await?;
    Ok(rows == 1)
}

/// The newest code of a number, whatever it is good for.
pub async fn newest(db: &impl ConnectionTrait, phone: &str) -> Result<Option<sign_in_code::Model>, DbErr> {
    sign_in_code::Entity::find_by_id(phone).one(db).await
}

/// A code that can be tried, after this try has been counted.
#[derive(FromQueryResult)]
pub struct Tried {
    pub code_hash: String,
    pub tries: i32,
}

/// Counts a try before the code is looked at, so that parallel guesses cannot share one. A code for something else is
/// none, and loses no try.
pub async fn count_try(
    db: &impl ConnectionTrait,
    phone: &str,
    purpose: CodePurpose,
    now: Instant,
) -> Result<Option<Tried>, DbErr> {
    db::one(
        db,
        "UPDATE sign_in_code SET tries = tries + 1
         WHERE phone = $1 AND expires_at > $2 AND used_at IS NULL AND tries < $3 AND purpose = $4
         RETURNING code_hash, tries",
        [phone.into(), now.into(), CODE_TRIES.into(), purpose.as_str().into()],
    )
    .await
}

/// Uses the code up; false when another request was faster.
pub async fn use_up(db: &impl ConnectionTrait, phone: &str, hash: &str, now: Instant) -> Result<bool, DbErr> {
    let rows = db::run(
        db,
        "UPDATE sign_in_code SET used_at = $3 WHERE phone = $1 AND code_hash = $2 AND used_at IS NULL",
        [phone.into(), hash.into(), now.into()],
    )
    .await?;
    Ok(rows == 1)
}
