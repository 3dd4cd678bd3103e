//! What the phone app's operations come to, as a file that people review: `tests/output/prices.txt`.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use boai::config::Config;
use boai_tests::{Of, Schema, Town, reviewed, stories};
use serde_json::{Map, Value, json};

use crate::socket::first_answer;

const INTRODUCTION: &str = "What the documents in operations/ come to, with pages as large as they ask for. `cost` is in points: a field is one, a
list weighs as many times what is in it as its page may have. The limits are those of boai.example.toml.";

/// A value of a type, the least that is one: nothing optional is in it.
fn example(schema: &Schema, of: &Of) -> Value {
    if let Some(inner) = &of.list {
        return json!([example(schema, inner)]);
    }
    let named = schema.get(&of.name);
    match (named.kind.as_str(), of.name.as_str()) {
        ("ENUM", _) => json!(named.enum_values[0]),
        ("INPUT_OBJECT", _) => {
            let needed = named.fields.iter().filter(|field| field.of.required && field.default.is_none());
            Value::Object(needed.map(|field| (field.name.clone(), example(schema, &field.of))).collect())
        }
        (_, "Boolean") => json!(true),
        (_, "Int" | "Float" | "Minutes" | "Metres" | "Latitude") => json!(1),
        (_, "Longitude") => json!(120),
        (_, "DateTime") => json!("2026-05-08T08:00:00Z"),
        (_, "Date") => json!("2026-05-08"),
        (_, "TimeOfDay") => json!("06:30"),
        (_, "UUID") => json!("01920000-0000-7000-8000-000000000001"),
        (_, "PhoneNumber") => json!("+8613800138000"),
        _ => json!("x"),
    }
}

/// Variables for what a document has to be given: those without a default that may not be null.
fn variables(schema: &Schema, document: &str) -> Value {
    let head = document.split('{').next().unwrap_or_default();
    let declared = head.split_once('(').map_or("", |(_, rest)| rest.trim().trim_end_matches(')'));
    let mut given = Map::new();
    for variable in declared.split('$').filter_map(|one| one.split_once(':')) {
        let (name, of) = (variable.0.trim(), variable.1.trim().trim_end_matches(','));
        if let Some(of) = of.strip_suffix('!').filter(|of| !of.contains('=')) {
            let plain = of.trim_matches(['[', ']', '!']).to_owned();
            let one = Of { name: plain, required: true, list: None };
            let of = if of.starts_with('[') { Of { list: Some(Box::new(one.clone())), ..one } } else { one };
            given.insert(name.into(), example(schema, &of));
        }
    }
    given.into()
}

/// A server where one limit is nothing refuses each operation by that limit, and tells what it had.
async fn had(town: &Town, limit: &str, change: impl FnOnce(&mut Config), all: &Operations) -> BTreeMap<String, u64> {
    let url = town.instance(change).await;
    let mut told = BTreeMap::new();
    for (name, (document, variables)) in all {
        let body = json!({ "query": document, "variables": variables });
        let answer: Value = if document.starts_with("subscription") && limit == "cost" {
            let said = first_answer(&town.stranger(), &url, document, variables).await;
            serde_json::from_str(&said).expect("JSON")
        } else {
            let post = town.http.post(format!("{url}/graphql")).json(&body).send();
            post.await.expect("the server answers").json().await.expect("JSON")
        };
        let error = &answer["errors"][0]["extensions"];
        assert_eq!(error["limit"], limit, "operations/{name}.graphql with {variables}: {answer}");
        told.insert(name.clone(), error["had"].as_u64().expect("a number"));
    }
    told
}

/// Document and variables by the file's name.
type Operations = BTreeMap<String, (String, Value)>;

fn operations(schema: &Schema) -> Operations {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../operations");
    let files = std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path());
    let graphql = files.filter(|path| path.extension().is_some_and(|end| end == "graphql"));
    let read = |path: std::path::PathBuf| {
        let document = std::fs::read_to_string(&path).expect("a document");
        let variables = variables(schema, &document);
        (path.file_stem().expect("a name").to_string_lossy().into_owned(), (document, variables))
    };
    graphql.map(read).collect()
}

stories! {
    async fn the_price_of_each_operation_of_the_app_is_the_one_that_was_reviewed(town: Town) {
        let schema = Schema::of(&town).await;
        let all = operations(&schema);
        let cost = had(&town, "cost", |config| config.limits.cost = 0, &all).await;
        let depth = had(&town, "depth", |config| config.limits.depth = 0, &all).await;
        let fields = had(&town, "fields", |config| config.limits.fields = 0, &all).await;
        let mut told = format!("{INTRODUCTION}\n\n{:<24}{:>8}{:>8}{:>8}\n", "operation", "cost", "depth", "fields");
        for name in all.keys() {
            let _ = writeln!(told, "{name:<24}{:>8}{:>8}{:>8}", cost[name], depth[name], fields[name]);
        }
        let limits = &town.app.config.limits;
        let _ = writeln!(told, "\n{:<24}{:>8}{:>8}{:>8}", "allowed", limits.cost, limits.depth, limits.fields);
        reviewed("prices.txt", &told);
    }
}
