//! What is not yours answers as what is not there: each root field with each of its ids, asked by everybody, against the same
//! with an id that names nothing. (Stories of single cases are in `yours.rs`.)

use std::collections::BTreeSet;

use boai::platform::node::{decode, encode};
use boai_tests::{Person, Town, stories};
use serde_json::{Value, json};

use crate::{
    askers::{Asker, settle},
    root_fields::{answer, word},
    root_fields_asked::{Operation, operations},
};

/// An id of the same kind that names nothing.
fn nowhere(id: &str) -> Option<String> {
    let (kind, _) = decode(id)?;
    let key = if kind == "Division" { "990000" } else { "01920000-0000-7000-8000-00000000dead" };
    Some(encode(&kind, key).to_string())
}

/// The operation with one of its ids leading nowhere, for each of them: the id, the one in its place, and the document.
fn astray(operation: &Operation) -> Vec<(String, String, Operation)> {
    let quoted: BTreeSet<&str> = operation.document.split('"').skip(1).step_by(2).collect();
    let ids = quoted.into_iter().filter_map(|id| Some((id.to_owned(), nowhere(id)?)));
    ids.map(|(id, nothing)| {
        let document = operation.document.replace(&id, &nothing);
        (id, nothing, Operation { document, ..*operation })
    })
    .collect()
}

/// The answer, and how many statements it took.
async fn asked(town: &Town, who: &Person<'_>, operation: &Operation) -> (Value, u64) {
    town.statements(answer(who, operation)).await
}

async fn sees(who: &Person<'_>, id: &str) -> bool {
    let answer = who.ask("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
    !answer.data("/node").is_null()
}

stories! {
    async fn not_yours_answers_as_not_there_byte_for_byte(town: Town) {
        let mut settled = Some(settle(&town).await);
        let length = settled.as_ref().map_or(0, |(scene, _)| operations(scene, &town.stranger()).len());
        for place in 0..length {
            for asker in Asker::ALL {
                let (scene, themself) = match settled.take() {
                    Some(untouched) => untouched,
                    None => settle(&town).await,
                };
                let who = asker.comes(&town, &themself).await;
                let operation = operations(&scene, &who).swap_remove(place);
                let (given, statements) = asked(&town, &who, &operation).await;
                let said = word(&given, &operation);
                if said == "ok" {
                    settled = (operation.root != "Mutation").then_some((scene, themself));
                    continue;
                }
                // What everybody sees may be told apart from nothing, but for acts that are not theirs.
                let refused = operation.root != "Query" && (said == "FORBIDDEN" || said.ends_with("NOT_FOUND"));
                for (id, nothing, elsewhere) in astray(&operation) {
                    let visible = sees(&who, &id).await;
                    if visible && !refused {
                        continue;
                    }
                    let (none, statements_of_none) = asked(&town, &who, &elsewhere).await;
                    let none = none.to_string().replace(&nothing, &id);
                    let what = format!("{} asks {}.{} ({})", asker.name(), operation.root, operation.field, operation.what);
                    assert_eq!(given.to_string(), none, "{what}");
                    // Nor does the time tell whether it is there, which is no secret of what everybody sees.
                    assert!(visible || statements == statements_of_none, "{what}: {statements}, {statements_of_none}");
                }
                settled = Some((scene, themself));
            }
        }
    }
}
