//! What strangers do to a server that everybody can reach, and how the volunteers fare meanwhile.
//!
//! Attackers come from addresses of their own (127.0.1.…), phones from 127.0.0.1. Calm and attacked stretches take turns, and
//! the median of the rounds is told. Attackers, phones, database and server share this machine's processors. So that making an
//! attack does not count as one, attackers have threads of their own, which wait where the others need a processor; whether
//! they came through as often as they meant to is told by the number of their answers.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use boai::platform::{files::room_for_connections, http};
use clap::{Args, ValueEnum};
use futures_util::{SinkExt, StreamExt};
use reqwest::Body;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    runtime::{Builder, Handle, Runtime},
    task::JoinSet,
    time::{Instant, interval, sleep},
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{ClientRequestBuilder, Message},
};

use crate::{
    measure::median,
    phones::{Phones, Stretch},
    server::Server,
    town::prepare,
};

/// An attack may make the p99 of check-ins so many times the calm one.
const ALLOWED: f64 = 3.0;
/// Addresses that the attackers have.
const ADDRESSES: u8 = 250;
/// Between the end of one attack and the next measurement, and between the beginning of an attack and its measurement: there
/// is nothing to ask whether it is over or in full force, and stretches of equal length compare.
const REST: Duration = Duration::from_secs(1);

