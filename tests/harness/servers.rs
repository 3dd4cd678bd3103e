//! Databases to take place on: a migrated and settled template is made once per process and copied for each town.

use std::path::{Path, PathBuf};

use boai::platform::{
    db::{self, Db},
    random::Random,
};
use sea_orm::ConnectionTrait;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::town::settle;

/// `vault.keys` of every town on PostgreSQL; on SQLite each makes its own file of keys.
pub const VAULT_KEYS: &str = "t1:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=,fingerprint:EjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8=,\
     sign-s1:NFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kKvN7xI=";

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
            sweep(&server).await;
            let name = own_name("template");
            create(&server, &name, "template0").await;
            let db = Db::connect(&named(&server, &name), 1).await.expect("PostgreSQL opens");
            settle(&db).await;
            db.conn.close().await.expect("PostgreSQL closes");
            name
        })
        .await;
    let name = own_name("town");
    create(&server, &name, template).await;
    named(&server, &name)
}

/// A migrated and settled database of another server, in this tablespace.
pub async fn settled_postgres(server: &str, space: &str) -> String {
    create(server, "town", &format!("template0 TABLESPACE {space}")).await;
    let url = named(server, "town");
    let db = Db::connect(&url, 1).await.expect("PostgreSQL opens");
    settle(&db).await;
    db.conn.close().await.expect("PostgreSQL closes");
    url
}

/// An empty PostgreSQL database, not even migrated.
pub async fn empty_postgres() -> String {
    let server = setting("BOAI_TEST_POSTGRES_URL");
    let name = own_name("empty");
    create(&server, &name, "template0").await;
    named(&server, &name)
}

/// A new name that says whose it is: this process's.
fn own_name(what: &str) -> String {
    format!("{what}_{}_{}", std::process::id(), uuid::Uuid::from_bytes(Random::system().bytes()).simple())
}

/// Drops what processes that have ended left behind: a run makes a thousand towns of 8 MB each.
async fn sweep(server: &str) {
    #[derive(sea_orm::FromQueryResult)]
    struct Left {
        name: String,
        process: String,
    }
    let runs = |process: &str| !Path::new("/proc/self").exists() || Path::new("/proc").join(process).exists();
    let admin = Db::connect(server, 1).await.expect("PostgreSQL answers");
    let left = "SELECT datname AS name, split_part(datname, '_', 2) AS process FROM pg_database
                WHERE datname ~ '^(template|town|empty)_[0-9]+_'";
    let left: Vec<Left> = db::all(&admin.conn, left, []).await.expect("databases are listed");
    for Left { name, .. } in left.into_iter().filter(|left| !runs(&left.process)) {
        // Another process may be sweeping too.
        let _ = admin.conn.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
    admin.conn.close().await.expect("the connection closes");
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
