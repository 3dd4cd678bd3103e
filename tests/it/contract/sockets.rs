//! The protocol `graphql-transport-ws`, message by message.

use boai_tests::{at, stories};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{ClientRequestBuilder, Error, Message},
};

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

fn request(url: &str) -> ClientRequestBuilder {
    let url = url.replace("http://", "ws://");
    ClientRequestBuilder::new(format!("{url}/graphql").parse().expect("an address"))
}

impl Socket {
    async fn open(url: &str) -> Self {
        let request = request(url).with_sub_protocol("graphql-transport-ws");
        Self(connect_async(request).await.expect("the socket opens").0)
    }

    /// Opened and acknowledged.
    async fn ready(url: &str) -> Self {
        let mut socket = Self::open(url).await;
        socket.says(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hears().await, json!({ "type": "connection_ack" }));
        socket
    }

    async fn says(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("the socket takes it");
    }

    async fn subscribes(&mut self, id: &str, query: &str) {
        self.says(json!({ "id": id, "type": "subscribe", "payload": { "query": query } })).await;
    }

    async fn hears(&mut self) -> Value {
        match self.0.next().await.expect("the socket is open").expect("the socket works") {
            Message::Text(text) => serde_json::from_str(&text).expect("a message in JSON"),
            other => panic!("{other:?}"),
        }
    }

    /// The code and the reason that the server closes with.
    async fn closes(mut self) -> (u16, String) {
        loop {
            match self.0.next().await.expect("a close").expect("the socket works") {
                Message::Close(Some(frame)) => return (frame.code.into(), frame.reason.to_string()),
                Message::Close(None) => panic!("closed without a word"),
                _ => {}
            }
        }
    }
}

stories! {
    async fn a_query_is_answered_and_complete(town: Town) {
        let mut socket = Socket::ready(&town.url).await;
        socket.subscribes("1", "{ __typename }").await;
        let next = json!({ "id": "1", "type": "next", "payload": { "data": { "__typename": "Query" } } });
        assert_eq!(socket.hears().await, next);
        assert_eq!(socket.hears().await, json!({ "id": "1", "type": "complete" }));
        socket.subscribes("1", "{ nothing }").await;
        let error = socket.hears().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")));
        assert_eq!(error["payload"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
        socket.says(json!({ "type": "ping", "payload": { "a": 1 } })).await;
        assert_eq!(socket.hears().await, json!({ "type": "pong", "payload": { "a": 1 } }));
    }

    async fn what_breaks_the_protocol_closes_the_socket_with_its_code(town: Town) {
        let init = json!({ "type": "connection_init" });
        let subscribe = json!({ "id": "1", "type": "subscribe", "payload": { "query": "{ __typename }" } });
        for (messages, code) in [
            (vec![json!("x")], 4400),
            (vec![json!({ "type": "x" })], 4400),
            (vec![json!({ "type": "connection_init", "payload": [] })], 4400),
            (vec![init.clone(), json!({ "type": "subscribe", "payload": { "query": "{ __typename }" } })], 4400),
            (vec![init.clone(), json!({ "id": "", "type": "subscribe", "payload": {} })], 4400),
            (vec![init.clone(), json!({ "id": "1", "type": "subscribe", "payload": { "query": 7 } })], 4400),
            (vec![subscribe], 4401),
            (vec![init.clone(), init], 4429),
            (vec![json!({ "type": "connection_init", "payload": { "authorization": "Bearer boai_x" } })], 4403),
        ] {
            let mut socket = Socket::open(&town.url).await;
            for message in &messages {
                socket.says(message.clone()).await;
            }
            let (got, reason) = socket.closes().await;
            assert!(got == code && reason.len() <= 123, "{messages:?}: {got} {reason}");
        }
        let (socket, _) = connect_async(request(&town.url)).await.expect("the socket opens");
        assert_eq!(Socket(socket).closes().await.0, 4406);
    }

    async fn two_operations_do_not_share_an_id_and_complete_ends_one_without_echo(town: Town) {
        let leader = town.leader("Ling").await;
        let posted = leader.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        let mut socket = Socket::open(&town.url).await;
        let token = leader.access_token.clone().expect("a token");
        socket.says(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } })).await;
        assert_eq!(socket.hears().await["type"], "connection_ack");
        let watch = format!("subscription {{ attendanceBoard(shiftId: \"{}\") {{ capacity }} }}", posted.shift());
        socket.subscribes("1", &watch).await;
        assert_eq!(socket.hears().await["payload"]["data"]["attendanceBoard"]["capacity"], 4);
        socket.says(json!({ "id": "1", "type": "complete" })).await;
        socket.subscribes("1", &watch).await;
        assert_eq!(socket.hears().await["type"], "next");
        socket.subscribes("1", &watch).await;
        assert_eq!(socket.closes().await, (4409, "Subscriber for 1 already exists".into()));
    }

    async fn a_socket_carries_so_many_operations_and_begins_in_time(town: Town) {
        let leader = town.leader("Ling").await;
        let posted = leader.post_activity(at("09:00"), at("12:00"), 4, json!({})).await;
        let url = town.instance(|config| {
            config.limits.socket_operations = 2;
            config.limits.socket_init_seconds = 1;
        }).await;
        let mut socket = Socket::open(&url).await;
        let token = leader.access_token.clone().expect("a token");
        socket.says(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } })).await;
        assert_eq!(socket.hears().await["type"], "connection_ack");
        let watch = format!("subscription {{ attendanceBoard(shiftId: \"{}\") {{ capacity }} }}", posted.shift());
        for id in ["1", "2"] {
            socket.subscribes(id, &watch).await;
            assert_eq!(socket.hears().await["type"], "next");
        }
        socket.subscribes("3", &watch).await;
        let told = socket.hears().await;
        assert_eq!((&told["type"], &told["id"]), (&json!("error"), &json!("3")));
        assert_eq!(told["payload"][0]["extensions"]["limit"], "socket_operations");
        assert_eq!(Socket::open(&url).await.closes().await, (4408, "Connection initialisation timeout".into()));
    }

    async fn a_strange_web_page_opens_no_socket(town: Town) {
        let strange = request(&town.url).with_sub_protocol("graphql-transport-ws").with_header("origin", "https://example.org");
        match connect_async(strange).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), 403),
            other => panic!("{other:?}"),
        }
        let own = request(&town.url).with_sub_protocol("graphql-transport-ws").with_header("origin", town.url.as_str());
        assert!(connect_async(own).await.is_ok());
    }
}
