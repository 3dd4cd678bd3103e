//! Copies of people's data, made by the program while it serves; and what it forgets by hand.

use boai::platform::{db::Db, http};
use boai_tests::Town;
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::{
    process::{Heritage, Phone, request_id},
    socket::PATIENCE,
};

/// Asks for a copy, and again until it is ready. Its id.
async fn ready_copy(phone: &Phone, url: &str) -> String {
    let document = "mutation($request: UUID!) { requestMyData(input: { requestId: $request }) { errors { code } } }";
    phone.ask(url, document, json!({ "request": request_id() })).await.fine();
    let waiting = async {
        loop {
            let mine = phone.ask(url, "{ me { myDataExports { id state percent } } }", json!({})).await;
            let copy = mine.data("/me/myDataExports/0");
            if copy["state"] == "READY" {
                assert_eq!(copy["percent"], 100);
                return copy["id"].as_str().expect("an id").to_owned();
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("somebody makes the copy")
}

async fn fetch(phone: &Phone, url: &str, export: &str) -> Vec<u8> {
    let document =
        "mutation($id: ID!) { createMyDataLink(input: { exportId: $id }) { link { path } errors { code } } }";
    let link = phone.ask(url, document, json!({ "id": export })).await.fine();
    let path = link.text("/createMyDataLink/link/path");
    let http = http::client().build().expect("an HTTP client");
    let answer = http.get(format!("{url}{path}")).send().await.expect("the server answers");
    assert_eq!(answer.status().as_u16(), 200);
    answer.bytes().await.expect("a file").to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_running_program_makes_a_copy_by_itself_on_sqlite() {
    let town = Heritage::of(Town::on_sqlite, 1).await;
    let (_process, url) = town.serve(None).await;
    let export = ready_copy(&town.volunteers[0], &url).await;
    assert!(fetch(&town.volunteers[0], &url, &export).await.starts_with(b"PK"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_asked_for_at_one_process_is_fetched_at_the_other() {
    let town = Heritage::of(Town::on_postgres, 1).await;
    let (_one, here) = town.serve(None).await;
    let (_two, there) = town.serve(None).await;
    let export = ready_copy(&town.volunteers[0], &here).await;
    assert!(fetch(&town.volunteers[0], &there, &export).await.starts_with(b"PK"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_is_counted_by_a_dry_run_and_removed_by_a_real_one() {
    let town = Heritage::of(Town::on_sqlite, 1).await;
    let file = Db::file_url(&town.folder.path().join("boai.sqlite"));
    let db = Db::connect(&file, 1).await.expect("SQLite opens");
    let old = boai::platform::clock::Clock::system().now() - TimeDelta::days(400);
    let age = format!("UPDATE sign_in_code SET expires_at = '{}'", old.to_rfc3339());
    db.conn.execute_unprepared(&age).await.expect("the codes are old");
    db.conn.close().await.expect("SQLite closes");
    let said = |arguments: &[&str]| {
        let output = town.command(arguments).output().expect("boai runs");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let line = |said: String| said.lines().find(|line| line.starts_with("code ")).expect("a line").to_owned();
    let due = line(said(&["retain", "--dry-run"]));
    assert!(due.contains(" 2 due before "), "{due}");
    let done = line(said(&["retain"]));
    assert!(done.contains(" 2 done before "), "{done}");
    let due = line(said(&["retain", "--dry-run"]));
    assert!(due.contains(" 0 due before "), "{due}");
}
