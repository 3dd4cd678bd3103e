//! Faults as they come in the field: a server killed at work, a database that restarts, is cut off or has no room, a Redis
//! that is slow or gone, a clock that steps, two instances asked for everything at once. Real processes, but where a clock
//! must be moved; each story prints its figures.
//!
//! They run in a bounded size, and in full with `BOAI_TEST_FAULTS=full`.

mod clock;
mod crowd;
mod database;
mod disk;
mod feeds;
mod instances;
mod jobs;
mod kill;
mod redis;
mod servers;

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How much of something there is.
fn size<T>(bounded: T, full: T) -> T {
    if std::env::var("BOAI_TEST_FAULTS").is_ok_and(|size| size == "full") { full } else { bounded }
}

static MACHINE: RwLock<()> = RwLock::const_new(());

/// For a story that measures how long something takes: no other one loads the machine meanwhile.
async fn alone() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().await
}

async fn among_others() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().await
}
