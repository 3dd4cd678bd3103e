//! The server under test: a process of its own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use boai_tests::VAULT_KEYS;

use crate::town::Prepared;

pub struct Server {
    child: Child,
    pub url: String,
}

impl Server {
    /// `boai serve` with the settings that the program ships with.
    pub fn start(prepared: &Prepared, redis_url: Option<&str>) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0"]).env_clear();
        command
            .current_dir(prepared.folder.path())
            .env("BOAI_LOG__FILTER", "error")
            .env("BOAI_EXPLORER", "false")
            .env("BOAI_SMS__PRINT", "true");
        match &prepared.database_url {
            Some(url) => command.env("DATABASE_URL", url).env("BOAI_VAULT__KEYS", VAULT_KEYS),
            None => command.arg("--data-dir").arg(prepared.folder.path()),
        };
        if let Some(url) = redis_url {
            command.env("REDIS_URL", url);
        }
        let mut child =
            command.stdout(Stdio::piped()).spawn().map_err(|error| format!("the server does not start: {error}"))?;
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let url = lines.find_map(|line| line.strip_prefix("serving at ").map(str::to_owned));
        let url = url.ok_or("the server ended before it served")?;
        // It prints the codes that it sends; somebody must take them.
        std::thread::spawn(move || lines.count());
        Ok(Self { child, url })
    }

    /// Resident memory in MiB; zero where the system does not tell.
    pub fn memory(&self) -> u64 {
        memory(self.child.id())
    }

    /// Keeps the highest memory seen, until the watch is dropped.
    pub fn watch_memory(&self) -> Watch {
        let peak = Arc::new(AtomicU64::new(self.memory()));
        let (id, seen) = (self.child.id(), peak.clone());
        let task = tokio::spawn(async move {
            loop {
                // Memory is sampled; it tells nobody when it changes.
                tokio::time::sleep(Duration::from_millis(50)).await;
                seen.fetch_max(memory(id), Relaxed);
            }
        });
        Watch { peak, task }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Watch {
    peak: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Watch {
    pub fn peak(&self) -> u64 {
        self.peak.load(Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib / 1024)
}
