//! Leaderboards: what each volunteer has on each board, and how many have how much.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, Statement, prelude::DateTimeUtc},
};

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A standing of no team's activities alone has nil for the team; one of no category an empty text. Periods are numbers: 0 is
/// all time, 202600 a year, 202605 a month. What is not counted yet is a column, for a planner knows how seldom a column is true, and
/// takes the partial index; of two columns it guesses that nearly all differ.
const SQL: &str = "
CREATE TABLE leaderboard_standing (
    volunteer_id {uuid} NOT NULL REFERENCES volunteer (id),
    team_id {uuid} NOT NULL,
    category text NOT NULL,
    period integer NOT NULL,
    home text NOT NULL,
    shown {bool} NOT NULL,
    minutes integer NOT NULL,
    counted integer NOT NULL,
    uncounted {bool} GENERATED ALWAYS AS (team_id = {nil} AND minutes <> counted) STORED,
    PRIMARY KEY (volunteer_id, team_id, category, period)
) {strict};
CREATE INDEX leaderboard_standing_board ON leaderboard_standing (team_id, period, category, shown, minutes, volunteer_id, home);
CREATE INDEX leaderboard_standing_county ON leaderboard_standing (substr(home, 1, 6), period, category, shown, minutes, volunteer_id, home)
    WHERE team_id = {nil};
CREATE INDEX leaderboard_standing_uncounted ON leaderboard_standing (volunteer_id) WHERE uncounted;
CREATE TABLE leaderboard_tally (
    area text NOT NULL,
    category text NOT NULL,
    period integer NOT NULL,
    bucket integer NOT NULL,
    heads integer NOT NULL,
    PRIMARY KEY (area, category, period, bucket)
) {strict};
INSERT INTO leaderboard_standing (volunteer_id, team_id, category, period, home, shown, minutes, counted)
SELECT b.volunteer_id, CASE t.column1 WHEN 0 THEN {nil} ELSE b.team_id END,
       CASE c.column1 WHEN 0 THEN '' ELSE b.category END,
       CASE p.column1 WHEN 0 THEN 0 WHEN 1 THEN b.year ELSE b.year + b.month END,
       b.home, FALSE, SUM(b.minutes), 0
FROM (SELECT l.volunteer_id, v.residence_code AS home, r.team_id, r.category,
             CAST(substr(CAST(r.service_date AS text), 1, 4) AS integer) * 100 AS year,
             CAST(substr(CAST(r.service_date AS text), 6, 2) AS integer) AS month,
             SUM(l.confirmed_minutes) AS minutes
      FROM ledger_entry l JOIN service_record r ON r.id = l.record_id JOIN volunteer v ON v.id = l.volunteer_id
      WHERE v.number NOT LIKE 'erased:%'
      GROUP BY 1, 2, 3, 4, 5, 6) b
CROSS JOIN (VALUES (0), (1)) t CROSS JOIN (VALUES (0), (1)) c CROSS JOIN (VALUES (0), (1), (2)) p
GROUP BY 1, 2, 3, 4, 5 HAVING SUM(b.minutes) <> 0;
";

/// The beginning of 2026 in China, in seconds since 1970.
const IN_FORCE_FROM: i64 = 1_767_196_800;

const TEXT: [&str; 6] = [
    "LEADERBOARD",
    "2026-01",
    "排行榜展示授权书",
    "一、目的:在排行榜上向其他用户展示您的名次。
二、内容:隐去部分的姓名、名次和该榜的服务时长;不包括全名、电话、住址和证件号码。
三、谁能看到:登录的用户。
四、不同意或撤回:可随时撤回,撤回后他人立即看不到您。您自己始终能看到本人在全体志愿者中的名次;不同意不影响服务、记录和荣誉。",
    "Consent to being shown on leaderboards",
    "1. Purpose: to show other users your rank on leaderboards.
2. What: your name with parts hidden, your rank, and your service time on that board; never your whole name, phone number, address or the number of your identity document.
3. Who sees it: users who are signed in.
4. If you withhold or withdraw it: you can withdraw at any time, and others do not see you from that moment on. You always see your own rank among all volunteers; your service, records and honours do not depend on it.",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let nil = match manager.get_database_backend() {
            DbBackend::Sqlite => "x'00000000000000000000000000000000'",
            _ => "'00000000-0000-0000-0000-000000000000'::uuid",
        };
        ddl(manager, &SQL.replace("{nil}", nil)).await?;
        let db = manager.get_connection();
        let from = DateTimeUtc::from_timestamp(IN_FORCE_FROM, 0).ok_or(DbErr::Custom("a time".into()))?;
        let [kind, version, texts @ ..] = TEXT;
        let insert = "INSERT INTO consent_text VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [kind, version].map(Into::into).into_iter().chain([from.into()]).chain(texts.map(Into::into));
        db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), insert, values)).await?;
        Ok(())
    }
}
