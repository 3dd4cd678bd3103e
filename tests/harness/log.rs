//! What the servers of a test run logged, and the secrets that must not be in it: phone numbers, one-time codes, tokens, ID
//! numbers. Each process of tests keeps one log of everything at debug level; each town looks through its part of it when it
//! ends, and `./test.sh` looks through all of them at the end (`logs`, in bin/).

use std::{
    collections::BTreeSet,
    fmt::{Debug, Write as _},
    fs::File,
    io::Write as _,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{LazyLock, Mutex, PoisonError},
};

use aho_corasick::AhoCorasick;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt, util::SubscriberInitExt};

/// Begins a line about a panic.
const PANIC: &str = "PANIC ";

/// The log of a process and its secrets, in files beside each other.
pub struct Log {
    /// None when nobody will look at it after the process.
    path: Option<PathBuf>,
    open: Mutex<Open>,
}

struct Open {
    log: File,
    secrets: File,
    known: BTreeSet<String>,
}

/// The log of this process. `./test.sh` names a folder for it, which is looked through when all tests have ended.
pub fn log() -> &'static Log {
    static LOG: LazyLock<&'static Log> = LazyLock::new(|| {
        let folder = std::env::var_os("BOAI_TEST_LOGS").map(PathBuf::from);
        let log: &'static Log = Box::leak(Box::new(Log::in_folder(folder.as_deref())));
        // A log that somebody else set up would swallow ours, and then the run's last step finds ours empty.
        let _ = tracing_subscriber::registry().with(log.layer()).try_init();
        log.hear_panics();
        log
    });
    *LOG
}

impl Log {
    pub fn in_folder(folder: Option<&Path>) -> Self {
        let test = std::env::current_exe().expect("a test has a file");
        let name = test.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let path = folder.map(|folder| folder.join(format!("{name}-{}.log", std::process::id())));
        let file = |ending| match &path {
            Some(path) => File::options().create(true).append(true).read(true).open(path.with_extension(ending)),
            None => tempfile::tempfile(),
        };
        let open = || Some(Open { log: file("log").ok()?, secrets: file("secrets").ok()?, known: BTreeSet::new() });
        Self { open: Mutex::new(open().expect("a file for the log")), path }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, line: &str) {
        writeln!(self.open().log, "{line}").expect("the log is written");
    }

    /// What it wrote may hold no secret either.
    pub fn note(&self, said: &[u8]) {
        self.open().log.write_all(said).expect("the log is written");
    }

    /// Where a process of the program writes its standard error to.
    pub fn of_a_process(&self) -> Stdio {
        self.open().log.try_clone().expect("the log has another handle").into()
    }

    /// Remembers a secret: from now on it must not be in the log. True when it is new.
    pub fn secret(&self, text: &str) -> bool {
        let mut open = self.open();
        let new = open.known.insert(text.to_owned());
        if new {
            writeln!(open.secrets, "{text}").expect("the secret is written");
        }
        new
    }

    /// How long the log is now.
    pub fn length(&self) -> u64 {
        self.open().log.metadata().expect("the log has a length").len()
    }

    /// The lines since then with one of these secrets, and those about panics.
    pub fn leaks_since(&self, start: u64, secrets: &BTreeSet<String>) -> Vec<String> {
        // Read by place: whoever writes goes on at the end.
        let log = self.open().log.try_clone().expect("the log has another handle");
        let length = usize::try_from(self.length().saturating_sub(start)).expect("it fits into memory");
        let mut said = vec![0; length];
        log.read_exact_at(&mut said, start).expect("the log is read");
        leaks(&String::from_utf8_lossy(&said), secrets)
    }

    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What takes everything down that is logged at debug level or above.
    pub fn layer<S: Subscriber>(&'static self) -> impl Layer<S> {
        Ears(self)
    }

