//! `logs FOLDER`: looks through what all tests of a run logged for the secrets that they used. `./test.sh` calls it last.

use std::{collections::BTreeSet, path::Path, process::ExitCode};

use boai_tests::leaks;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("logs: name the folder that BOAI_TEST_LOGS named for the tests");
        return ExitCode::from(2);
    };
    match look_through(Path::new(&folder)) {
        Ok((summary, found)) if found.is_empty() => {
            println!("{summary}: none was logged");
            ExitCode::SUCCESS
        }
        Ok((summary, found)) => {
            found.iter().for_each(|line| eprintln!("{line}"));
            eprintln!("logs: {summary}: {} lines must not be there", found.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("logs: {folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How much was searched, and each line that must not be there.
fn look_through(folder: &Path) -> Result<(String, Vec<String>), String> {
    let told = |error: std::io::Error| error.to_string();
    let (mut logs, mut bytes, mut known, mut found) = (0, 0, 0, Vec::new());
    for entry in std::fs::read_dir(folder).map_err(told)? {
        let path = entry.map_err(told)?.path();
        if path.extension().is_none_or(|ending| ending != "log") {
            continue;
        }
        let log = String::from_utf8_lossy(&std::fs::read(&path).map_err(told)?).into_owned();
        let secrets = std::fs::read_to_string(path.with_extension("secrets")).map_err(told)?;
        let secrets: BTreeSet<String> = secrets.lines().map(str::to_owned).collect();
        (logs, bytes, known) = (logs + 1, bytes + log.len(), known + secrets.len());
        found.extend(leaks(&log, &secrets).into_iter().map(|line| format!("{}: {line}", path.display())));
    }
    // A search in nothing, or for nothing, would find nothing.
    if bytes == 0 || known == 0 {
        return Err(format!("{logs} logs of {bytes} bytes and {known} secrets: the tests did not write them"));
    }
    Ok((format!("{logs} logs, {} kB, {known} secrets", bytes / 1000), found))
}
