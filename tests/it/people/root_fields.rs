//! What every root field of the schema answers to whom, by really asking: `tests/output/root_fields.txt`. A new field
//! without an entry in `root_fields_asked.rs` fails.

use std::{collections::BTreeSet, fmt::Write, time::Duration};

use boai_tests::{Person, Town, at, id, reviewed, shift, stories};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::{
    acts::{ask_to_join, grant},
    root_fields_asked::{Operation, Scene, operations},
};

/// What the answer comes to, in a word: `ok`, `nothing` for an empty list or null, or the code of what was refused.
fn word(body: &Value, operation: &Operation) -> String {
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

async fn ask(who: &Person<'_>, operation: &Operation) -> String {
    let body = match operation.root {
        "Subscription" => first_item(who, &operation.document).await,
        _ => who.ask(&operation.document, json!({})).await.body,
    };
    word(&body, operation)
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

/// What somebody else has and did, made once.
async fn settle(town: &Town) -> Scene {
    let (mut leader, mut served) = (town.leader("Leader").await, town.volunteer("Served").await);
    let posted = leader.post_activity(at("07:10"), at("08:10"), 5, json!({ "title": "旧" })).await;
    served.sign_up(posted.shift()).await.fine();
    town.clock.set(at("07:10"));
    served.check_in(posted.shift(), 0.0).await.fine();
    town.clock.set(at("08:10"));
    served.refresh().await;
    let out = served.check_out(0.0).await.fine();
    town.clock.set(at("08:45"));
    leader.refresh().await;
    served.refresh().await;
    let (applicant, above) = (town.volunteer("Applicant").await, town.officer("Above", "3301").await);
    ask_to_join(&applicant, &id(Town::TEAM)).await.fine();
    let number = applicant.number().await;
    let desk = grant(&above, &number, "DESK_OPERATOR", json!({ "teamId": id(Town::TEAM) })).await.fine();
    Scene {
        draft: String::new(),
        attendance: out.text("/checkOut/attendance/id"),
        record: out.text("/checkOut/attendance/record/id"),
        volunteer: served.volunteer_id().await,
        session: served.ask("{ me { sessions { id } } }", json!({})).await.text("/me/sessions/0/id"),
        applicant: applicant.volunteer_id().await,
        number,
        grant: desk.text("/grantRole/grant/id"),
        posted,
    }
}

/// Somebody who leads the team and is an officer of the branch above its own.
async fn in_charge(town: &Town) -> Person<'_> {
    let leader = town.leader("In charge").await;
    leader.hold("BRANCH_OFFICER", Some(Town::branch("3301")), None).await;
    leader
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
        let mut scene = settle(&town).await;
        let asked = operations(&scene, &town.stranger());
        let entries: BTreeSet<String> = asked.iter().map(|one| format!("{}.{}", one.root, one.field)).collect();
        let fields = fields_of_the_schema(&town).await;
        assert_eq!(fields, entries, "each root field needs an entry in root_fields_asked.rs");
        let mut text = format!(
            "What every root field answers: to a stranger, to a volunteer without a role, to the leader of another\n\
             team, and to somebody in charge, who leads the team and is an officer of the branch above. What is acted\n\
             on belongs to 西湖救援队 or to somebody else. `nothing` is null or an empty list.\n\n{:<44}{:<20}{:<20}{:<20}in charge\n",
            "field", "stranger", "volunteer", "another leader"
        );
        for (place, operation) in asked.iter().enumerate() {
            // An activity of its own for each line, since whoever is in charge changes it.
            let in_charge = in_charge(&town).await;
            scene.posted = in_charge.post_activity(at("09:00"), at("10:00"), 5, json!({ "title": "公开" })).await;
            let shifts = vec![shift(at("09:00"), at("10:00"), 5)];
            let draft = in_charge.draft_activity(shifts, json!({ "title": "草稿" })).await;
            scene.draft = draft.fine().text("/createActivity/activity/id");
            let name = format!("{}.{}", operation.root, operation.field);
            let what = if operation.what.is_empty() { String::new() } else { format!(" ({})", operation.what) };
            let _ = write!(text, "{:<44}", format!("{name}{what}"));
            let others = [town.stranger(), town.volunteer("Plain").await, town.other_leader("Other").await];
            for who in others.iter().chain([&in_charge]) {
                let _ = write!(text, "{:<20}", ask(who, &operations(&scene, who)[place]).await);
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        reviewed("root_fields.txt", &text);
    }
}
