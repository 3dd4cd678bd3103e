//! The command line.

mod officers;

use std::{
    fs::{File, TryLockError},
    io::IsTerminal,
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{
    app::{App, SEALED},
    certificates,
    config::{Config, Flags},
    demo,
    hours::audit::audit,
    leaderboards,
    platform::{
        civil::civil_day, clock::Clock, db::Db, files::room_for_connections, random::Random, rotation::rotate,
        sms::Sms, vault,
    },
    policies::calendar,
    privacy::retention::{self, Swept},
    proof, server, statements,
    trail::verify::verify,
};

/// 博爱 (Boai): the volunteer service of the Red Cross.
#[derive(Parser)]
#[command(name = "boai", version, arg_required_else_help = true)]
struct Cli {
    /// TOML file with settings; `boai.toml` is read if it is there. See boai.example.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fill an embedded database with a province, play one volunteer's day, and serve it.
    Demo {
        #[command(flatten)]
        place: ServePlace,
        /// Start over: what the demo made before is dropped.
        #[arg(long)]
        fresh: bool,
        /// The same seed on the same day makes the same data.
        #[arg(long, default_value_t = 20201231)]
        seed: u64,
        /// Play the day and stop instead of serving on.
        #[arg(long)]
        once: bool,
    },
    /// Serve, after bringing the database up to date.
    Serve {
        #[command(flatten)]
        place: ServePlace,
    },
    /// Bring the database up to date and stop.
    Migrate {
        #[command(flatten)]
        data: DataPlace,
    },
    /// Print the GraphQL schema.
    Schema {
        /// Write it to schema.graphql in this folder.
        #[arg(long, conflicts_with = "check")]
        write: bool,
        /// Compare it with schema.graphql in this folder; a difference is exit code 1.
        #[arg(long)]
        check: bool,
    },
    /// Make a file of keys, or put a new key before those of one that is there. No key is printed.
    NewKey {
        /// The file; without it `vault.file` of the settings, or vault.keys in the folder of the embedded database.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// A key that signs roots and certificates, instead of one that seals. Of those whose time is over only the public
        /// part stays in the file.
        #[arg(long)]
        signing: bool,
        /// The first day of a signing key, tomorrow at the earliest: by then every instance must have the file.
        #[arg(long, value_name = "DAY", requires = "signing")]
        from: Option<chrono::NaiveDate>,
        #[command(flatten)]
        data: DataPlace,
    },
    /// Seal everything anew that an older key sealed, with the key that seals now; can be stopped and started again.
    RotateKeys {
        #[command(flatten)]
        data: DataPlace,
    },
    /// Make a volunteer an officer of a branch, or put the end of that office off: for the first officers of all and for
    /// those at the top, who have nobody above. Goes to the audit trail.
    Grant {
        /// 志愿者编号 of who signed in and enrolled before.
        volunteer: String,
        /// Code of the branch's division, such as 33.
        #[arg(long, value_name = "CODE")]
        branch: String,
        /// Last day of the term, such as 2027-05-07.
        #[arg(long, value_name = "DAY")]
        until: chrono::NaiveDate,
        /// Why, for the audit trail.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        data: DataPlace,
    },
    /// Print who holds which role, as CSV: places, names, terms, when they were last seen and reviewed.
    Roles {
        /// Only this branch and everything below; everything when left out.
        #[arg(long, value_name = "CODE", default_value = "")]
        branch: String,
        #[command(flatten)]
        data: DataPlace,
    },
    /// Take a volunteer's second factor away who has lost it and has nobody above, so that they can enrol a new one. Goes to
    /// the audit trail.
    ResetSecondFactor {
        /// 志愿者编号
        volunteer: String,
        /// How it was made sure that it is them, for the audit trail.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        data: DataPlace,
    },
    /// Reduce or remove what was kept long enough by the policy in force; a server does so by itself every hour.
    Retain {
        #[command(flatten)]
        data: DataPlace,
        /// Only count what is due.
        #[arg(long)]
        dry_run: bool,
    },
    /// Load holidays and the weekends worked for them, as the State Council announced them, from a file such as
    /// api/data/state-council-calendar.csv; what was known of its years is replaced.
    ImportCalendar {
        /// Lines of day,kind,name; a kind is HOLIDAY or WORKDAY.
        file: PathBuf,
        #[command(flatten)]
        data: DataPlace,
    },
    /// Work every leaderboard out from the ledger, and compare or rebuild; servers may run meanwhile.
    Leaderboards {
        #[command(subcommand)]
        what: Boards,
    },
    /// Check every hash chain, rebuild every total from the ledger and compare; exit code 1 when anything is wrong.
    Audit {
        #[command(flatten)]
        data: DataPlace,
        /// Only this certificate, against the ledger and the signed roots.
        #[arg(long, value_name = "NUMBER")]
        certificate: Option<String>,
    },
    /// Take a certificate back: whoever checks it reads that, and why. Goes to the audit trail.
    RevokeCertificate {
        /// 证明编号
        number: String,
        /// Why, for whoever checks it, and for the audit trail.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        data: DataPlace,
    },
}

#[derive(Subcommand)]
enum Boards {
    /// Compare every board with the ledger; exit code 1 when one differs.
    Check {
        #[command(flatten)]
        data: DataPlace,
    },
    /// Rebuild what differs from the ledger, and say what did. No board is ever empty or half there.
    Rebuild {
        #[command(flatten)]
        data: DataPlace,
    },
}

#[derive(Args)]
struct ServePlace {
    /// Address and port to serve at [default: 127.0.0.1:8000].
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<std::net::SocketAddr>,
    #[command(flatten)]
    data: DataPlace,
}

#[derive(Args)]
struct DataPlace {
    /// Folder of the embedded database [default: data].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl ServePlace {
    fn flags(self) -> Flags {
        Flags { listen: self.listen, data_dir: self.data.data_dir }
    }
}

impl DataPlace {
    fn flags(&self) -> Flags {
        Flags { listen: None, data_dir: self.data_dir.clone() }
    }
}

/// Runs the command line; what went wrong goes to standard error in a sentence.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("no threads to run on: {error}")),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn fail(error: &str) -> ExitCode {
    eprintln!("boai: {error}");
    ExitCode::FAILURE
}