#[derive(Args, Clone)]
pub struct Options {
    /// Only these attacks.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Attack>,
    /// Rounds of calm and attack, of which the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Length of each stretch, in seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Check-ins a second.
    #[arg(long, default_value_t = 50)]
    check_ins: u32,
    /// Requests a second that a flood has.
    #[arg(long, default_value_t = 500)]
    flood: u32,
    /// Connections that those who hold on to them have.
    #[arg(long, default_value_t = 10_000)]
    held: usize,
    /// On PostgreSQL and Redis (BOAI_TEST_POSTGRES_URL and BOAI_TEST_REDIS_URL, from `./test.sh --servers`) instead of SQLite.
    #[arg(long)]
    postgres: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Attack {
    /// Request heads that come a byte a second and never end.
    SlowHeads,
    /// Bodies that come a byte a second.
    SlowBodies,
    /// Sockets that were opened as the protocol has it and say nothing.
    IdleSockets,
    /// Bodies of 100 MB, some with their length told, some not.
    LargeBodies,
    /// Small bodies that unpack to 100 MB.
    ZipBombs,
    /// Sign-in codes for one number.
    CodesToOne,
    /// Sign-in codes from one address, for a new number each time.
    CodesToMany,
    /// Fragments that each spread the next one twice.
    FragmentBombs,
    /// One field under thousands of names.
    AliasFloods,
    /// Access tokens that nobody gave out.
    ForgedTokens,
}

/// Threads for the attackers: as if they were somewhere else, they take no processor from whom they attack.
pub fn elsewhere() -> std::io::Result<Runtime> {
    // Of 19 steps: some is left to them even where nothing is left over.
    let wait = || {
        let _ = rustix::process::nice(10);
    };
    Builder::new_multi_thread().enable_all().on_thread_start(wait).build()
}

/// Runs all; whether everything stayed within what is allowed.
pub async fn run(options: Options, elsewhere: &Handle) -> Result<bool, String> {
    let attacks = if options.only.is_empty() { Attack::value_variants() } else { &options.only };
    let stretches = 1 + 2 * options.rounds * u32::try_from(attacks.len()).map_err(|error| error.to_string())?;
    let volunteers = (options.check_ins * options.seconds * stretches) as usize;
    println!("preparing {volunteers} volunteers; this process may hold {} connections", room_for_connections(0));
    let postgres = options.postgres;
    let prepared = tokio::task::spawn_blocking(move || prepare(postgres, volunteers)).await;
    let mut prepared = prepared.map_err(|error| error.to_string())?;
    let redis_url = options.postgres.then(|| std::env::var("BOAI_TEST_REDIS_URL").ok()).flatten();
    let server = Server::start(&prepared, redis_url.as_deref())?;
    let target = Target::of(&server.url)?;
    let phones = Phones::new(&server.url, prepared.shift.clone(), std::mem::take(&mut prepared.tokens));
    // Warm: connections, the pool, the documents that are kept.
    phones.check_in(options.check_ins, options.seconds).await?;
    println!(
        "{} check-ins a second for {} s, {} rounds, on {}; load {}\n",
        options.check_ins,
        options.seconds,
        options.rounds,
        if options.postgres { "PostgreSQL and Redis" } else { "SQLite" },
        std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()
    );
    println!(
        "{:<16}{:>8}{:>8}{:>9}{:>9}{:>7}{:>14}  what the attackers got",
        "attack", "p50", "p99", "p50", "p99", "ratio", "MiB"
    );
    let mut sound = true;
    for attack in attacks {
        sound &= measure(*attack, &options, &target, &server, &phones, elsewhere).await?;
    }
    println!(
        "\np50 and p99 of check-ins in ms: calm, then under attack; ratio of the p99; memory before and at its peak."
    );
    Ok(sound)
}

async fn measure(
    attack: Attack,
    options: &Options,
    target: &Target,
    server: &Server,
    phones: &Arc<Phones>,
    elsewhere: &Handle,
) -> Result<bool, String> {
    let (mut calm, mut attacked): (Vec<Stretch>, Vec<Stretch>) = (Vec::new(), Vec::new());
    let got = Got::default();
    let (before, mut peak) = (server.memory(), 0);
    let mut failed = None;
    for _ in 0..options.rounds {
        calm.push(phones.check_in(options.check_ins, options.seconds).await?);
        let memory = server.watch_memory();
        let (force, target, noted) = (options.clone(), target.clone(), got.clone());
        let begun = elsewhere.spawn(async move {
            let mut attackers = JoinSet::new();
            attack.begin(&force, &target, &noted, &mut attackers).await;
            attackers
        });
        let mut attackers = begun.await.map_err(|error| error.to_string())?;
        match phones.check_in(options.check_ins, options.seconds).await {
            Ok(stretch) => attacked.push(stretch),
            Err(why) => failed = Some(why),
        }
        attackers.shutdown().await;
        peak = peak.max(memory.peak());
        sleep(REST).await;
    }
    let of = |stretches: &[Stretch], value: fn(&Stretch) -> f64| median(stretches.iter().map(value));
    let (calm_p99, attacked_p99) = (of(&calm, |one| one.p99), of(&attacked, |one| one.p99));
    let ratio = attacked_p99 / calm_p99;
    println!(
        "{:<16}{:>8.1}{:>8.1}{:>9.1}{:>9.1}{:>7.2}{:>6} → {:>5}  {}{}",
        format!("{attack:?}"),
        of(&calm, |one| one.p50),
        calm_p99,
        of(&attacked, |one| one.p50),
        attacked_p99,
        ratio,
        before,
        peak,
        got.told(),
        failed.as_ref().map(|why| format!("; FAILED: {why}")).unwrap_or_default()
    );
    Ok(failed.is_none() && ratio <= ALLOWED)
}

/// The server as attackers see it.
#[derive(Clone)]
struct Target {
    url: String,
    address: SocketAddr,
    /// A body that unpacks to 100 MB.
    bomb: Arc<[u8]>,
}

/// What attackers were answered, counted.
#[derive(Clone, Default)]
struct Got(Arc<Mutex<BTreeMap<String, u64>>>);

impl Got {
    fn note(&self, what: impl Into<String>) {
        *self.0.lock().expect("no panic before").entry(what.into()).or_default() += 1;
    }

    fn told(&self) -> String {
        let mut text = String::new();
        for (what, count) in self.0.lock().expect("no panic before").iter() {
            let _ = write!(text, "{}{count} × {what}", if text.is_empty() { "" } else { ", " });
        }
        text
    }
}

impl Target {
    fn of(url: &str) -> Result<Self, String> {
        let address = url.trim_start_matches("http://").parse().map_err(|_| format!("{url} is no address"))?;
        let packed = Command::new("sh").args(["-c", "head -c 100000000 /dev/zero | gzip -9"]).output();
        let packed = packed.map_err(|error| format!("gzip: {error}"))?;
        Ok(Self { url: format!("{url}/graphql"), address, bomb: packed.stdout.into() })
    }

    /// A connection from one of the attackers' addresses.
    async fn connect(&self, from: Ipv4Addr) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        socket.connect(self.address).await
    }
}

fn address(number: usize) -> Ipv4Addr {
    let last = u8::try_from(number % usize::from(ADDRESSES)).unwrap_or_default();
    Ipv4Addr::new(127, 0, 1, 1 + last)
}

