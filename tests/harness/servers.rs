//! Databases to take place on: a migrated and settled template is made once per process and copied for each town.

use std::path::PathBuf;

use boai::platform::{db::Db, random::Random};
use sea_orm::ConnectionTrait;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::town::settle;

/// `vault.keys` of every town on PostgreSQL; on SQLite each makes its own file of keys.
pub const VAULT_KEYS: &str =
    "t1:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=,fingerprint:EjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8=";

/// Read by `./test.sh`, which starts the servers.
fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run ./test.sh, or ./test.sh --servers and export what it prints")
    })
}

pub fn redis_url() -> String {
    setting("BOAI_TEST_REDIS_URL")
}

/// A SQLite database of its own; the folder lives as long as the town.
pub async fn sqlite() -> TempDir {
    static TEMPLATE: OnceCell<(TempDir, PathBuf)> = OnceCell::const_new();
    let (_, template) = TEMPLATE
        .get_or_init(async || {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let file = folder.path().join("template.sqlite");
            let db = Db::connect(&Db::file_url(&file), 1).await.expect("SQLite opens");
            settle(&db).await;
            db.conn.close().await.expect("SQLite closes, and its log goes into the file");
            (folder, file)
        })
        .await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("boai.sqlite");
    std::fs::copy(template, &file).expect("the template is copied");
    folder
}

/// A PostgreSQL database of its own, in the cluster that `./test.sh` throws away.
pub async fn postgres() -> String {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let server = setting("BOAI_TEST_POSTGRES_URL");
    let template = TEMPLATE
        .get_or_init(async || {
            let name = format!("template_{}", uuid::Uuid::from_bytes(Random::system().bytes()).simple());
            create(&server, &name, "template0").await;
            let db = Db::connect(&named(&server, &name), 1).await.expect("PostgreSQL opens");
            settle(&db).await;
            db.conn.close().await.expect("PostgreSQL closes");
            name
        })
        .await;
    let name = format!("town_{}", uuid::Uuid::from_bytes(Random::system().bytes()).simple());
    create(&server, &name, template).await;
    named(&server, &name)
}

/// An empty PostgreSQL database, not even migrated.
pub async fn empty_postgres() -> String {
    let server = setting("BOAI_TEST_POSTGRES_URL");
    let name = format!("empty_{}", uuid::Uuid::from_bytes(Random::system().bytes()).simple());
    create(&server, &name, "template0").await;
    named(&server, &name)
}

async fn create(server: &str, name: &str, template: &str) {
    let admin = Db::connect(server, 1).await.expect("PostgreSQL answers");
    let text = format!("CREATE DATABASE {name} TEMPLATE {template}");
    admin.conn.execute_unprepared(&text).await.expect("a database is made");
    admin.conn.close().await.expect("the connection closes");
}

/// The server's URL with another database.
fn named(server: &str, name: &str) -> String {
    let (host, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{host}/{name}")
}
