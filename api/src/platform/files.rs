//! Open files, which connections are too.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are open beside the callers' connections: the databases', the log, what is accepted only to be turned away.
const OWN: u64 = 64;

/// Raises this process's bound on open files to what the system allows it, and says how many connections of callers fit
/// beside so many of its own.
pub fn room_for_connections(own: u64) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Where it cannot be raised, it stays.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let files = if raised { maximum } else { current };
    files.map_or(usize::MAX, |files| usize::try_from(files.saturating_sub(OWN + own)).unwrap_or(usize::MAX).max(1))
}