impl Attack {
    /// Begins, and returns once it is in full force.
    async fn begin(self, options: &Options, target: &Target, got: &Got, attackers: &mut JoinSet<()>) {
        match self {
            Self::SlowHeads => {
                trickle(options.held, target, got, attackers, "GET /graphql HTTP/1.1\r\nhost: boai\r\nx-a: ")
            }
            Self::SlowBodies => {
                let head = "POST /graphql HTTP/1.1\r\nhost: boai\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{";
                trickle(options.held, target, got, attackers, head);
            }
            Self::IdleSockets => hold_sockets(options.held, target, got, attackers).await,
            Self::LargeBodies => {
                for number in 0..8 {
                    attackers.spawn(send_large_bodies(target.clone(), got.clone(), number));
                }
            }
            Self::ZipBombs => {
                let bomb = target.bomb.clone();
                flood(options.flood, target, got, attackers, move |_| Request {
                    body: bomb.to_vec().into(),
                    headers: vec![("content-encoding", "gzip".into())],
                });
            }
            Self::CodesToOne => flood(options.flood, target, got, attackers, |_| code_for(13_900_000_000)),
            Self::CodesToMany => {
                flood(options.flood, target, got, attackers, |number| code_for(13_700_000_000 + number))
            }
            Self::FragmentBombs => {
                flood(options.flood, target, got, attackers, |number| document(&fragment_bomb(number)))
            }
            Self::AliasFloods => flood(options.flood, target, got, attackers, |number| document(&alias_flood(number))),
            Self::ForgedTokens => flood(options.flood, target, got, attackers, |number| Request {
                headers: vec![("authorization", format!("Bearer boai_{number:043}"))],
                ..document("{ me { id } }")
            }),
        }
        sleep(REST).await;
    }
}

/// So many connections on which a byte comes each second; one that is cut is made again.
fn trickle(connections: usize, target: &Target, got: &Got, attackers: &mut JoinSet<()>, head: &'static str) {
    for number in 0..connections {
        let (target, got) = (target.clone(), got.clone());
        attackers.spawn(async move {
            loop {
                let outcome = trickle_once(&target, address(number), head).await;
                got.note(outcome.unwrap_or_else(|_| "cut off".into()));
                // The pace of the attack: who was cut off comes back twice a second.
                sleep(Duration::from_millis(500)).await;
            }
        });
    }
}

async fn trickle_once(target: &Target, from: Ipv4Addr, head: &str) -> std::io::Result<String> {
    let mut line = target.connect(from).await?;
    line.write_all(head.as_bytes()).await?;
    let mut second = interval(Duration::from_secs(1));
    let mut answer = [0; 12];
    loop {
        tokio::select! {
            _ = second.tick() => line.write_all(b"a").await?,
            read = line.read_exact(&mut answer) => {
                read?;
                return Ok(String::from_utf8_lossy(&answer[9..]).into_owned());
            }
        }
    }
}

/// Sockets that have been acknowledged.
async fn hold_sockets(sockets: usize, target: &Target, got: &Got, attackers: &mut JoinSet<()>) {
    let mut opening = Vec::new();
    for number in 0..sockets {
        let target = target.clone();
        opening.push(async move { open_socket(&target, address(number)).await });
    }
    // Some hundreds at a time, so that the opening is no flood of its own.
    let opened: Vec<_> = futures_util::stream::iter(opening).buffer_unordered(200).collect().await;
    for socket in opened {
        match socket {
            Ok(mut socket) => {
                got.note("socket held");
                attackers.spawn(async move { while let Some(Ok(_)) = socket.next().await {} });
            }
            Err(why) => got.note(why),
        }
    }
}

type Socket = tokio_tungstenite::WebSocketStream<TcpStream>;

async fn open_socket(target: &Target, from: Ipv4Addr) -> Result<Socket, String> {
    let line = target.connect(from).await.map_err(|error| format!("not connected: {}", error.kind()))?;
    let url = target.url.replace("http://", "ws://").parse().map_err(|_| "no address")?;
    let request = ClientRequestBuilder::new(url).with_sub_protocol("graphql-transport-ws");
    let (mut socket, _) = client_async(request, line).await.map_err(|_| "not upgraded")?;
    let init = json!({ "type": "connection_init" }).to_string();
    socket.send(Message::text(init)).await.map_err(|_| "init not taken")?;
    match socket.next().await {
        Some(Ok(Message::Text(text))) if text.contains("connection_ack") => Ok(socket),
        _ => Err("not acknowledged".into()),
    }
}

