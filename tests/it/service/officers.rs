//! What whoever runs the server does about officers, beside the server that runs.

use std::process::{Command, Output};

use boai::{
    auth::second_factor::rules::code_at,
    platform::{civil::civil_day, clock::Clock},
};
use boai_tests::Town;
use chrono::Days;
use serde_json::json;

use crate::process::{Heritage, Phone};

/// What it said on standard output when it ended well.
fn runs(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("boai runs");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8_lossy(&stdout).into_owned()
}

/// It ends with exit code 1 and says all of this on standard error.
fn refuses(command: &mut Command, words: &[&str]) {
    let Output { status, stderr, .. } = command.output().expect("boai runs");
    let said = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(1), "{said}");
    for words in words {
        assert!(said.contains(words), "{words}: {said}");
    }
}

fn day_in(days: u64) -> String {
    (civil_day(Clock::system().now()) + Days::new(days)).to_string()
}

fn grant(town: &Heritage, number: &str, branch: &str, until: &str) -> Command {
    town.command(&["grant", number, "--branch", branch, "--until", until, "--reason", "首任干部"])
}

async fn number_of(phone: &Phone, url: &str) -> String {
    phone.ask(url, "{ me { volunteer { number } } }", json!({})).await.text("/me/volunteer/number")
}

async fn the_first_officers(town: Heritage) {
    let (_process, url) = town.serve(None).await;
    let ling = &town.volunteers[0];
    let number = number_of(ling, &url).await;
    for (who, branch, until, words) in [
        (number.as_str(), "99", day_in(300), "--branch 99: there is no such branch"),
        ("202600000000", "33", day_in(300), "no volunteer with this number"),
        (&number, "33", day_in(900), "12 months at most"),
        (&number, "33", "2020-01-01".into(), "ended before it began"),
    ] {
        refuses(&mut grant(&town, who, branch, &until), &[words]);
    }
    refuses(
        &mut town.command(&["grant", &number, "--branch", "33", "--until", &day_in(9), "--reason", " "]),
        &["reason"],
    );
    let roles = async || ling.ask(&url, "{ me { roles { role endsAt branch { name } } } }", json!({})).await;
    assert_eq!(roles().await.data("/me/roles"), json!([]));

    let said = runs(&mut grant(&town, &number, "33", &day_in(300)));
    assert!(said.contains(&number) && said.contains("33"), "{said}");
    let first = roles().await;
    assert_eq!(first.text("/me/roles/0/branch/name"), "浙江省红十字会");
    refuses(&mut grant(&town, &number, "33", &day_in(300)), &["ends later"]);
    runs(&mut grant(&town, &number, "33", &day_in(301)));
    let renewed = roles().await;
    assert_eq!(renewed.data("/me/roles").as_array().map(Vec::len), Some(1));
    assert!(renewed.text("/me/roles/0/endsAt") > first.text("/me/roles/0/endsAt"));

    // There is nobody above to reset what is lost.
    let reset = || town.command(&["reset-second-factor", &number, "--reason", "手机丢失"]);
    refuses(&mut reset(), &["no second factor"]);
    let begin = "mutation { enrolSecondFactor(input: {}) { secret errors { code } } }";
    let secret = ling.ask(&url, begin, json!({})).await.text("/enrolSecondFactor/secret");
    let code = code_at(&base32(&secret), Clock::system().now());
    let confirm = "mutation($code: String!) { confirmSecondFactor(input: { code: $code }) { errors { code } } }";
    ling.ask(&url, confirm, json!({ "code": code })).await.fine();
    let state =
        async || ling.ask(&url, "{ me { secondFactor { state } } }", json!({})).await.text("/me/secondFactor/state");
    assert_eq!(state().await, "PROVED");
    assert!(runs(&mut reset()).contains("can enrol a new one"));
    assert_eq!(state().await, "MISSING");
}

/// Base 32 as RFC 4648 has it, without padding: each letter is five bits.
fn base32(text: &str) -> Vec<u8> {
    let value = |letter| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == letter);
    let bits: Vec<bool> = text
        .bytes()
        .map(|letter| value(letter).expect("a letter of base 32"))
        .flat_map(|value| (0..5).rev().map(move |place| value >> place & 1 == 1))
        .collect();
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
}

async fn the_list(town: Heritage) {
    let (_process, url) = town.serve(None).await;
    let number = number_of(&town.volunteers[0], &url).await;
    let leader = number_of(&town.leader, &url).await;
    runs(&mut grant(&town, &number, "3301", &day_in(300)));
    let list = runs(&mut town.command(&["roles"]));
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(lines[0].starts_with("role,branch_path,place,on,volunteer_number,name,granted_at,granted_by,"), "{list}");
    assert!(lines[1].starts_with(&format!("BRANCH_OFFICER,3301,杭州市红十字会,branch,{number},志愿者0,")), "{list}");
    assert!(lines[2].starts_with(&format!("TEAM_LEADER,330106,西湖救援队,team,{leader},Li,")), "{list}");
    let below = runs(&mut town.command(&["roles", "--branch", "330106"]));
    assert_eq!(below.lines().collect::<Vec<_>>(), [lines[0], lines[2]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_runs_the_server_makes_the_first_officers_on_sqlite() {
    the_first_officers(Heritage::of(Town::on_sqlite, 1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_runs_the_server_makes_the_first_officers_on_postgres() {
    the_first_officers(Heritage::of(Town::on_postgres, 1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_of_who_holds_what_is_printed_on_sqlite() {
    the_list(Heritage::of(Town::on_sqlite, 1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_of_who_holds_what_is_printed_on_postgres() {
    the_list(Heritage::of(Town::on_postgres, 1).await).await;
}

#[test]
fn commands_about_officers_need_a_database_that_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [
        vec!["roles"],
        vec!["grant", "1", "--branch", "33", "--until", "2027-01-01", "--reason", "x"],
        vec!["reset-second-factor", "1", "--reason", "x"],
    ] {
        let mut command = crate::process::boai(&arguments);
        refuses(command.arg("--data-dir").arg(folder.path()), &["data_dir = ", "no boai.sqlite", "--data-dir"]);
    }
    assert!(!folder.path().join("boai.sqlite").exists(), "none was made");
}
