//! The program as its operator meets it.

use std::{
    process::{Command, Output},
    time::Duration,
};

use boai::platform::db::Db;
use boai_tests::{Town, log};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::{
    process::{Heritage, boai, request_id},
    socket::Board,
};

/// It ends by itself with exit code 1, says all of this on standard error, and nothing on standard output.
fn refuses(command: &mut Command, words: &[&str]) {
    let Output { status, stdout, stderr } = command.output().expect("boai runs");
    let said = String::from_utf8_lossy(&stderr);
    log().note(&stderr);
    assert_eq!((status.code(), stdout.len()), (Some(1), 0), "{said}");
    for words in words {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

/// Runs to its end, well.
fn runs(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("boai runs");
    let said = String::from_utf8_lossy(&stdout).into_owned();
    log().note(&stderr);
    assert_eq!(status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&stderr));
    said
}

/// Arguments over a folder.
fn over(folder: &tempfile::TempDir, arguments: &[&str]) -> Command {
    let mut command = boai(arguments);
    command.arg("--data-dir").arg(folder.path());
    command
}

#[test]
fn a_port_in_use_is_named_with_a_way_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let listen = taken.local_addr().expect("an address").to_string();
    for command in ["serve", "demo"] {
        let words = [&format!("listen = {listen}"), "in use", "--listen"];
        refuses(&mut over(&folder, &[command, "--listen", &listen]), &words);
    }
    assert!(!folder.path().join("boai.sqlite").exists(), "nothing was begun");
}

#[test]
fn a_wrong_setting_is_named_with_its_value_and_what_would_be_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let serve = || over(&folder, &["serve", "--listen", "127.0.0.1:0"]);
    refuses(serve().env("BOAI_SESSIONS__ACCESS_MINUTES", "x"), &["sessions.access_minutes", "x", "must be"]);
    refuses(serve().env("BOAI_SESSIONS__ACCESS_MINUTES", "0"), &["sessions.access_minutes = 0", "1 to 1440 minutes"]);
    let both = [("BOAI_SMS__PRINT", "true"), ("BOAI_SMS__WEBHOOK_URL", "http://127.0.0.1/sms")];
    refuses(serve().envs(both), &["sms.print = true", "must be false"]);
    refuses(serve().env("DATABASE_URL", "mysql://h/d"), &["database_url = mysql", "postgres://"]);
    refuses(serve().env("BOAI_LISTTEN", "x"), &["listten", "there is no such setting", "listen"]);
    refuses(&mut boai(&["--config", "/nowhere.toml", "serve"]), &["--config", "/nowhere.toml"]);
    assert!(!folder.path().join("boai.sqlite").exists(), "nothing was begun");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(runs(&mut over(&folder, &["migrate"])).contains("up to date"));
    let db = Db::connect(&Db::file_url(&folder.path().join("boai.sqlite")), 1).await.expect("SQLite opens");
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_from_the_future', 0)";
    db.conn.execute_unprepared(newer).await.expect("the row goes in");
    db.conn.close().await.expect("SQLite closes");
    let words = ["m9999_from_the_future", "newer version", "Use that version, or another database"];
    for arguments in [["serve", "--listen", "127.0.0.1:0"].as_slice(), &["migrate"], &["audit"]] {
        refuses(&mut over(&folder, arguments), &words);
    }
}

#[test]
fn an_audit_of_a_folder_without_a_database_is_no_clean_audit() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in ["audit", "rotate-keys"] {
        refuses(&mut over(&folder, &[command]), &["data_dir = ", "no boai.sqlite", "--data-dir"]);
    }
    assert!(!folder.path().join("boai.sqlite").exists(), "none was made");
}

#[test]
fn nothing_is_removed_from_a_folder_without_a_database() {
    let folder = tempfile::tempdir().expect("a folder");
    refuses(&mut over(&folder, &["retain"]), &["data_dir = ", "no boai.sqlite", "--data-dir"]);
    assert!(!folder.path().join("boai.sqlite").exists(), "none was made");
}

