//! What every root field of the schema answers to whom, by really asking: `tests/output/root_fields.txt`. A new field
//! without an entry in `root_fields_asked.rs` fails; who asks is in `askers.rs`.

use std::{collections::BTreeSet, fmt::Write, time::Duration};

use boai_tests::{Person, Town, reviewed, stories};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::{
    askers::{Asker, settle},
    root_fields_asked::{Operation, operations},
};

const INTRODUCTION: &str = "What every root field answers to whom. What is acted on belongs to 西湖救援队 of 西湖区 (330106), or to a volunteer
who serves there and is `themself`. `volunteer` has no role, `another leader` leads a team of another city, `desk` and
`leader` are the team's, `sibling` is an officer of the branch beside the team's (330105), `above` one of the branch
above it (3301). Whoever changed something leaves a new scene to the next. `nothing` is null or an empty list.";

/// What the answer comes to, in a word: `ok`, `nothing` for an empty list or null, or the code of what was refused.
pub fn word(body: &Value, operation: &Operation) -> String {
    let codes = |errors: &Value, pointer: &str| -> Option<String> {
        let codes: BTreeSet<_> =
            errors.as_array()?.iter().filter_map(|error| error.pointer(pointer)?.as_str()).collect();
        (!codes.is_empty()).then(|| codes.into_iter().collect::<Vec<_>>().join(" "))
    };
    let refused = || codes(body.pointer(&format!("/data/{}/errors", operation.field))?, "/code");
    if let Some(codes) = codes(&body["errors"], "/extensions/code").or_else(refused) {
        return codes;
    }
    assert!(body["data"].is_object(), "{body}");
    match body["data"].pointer(operation.look) {
        None | Some(Value::Null) => "nothing".into(),
        Some(Value::Array(items)) if items.is_empty() => "nothing".into(),
        Some(_) => "ok".into(),
    }
}

pub async fn answer(who: &Person<'_>, operation: &Operation) -> Value {
    match operation.root {
        "Subscription" => first_item(who, &operation.document).await,
        _ => who.ask(&operation.document, json!({})).await.body,
    }
}

/// The first item of a subscription.
async fn first_item(who: &Person<'_>, document: &str) -> Value {
    let url = format!("{}/graphql", who.town.url.replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("an address");
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a header"));
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("the server answers");
    let init = match &who.access_token {
        Some(token) => json!({ "authorization": format!("Bearer {token}") }),
        None => json!({}),
    };
    for message in [
        json!({ "type": "connection_init", "payload": init }),
        json!({ "type": "subscribe", "id": "1", "payload": { "query": document } }),
    ] {
        socket.send(Message::text(message.to_string())).await.expect("the socket is open");
    }
    let item = async {
        loop {
            let message = socket.next().await.expect("the socket is open").expect("a message");
            let message: Value = serde_json::from_str(message.to_text().expect("a text")).expect("JSON");
            match message["type"].as_str() {
                Some("next") => return message["payload"].clone(),
                Some("error") => return json!({ "errors": message["payload"] }),
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), item).await.expect("an item within 10 s")
}

pub fn end_line(text: &mut String) {
    text.truncate(text.trim_end().len());
    text.push('\n');
}

/// The root fields that the running server has, as `Query.me`.
async fn fields_of_the_schema(town: &Town) -> BTreeSet<String> {
    let document = "{ __schema { Query: queryType { fields { name } } Mutation: mutationType { fields { name } }
        Subscription: subscriptionType { fields { name } } } }";
    let schema = town.stranger().ask(document, json!({})).await.data("/__schema");
    let names = |(root, fields): (&String, &Value)| {
        let fields = fields["fields"].as_array().expect("fields").iter();
        fields.map(|field| format!("{root}.{}", field["name"].as_str().expect("a name"))).collect::<Vec<_>>()
    };
    schema.as_object().expect("an object").iter().flat_map(names).collect()
}

stories! {
    async fn every_root_field_answers_everybody_as_reviewed(town: Town) {
        let mut settled = Some(settle(&town).await);
        let asked = settled.as_ref().map(|(scene, _)| operations(scene, &town.stranger())).unwrap_or_default();
        let entries: BTreeSet<String> = asked.iter().map(|one| format!("{}.{}", one.root, one.field)).collect();
        let fields = fields_of_the_schema(&town).await;
        assert_eq!(fields, entries, "each root field needs an entry in root_fields_asked.rs");
        let mut text = INTRODUCTION.to_owned();
        let _ = write!(text, "\n\n{:<44}", "field");
        Asker::ALL.iter().for_each(|asker| text.push_str(&format!("{:<18}", asker.name())));
        end_line(&mut text);
        for (place, operation) in asked.iter().enumerate() {
            let name = format!("{}.{}", operation.root, operation.field);
            let what = if operation.what.is_empty() { String::new() } else { format!(" ({})", operation.what) };
            let _ = write!(text, "{:<44}", format!("{name}{what}"));
            for asker in Asker::ALL {
                let (scene, themself) = match settled.take() {
                    Some(untouched) => untouched,
                    None => settle(&town).await,
                };
                let who = asker.comes(&town, &themself).await;
                let asked = operations(&scene, &who).swap_remove(place);
                let answer = word(&answer(&who, &asked).await, &asked);
                let _ = write!(text, "{answer:<18}");
                // What somebody changed is not what the next one should find.
                settled = (operation.root != "Mutation" || answer != "ok").then_some((scene, themself));
            }
            end_line(&mut text);
        }
        reviewed("root_fields.txt", &text);
    }
}
