//! Bytes made at random, for the two doors of the server: it answers, and stays.

use boai_tests::{Town, stories};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::chance::Chance;

const BODIES: [&str; 16] = [
    "",
    "null",
    "[]",
    "{}",
    "[{}]",
    "{\"query\":1}",
    "{\"query\":\"\"}",
    "{\"query\":\"{\"}",
    "{\"query\":\"{ me { id } }\",\"variables\":[]}",
    "{\"query\":\"{ me { id } }\",\"operationName\":{}}",
    "{\"query\":\"{ me { id } }\",\"extensions\":{\"persistedQuery\":{\"version\":1,\"sha256Hash\":\"zz\"}}}",
    "{\"extensions\":{\"persistedQuery\":{\"version\":\"x\"}}}",
    "{\"query\":\"query A { me { id } } query A { me { id } }\",\"operationName\":\"A\"}",
    "{\"query\":\"subscription { attendanceBoard(shiftId: \\\"\\\") { asOf } }\"}",
    "{\"query\":\"{ me { id } }\",\"query\":\"{ me { id } }\"}",
    "{\"query\":\"\u{FEFF}{ me { id } }\"}",
];
const TYPES: [&str; 7] = [
    "application/json",
    "application/json; charset=utf-8",
    "application/json; charset=utf-16",
    "text/plain",
    "application/graphql",
    "multipart/form-data; boundary=x",
    "",
];
const ACCEPTED: [&str; 6] =
    ["*/*", "application/json", "application/graphql-response+json;q=0", "text/html", ",;q=,", "application/*;q=abc"];
const MESSAGES: [&str; 12] = [
    "{\"type\":\"connection_init\"}",
    "{\"type\":\"connection_init\",\"payload\":[]}",
    "{\"type\":\"ping\",\"payload\":1}",
    "{\"type\":\"subscribe\"}",
    "{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{\"query\":\"{ me { id } }\"}}",
    "{\"type\":\"subscribe\",\"id\":1,\"payload\":{}}",
    "{\"type\":\"complete\",\"id\":\"1\"}",
    "{\"type\":\"next\",\"id\":\"1\"}",
    "{\"type\":\"pong\"}",
    "[]",
    "{",
    "{\"type\":\"connection_init\",\"payload\":{\"authorization\":\"Bearer \\u0000\"}}",
];

/// One of the texts, perhaps cut or with a byte changed, or only bytes.
fn bytes(chance: &Chance, texts: &[&str]) -> Vec<u8> {
    let mut bytes = chance.one_of(texts).as_bytes().to_vec();
    match chance.below(6) {
        0 if !bytes.is_empty() => bytes.truncate(chance.below(bytes.len())),
        1 if !bytes.is_empty() => {
            let place = chance.below(bytes.len());
            bytes[place] = chance.next().to_le_bytes()[0];
        }
        2 => bytes = (0..chance.below(300)).map(|_| chance.next().to_le_bytes()[0]).collect(),
        3 => bytes = "[".repeat(chance.below(20_000)).into_bytes(),
        4 => bytes = format!("{{\"query\":\"{}\"}}", "{a".repeat(chance.below(5_000))).into_bytes(),
        _ => {}
    }
    bytes
}

/// The server still knows its people.
async fn is_well(town: &Town) {
    assert_eq!(town.stranger().ask("{ __typename }", json!({})).await.text("/__typename"), "Query");
}

stories! {
    async fn whatever_body_comes_there_is_an_answer(town: Town) {
        let chance = Chance::new(7);
        for _ in 0..600 {
            let body = bytes(&chance, &BODIES);
            let post = town.http.post(format!("{}/graphql", town.url));
            let post = post.header("content-type", chance.one_of(&TYPES)).header("accept", chance.one_of(&ACCEPTED));
            let answer = post.body(body.clone()).send().await.expect("an answer");
            let (status, said) = (answer.status().as_u16(), answer.text().await.expect("a text"));
            let told: Option<Value> = serde_json::from_str(&said).ok();
            let formed = told.is_some_and(|told| told["errors"].is_array() || told["data"].is_object());
            assert!(status < 500 && formed, "{status} {said}: {}", String::from_utf8_lossy(&body));
        }
        is_well(&town).await;
    }

    async fn whatever_address_is_asked_there_is_an_answer(town: Town) {
        let chance = Chance::new(8);
        let paths = ["graphql", "graphql?query={__typename}", "graphql?query=%00&variables=%ff", "graphql?variables={", "%2e%2e/",
            "graphql?query={me{id}}&query={__typename}&extensions=[]", "healthz", "readyz", "nothing", "graphql/%zz"];
        for _ in 0..200 {
            let method = chance.one_of(&["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "POST", "BREW"]);
            let method = method.parse().expect("a method");
            let request = town.http.request(method, format!("{}/{}", town.url, chance.one_of(&paths)));
            let answer = request.header("accept", chance.one_of(&ACCEPTED)).send().await.expect("an answer");
            assert!(answer.status().as_u16() < 500, "{answer:?}");
        }
        is_well(&town).await;
    }

    async fn whatever_is_said_on_a_socket_the_server_goes_on(town: Town) {
        let chance = Chance::new(9);
        for _ in 0..60 {
            let url = format!("{}/graphql", town.url.replacen("http", "ws", 1));
            let mut request = url.into_client_request().expect("an address");
            let protocol = chance.one_of(&["graphql-transport-ws", "graphql-transport-ws", "graphql-ws"]);
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().expect("a header"));
            let Ok((mut socket, _)) = connect_async(request).await else { continue };
            for _ in 0..1 + chance.below(8) {
                let said = bytes(&chance, &MESSAGES);
                let message = match String::from_utf8(said) {
                    Ok(text) if chance.percent(95) => Message::text(text),
                    Ok(text) => Message::binary(text.into_bytes()),
                    Err(said) => Message::binary(said.into_bytes()),
                };
                // The server closes a socket that does not keep to the protocol.
                if socket.send(message).await.is_err() {
                    break;
                }
            }
            // Some hang up without a word.
            if chance.percent(50) {
                let _ = socket.close(None).await;
                while let Some(Ok(_)) = socket.next().await {}
            }
        }
        is_well(&town).await;
    }
}