#[test]
fn the_demo_plays_a_day_once_and_leaves_clean_books() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = || over(&folder, &["demo", "--once", "--listen", "127.0.0.1:0"]);
    let day = runs(&mut demo());
    let mut rest = day.as_str();
    for step in [
        "Loaded in",
        "27036 divisions",
        "createActivity, publishActivity: 断桥应急救护志愿服务 is PUBLISHED",
        "requestSignInCode, signIn",
        "activitiesNear",
        "signUpForShift: SEATED",
        "checkIn: refused, OUT_OF_RANGE",
        "checkIn: OPEN",
        "LOCATION",
        "checkOut: CLOSED; 150 minutes count, PENDING",
        "confirmHours: 150 minutes CONFIRMED",
        "me.hours",
        "me.stars",
        "初心徽章",
        "stopped",
    ] {
        let (_, after) = rest.split_once(step).unwrap_or_else(|| panic!("no {step} in its place: {day}"));
        rest = after;
    }
    let again = runs(&mut demo());
    assert!(again.contains("The data is there from an earlier run") && !again.contains("checkIn"), "{again}");
    assert!(runs(&mut over(&folder, &["audit"])).contains("the audit trail holds"));
    assert!(runs(&mut over(&folder, &["rotate-keys"])).contains("0 of them sealed anew"));
}

/// A screen that watches and a phone that keeps its connection must not keep the server from stopping.
#[tokio::test]
async fn what_the_demo_did_not_make_it_does_not_drop() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("boai.sqlite");
    let db = Db::connect(&Db::file_url(&file), 1).await.expect("SQLite opens");
    db.conn.execute_unprepared("CREATE TABLE precious (id integer)").await.expect("somebody's table");
    db.conn.clone().close().await.expect("SQLite closes");
    refuses(
        &mut over(&folder, &["demo", "--fresh", "--once", "--listen", "127.0.0.1:0"]),
        &["--fresh", "did not make"],
    );
    let db = Db::connect(&Db::file_url(&file), 1).await.expect("SQLite opens");
    db.conn.execute_unprepared("SELECT id FROM precious").await.expect("the table is still there");
}

#[test]
fn a_folder_that_another_boai_serves_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let held = std::fs::File::create(folder.path().join("boai.lock")).expect("a lock file");
    held.try_lock().expect("nobody holds it");
    for arguments in [["serve", "--listen", "127.0.0.1:0"].as_slice(), &["demo", "--fresh", "--listen", "127.0.0.1:0"]]
    {
        refuses(&mut over(&folder, arguments), &["data_dir", "another boai"]);
    }
    assert!(!folder.path().join("boai.sqlite").exists());
}

async fn sigterm_stops_it(town: Heritage) {
    let (mut process, url) = town.serve(None).await;
    town.volunteers[0].check_in(&url, &town.shifts[0], &request_id()).await.fine();
    let mut board = Board::watch(&url, Some(&town.leader.token), &town.shifts[0]).await;
    board.shows(json!({ "present": 1 })).await;
    process.signal("TERM");
    assert_eq!(process.ended(Duration::from_secs(3)).await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_stops_the_server_within_three_seconds_on_sqlite() {
    sigterm_stops_it(Heritage::of(Town::on_sqlite, 1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_stops_the_server_within_three_seconds_on_postgres() {
    sigterm_stops_it(Heritage::of(Town::on_postgres, 1).await).await;
}

/// Killed without a warning, right after it answered a phone: what it answered is there afterwards.
async fn kill_loses_nothing(town: Heritage) {
    let (mut process, url) = town.serve(None).await;
    let request = request_id();
    let first = town.volunteers[0].check_in(&url, &town.shifts[0], &request).await.fine();
    process.signal("KILL");
    assert_eq!(process.ended(Duration::from_secs(3)).await.code(), None, "it had no time to say good-bye");
    let (_process, url) = town.serve(None).await;
    let open = town.volunteers[0].ask(&url, "{ me { openAttendance { id } } }", json!({})).await;
    assert_eq!(open.data("/me/openAttendance/id"), first.data("/checkIn/attendance/id"));
    assert_eq!(
        town.volunteers[0].check_in(&url, &town.shifts[0], &request).await,
        first,
        "a repeat is the same success"
    );
    town.volunteers[0].check_out(&url).await.fine();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill_on_sqlite() {
    kill_loses_nothing(Heritage::of(Town::on_sqlite, 1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill_on_postgres() {
    kill_loses_nothing(Heritage::of(Town::on_postgres, 1).await).await;
}
