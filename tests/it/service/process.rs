//! Real processes of the program, over data that a town left behind.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use boai::{
    places::geodesy::Point,
    platform::{clock::Clock, http, random::Random},
};
use boai_tests::{Answer, PLACE, Town, VAULT_KEYS, log};
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::{
    socket::PATIENCE,
    support::{keep_signed_in, program},
};

/// A program with none of the developer's settings, in a folder without a `boai.toml`.
pub fn boai(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).env_clear().current_dir(std::env::temp_dir());
    command
}

/// A running process, killed when the story ends.
pub struct Process {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Process {
    pub fn start(mut command: Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(log().of_a_process()).spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("its output");
        let (send, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            BufReader::new(stdout)
                .lines()
                .map_while(Result::ok)
                .take_while(|line| send.send(line.clone()).is_ok())
                .count()
        });
        Self { child, lines }
    }

    /// Waits for a line with these words, and gives what follows them.
    pub async fn says(&mut self, words: &str) -> String {
        let line = async {
            loop {
                let line = self.lines.recv().await.expect("the program goes on");
                if let Some((_, rest)) = line.split_once(words) {
                    return rest.to_owned();
                }
            }
        };
        tokio::time::timeout(PATIENCE, line).await.unwrap_or_else(|_| panic!("nobody said {words}"))
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let ended = async {
            // Its output closes when it ends.
            while self.lines.recv().await.is_some() {}
        };
        tokio::time::timeout(within, ended).await.expect("the program ends in time");
        self.child.wait().expect("an exit code")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a town left behind: a database without a server, a leader, volunteers with seats, and shifts that run now, by
/// the real clock.
pub struct Heritage {
    database_url: Option<String>,
    /// Of the embedded database.
    pub folder: TempDir,
    pub leader: Phone,
    pub volunteers: Vec<Phone>,
    pub shifts: Vec<String>,
}

impl Heritage {
    /// The town has a runtime of its own, which ends with it: its relay must not tell what a process under test should.
    pub async fn of(town: impl AsyncFnOnce() -> Town + Send + 'static, volunteers: usize) -> Self {
        let settle = move || {
            let runtime = tokio::runtime::Runtime::new().expect("threads to run on");
            runtime.block_on(async { Self::left_by(town().await, volunteers).await })
        };
        tokio::task::spawn_blocking(settle).await.expect("the town is settled")
    }

    async fn left_by(town: Town, volunteers: usize) -> Self {
        let now = Clock::system().now();
        town.clock.set(now);
        let leader = town.leader("Li").await;
        let hour = TimeDelta::hours(1);
        let mut shifts = Vec::new();
        // Back to back, so that one person may have a seat in both; check-in is open for both.
        for (from, to) in [(now - hour, now + TimeDelta::minutes(10)), (now + TimeDelta::minutes(10), now + hour)] {
            shifts.extend(leader.post_activity(from, to, 50, json!({})).await.shifts);
        }
        let mut phones = Vec::new();
        for number in 0..volunteers {
            let person = town.volunteer(&format!("志愿者{number}")).await;
            for shift in &shifts {
                person.sign_up(shift).await.fine();
            }
            phones.push(Phone::of(person.access_token));
        }
        keep_signed_in(&town).await;
        let folder = tempfile::tempdir().expect("a folder");
        let database_url = town.app.config.database_url.clone().map(|url| url.0);
        if database_url.is_none() {
            let copy = format!("VACUUM INTO '{}'", folder.path().join("boai.sqlite").display());
            town.app.db.conn.execute_unprepared(&copy).await.expect("the database is copied");
            let keys = town.app.config.data_dir.join("vault.keys");
            std::fs::copy(keys, folder.path().join("vault.keys")).expect("its keys are copied");
        }
        Self { database_url, folder, leader: Phone::of(leader.access_token), volunteers: phones, shifts }
    }

    /// `boai` with these arguments over this database.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = boai(arguments);
        match &self.database_url {
            Some(url) => command.env("DATABASE_URL", url).env("BOAI_VAULT__KEYS", VAULT_KEYS),
            None => command.arg("--data-dir").arg(self.folder.path()),
        };
        command
    }

    /// `boai serve` at a free port, and its address.
    pub async fn serve(&self, redis_url: Option<&str>) -> (Process, String) {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("BOAI_EXPLORER", "false").env("BOAI_LOG__FILTER", "debug");
        if let Some(redis_url) = redis_url {
            command.env("REDIS_URL", redis_url);
        }
        let mut process = Process::start(command);
        let url = process.says("serving at ").await;
        (process, url)
    }
}

/// Somebody's phone, signed in.
#[derive(Clone)]
pub struct Phone {
    pub token: String,
    http: reqwest::Client,
}

impl Phone {
    fn of(token: Option<String>) -> Self {
        Self { token: token.expect("a token"), http: http::client().build().expect("an HTTP client") }
    }

    pub async fn ask(&self, url: &str, document: &str, variables: Value) -> Answer {
        let body = json!({ "query": document, "variables": variables });
        let post = self.http.post(format!("{url}/graphql")).bearer_auth(&self.token).json(&body);
        let answer = post.send().await.expect("the server answers");
        Answer { status: answer.status().as_u16(), body: answer.json().await.expect("an answer in JSON") }
    }

    pub async fn check_in(&self, url: &str, shift: &str, request_id: &str) -> Answer {
        let document = "mutation($shift: ID!, $fix: FixInput!, $request: UUID!) {
            checkIn(input: { shiftId: $shift, fix: $fix, requestId: $request }) {
                attendance { id } errors { code } } }";
        self.ask(url, document, json!({ "shift": shift, "fix": fix(), "request": request_id })).await
    }

    pub async fn check_out(&self, url: &str) -> Answer {
        let document = "mutation($fix: FixInput!, $request: UUID!) {
            checkOut(input: { fix: $fix, requestId: $request }) { attendance { id } errors { code } } }";
        self.ask(url, document, json!({ "fix": fix(), "request": request_id() })).await
    }
}

pub fn request_id() -> String {
    Random::system().uuid(Clock::system().now()).to_string()
}

/// At the place, now.
fn fix() -> Value {
    let place = Point::wgs84(PLACE.0, PLACE.1).expect("a place on Earth");
    json!({
        "place": { "latitude": place.latitude(), "longitude": place.longitude(), "datum": "WGS84" },
        "accuracy": 10, "fixedAt": Clock::system().now(),
    })
}