/// Sends 100 MB again and again, with the length told and without.
async fn send_large_bodies(target: Target, got: Got, number: usize) {
    loop {
        let sent = send_large_body(&target, address(number), number.is_multiple_of(2)).await;
        got.note(sent.unwrap_or_else(|_| "cut off".into()));
    }
}

/// The status that came while sending, or at its end.
async fn send_large_body(target: &Target, from: Ipv4Addr, told: bool) -> std::io::Result<String> {
    const CHUNK: usize = 0x1_0000;
    const CHUNKS: usize = 1_526;
    let line = target.connect(from).await?;
    let (mut read, mut write) = line.into_split();
    let length = if told { format!("content-length: {}", CHUNK * CHUNKS) } else { "transfer-encoding: chunked".into() };
    let send = async {
        let head =
            format!("POST /graphql HTTP/1.1\r\nhost: boai\r\ncontent-type: application/json\r\n{length}\r\n\r\n");
        write.write_all(head.as_bytes()).await?;
        let spaces = vec![b' '; CHUNK];
        for _ in 0..CHUNKS {
            if told {
                write.write_all(&spaces).await?;
            } else {
                write.write_all(&[b"10000\r\n", spaces.as_slice(), b"\r\n"].concat()).await?;
            }
        }
        // Only the answer is waited for now.
        std::future::pending::<std::io::Result<String>>().await
    };
    let mut answer = [0; 12];
    tokio::select! {
        read = read.read_exact(&mut answer) => {
            read?;
            Ok(String::from_utf8_lossy(&answer[9..]).into_owned())
        }
        sent = send => sent,
    }
}

struct Request {
    body: Body,
    headers: Vec<(&'static str, String)>,
}

fn document(text: &str) -> Request {
    Request { body: json!({ "query": text }).to_string().into(), headers: Vec::new() }
}

fn code_for(phone: u64) -> Request {
    let text =
        format!("mutation {{ requestSignInCode(input: {{ phone: \"{phone}\" }}) {{ expiresAt errors {{ code }} }} }}");
    document(&text)
}

/// Each is another text, so that nothing known helps.
fn fragment_bomb(number: u64) -> String {
    let mut text = format!("query Q{number} {{ ...f0 }}");
    for at in 0..24 {
        let _ = write!(text, " fragment f{at} on Query {{ ...f{0} ...f{0} }}", at + 1);
    }
    text + " fragment f24 on Query { __typename }"
}

fn alias_flood(number: u64) -> String {
    let mut text = format!("query Q{number} {{");
    for at in 0..5_000 {
        let _ = write!(text, " a{at}: __typename");
    }
    text + " }"
}

/// So many requests a second from one address, at most 64 of them under way.
fn flood(
    a_second: u32,
    target: &Target,
    got: &Got,
    attackers: &mut JoinSet<()>,
    request: impl Fn(u64) -> Request + Clone + Send + 'static,
) {
    const LINES: u32 = 64;
    let client = client(address(0));
    for line in 0..LINES {
        let (client, request, target, got) = (client.clone(), request.clone(), target.clone(), got.clone());
        attackers.spawn(async move {
            let pace = Duration::from_secs(1) * LINES / a_second;
            let mut turn = tokio::time::interval_at(Instant::now() + pace * line / LINES, pace);
            let mut number = u64::from(line);
            loop {
                turn.tick().await;
                number += u64::from(LINES);
                let Request { body, headers } = request(number);
                let mut post = client.post(&target.url).header("content-type", "application/json").body(body);
                for (name, value) in headers {
                    post = post.header(name, value);
                }
                got.note(outcome(post.send().await).await);
            }
        });
    }
}

/// The status, and the code of the first error where there is one.
async fn outcome(sent: reqwest::Result<reqwest::Response>) -> String {
    let Ok(answer) = sent else { return "cut off".into() };
    let status = answer.status().as_str().to_owned();
    let body: serde_json::Value = answer.json().await.unwrap_or_default();
    let fault = body.pointer("/errors/0/extensions/code");
    let refusal = body["data"].as_object().and_then(|data| data.values().next()?.pointer("/errors/0/code"));
    match fault.or(refusal).and_then(serde_json::Value::as_str) {
        Some(code) => format!("{status} {code}"),
        None => status,
    }
}

fn client(from: Ipv4Addr) -> reqwest::Client {
    let client = http::client().local_address(IpAddr::V4(from)).timeout(Duration::from_secs(30));
    client.build().expect("an HTTP client")
}
