//! The server is killed at work, again and again, and the phones try again with the same request ids.

use std::time::Duration;

use boai::platform::random::Random;
use boai_tests::{Town, process::free_port};

use crate::{
    among_others,
    crowd::{Crowd, Tally, started},
    size,
};

async fn kills(story: &str, town: impl AsyncFnOnce() -> Town + Send + 'static) {
    let _machine = among_others().await;
    let crowd = Crowd::of(town, size(50, 200), size(8, 25)).await;
    let (kills, random) = (size(3, 10), Random::system());
    // Each start is at the same address: the phones know no other.
    let listen = format!("127.0.0.1:{}", free_port());
    let (mut server, url) = started(crowd.server(&listen)).await;
    let (tally, urls) = (Tally::default(), [url]);
    let killing = async {
        let part = crowd.acts() / (kills + 1);
        for kill in 0..kills {
            let at = kill * part + usize::try_from(random.below(part as u64)).expect("a number of acts");
            tally.reaches(|figures| figures.acknowledged > at).await;
            // Somewhere in the midst of those under way.
            tokio::time::sleep(Duration::from_micros(random.below(30_000))).await;
            // SIGKILL
            drop(server);
            (server, _) = started(crowd.server(&listen)).await;
        }
        server
    };
    let (acknowledged, server) = futures_util::join!(crowd.serve(&urls, Duration::ZERO, &tally), killing);
    assert!(tally.now().faults >= kills, "each kill was noticed");
    drop(server);
    crowd.account(&format!("{story}, {kills} kills"), &tally, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_at_random_moments_loses_and_doubles_nothing_on_sqlite() {
    kills("kill -9 on SQLite", Town::on_sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_at_random_moments_loses_and_doubles_nothing_on_postgres() {
    kills("kill -9 on PostgreSQL", Town::on_postgres).await;
}
