//! What is watched over a real WebSocket: any feed, and a board on a screen.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{ClientRequestBuilder, Message},
};

/// How long a test waits for what must come: less than the half minute after which a board looks again by itself, so that
/// it moves because it was told.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A subscription, alone on its socket. Dropped, it is cut off without a word, as by a phone that lost the network.
pub struct Feed {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    field: String,
}

impl Feed {
    /// Subscribes to one field of the schema's subscriptions at a server, behind a cursor or from now on. An argument has its
    /// name, type and value.
    pub async fn of(
        url: &str,
        token: Option<&str>,
        (field, argument): (&str, Option<(&str, &str, &str)>),
        after: Option<&Value>,
        fields: &str,
    ) -> Self {
        let mut variables = json!({ "after": after });
        let (mut declared, mut given) = ("$after: String".to_owned(), "after: $after".to_owned());
        if let Some((name, of, value)) = argument {
            declared.push_str(&format!(", ${name}: {of}"));
            given.push_str(&format!(", {name}: ${name}"));
            variables[name] = value.into();
        }
        let query = format!("subscription({declared}) {{ {field}({given}) {{ {fields} }} }}");
        let payload = json!({ "query": query, "variables": variables });
        let mut socket = connect(url, token).await;
        send(&mut socket, json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
        Self { socket, field: field.into() }
    }

    /// The next item; the code of the error that ended the feed instead.
    pub async fn next(&mut self) -> Result<Value, String> {
        let message = message(&mut self.socket).await;
        let error = match message["type"].as_str() {
            Some("error") => &message["payload"][0],
            _ => &message["payload"]["errors"][0],
        };
        if let Some(code) = error["extensions"]["code"].as_str() {
            return Err(code.into());
        }
        let item = message["payload"]["data"][&self.field].clone();
        assert!(item.is_object(), "{message}");
        Ok(item)
    }

    pub async fn item(&mut self) -> Value {
        self.next().await.expect("an item")
    }
}

/// A socket that the server has greeted; without a token a stranger's.
async fn connect(url: &str, token: Option<&str>) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let url = url.replace("http://", "ws://");
    let request = ClientRequestBuilder::new(format!("{url}/graphql").parse().expect("an address"));
    let request = request.with_sub_protocol("graphql-transport-ws");
    let (mut socket, _) = connect_async(request).await.expect("the socket opens");
    let init = match token {
        Some(token) => json!({ "authorization": format!("Bearer {token}") }),
        None => json!({}),
    };
    send(&mut socket, json!({ "type": "connection_init", "payload": init })).await;
    assert_eq!(message(&mut socket).await["type"], "connection_ack");
    socket
}

async fn send(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>, message: Value) {
    socket.send(Message::text(message.to_string())).await.expect("the socket takes it");
}

/// The next message of the protocol.
async fn message(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Value {
    loop {
        let next = tokio::time::timeout(PATIENCE, socket.next()).await.expect("a message in time");
        match next.expect("the socket is open").expect("the socket works") {
            Message::Text(text) => return serde_json::from_str(&text).expect("a message in JSON"),
            Message::Close(reason) => panic!("the server closed the socket: {reason:?}"),
            _ => {}
        }
    }
}

pub struct Board(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Board {
    /// Subscribes to a shift's board at a server; without a token as a stranger.
    pub async fn watch(url: &str, token: Option<&str>, shift: &str) -> Self {
        Self::watch_with(url, token, shift, "").await
    }

    /// The same with more of the newest check-ins.
    pub async fn watch_with(url: &str, token: Option<&str>, shift: &str, more: &str) -> Self {
        let mut board = Self(connect(url, token).await);
        let query = format!(
            "subscription($shift: ID!) {{ attendanceBoard(shiftId: $shift) {{
                capacity signedUp waiting present left forgotten latest {{ state volunteer {{ name }} {more} }} }} }}"
        );
        let payload = json!({ "query": query, "variables": { "shift": shift } });
        board.send(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
        board
    }

    async fn send(&mut self, message: Value) {
        send(&mut self.0, message).await;
    }

    async fn message(&mut self) -> Value {
        message(&mut self.0).await
    }

    /// What the server says to another operation on this socket.
    pub async fn operate(&mut self, query: &str) -> Value {
        self.send(json!({ "id": "2", "type": "subscribe", "payload": { "query": query } })).await;
        loop {
            let message = self.message().await;
            if message["id"] == "2" && message["type"] != "complete" {
                return message;
            }
        }
    }

    /// The next board.
    pub async fn board(&mut self) -> Value {
        let message = self.message().await;
        let board = message["payload"]["data"]["attendanceBoard"].clone();
        assert!(board.is_object(), "{message}");
        board
    }

    /// Looks until the board shows these numbers. A board may be shown twice: each is a whole one.
    pub async fn shows(&mut self, numbers: Value) -> Value {
        let wanted = numbers.as_object().expect("numbers by name");
        loop {
            let board = self.board().await;
            if wanted.iter().all(|(name, number)| board[name] == *number) {
                return board;
            }
        }
    }

    /// Looks until the server ends the feed; its code and message.
    pub async fn end(&mut self) -> (String, String) {
        loop {
            let message = self.message().await;
            let error = match message["type"].as_str() {
                Some("error") => &message["payload"][0],
                Some("next") => &message["payload"]["errors"][0],
                _ => panic!("the feed ended without a word: {message}"),
            };
            if error.is_object() {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                return (text(&error["extensions"]["code"]), text(&error["message"]));
            }
        }
    }

    /// Nothing comes after the end.
    pub async fn is_over(&mut self) {
        assert_eq!(self.message().await["type"], "complete");
    }
}