async fn run(cli: Cli) -> Result<ExitCode, String> {
    let file = cli.config.as_deref();
    match cli.command {
        Command::Demo { place, fresh, seed, once } => {
            let mut config = Config::read(file, &place.flags())?;
            // The day is printed line by line; the log would only stand in between.
            if config.log == crate::config::LogConfig::default() {
                config.log.filter = "warn".into();
            }
            log_to_stderr(&config);
            demo::run(config, demo::Options { fresh, seed, once }).await?;
        }
        Command::Serve { place } => {
            let config = Config::read(file, &place.flags())?;
            log_to_stderr(&config);
            serve(config).await?;
        }
        Command::Migrate { data } => {
            let config = Config::read(file, &data.flags())?;
            let db = open(&config).await?;
            let applied = db.migrate().await.map_err(|error| error.to_string())?;
            println!("{applied} migrations applied; the database is up to date");
        }
        Command::Schema { write, check } => return schema(write, check),
        Command::Grant { volunteer, branch, until, reason, data } => {
            let app = app(file, &data).await?;
            println!("{}", officers::grant(app, &volunteer, &branch, until, &reason).await?);
        }
        Command::Roles { branch, data } => {
            let app = app(file, &data).await?;
            officers::list(&app, &branch, std::io::stdout().lock()).await?;
        }
        Command::ResetSecondFactor { volunteer, reason, data } => {
            let app = app(file, &data).await?;
            println!("{}", officers::reset_second_factor(app, &volunteer, &reason).await?);
        }
        Command::NewKey { file: key_file, signing, from, data } => {
            let config = Config::read(file, &data.flags())?;
            let in_folder = || config.data_dir.join("vault.keys");
            let path = key_file.or_else(|| config.vault.file.clone()).unwrap_or_else(in_folder);
            if signing {
                let today = civil_day(Clock::system().now());
                let tomorrow = today.succ_opt().ok_or("the clock is wrong")?;
                let from = from.unwrap_or(tomorrow);
                if from < tomorrow {
                    return Err(format!("--from {from}: must be {tomorrow} or later, when every instance has the key"));
                }
                let id = vault::add_signing_key(&path, &Random::system(), from, today)?;
                println!("{}: from {from} on the key {id} signs", path.display());
                return Ok(ExitCode::SUCCESS);
            }
            let id = vault::add_key(&path, &Random::system())?;
            println!("{}: from now on the key {id} seals", path.display());
        }
        Command::RotateKeys { data } => {
            let config = Config::read(file, &data.flags())?;
            let db = open_what_is_there(&config).await?;
            let vault = config.vault_if_there()?.ok_or("there are no keys: set vault.file or vault.keys")?;
            let bar = std::io::stderr().is_terminal().then(indicatif::ProgressBar::new_spinner);
            let seen = |values| bar.iter().for_each(|bar| bar.set_message(format!("{values} sealed values")));
            let rotated = rotate(&db, &vault, &SEALED, seen).await.map_err(|fault| format!("{fault:?}"))?;
            bar.iter().for_each(indicatif::ProgressBar::finish_and_clear);
            println!("{rotated}");
            return Ok(if rotated.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Retain { data, dry_run } => retain(&Config::read(file, &data.flags())?, dry_run).await?,
        Command::ImportCalendar { file: days, data } => {
            let text = std::fs::read_to_string(&days).map_err(|error| format!("{}: {error}", days.display()))?;
            let days = calendar::read(&text).map_err(|why| format!("{}: {why}", days.display()))?;
            let db = open_what_is_there(&Config::read(file, &data.flags())?).await?;
            let years = calendar::load(&db, &days).await.map_err(|error| error.to_string())?;
            println!("{} days of {years:?}", days.len());
        }
        Command::RevokeCertificate { number, reason, data } => {
            let app = app(file, &data).await?;
            println!("{}", officers::revoke_certificate(app, &number, &reason).await?);
        }
        Command::Audit { data, certificate: Some(number) } => {
            let config = Config::read(file, &data.flags())?;
            let (db, vault) = (open_what_is_there(&config).await?, config.vault_if_there()?);
            let report = certificates::check::check(&db, vault.as_ref(), &number).await;
            let report = report.map_err(|error| error.to_string())?;
            let report = report.ok_or_else(|| format!("{number}: there is no certificate of this number"))?;
            println!("{report}");
            return Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Leaderboards { what } => return boards(file, what).await,
        Command::Audit { data, certificate: None } => {
            let config = Config::read(file, &data.flags())?;
            let db = open_what_is_there(&config).await?;
            let bar = std::io::stderr().is_terminal().then(indicatif::ProgressBar::new_spinner);
            let checked = |volunteers| bar.iter().for_each(|bar| bar.set_message(format!("{volunteers} volunteers")));
            let report = audit(&db, checked).await.map_err(|error| error.to_string())?;
            println!("{report}");
            let vault = config.vault_if_there()?;
            let checked = |entries| bar.iter().for_each(|bar| bar.set_message(format!("{entries} audit entries")));
            let trail =
                verify(&db, vault.as_ref(), Clock::system().now(), checked).await.map_err(|error| error.to_string())?;
            println!("{trail}");
            let checked = |chains| bar.iter().for_each(|bar| bar.set_message(format!("{chains} signed chains")));
            let roots = proof::verify::verify(&db, vault.as_ref(), checked).await.map_err(|error| error.to_string())?;
            println!("{roots}");
            let checked = |months| bar.iter().for_each(|bar| bar.set_message(format!("{months} signed months")));
            let months = statements::audit::audit(&db, checked).await.map_err(|error| error.to_string())?;
            bar.iter().for_each(indicatif::ProgressBar::finish_and_clear);
            println!("{months}");
            let boards = leaderboards::check::check(&db, |_| ()).await.map_err(|error| error.to_string())?;
            println!("{boards}");
            let faults = [&report.faults, &trail.faults, &roots.faults, &months.faults];
            let fine = faults.iter().all(|faults| faults.is_empty()) && boards.is_fine();
            return Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A mistyped folder would be filled with a new database, in which all is well.
fn must_be_there(config: &Config) -> Result<(), String> {
    if config.database_url.is_none() && !config.data_dir.join("boai.sqlite").is_file() {
        return Err(format!(
            "data_dir = {}: there is no boai.sqlite in it. Name its folder with --data-dir, or set DATABASE_URL",
            config.data_dir.display()
        ));
    }
    Ok(())
}

async fn open_what_is_there(config: &Config) -> Result<Db, String> {
    must_be_there(config)?;
    let db = open(config).await?;
    db.migrate().await.map_err(|error| error.to_string())?;
    Ok(db)
}

/// The parts of the program over a database that is there, for a command that ends by itself.
async fn app(file: Option<&std::path::Path>, data: &DataPlace) -> Result<std::sync::Arc<App>, String> {
    let config = Config::read(file, &data.flags())?;
    must_be_there(&config)?;
    App::start(config, Clock::system(), Random::system(), None).await
}

async fn boards(file: Option<&std::path::Path>, what: Boards) -> Result<ExitCode, String> {
    let (Boards::Check { data } | Boards::Rebuild { data }) = &what;
    let db = open_what_is_there(&Config::read(file, &data.flags())?).await?;
    let bar = std::io::stderr().is_terminal().then(indicatif::ProgressBar::new_spinner);
    let seen = |volunteers| bar.iter().for_each(|bar| bar.set_message(format!("{volunteers} volunteers")));
    let report = match &what {
        Boards::Check { .. } => leaderboards::check::check(&db, seen).await,
        Boards::Rebuild { .. } => leaderboards::check::rebuild(&db, seen).await,
    };
    bar.iter().for_each(indicatif::ProgressBar::finish_and_clear);
    let report = report.map_err(|error| error.to_string())?;
    println!("{report}");
    Ok(if report.rebuilt || report.is_fine() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn retain(config: &Config, dry_run: bool) -> Result<(), String> {
    let db = open_what_is_there(config).await?;
    let swept = retention::run_now(&db, Clock::system().now(), dry_run).await;
    let swept = swept.map_err(|fault| format!("what was kept long enough could not be removed: {fault:?}"))?;
    for Swept { kind, before, rows } in swept {
        println!("{kind:<20}{rows:>10} {} before {before}", if dry_run { "due" } else { "done" });
    }
    Ok(())
}

async fn serve(mut config: Config) -> Result<(), String> {
    let room = room_for_connections(config.database_connections.into());
    if room < config.connections.most {
        tracing::warn!(
            room,
            "the system allows too few open files for connections.most = {}; raise its limit (systemd: LimitNOFILE=)",
            config.connections.most
        );
        config.connections.most = room;
    }
    let listener = bind(&config).await?;
    let _held = hold_folder(&config)?;
    let app = App::start(config, Clock::system(), Random::system(), None).await?;
    if matches!(app.sms, Sms::Nowhere) {
        tracing::warn!(
            "nobody can sign in by code: sms.webhook_url names no gateway (sms.print = true is for trying out)"
        );
    }
    println!("serving at {}", address(&listener));
    server::serve(app, listener, interrupted()).await
}

/// Takes the port before anything else is done, so that a port in use costs nothing.
pub async fn bind(config: &Config) -> Result<TcpListener, String> {
    TcpListener::bind(&config.listen).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "listen = {}: the port is in use. Stop the other program, or choose another port with --listen 127.0.0.1:8001",
            config.listen
        ),
        _ => format!("listen = {}: {error}", config.listen),
    })
}

/// Holds the folder of the embedded database for as long as the file lives: it is one instance's, and nobody may start it
/// over under a server that runs. (The system lets go of it when the process dies, however it dies.)
pub fn hold_folder(config: &Config) -> Result<Option<File>, String> {
    if config.database_url.is_some() {
        return Ok(None);
    }
    let told = |error: std::io::Error| format!("data_dir = {}: cannot be used: {error}", config.data_dir.display());
    std::fs::create_dir_all(&config.data_dir).map_err(told)?;
    let file = File::create(config.data_dir.join("boai.lock")).map_err(told)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(format!(
            "data_dir = {}: another boai is serving it. Stop that one, or choose another folder with --data-dir",
            config.data_dir.display()
        )),
        Err(TryLockError::Error(error)) => Err(told(error)),
    }
}

pub fn address(listener: &TcpListener) -> String {
    listener.local_addr().map_or_else(|_| "an unknown address".into(), |address| format!("http://{address}"))
}

async fn open(config: &Config) -> Result<Db, String> {
    if config.database_url.is_none() {
        std::fs::create_dir_all(&config.data_dir)
            .map_err(|error| format!("data_dir = {}: cannot be made: {error}", config.data_dir.display()))?;
    }
    Db::connect(&config.database_url(), config.database_connections)
        .await
        .map_err(|error| format!("the database cannot be reached: {error}"))
}

/// Ends at Ctrl-C or SIGTERM.
pub async fn interrupted() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

fn schema(write: bool, check: bool) -> Result<ExitCode, String> {
    const FILE: &str = "schema.graphql";
    let sdl = crate::graphql::sdl();
    if write {
        std::fs::write(FILE, sdl).map_err(|error| format!("{FILE}: {error}"))?;
    } else if check {
        let kept = std::fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
        if kept != sdl {
            return Err(format!("{FILE} is stale. Run `cargo run -- schema --write`, and review what changed"));
        }
    } else {
        print!("{sdl}");
    }
    Ok(ExitCode::SUCCESS)
}

fn log_to_stderr(config: &Config) {
    let filter = EnvFilter::new(&config.log.filter);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log.json { log.json().init() } else { log.init() }
}
