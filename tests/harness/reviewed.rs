//! Files that people review, written by a test and compared by it.

use std::path::Path;

/// Compares `tests/output/<name>` with what the code does now. With `BOAI_UPDATE=1` in the environment it is written
/// instead, for a person to look at the difference.
pub fn reviewed(name: &str, now: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("output").join(name);
    if std::env::var("BOAI_UPDATE").is_ok_and(|update| update == "1") {
        std::fs::write(&file, now).expect("the reviewed file is written");
        return;
    }
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    let changed = |(line, (before, now)): (usize, (&str, &str))| {
        (before != now).then(|| format!("line {}:\n- {before}\n+ {now}", line + 1))
    };
    let pairs = before.lines().chain(std::iter::repeat("")).zip(now.lines().chain([""]));
    let difference = pairs.enumerate().find_map(changed).unwrap_or_else(|| "lines are missing at the end".into());
    assert!(
        before == now,
        "tests/output/{name} is not what the code does, at {difference}\n\nIf that is meant, write it anew with\n    \
         BOAI_UPDATE=1 cargo test -p boai-tests\nand review the difference."
    );
}
