//! The house's arrows point one way: this test reads the `use` lines and names an offending one.

#![allow(clippy::unwrap_used, reason = "a test that meets a broken tree should panic")]

use std::{fs, path::Path};

/// Rooms from the ground up: what tells a story may use only rooms that stand before its own.
const ROOMS: [&str; 36] = [
    "platform",
    "access",
    "trail",
    "inbox",
    "auth",
    "policies",
    "organisation",
    "people",
    "identity",
    "four_eyes",
    "roles",
    "places",
    "activities",
    "reviews",
    "awards",
    "leaderboards",
    "hours",
    "registration",
    "badges",
    "proof",
    "certificates",
    "attendance",
    "disputes",
    "statements",
    "desk",
    "presence",
    "sync",
    "recognition",
    "honour_roll",
    "files",
    "policy_changes",
    "badge_rules",
    "explanations",
    "live",
    "privacy",
    "demo",
];
/// The roof, which may know every room.
const ROOF: [&str; 8] = ["admission.rs", "app.rs", "cli", "config.rs", "ctx.rs", "graphql.rs", "lib.rs", "server.rs"];

#[test]
fn every_arrow_points_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut offences = Vec::new();
    for entry in fs::read_dir(&src).unwrap().map(Result::unwrap) {
        let room = entry.file_name().into_string().unwrap();
        if ROOF.contains(&room.as_str()) || room == "main.rs" {
            continue;
        }
        let floor = ROOMS.iter().position(|known| *known == room);
        let floor = floor.unwrap_or_else(|| panic!("the room {room} has no place in the order of rooms"));
        files(&entry.path(), &mut |file, text| look(&mut offences, floor, file, text));
    }
    assert!(offences.is_empty(), "arrows that point the wrong way:\n{}", offences.join("\n"));
}

fn files(path: &Path, visit: &mut impl FnMut(&str, &str)) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| files(&entry.unwrap().path(), visit));
    } else if path.extension().is_some_and(|end| end == "rs") {
        visit(&path.display().to_string(), &fs::read_to_string(path).unwrap());
    }
}

fn look(offences: &mut Vec<String>, floor: usize, file: &str, text: &str) {
    let name = file.rsplit('/').next().unwrap();
    // A graph is cyclic, a story is not: objects and loaders may point at each other both ways.
    let free = matches!(name, "graphql.rs" | "loaders.rs") || file.contains("/graphql/");
    // Tests below a file may reach for what they need.
    let code = text.split("#[cfg(test)]").next().unwrap();
    for room in rooms(code) {
        let used = ROOMS.iter().position(|known| *known == room);
        if !free && used.is_some_and(|used| used > floor) {
            offences.push(format!("{file}: {} must not use {room}, which stands above it", ROOMS[floor]));
        }
    }
    let forbidden: &[&str] = match name {
        "rules.rs" => &["sea_orm", "tokio", "async_graphql", "axum", "crate::ctx", "super::store", "super::service"],
        "service.rs" => &["async_graphql", "axum", "graphql::"],
        "store.rs" => &["async_graphql", "axum", "crate::ctx", "super::service"],
        _ => &[],
    };
    for path in
        forbidden.iter().filter(|path| code.lines().any(|line| !line.trim().starts_with("//") && line.contains(**path)))
    {
        offences.push(format!("{file}: a {name} must not know {path}"));
    }
}

/// The first name behind each `crate::`, in `use crate::{…}` lists too.
fn rooms(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        let rest = &code[start + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.push(name(rest));
            continue;
        };
        let mut depth = 0;
        let mut item = String::new();
        for c in list.chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => found.push(name(&std::mem::take(&mut item))),
                _ => {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    item.push(c);
                }
            }
        }
        found.push(name(&item));
    }
    found
}

fn name(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
