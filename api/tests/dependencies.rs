//! What the server is built from, held against `deny.toml`: licences, where crates come from, that nothing of ours is
//! unsafe. `cargo deny check` looks closer, advisories included; this needs no tool and no network.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use figment::{
    Figment,
    providers::{Format, Toml},
};
use serde_json::Value;

/// As `Cargo.lock` writes it.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn toml(path: impl AsRef<Path>) -> Value {
    Figment::from(Toml::file_exact(root().join(path))).extract().expect("a file of TOML")
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

/// The folders of our crates.
fn members() -> Vec<String> {
    texts(&toml("Cargo.toml")["workspace"]["members"]).into_iter().map(str::to_owned).collect()
}

/// All crates that are built here, ours included, with their licences.
fn built() -> Vec<(String, String)> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let tree = ["tree", "--locked", "--workspace", "--prefix", "none", "--format", "{p}|{l}"];
    let told = Command::new(cargo).args(tree).current_dir(root()).output().expect("cargo runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let lines = String::from_utf8(told.stdout).expect("a text");
    let lines: BTreeSet<&str> = lines.lines().filter(|line| !line.is_empty()).collect();
    let read = |line: &str| {
        let (package, licence) = line.split_once('|').expect("a package and its licence");
        (package.split(' ').next().unwrap_or_default().to_owned(), licence.trim_end_matches(" (*)").trim().to_owned())
    };
    lines.into_iter().map(read).collect()
}

/// Whether the licences that are allowed are enough for an expression of SPDX; `/` is an old way to write OR.
fn enough(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let enough = any(&mut words, allowed);
    enough && words.next().is_none()
}

type Words<'w> = std::iter::Peekable<std::str::SplitWhitespace<'w>>;

fn any(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut enough = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        enough |= all(words, allowed);
    }
    enough
}

fn all(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut enough = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        enough &= one(words, allowed);
    }
    enough
}

fn one(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let enough = any(words, allowed);
        return words.next() == Some(")") && enough;
    }
    let licence = words.next().unwrap_or_default().to_owned();
    match words.next_if_eq(&"WITH") {
        Some(_) => {
            let whole = format!("{licence} WITH {}", words.next().unwrap_or_default());
            allowed.contains(&licence.as_str()) || allowed.contains(&whole.as_str())
        }
        None => allowed.contains(&licence.as_str()),
    }
}

#[test]
fn an_expression_of_licences_is_read_as_spdx_has_it() {
    let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];
    for fine in ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-2.0", "(GPL-3.0 OR MIT) AND ISC", "Apache-2.0 WITH LLVM-exception"] {
        assert!(enough(fine, &allowed), "{fine}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "Apache-2.0", "MIT ISC", "(MIT"] {
        assert!(!enough(bad, &allowed), "{bad}");
    }
}

#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let rules = toml("deny.toml");
    let allowed = texts(&rules["licenses"]["allow"]);
    let text = |rule: &Value, key: &str| rule[key].as_str().unwrap_or_default().to_owned();
    let clarified: BTreeMap<String, String> = rules["licenses"]["clarify"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|rule| (text(rule, "crate"), text(rule, "expression")))
        .collect();
    let built = built();
    assert!(built.len() > 100, "only {} crates", built.len());
    let lacking = |(name, licence): &&(String, String)| {
        let licence = if licence.is_empty() { clarified.get(name).unwrap_or(licence) } else { licence };
        !enough(licence, &allowed)
    };
    let refused: Vec<_> = built.iter().filter(lacking).collect();
    assert!(refused.is_empty(), "not allowed by deny.toml: {refused:#?}");
}

#[test]
fn crates_come_from_crates_io_alone_and_none_is_banned() {
    let (rules, lock) = (toml("deny.toml"), toml("Cargo.lock"));
    let registries = texts(&rules["sources"]["allow-registry"]);
    assert!(registries.iter().all(|registry| CRATES_IO.ends_with(registry)), "{registries:?}");
    let banned: Vec<&str> =
        rules["bans"]["deny"].as_array().expect("a list").iter().filter_map(|ban| ban["crate"].as_str()).collect();
    let ours: Vec<Value> = members().iter().map(|member| toml(format!("{member}/Cargo.toml"))).collect();
    for locked in lock["package"].as_array().expect("packages") {
        let name = locked["name"].as_str().expect("a name");
        match locked["source"].as_str() {
            Some(source) => assert_eq!(source, CRATES_IO, "{name}"),
            None => assert!(
                ours.iter().any(|own| own["package"]["name"] == name),
                "{name} is neither ours nor from a registry"
            ),
        }
        assert!(!banned.contains(&name), "{name} is banned by deny.toml");
    }
}

#[test]
fn nothing_of_ours_is_unsafe() {
    let forbidden = toml("Cargo.toml")["workspace"]["lints"]["rust"]["unsafe_code"].clone();
    assert_eq!(forbidden, "forbid");
    for member in members() {
        let manifest = toml(format!("{member}/Cargo.toml"));
        assert_eq!(manifest["lints"]["workspace"], true, "{member} does not take the workspace's lints");
    }
}
