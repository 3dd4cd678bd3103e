//! The State Council's holidays and the weekends that are worked for them. Later years come with `boai import-calendar`.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, Statement, prelude::Date},
};

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQL: &str = "
CREATE TABLE calendar_day (
    day {date} PRIMARY KEY,
    off {bool} NOT NULL,
    name text NOT NULL
) {strict};
";

/// What was announced so far: day, kind, name.
const DAYS: &str = include_str!("../../api/data/state-council-calendar.csv");

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await?;
        let db = manager.get_connection();
        let wrong = |line: &str| DbErr::Custom(format!("state-council-calendar.csv: {line}"));
        for line in DAYS.lines().skip(1) {
            let [day, kind, name] = line.splitn(3, ',').collect::<Vec<_>>()[..] else { return Err(wrong(line)) };
            let day: Date = day.parse().map_err(|_| wrong(line))?;
            let insert = "INSERT INTO calendar_day (day, off, name) VALUES ($1, $2, $3)";
            let values = [day.into(), (kind == "HOLIDAY").into(), name.into()];
            db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), insert, values)).await?;
        }
        Ok(())
    }
}
