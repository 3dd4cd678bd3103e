//! That the search for secrets in the log would find one.

use std::{collections::BTreeSet, path::Path, process::Command};

use boai_tests::{Log, leaks, log, secrets_in, stories};
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt;

const PHONE: &str = "13912345678";
const CODE: &str = "482913";
const TOKEN: &str = "boai_A-secret_token";
const ID_NUMBER: &str = "11010519491231002X";

fn secrets() -> BTreeSet<String> {
    [PHONE, CODE, TOKEN, ID_NUMBER].map(str::to_owned).into()
}

/// A log of its own in this folder, with what `say` logs.
fn logged(folder: &Path, say: impl FnOnce()) -> &'static Log {
    let log: &'static Log = Box::leak(Box::new(Log::in_folder(Some(folder))));
    secrets().iter().for_each(|secret| assert!(log.secret(secret)));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(log.layer()), say);
    log
}

/// The run's last step over this folder: whether all was well, and what it said.
fn last_step(folder: &Path) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_logs")).arg(folder).output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_planted_secret_is_found_however_it_was_logged() {
    #[derive(Debug)]
    struct Person {
        _phone: String,
    }
    let person = Person { _phone: format!("+86{PHONE}") };
    type Says = Box<dyn Fn()>;
    let planted: [(&str, Says); 7] = [
        (PHONE, Box::new(move || tracing::info!(?person, "signed in"))),
        (PHONE, Box::new(|| tracing::debug!(number = PHONE.parse::<u64>().unwrap_or_default()))),
        (CODE, Box::new(|| tracing::error!("the code {CODE} is wrong"))),
        (CODE, Box::new(|| tracing::error!("验证码{CODE}有效"))),
        (CODE, Box::new(|| tracing::info!(code = CODE, "sent"))),
        (TOKEN, Box::new(|| drop(tracing::info_span!("request", authorization = format!("Bearer {TOKEN}"))))),
        (ID_NUMBER, Box::new(|| tracing::warn!(detail = format!("no such row ({ID_NUMBER})")))),
    ];
    for (secret, say) in planted {
        let folder = tempfile::tempdir().expect("a folder");
        let found = logged(folder.path(), say).leaks_since(0, &secrets());
        assert!(found.len() == 1 && found[0].starts_with(secret), "{secret}: {found:?}");
        let (well, said) = last_step(folder.path());
        assert!(!well && said.contains(secret), "{said}");
    }
}

#[test]
fn what_only_looks_like_a_secret_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = logged(folder.path(), || {
        // A duration is a number, and a number within another is no code.
        tracing::info!(micros = 482_913, elapsed = 0.482_913, row = "019e0482913a", "graphql 12.482913Z 1482913");
        tracing::info!(phone = "139****5678");
    });
    assert_eq!(log.leaks_since(0, &secrets()), [""; 0]);
    let (well, said) = last_step(folder.path());
    assert!(well && said.contains("4 secrets: none was logged"), "{said}");
}

#[test]
fn nothing_logged_is_nothing_proved() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(!last_step(folder.path()).0);
    logged(folder.path(), || ());
    assert!(!last_step(folder.path()).0);
}

#[test]
fn a_panic_in_the_log_is_found_too() {
    assert_eq!(leaks("PANIC in a task\n", &secrets()).len(), 1);
    assert_eq!(leaks("thread 'x' panicked at src/x.rs:1:1:\n", &secrets()).len(), 1);
}

#[test]
fn secrets_are_seen_in_what_is_said() {
    let said = json!({ "phone": "+86 13912345678", "text": "身份证11010519491231002X", "token": TOKEN, "n": 330_106 });
    let said = said.to_string() + "020139123456780 1 +8613912345678";
    let seen: BTreeSet<String> = secrets_in(&said).into_iter().collect();
    assert_eq!(seen, [PHONE, TOKEN, ID_NUMBER].map(str::to_owned).into(), "{said}");
}

stories! {
    async fn what_a_server_logs_is_heard(town: Town) {
        let began = log().length();
        let heard: BTreeSet<String> = ["TheLogHearsThis".to_owned()].into();
        assert!(log().leaks_since(began, &heard).is_empty());
        town.stranger().ask("query TheLogHearsThis { me { id } }", json!({})).await.data("/me");
        assert_eq!(log().leaks_since(began, &heard).len(), 1);
    }

    async fn codes_tokens_and_numbers_of_the_towns_people_are_remembered(town: Town) {
        let ling = town.person("Ling").await;
        let code = town.sms.last_code(&ling.phone).expect("a text message");
        for secret in [&ling.phone[3..], &code, &ling.refresh_token, ling.access_token.as_deref().unwrap_or_default()] {
            assert!(!log().secret(secret), "{secret} was not remembered");
        }
    }
}
