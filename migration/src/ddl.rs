//! SQL written once, run on both databases.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

const NAMES: [&str; 8] = ["{uuid}", "{time}", "{date}", "{json}", "{real}", "{bool}", "{bytes}", "{strict}"];

/// Runs statements separated by `;` at the end of a line, with the types that differ put in:
/// see `NAMES`; `{strict}` stands after a table's closing bracket.
pub async fn ddl(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let own = match manager.get_database_backend() {
        DbBackend::Sqlite => ["BLOB", "TEXT", "TEXT", "TEXT", "REAL", "INTEGER", "BLOB", "STRICT"],
        _ => ["uuid", "timestamptz", "date", "jsonb", "double precision", "boolean", "bytea", ""],
    };
    let sql = NAMES.iter().zip(own).fold(sql.to_owned(), |sql, (name, own)| sql.replace(name, own));
    for statement in sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Makes a table append-only: the database itself refuses to change or remove a row.
pub async fn append_only(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let statements = match manager.get_database_backend() {
        DbBackend::Sqlite => ["UPDATE", "DELETE"]
            .map(|act| {
                format!(
                    "CREATE TRIGGER {table}_no_{act} BEFORE {act} ON {table}
                     BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            })
            .to_vec(),
        _ => vec![
            format!(
                "CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
            ),
            format!(
                "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                 FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
            ),
        ],
    };
    for statement in statements {
        connection.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Makes a table of versions never change: the database itself refuses to edit or remove a row. It only takes that a version is
/// withdrawn, once, before the moment from which it is valid.
pub async fn only_withdrawn(manager: &SchemaManager<'_>, table: &str, kept: &[&str]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let withdrawn = "OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL AND NEW.withdrawn_at < OLD.valid_from";
    let told = format!("{table} is never edited: a later version takes its place");
    let statements = match manager.get_database_backend() {
        DbBackend::Sqlite => {
            let same: String = kept.iter().map(|column| format!(" AND NEW.{column} IS OLD.{column}")).collect();
            vec![
                format!(
                    "CREATE TRIGGER {table}_kept BEFORE UPDATE ON {table} WHEN NOT ({withdrawn}{same})
                     BEGIN SELECT RAISE(ABORT, '{told}'); END"
                ),
                format!(
                    "CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{told}'); END"
                ),
            ]
        }
        _ => {
            let same: String =
                kept.iter().map(|column| format!(" AND NEW.{column} IS NOT DISTINCT FROM OLD.{column}")).collect();
            vec![
                format!(
                    "CREATE OR REPLACE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     IF TG_OP = 'UPDATE' THEN IF {withdrawn}{same} THEN RETURN NEW; END IF; END IF;
                     RAISE EXCEPTION '{told}'; END $$"
                ),
                format!(
                    "CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}
                     FOR EACH ROW EXECUTE FUNCTION {table}_kept()"
                ),
                format!(
                    "CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table}
                     FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()"
                ),
            ]
        }
    };
    for statement in statements {
        connection.execute_unprepared(&statement).await?;
    }
    Ok(())
}
