//! Redis is slow, or gone: nobody who checks in waits for it.

use std::time::{Duration, Instant};

use boai::platform::{clock::Clock, http};
use boai_tests::{
    Answer, PLACE, Town,
    process::{Heritage, Phone, free_port, redis_at, redis_is, request_id},
    socket::Board,
};
use chrono::TimeDelta;
use serde_json::json;

use crate::{
    alone, among_others,
    crowd::{Crowd, Tally, started},
    size,
};

/// New tokens for old; how long it took.
async fn refresh(phone: &mut Phone, url: &str) -> Duration {
    let document = "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) {
        tokens { accessToken refreshToken } errors { code } } }";
    let began = Instant::now();
    let answer = phone.ask(url, document, json!({ "token": phone.refresh_token })).await.fine();
    phone.token = answer.text("/refreshSession/tokens/accessToken");
    phone.refresh_token = answer.text("/refreshSession/tokens/refreshToken");
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_stands_still_nobody_waits_a_second_for_it() {
    let _machine = alone().await;
    let still = Duration::from_secs(size(6, 10));
    let crowd = Crowd::of(Town::on_postgres, size(20, 60), 11).await;
    let port = free_port();
    let redis = redis_at(port).await;
    let redis_url = format!("redis://127.0.0.1:{port}/");
    let server = || {
        let mut command = crowd.ground.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("REDIS_URL", &redis_url).env("BOAI_LOG__FILTER", "debug");
        command
    };
    let ((_one, here), (_two, there)) = (started(server()).await, started(server()).await);
    redis_is(&here, "ok").await;
    let mut board = Board::watch(&there, Some(&crowd.leader.token), &crowd.shifts[0]).await;
    let people = crowd.phones.len();
    board.shows(json!({ "present": people, "left": 0 })).await;
    let (tally, urls) = (Tally::default(), [here.clone(), there.clone()]);
    let pace = (still + Duration::from_secs(3)) / 11;
    let mut officer = crowd.leader.clone();
    let stopping = async {
        tally.reaches(|figures| figures.acknowledged >= people).await;
        let began = tokio::time::Instant::now();
        redis.signal("STOP");
        redis_is(&here, "away").await;
        let took = refresh(&mut officer, &here).await;
        // That long it stands still; the load goes on by itself.
        tokio::time::sleep_until(began + still).await;
        let during = tally.now().acknowledged;
        redis.signal("CONT");
        redis_is(&here, "ok").await;
        redis_is(&there, "ok").await;
        (took, during)
    };
    let (acknowledged, (refreshed, during)) = futures_util::join!(crowd.serve(&urls, pace, &tally), stopping);
    assert!(during >= people * 3, "the phones went on: {during}");
    assert!(refreshed < Duration::from_secs(1), "{refreshed:?}");
    // Three stays each at the first shift, and all have left.
    board.shows(json!({ "present": 0, "left": 3 * people })).await;
    crowd.account(&format!("Redis stood still for {} s", still.as_secs()), &tally, &acknowledged).await;
    let figures = tally.now();
    assert_eq!((figures.over_a_second, figures.faults), (0, 0), "{figures:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_limits_fall_back_and_boards_catch_up_when_it_returns() {
    let _machine = among_others().await;
    let crowd = Crowd::of(Town::on_postgres, 12, 1).await;
    let port = free_port();
    let redis = redis_at(port).await;
    let redis_url = format!("redis://127.0.0.1:{port}/");
    let server = || {
        let mut command = crowd.ground.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("REDIS_URL", &redis_url).env("BOAI_RATES__CHECK", "4 per hour");
        // A busy machine must not look like a slow Redis here.
        command.env("BOAI_RATES__REDIS_PATIENCE_MS", "1000");
        command
    };
    let ((_one, here), (_two, there)) = (started(server()).await, started(server()).await);
    for url in [&here, &there] {
        redis_is(url, "ok").await;
    }
    let shift = &crowd.shifts[0];
    let mut board = Board::watch(&there, Some(&crowd.leader.token), shift).await;
    board.shows(json!({ "present": 12, "left": 0 })).await;
    let asked = async |phone: &Phone, url: &str| {
        let answer: Answer = phone.try_check_in(url, shift, &request_id()).await.expect("the server answers");
        answer.status
    };
    // Four, whichever instance is asked.
    let (mut first, second) = (crowd.phones[0].clone(), &crowd.phones[1]);
    for url in [&here, &there, &here, &there] {
        assert_eq!(asked(&first, url).await, 200);
    }
    assert_eq!((asked(&first, &here).await, asked(&first, &there).await), (429, 429));

    drop(redis);
    redis_is(&here, "away").await;
    redis_is(&there, "away").await;
    // Four at each.
    for url in [&here, &there] {
        for _ in 0..4 {
            assert_eq!(asked(second, url).await, 200);
        }
        assert_eq!(asked(second, url).await, 429);
    }
    refresh(&mut first, &here).await;
    for phone in &crowd.phones[2..] {
        phone.check_out(&here).await.fine();
    }

    let _redis = redis_at(port).await;
    redis_is(&here, "ok").await;
    redis_is(&there, "ok").await;
    // Nobody does anything any more: what happened meanwhile comes by itself.
    board.shows(json!({ "present": 2, "left": 10 })).await;
    println!("Redis gone: 10 check-outs, 8 of 8 requests within the limits of two instances, board caught up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_gone_and_everybody_comes_and_goes_all_the_same() {
    let _machine = among_others().await;
    let town = Heritage::of(Town::on_postgres, 4).await;
    let port = free_port();
    let redis = redis_at(port).await;
    let redis_url = format!("redis://127.0.0.1:{port}/");
    let ((_one, here), (_two, there)) = (town.serve(Some(&redis_url)).await, town.serve(Some(&redis_url)).await);
    let shift = &town.shifts[0];
    let mut boards = Vec::new();
    for url in [&here, &there] {
        redis_is(url, "ok").await;
        let mut board = Board::watch(url, Some(&town.leader.token), shift).await;
        board.shows(json!({ "signedUp": 4, "present": 0 })).await;
        boards.push(board);
    }

    drop(redis);
    for url in [&here, &there] {
        redis_is(url, "away").await;
        let ready = http::client().build().expect("an HTTP client").get(format!("{url}/readyz")).send().await;
        let ready: serde_json::Value = ready.expect("the server answers").json().await.expect("JSON");
        assert_eq!(ready["database"], "ok", "{ready}");
        assert!(ready["redis"].as_str().is_some_and(|redis| redis.starts_with("away")), "{ready}");
    }
    let [first, second, third, fourth] = [0, 1, 2, 3].map(|number| town.volunteers[number].clone());
    let mut fourth = fourth;
    let began = Instant::now();
    first.check_in(&here, shift, &request_id()).await.fine();
    second.check_in(&there, shift, &request_id()).await.fine();
    second.check_out(&here).await.fine();
    assert_eq!(bring_in_later(&third, &there, shift).await, ["ACCEPTED", "ACCEPTED"]);
    // Signed in anew, with the new token only.
    refresh(&mut fourth, &there).await;
    fourth.check_in(&here, shift, &request_id()).await.fine();
    let took = began.elapsed();

    let _redis = redis_at(port).await;
    redis_is(&here, "ok").await;
    redis_is(&there, "ok").await;
    for board in &mut boards {
        board.shows(json!({ "present": 2, "left": 2 })).await;
    }
    println!("Redis gone: 3 check-ins, a check-out, a batch of two and new tokens in {} ms", took.as_millis());
}

/// What a phone did a moment ago without a network (nobody had a seat much earlier): came, and left again; what became of both.
async fn bring_in_later(phone: &Phone, url: &str, shift: &str) -> Vec<String> {
    let now = Clock::system().now();
    let came = request_id();
    let end = |end: &str, milliseconds: i64| {
        let shown = now - TimeDelta::milliseconds(milliseconds);
        json!({ "requestId": request_id(), "end": end, "shiftId": shift, "deviceTime": shown, "fix": {
            "latitude": PLACE.0, "longitude": PLACE.1, "datum": "WGS84", "accuracy": 10, "fixedAt": shown } })
    };
    let (mut check_in, mut check_out) = (end("CHECK_IN", 500), end("CHECK_OUT", 100));
    check_in["requestId"] = json!(came);
    check_out["checkInRequestId"] = json!(came);
    let document = "mutation($sentAt: DateTime!, $items: [SyncItemInput!]!) {
        syncAttendance(input: { sentAt: $sentAt, items: $items }) { results { status } errors { code } } }";
    let answer = phone.ask(url, document, json!({ "sentAt": now, "items": [check_in, check_out] })).await.fine();
    let results = answer.data("/syncAttendance/results");
    let statuses = results.as_array().into_iter().flatten().filter_map(|result| result["status"].as_str());
    statuses.map(str::to_owned).collect()
}
