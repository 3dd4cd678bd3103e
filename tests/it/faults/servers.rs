//! Servers and disks that a story has to itself, and may harm.

use std::{
    fs::File,
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use boai::platform::db::{self, Db};
use boai_tests::process::{Process, free_port};
use sea_orm::FromQueryResult;
use tempfile::TempDir;

fn runs(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {said}")) }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").expect("a process").uid() == 0
}

/// A PostgreSQL with nothing of its durability taken away.
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    /// Where it runs, when that is not here.
    disk: Option<u32>,
    process: Option<Process>,
}

impl Postgres {
    pub async fn new(disk: Option<&SmallDisk>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = disk.map(SmallDisk::id);
        let mut postgres = Self { folder, programs: programs().await, port: free_port(), disk, process: None };
        if is_root() {
            // PostgreSQL refuses to run as root.
            let folder = postgres.folder.path();
            runs(Command::new("chown").arg(owner()).arg(folder)).expect("the folder is given away");
        }
        let data = postgres.data();
        let made = ["--auth=trust", "--username=boai", "--encoding=UTF8", "--no-locale", "--no-sync", "-D"];
        let mut initdb = as_owner(&postgres.programs.join("initdb"));
        runs(initdb.args(made).arg(&data).current_dir(postgres.folder.path())).expect("initdb works");
        postgres.start().await;
        postgres
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Any of its databases; the last part is to be replaced.
    pub fn url(&self) -> String {
        format!("postgres://boai@127.0.0.1:{}/postgres", self.port)
    }

    pub async fn start(&mut self) {
        let mut command = as_owner(&self.programs.join("postgres"));
        command.arg("-D").arg(self.data()).args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-k"]);
        command.arg(self.folder.path()).args(["-c", "max_connections=60"]).current_dir(self.folder.path());
        if let Some(id) = self.disk {
            command = entering(id, &command);
        }
        // It talks to standard error.
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$@\" 2>&1", "sh"]).arg(command.get_program()).args(command.get_args());
        shell.current_dir(self.folder.path());
        let mut process = Process::start(shell);
        process.says("ready to accept connections").await;
        self.process = Some(process);
    }

    /// Stops it: `INT` ends every session in order, `QUIT` leaves the recovery to the next start.
    pub async fn stop(&mut self, signal: &str) {
        let mut process = self.process.take().expect("it runs");
        process.signal(signal);
        process.ended(Duration::from_secs(30)).await;
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Killed, it would leave its children to find out by themselves, in a folder that is gone.
        if let Some(process) = &mut self.process {
            process.signal("QUIT");
            process.wait();
        }
    }
}

/// The folder of the programs of the PostgreSQL that `./test.sh` runs.
async fn programs() -> PathBuf {
    #[derive(FromQueryResult)]
    struct Setting {
        setting: String,
    }
    let server = std::env::var("BOAI_TEST_POSTGRES_URL").expect("BOAI_TEST_POSTGRES_URL, as ./test.sh sets it");
    let db = Db::connect(&server, 1).await.expect("PostgreSQL answers");
    let asked = "SELECT setting FROM pg_config WHERE name = 'BINDIR'";
    let found: Option<Setting> = db::one(&db.conn, asked, []).await.expect("it knows");
    found.expect("its folder").setting.into()
}

/// User and group that run PostgreSQL where the tests run as root, as in `./test.sh`.
fn owner() -> String {
    let id =
        |flag: &str, name: &str| Command::new("id").args([flag, name]).output().ok().filter(|id| id.status.success());
    let found = |flag: &str| id(flag, "postgres").or_else(|| id(flag, "nobody")).expect("a user who is not root");
    let text = |flag: &str| String::from_utf8_lossy(&found(flag).stdout).trim().to_owned();
    format!("{}:{}", text("-u"), text("-g"))
}

fn as_owner(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let owner = owner();
    let (user, group) = owner.split_once(':').expect("user and group");
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups").arg(program);
    command
}

/// A disk of its own, in memory, that nobody sees but who enters it: root makes it in a mount namespace, others in a user
/// namespace too, where they are root by themselves.
pub struct SmallDisk {
    holder: Process,
    folder: TempDir,
}

impl SmallDisk {
    /// None, with a line that says why, where the system lets nobody have one.
    pub async fn new(megabytes: u32) -> Option<Self> {
        let flags = if is_root() { "-m" } else { "-Urm" };
        let possible = runs(Command::new("unshare").args([flags, "mount", "-t", "tmpfs", "none", "/mnt"]));
        if let Err(error) = possible {
            println!("NOT RUN: no small disk is to be had here. {error}");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let mounted =
            format!("mount -t tmpfs -o size={megabytes}m,mode=777 none \"$0\" && echo mounted && exec sleep infinity");
        let mut command = Command::new("unshare");
        command.args([flags, "sh", "-c", &mounted]).arg(folder.path());
        let mut holder = Process::start(command);
        holder.says("mounted").await;
        Some(Self { holder, folder })
    }

    fn id(&self) -> u32 {
        self.holder.id()
    }

    /// Where it is for who entered it.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where it is seen from outside.
    pub fn seen(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}", self.id(), self.folder.path().display()))
    }

    /// The same command, run by who entered.
    pub fn entered(&self, command: &Command) -> Command {
        entering(self.id(), command)
    }

    /// A folder on it for PostgreSQL.
    pub fn folder_for_postgres(&self) -> PathBuf {
        let folder = self.seen().join("space");
        std::fs::create_dir(&folder).expect("a folder");
        if is_root() {
            runs(Command::new("chown").arg(owner()).arg(&folder)).expect("the folder is given away");
        }
        self.path().join("space")
    }

    /// Leaves no byte free.
    pub fn fill(&self) {
        let mut ballast = File::create(self.seen().join("ballast")).expect("a file");
        for size in [64 * 1024, 4096, 1] {
            let some = vec![1; size];
            while ballast.write_all(&some).is_ok() {}
        }
    }

    pub fn make_room(&self) {
        std::fs::remove_file(self.seen().join("ballast")).expect("the ballast goes");
    }
}

fn entering(id: u32, command: &Command) -> Command {
    let mut enter = Command::new("nsenter");
    enter.args(["-t", &id.to_string(), "-m"]);
    if !is_root() {
        enter.args(["-U", "--preserve-credentials"]);
        if command.get_program().to_string_lossy().ends_with("postgres") {
            // In there everybody is root, whom PostgreSQL refuses: a namespace within makes them a user again.
            let me = std::fs::metadata("/proc/self").expect("a process");
            enter.args([
                "unshare",
                "--user",
                &format!("--map-user={}", me.uid()),
                &format!("--map-group={}", me.gid()),
            ]);
        }
    }
    enter.arg(command.get_program()).args(command.get_args());
    enter.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            enter.env(name, value);
        }
    }
    enter
}
