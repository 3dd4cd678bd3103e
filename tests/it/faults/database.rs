//! PostgreSQL cuts every connection, restarts and crashes while phones check in and out.

use std::time::Duration;

use boai::platform::{db::Db, http};
use boai_tests::Town;
use sea_orm::ConnectionTrait;

use crate::{
    among_others,
    crowd::{Crowd, Tally, started},
    servers::Postgres,
    size,
};

async fn cut_every_connection(server: &str) {
    let db = Db::connect(server, 1).await.expect("PostgreSQL answers");
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'town'";
    db.conn.execute_unprepared(cut).await.expect("the connections are cut");
    db.conn.close().await.expect("the connection closes");
}

/// A load balancer hears of it soon, however long requests may wait.
async fn is_not_ready(url: &str) {
    let asking = http::client().build().expect("an HTTP client").get(format!("{url}/readyz")).send();
    let asked = tokio::time::timeout(Duration::from_secs(5), asking).await;
    let answer = asked.expect("an answer soon").expect("the server answers");
    assert_eq!(answer.status(), 503);
    let body: serde_json::Value = answer.json().await.expect("an answer in JSON");
    assert_eq!(body["database"], "away");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_cut_off_restarted_and_crashed_under_load() {
    let _machine = among_others().await;
    let mut postgres = Postgres::new(None).await;
    let at = postgres.url();
    let crowd =
        Crowd::of(async move || Town::on_own_postgres(&at, "pg_default").await, size(50, 200), size(8, 25)).await;
    let (_server, url) = started(crowd.server("127.0.0.1:0")).await;
    let (tally, urls) = (Tally::default(), [url.clone()]);
    let faults = ["cut", "cut", "INT", "QUIT"];
    let harming = async {
        for (number, fault) in faults.iter().enumerate() {
            let at = (number + 1) * crowd.acts() / (faults.len() + 1);
            tally.reaches(|figures| figures.acknowledged >= at).await;
            if *fault == "cut" {
                cut_every_connection(&postgres.url()).await;
            } else {
                postgres.stop(fault).await;
                is_not_ready(&url).await;
                postgres.start().await;
            }
        }
    };
    let (acknowledged, ()) = futures_util::join!(crowd.serve(&urls, Duration::ZERO, &tally), harming);
    assert!(tally.now().unavailable > 0, "somebody was told");
    crowd.account("PostgreSQL cut off twice, restarted, crashed", &tally, &acknowledged).await;
}
