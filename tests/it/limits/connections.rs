//! Connections that hold on and give nothing.

use std::time::Duration;

use boai_tests::stories;
use tokio::{io::AsyncWriteExt, time::Instant};

use crate::line::{Line, PATIENCE};

const HEALTHY: &str = "GET /healthz HTTP/1.1\r\nhost: boai\r\n\r\n";

/// The server answers others.
async fn is_served(url: &str) {
    let mut line = Line::to(url).await;
    line.say(HEALTHY).await;
    assert_eq!(line.answer().await.0, 200);
}

stories! {
    async fn a_head_that_never_ends_loses_its_connection(town: Town) {
        let url = town.instance(|config| config.connections.head_seconds = 1).await;
        let mut slow = Line::to(&url).await;
        let mut silent = Line::to(&url).await;
        slow.say("POST /graphql HTTP/1.1\r\nhost: boai\r\nx-more: ").await;
        is_served(&url).await;
        assert_eq!((slow.rest().await.as_str(), silent.rest().await.as_str()), ("", ""));
        is_served(&url).await;
    }

    async fn a_head_that_trickles_has_no_more_time_for_it(town: Town) {
        let url = town.instance(|config| config.connections.head_seconds = 1).await;
        let began = Instant::now();
        let mut slow = Line::to(&url).await;
        slow.say("GET /healthz HTTP/1.1\r\nhost: boai\r\nx-more: ").await;
        let mut every = tokio::time::interval(Duration::from_millis(50));
        while began.elapsed() < PATIENCE {
            every.tick().await;
            if slow.0.write_all(b"a").await.is_err() {
                return;
            }
        }
        panic!("the server still listens");
    }

    async fn a_connection_is_kept_for_the_next_request_and_closed_when_none_comes(town: Town) {
        let url = town.instance(|config| config.connections.idle_seconds = 1).await;
        let mut line = Line::to(&url).await;
        for _ in 0..2 {
            line.say(HEALTHY).await;
            assert_eq!(line.answer().await.0, 200);
        }
        assert_eq!(line.rest().await, "");
    }

    async fn a_head_that_is_too_long_is_refused(town: Town) {
        let url = town.instance(|config| config.connections.head_bytes = 8_192).await;
        let mut line = Line::to(&url).await;
        line.say(&format!("GET /healthz HTTP/1.1\r\nhost: boai\r\nx-long: {}\r\n\r\n", "a".repeat(9_000))).await;
        assert_eq!(line.answer().await.0, 431);
        is_served(&url).await;
    }

    async fn who_takes_nothing_of_the_answers_loses_the_connection(town: Town) {
        let url = town.instance(|config| config.connections.stalled_seconds = 1).await;
        let mut line = Line::to(&url).await;
        // Far more answers than the system's buffers hold. The server stops reading when it cannot write.
        let requests = HEALTHY.repeat(1_000);
        let cut_off = async { while line.0.write_all(requests.as_bytes()).await.is_ok() {} };
        tokio::time::timeout(PATIENCE, cut_off).await.expect("the server gives up in time");
        is_served(&url).await;
    }

    async fn an_address_with_too_many_connections_is_told_the_limit_and_others_are_served(town: Town) {
        let url = town.instance(|config| config.connections.per_address = 2).await;
        let (first, mut second) = (Line::from("127.0.0.2", &url).await, Line::from("127.0.0.2", &url).await);
        second.say(HEALTHY).await;
        second.answer().await;
        let (status, told) = Line::from("127.0.0.2", &url).await.answer().await;
        assert_eq!(status, 503);
        assert!(told.contains("`connections.per_address` is 2; with this one there would be 3"), "{told}");
        assert!(told.contains("retry-after: "), "{told}");
        is_served(&url).await;
        drop(first);
        let served = async {
            // It is free as soon as the server has heard of it.
            loop {
                let mut line = Line::from("127.0.0.2", &url).await;
                if line.0.write_all(HEALTHY.as_bytes()).await.is_ok() && line.answer().await.0 == 200 {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, served).await.expect("the seat is free again");
    }

    async fn connections_of_a_trusted_proxy_are_bounded_by_their_sum_only(town: Town) {
        let url = town
            .instance(|config| {
                config.connections.per_address = 1;
                config.connections.most = 3;
                config.trusted_proxies = serde_json::from_str("[\"127.0.0.2\"]").expect("a network");
            })
            .await;
        let mut lines = Vec::new();
        for _ in 0..3 {
            let mut line = Line::from("127.0.0.2", &url).await;
            line.say(HEALTHY).await;
            assert_eq!(line.answer().await.0, 200);
            lines.push(line);
        }
        let (status, told) = Line::from("127.0.0.2", &url).await.answer().await;
        assert_eq!(status, 503);
        assert!(told.contains("`connections.most` is 3"), "{told}");
    }
}
