//! One operation over a socket of its own.

use std::time::Duration;

use boai_tests::Person;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

/// The first thing that the server says to an operation: an item, an error, or that it is over.
pub async fn first_answer(who: &Person<'_>, url: &str, document: &str, variables: &Value) -> String {
    let url = format!("{}/graphql", url.replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("an address");
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a header"));
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("the server answers");
    let init = match &who.access_token {
        Some(token) => json!({ "authorization": format!("Bearer {token}") }),
        None => json!({}),
    };
    for message in [
        json!({ "type": "connection_init", "payload": init }),
        json!({ "type": "subscribe", "id": "1", "payload": { "query": document, "variables": variables } }),
    ] {
        // It may be closed already, for a token that is not good any more.
        if socket.send(Message::text(message.to_string())).await.is_err() {
            break;
        }
    }
    let said = async {
        while let Some(Ok(message)) = socket.next().await {
            let Ok(message) = serde_json::from_str::<Value>(message.to_text().unwrap_or_default()) else { break };
            match message["type"].as_str() {
                Some("next") => return message["payload"].to_string(),
                Some("error") => return json!({ "errors": message["payload"] }).to_string(),
                Some("complete") => break,
                _ => {}
            }
        }
        json!({ "data": null }).to_string()
    };
    tokio::time::timeout(Duration::from_secs(20), said).await.expect("a word within 20 s")
}
