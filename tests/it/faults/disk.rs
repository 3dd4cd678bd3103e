//! The disk is full, and then there is room again. The server is not restarted.

use std::time::Duration;

use boai::platform::db::Db;
use boai_tests::Town;
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::{
    among_others,
    crowd::{Acknowledged, Crowd, Tally, started},
    servers::{Postgres, SmallDisk},
    size,
};

/// Phones go on all the time; the disk fills up amid it, until many were told that nothing can be written.
async fn fills_up(crowd: &Crowd, disk: &SmallDisk, url: String, tally: &Tally) -> Vec<Acknowledged> {
    let harming = async {
        for part in [1, 2] {
            tally.reaches(|figures| figures.acknowledged >= part * crowd.acts() / 4).await;
            let told = tally.now().unavailable;
            disk.fill();
            tally.reaches(|figures| figures.unavailable >= told + 20).await;
            // What needs no room goes on.
            let me = crowd.phones[0].ask(&url, "{ me { volunteer { name } } }", json!({})).await;
            me.text("/me/volunteer/name");
            disk.make_room();
        }
    };
    let urls = [url.clone()];
    futures_util::join!(crowd.serve(&urls, Duration::ZERO, tally), harming).0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_sqlite_is_told_and_got_over() {
    let _machine = among_others().await;
    let Some(disk) = SmallDisk::new(48).await else { return };
    let mut crowd = Crowd::of(Town::on_sqlite, size(40, 200), size(8, 25)).await;
    for name in ["boai.sqlite", "vault.keys"] {
        std::fs::copy(crowd.ground.folder.path().join(name), disk.seen().join(name)).expect("it is moved");
    }
    crowd.ground.data_dir = disk.path().to_owned();
    let (server, url) = started(disk.entered(&crowd.server("127.0.0.1:0"))).await;
    let tally = Tally::default();
    let acknowledged = fills_up(&crowd, &disk, url, &tally).await;
    drop(server);
    // SQLite would follow the way to the disk back to this side of it. What is not in the file yet lies beside it.
    let brought = tempfile::tempdir().expect("a folder");
    for name in ["boai.sqlite", "boai.sqlite-wal", "vault.keys"] {
        std::fs::copy(disk.seen().join(name), brought.path().join(name)).expect("it is brought back");
    }
    crowd.ground.data_dir = brought.path().to_owned();
    crowd.account("disk full twice under SQLite", &tally, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_postgres_is_told_and_got_over() {
    let _machine = among_others().await;
    let Some(disk) = SmallDisk::new(96).await else { return };
    let postgres = Postgres::new(Some(&disk)).await;
    let space = format!("CREATE TABLESPACE small LOCATION '{}'", disk.folder_for_postgres().display());
    let db = Db::connect(&postgres.url(), 1).await.expect("PostgreSQL answers");
    db.conn.execute_unprepared(&space).await.expect("a place for tables");
    let at = postgres.url();
    let crowd = Crowd::of(async move || Town::on_own_postgres(&at, "small").await, size(40, 200), size(8, 25)).await;
    let (_server, url) = started(crowd.server("127.0.0.1:0")).await;
    let tally = Tally::default();
    let acknowledged = fills_up(&crowd, &disk, url, &tally).await;
    crowd.account("disk full twice under PostgreSQL", &tally, &acknowledged).await;
}
