//! Sockets: how many, whose, and what goes through them.

use boai::{config::ClassRates, platform::rates::Rate};
use boai_tests::{Person, stories};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{ClientRequestBuilder, Message},
};

use crate::line::PATIENCE;

pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(url: &str, person: Option<&Person<'_>>) -> Self {
        let url = format!("{}/graphql", url.replace("http://", "ws://")).parse().expect("an address");
        let request = ClientRequestBuilder::new(url).with_sub_protocol("graphql-transport-ws");
        let mut socket = Self(connect_async(request).await.expect("the socket opens").0);
        let token = person.and_then(|person| person.access_token.clone());
        let payload = token.map(|token| json!({ "authorization": format!("Bearer {token}") }));
        socket.says(json!({ "type": "connection_init", "payload": payload })).await;
        socket
    }

    /// Whether it was let in; what the server closed with otherwise.
    async fn is_open(&mut self) -> Result<(), (u16, String)> {
        match self.0.next().await.expect("a word").expect("the socket works") {
            Message::Text(text) => {
                assert_eq!(text, "{\"type\":\"connection_ack\"}");
                Ok(())
            }
            Message::Close(Some(frame)) => Err((frame.code.into(), frame.reason.to_string())),
            other => panic!("{other:?}"),
        }
    }

    async fn says(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("the socket takes it");
    }

    pub async fn asks(&mut self, id: &str, document: &str) -> Value {
        self.says(json!({ "id": id, "type": "subscribe", "payload": { "query": document } })).await;
        loop {
            let word = self.0.next().await.expect("a word").expect("the socket works");
            let word: Value = serde_json::from_str(word.to_text().expect("a text")).expect("a message in JSON");
            if word["id"] == id && word["type"] != "complete" {
                return word;
            }
        }
    }
}

pub async fn opens(url: &str, person: Option<&Person<'_>>) -> Result<Socket, (u16, String)> {
    let mut socket = Socket::open(url, person).await;
    socket.is_open().await.map(|()| socket)
}

/// Once the server has heard that an earlier one closed.
async fn opens_in_time(url: &str, person: Option<&Person<'_>>) {
    let opening = async { while opens(url, person).await.is_err() {} };
    tokio::time::timeout(PATIENCE, opening).await.expect("the seat is free again");
}

stories! {
    async fn a_person_has_so_many_sockets_at_once_and_a_closed_one_makes_room(town: Town) {
        let url = town.instance(|config| config.connections.sockets_per_person = 2).await;
        let (ling, ming) = (town.person("Ling").await, town.person("Ming").await);
        let first = opens(&url, Some(&ling)).await.expect("a seat");
        let _second = opens(&url, Some(&ling)).await.expect("a seat");
        let (code, reason) = opens(&url, Some(&ling)).await.err().expect("no seat");
        assert_eq!(code, 4403);
        assert_eq!(reason, "The limit `connections.sockets_per_person` is 2; with this one there would be 3.");
        assert!(opens(&url, Some(&ming)).await.is_ok() && opens(&url, None).await.is_ok());
        drop(first);
        opens_in_time(&url, Some(&ling)).await;
    }

    async fn strangers_of_one_address_have_so_many_and_take_none_of_those_who_are_signed_in(town: Town) {
        let url = town.instance(|config| config.connections.sockets_per_address = 1).await;
        let ling = town.person("Ling").await;
        let first = opens(&url, None).await.expect("a seat");
        assert_eq!(opens(&url, None).await.err().map(|(code, _)| code), Some(4403));
        assert!(opens(&url, Some(&ling)).await.is_ok());
        drop(first);
        opens_in_time(&url, None).await;
    }

    async fn what_goes_through_a_socket_counts_like_what_goes_by_http(town: Town) {
        let off = Rate(None);
        let url = town.instance(|config| {
            config.rates.read = ClassRates { person: Rate::per(2, 60), device: off, address: off };
            config.rates.subscribe = ClassRates { person: Rate::per(1, 60), device: off, address: off };
        }).await;
        let ling = town.person("Ling").await;
        let mut socket = opens(&url, Some(&ling)).await.expect("a seat");
        let (code, reason) = opens(&url, Some(&ling)).await.err().expect("too many were opened");
        assert!(code == 4403 && reason.contains("`subscribe.person`"), "{reason}");
        assert_eq!(socket.asks("1", "{ me { id } }").await["type"], "next");
        assert_eq!(ling.ask_at(&url, "{ me { id } }", json!({})).await.status, 200);
        let refused = socket.asks("2", "{ me { id } }").await;
        assert_eq!(refused["type"], "error");
        assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
        assert_eq!(refused["payload"][0]["extensions"]["limit"], "read.person");
    }

    async fn only_pages_of_an_origin_in_the_settings_open_sockets(town: Town) {
        let ours = "https://app.example";
        let url = town.instance(|config| {
            config.cors_origins = serde_json::from_str(&format!("[\"{ours}\"]")).expect("an origin");
        }).await;
        for (origin, opens) in [(ours, true), ("https://evil.example", false), ("http://app.example", false)] {
            let at = format!("{}/graphql", url.replace("http://", "ws://")).parse().expect("an address");
            let request = ClientRequestBuilder::new(at).with_sub_protocol("graphql-transport-ws");
            let request = request.with_header("origin", origin);
            assert_eq!(connect_async(request).await.is_ok(), opens, "{origin}");
        }
    }
}