    /// A panic in a server's task ends one request and no test; here it is heard of.
    fn hear_panics(&'static self) {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let ours = |file: &str| !file.starts_with("tests/");
            let in_a_task = std::thread::current().name().is_some_and(|name| name.starts_with("tokio"));
            if in_a_task && panic.location().is_some_and(|place| ours(place.file())) {
                self.line(&format!("{PANIC}{panic}").replace('\n', " "));
            }
            usual(panic);
        }));
    }
}

/// Takes down events, and what spans say.
struct Ears(&'static Log);

impl<S: Subscriber> Layer<S> for Ears {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= Level::DEBUG
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(format!("{} {}", event.metadata().level(), event.metadata().target()));
        event.record(&mut line);
        self.0.line(&line.0);
    }

    fn on_new_span(&self, span: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        let mut line = Line(format!("{} {}", span.metadata().level(), span.metadata().target()));
        span.record(&mut line);
        self.0.line(&line.0);
    }

    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        let mut line = Line("span".to_owned());
        values.record(&mut line);
        self.0.line(&line.0);
    }
}

/// Fields as `name=text` or, for numbers, `name=#number`: a duration in microseconds looks like a one-time code.
struct Line(String);

impl Line {
    fn number(&mut self, field: &Field, number: impl std::fmt::Display) {
        let _ = write!(self.0, " {}=#{number}", field.name());
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
    fn record_str(&mut self, field: &Field, text: &str) {
        let _ = write!(self.0, " {}={text}", field.name());
    }
    fn record_i64(&mut self, field: &Field, number: i64) {
        self.number(field, number);
    }
    fn record_u64(&mut self, field: &Field, number: u64) {
        self.number(field, number);
    }
    fn record_f64(&mut self, field: &Field, number: f64) {
        self.number(field, number);
    }
}

/// The lines of a log that hold one of these secrets or tell of a panic, each after the secret. A one-time code, of so few
/// digits that other numbers hold them by chance, counts where it stands by itself.
pub fn leaks(log: &str, secrets: &BTreeSet<String>) -> Vec<String> {
    let secrets: Vec<&String> = secrets.iter().filter(|secret| !secret.is_empty()).collect();
    let search = AhoCorasick::new(&secrets).expect("secrets can be searched for");
    let found = search.find_overlapping_iter(log).map(|found| (secrets[found.pattern().as_usize()], found.range()));
    let told = found.filter(|(secret, place)| !is_code(secret) || by_itself(log, place.clone()));
    let mut lines: Vec<String> =
        told.map(|(secret, place)| format!("{secret}: {}", line_at(log, place.start))).collect();
    lines.extend(log.lines().filter(|line| line.starts_with(PANIC) || line.contains("panicked at")).map(str::to_owned));
    lines.dedup();
    lines
}

fn is_code(secret: &str) -> bool {
    secret.len() <= 8 && secret.bytes().all(|byte| byte.is_ascii_digit())
}

/// Neither within a longer word or number nor one that a program measured.
fn by_itself(log: &str, place: std::ops::Range<usize>) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '#' | '_' | '%');
    !log[..place.start].ends_with(part)
        && !log[place.end..].starts_with(part)
        && !log[..place.start].ends_with("micros=")
}

fn line_at(log: &str, place: usize) -> &str {
    let start = log[..place].rfind('\n').map_or(0, |end| end + 1);
    log[start..].lines().next().unwrap_or_default()
}

/// What looks like a secret in what a phone and a server say to each other: mobile numbers (as their eleven digits), ID
/// numbers, tokens, and what stands in a field that holds a secret.
pub fn secrets_in(said: &str) -> Vec<String> {
    let words = said.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    words.filter_map(secret_word).map(str::to_owned).collect()
}

fn secret_word(word: &str) -> Option<&str> {
    if word.starts_with("boai_") {
        return Some(word);
    }
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    match (word.len(), digits) {
        (11, 11) if word.starts_with('1') => Some(word),
        (13, 13) if word.starts_with("861") => Some(&word[2..]),
        (18, 18) => Some(word),
        (18, 17) if word.ends_with(['X', 'x']) => Some(word),
        _ => None,
    }
}
