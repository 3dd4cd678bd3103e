//! Real processes: the program over data that a town left behind, and the servers that it leans on.

use std::{
    io::{BufRead, BufReader},
    ops::Deref,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use boai::{
    places::geodesy::Point,
    platform::{clock::Clock, http, random::Random},
};
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::{Answer, PLACE, Person, Town, VAULT_KEYS, keep_signed_in, log, socket::PATIENCE};

/// The real program; `cargo test` alone does not bring it up to date, `./test.sh` does.
pub fn program() -> PathBuf {
    let tests = std::env::current_exe().expect("a test has a file");
    let program = tests.ancestors().nth(2).expect("target/debug").join("boai");
    assert!(program.is_file(), "{} is not there: run `cargo build -p boai -p boai-tests` first", program.display());
    program
}

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

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Holds everything up until it has ended.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("an exit code")
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let ended = async {
            // Its output closes when it ends.
            while self.lines.recv().await.is_some() {}
        };
        tokio::time::timeout(within, ended).await.expect("the program ends in time");
        self.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A database that a town left behind, without a server.
pub struct Ground {
    pub database_url: Option<String>,
    /// Of the embedded database.
    pub folder: TempDir,
    /// Where it is for the program: in that folder, unless the story moved it.
    pub data_dir: PathBuf,
}

impl Ground {
    /// Settles a town and leaves it. The town has a runtime of its own, which ends with it: its relay must not tell what a
    /// process under test should.
    pub async fn left_by<T: Send + 'static>(
        town: impl AsyncFnOnce() -> Town + Send + 'static,
        settle: impl AsyncFnOnce(&Town) -> T + Send + 'static,
    ) -> (Self, T) {
        let settle = move || {
            let runtime = tokio::runtime::Runtime::new().expect("threads to run on");
            runtime.block_on(async {
                let town = town().await;
                let left = settle(&town).await;
                (Self::of(&town).await, left)
            })
        };
        tokio::task::spawn_blocking(settle).await.expect("the town is settled")
    }

    async fn of(town: &Town) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database_url = town.app.config.database_url.clone().map(|url| url.0);
        if database_url.is_none() {
            let copy = format!("VACUUM INTO '{}'", folder.path().join("boai.sqlite").display());
            town.app.db.conn.execute_unprepared(&copy).await.expect("the database is copied");
            let keys = town.app.config.data_dir.join("vault.keys");
            std::fs::copy(keys, folder.path().join("vault.keys")).expect("its keys are copied");
        }
        Self { database_url, data_dir: folder.path().to_owned(), folder }
    }

    /// `boai` with these arguments over this database.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = boai(arguments);
        match &self.database_url {
            Some(url) => command.env("DATABASE_URL", url).env("BOAI_VAULT__KEYS", VAULT_KEYS),
            None => command.arg("--data-dir").arg(&self.data_dir),
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

/// What a town left behind: a database without a server, a leader, volunteers with seats, and shifts that run now, by
/// the real clock.
pub struct Heritage {
    ground: Ground,
    pub leader: Phone,
    pub volunteers: Vec<Phone>,
    pub shifts: Vec<String>,
}

impl Deref for Heritage {
    type Target = Ground;
    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl Heritage {
    pub async fn of(town: impl AsyncFnOnce() -> Town + Send + 'static, volunteers: usize) -> Self {
        let settle = async move |town: &Town| {
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
                phones.push(Phone::of(&person));
            }
            keep_signed_in(town).await;
            (Phone::of(&leader), phones, shifts)
        };
        let (ground, (leader, volunteers, shifts)) = Ground::left_by(town, settle).await;
        Self { ground, leader, volunteers, shifts }
    }
}

/// Somebody's phone, signed in.
#[derive(Clone)]
pub struct Phone {
    pub token: String,
    pub refresh_token: String,
    http: reqwest::Client,
}

impl Phone {
    pub fn of(person: &Person<'_>) -> Self {
        Self {
            token: person.access_token.clone().expect("a token"),
            refresh_token: person.refresh_token.clone(),
            http: http::client().build().expect("an HTTP client"),
        }
    }

    pub async fn ask(&self, url: &str, document: &str, variables: Value) -> Answer {
        self.try_ask(url, document, variables).await.expect("the server answers")
    }

    /// Asks a server that may be gone, or go in the midst of it.
    pub async fn try_ask(&self, url: &str, document: &str, variables: Value) -> Result<Answer, reqwest::Error> {
        let body = json!({ "query": document, "variables": variables });
        let post = self.http.post(format!("{url}/graphql")).bearer_auth(&self.token).json(&body);
        let answer = post.send().await?;
        Ok(Answer { status: answer.status().as_u16(), body: answer.json().await? })
    }

    pub async fn check_in(&self, url: &str, shift: &str, request_id: &str) -> Answer {
        self.try_check_in(url, shift, request_id).await.expect("the server answers")
    }

    pub async fn check_out(&self, url: &str) -> Answer {
        self.try_check_out(url, &request_id()).await.expect("the server answers")
    }

    pub async fn try_check_in(&self, url: &str, shift: &str, request_id: &str) -> Result<Answer, reqwest::Error> {
        let document = "mutation($shift: ID!, $fix: FixInput!, $request: UUID!) {
            checkIn(input: { shiftId: $shift, fix: $fix, requestId: $request }) {
                attendance { id } errors { code } } }";
        self.try_ask(url, document, json!({ "shift": shift, "fix": fix(), "request": request_id })).await
    }

    pub async fn try_check_out(&self, url: &str, request_id: &str) -> Result<Answer, reqwest::Error> {
        let document = "mutation($fix: FixInput!, $request: UUID!) {
            checkOut(input: { fix: $fix, requestId: $request }) { attendance { id } errors { code } } }";
        self.try_ask(url, document, json!({ "fix": fix(), "request": request_id })).await
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

/// A Redis of the story's own, which it can stop.
pub async fn redis_at(port: u16) -> Process {
    let server = std::env::var("BOAI_TEST_REDIS_SERVER").expect("BOAI_TEST_REDIS_SERVER, as ./test.sh sets it");
    let mut command = Command::new(server);
    let port = port.to_string();
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port]);
    command.current_dir(std::env::temp_dir());
    let mut redis = Process::start(command);
    redis.says("Ready to accept connections").await;
    redis
}

pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Asks until `/readyz` says this of Redis.
pub async fn redis_is(url: &str, word: &str) {
    let http = http::client().build().expect("an HTTP client");
    let asking = async {
        loop {
            let answer = http.get(format!("{url}/readyz")).send().await.expect("the server answers");
            assert_eq!(answer.status(), 200, "ready without Redis too");
            let body: Value = answer.json().await.expect("an answer in JSON");
            if body["redis"].as_str().is_some_and(|redis| redis.starts_with(word)) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("/readyz never said {word}"));
}
