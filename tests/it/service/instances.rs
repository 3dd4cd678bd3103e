//! Two real processes over one PostgreSQL and one Redis.

use boai_tests::Town;
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    process::{Heritage, Phone, free_port, redis_at, redis_is, request_id},
    socket::Board,
};

fn shared_redis() -> String {
    std::env::var("BOAI_TEST_REDIS_URL").expect("BOAI_TEST_REDIS_URL, as ./test.sh sets it")
}

async fn watch(url: &str, leader: &Phone, shift: &str) -> Board {
    Board::watch(url, Some(&leader.token), shift).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_board_at_one_process_moves_with_a_check_in_at_the_other() {
    let town = Heritage::of(Town::on_postgres, 1).await;
    let (_one, here) = town.serve(Some(&shared_redis())).await;
    let (_two, there) = town.serve(Some(&shared_redis())).await;
    let mut board = watch(&here, &town.leader, &town.shifts[0]).await;
    board.shows(json!({ "signedUp": 1, "present": 0 })).await;
    town.volunteers[0].check_in(&there, &town.shifts[0], &request_id()).await.fine();
    board.shows(json!({ "present": 1 })).await;
    town.volunteers[0].check_out(&here).await.fine();
    board.shows(json!({ "present": 0, "left": 1 })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_sent_to_both_processes_at_once_counts_once() {
    let town = Heritage::of(Town::on_postgres, 10).await;
    let (_one, here) = town.serve(Some(&shared_redis())).await;
    let (_two, there) = town.serve(Some(&shared_redis())).await;
    let both = town.volunteers.iter().map(|phone| async {
        let request = request_id();
        let (one, two) = futures_util::join!(
            phone.check_in(&here, &town.shifts[0], &request),
            phone.check_in(&there, &town.shifts[0], &request),
        );
        assert_eq!(one.fine(), two.fine());
    });
    join_all(both).await;
    let board = "query($id: ID!) { node(id: $id) { ... on Shift { board { present } } } }";
    let seen = town.leader.ask(&here, board, json!({ "id": town.shifts[0] })).await;
    assert_eq!(seen.number("/node/board/present"), 10.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_service_goes_on_and_boards_catch_up_when_it_is_back() {
    let town = Heritage::of(Town::on_postgres, 3).await;
    let port = free_port();
    let redis_url = format!("redis://127.0.0.1:{port}/");
    let redis = redis_at(port).await;
    let (_one, here) = town.serve(Some(&redis_url)).await;
    let (_two, there) = town.serve(Some(&redis_url)).await;
    redis_is(&here, "ok").await;
    let mut own = watch(&there, &town.leader, &town.shifts[0]).await;
    let mut own_later = watch(&there, &town.leader, &town.shifts[1]).await;
    let mut other = watch(&here, &town.leader, &town.shifts[0]).await;
    for board in [&mut own, &mut own_later, &mut other] {
        board.shows(json!({ "signedUp": 3, "present": 0 })).await;
    }

    drop(redis);
    redis_is(&there, "away").await;
    let [first, second, third] = [0, 1, 2].map(|number| town.volunteers[number].clone());
    first.check_in(&there, &town.shifts[0], &request_id()).await.fine();
    second.check_in(&there, &town.shifts[1], &request_id()).await.fine();
    own.shows(json!({ "present": 1 })).await;
    own_later.shows(json!({ "present": 1 })).await;
    first.check_out(&there).await.fine();
    own.shows(json!({ "present": 0, "left": 1 })).await;

    let _redis = redis_at(port).await;
    redis_is(&there, "ok").await;
    redis_is(&here, "ok").await;
    third.check_in(&there, &town.shifts[0], &request_id()).await.fine();
    other.shows(json!({ "present": 1, "left": 1 })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_instances_that_start_at_once_on_an_empty_postgres_one_migrates_and_the_others_wait() {
    start_four_at_once(&boai_tests::empty_postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_programs_that_start_at_once_on_a_new_file_one_migrates_and_the_others_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    start_four_at_once(&boai::platform::db::Db::file_url(&folder.path().join("boai.sqlite"))).await;
}

async fn start_four_at_once(url: &str) {
    let starting = (0..4).map(async |_| {
        let db = boai::platform::db::Db::connect(url, 2).await.expect("the database opens");
        db.migrate().await.expect("nobody trips over another")
    });
    let applied: Vec<usize> = join_all(starting).await;
    assert_eq!(applied.iter().filter(|applied| **applied > 0).count(), 1, "{applied:?}");
}
