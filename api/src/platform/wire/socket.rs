//! GraphQL over a WebSocket: the protocol `graphql-transport-ws`, every message and close code of it. One task serves one
//! socket with all its operations, so nothing is shared and a dropped socket takes everything with it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_graphql::Response as Answer;
use axum::{
    extract::{
        FromRequestParts, Request,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    http::{StatusCode, header, request::Parts},
    response::Response,
};
use futures_util::{
    StreamExt,
    stream::{AbortHandle, Abortable, BoxStream, SelectAll, abortable},
};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout};

use super::{
    Host, Limits, Opened, Refused, Wire,
    answer::{self, Body, is_request_error},
    asked::Asked,
    limits::at_most,
    media::Media,
    screen::Kind,
};

pub const PROTOCOL: &str = "graphql-transport-ws";
/// For a phone that takes no more bytes, and for one that does not answer a close.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pings without a sign of life before a socket counts as dead.
const PINGS: u32 = 3;
/// A close frame has room for so many bytes of reason.
const REASON: usize = 123;
/// Small, since most sockets only listen: axum's own of 128 KiB would be most of an idle socket's memory.
const BUFFER: usize = 4 * 1024;

/// Close codes of the protocol.
mod close {
    pub const NORMAL: u16 = 1000;
    pub const BAD_REQUEST: u16 = 4400;
    pub const UNAUTHORIZED: u16 = 4401;
    pub const FORBIDDEN: u16 = 4403;
    pub const BAD_PROTOCOL: u16 = 4406;
    pub const INIT_TIMEOUT: u16 = 4408;
    pub const ID_IN_USE: u16 = 4409;
    pub const TOO_MANY_INITS: u16 = 4429;
}

/// Opens a socket, unless a web page of a strange origin asks for it: browsers let every page open one.
pub async fn open<H: Host>(wire: Arc<Wire<H>>, message_bytes: usize, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(error) => {
            let refused = Refused::bad_request(format!("This is no WebSocket handshake: {}.", error.body_text()));
            return answer::refused(&refused, Media::Json);
        }
    };
    if !own_origin(&parts) && !origin(&parts).is_some_and(|origin| wire.host.trusts_origin(origin)) {
        let refused =
            Refused::new(StatusCode::FORBIDDEN, "FORBIDDEN", "Web pages of this origin may not connect here.");
        return answer::refused(&refused, Media::Json);
    }
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(message_bytes)
        .max_frame_size(message_bytes)
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .on_upgrade(move |socket| Conversation::new(wire, parts, socket).hold())
}

fn origin(parts: &Parts) -> Option<&str> {
    parts.headers.get(header::ORIGIN)?.to_str().ok()
}

/// Phones name no origin; GraphiQL comes from the server itself.
fn own_origin(parts: &Parts) -> bool {
    let Some(origin) = parts.headers.get(header::ORIGIN) else { return true };
    let Some((_, origin)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else { return false };
    parts.headers.get(header::HOST).is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
}

/// Why a socket is closed.
struct Close(u16, String);

type Step = Result<(), Close>;

/// What an operation has to say.
enum Said {
    Next(Box<Answer>),
    /// By itself, not because the client said so.
    Complete,
}

type Speech = Abortable<BoxStream<'static, (String, Said)>>;

struct Conversation<H> {
    wire: Arc<Wire<H>>,
    parts: Arc<Parts>,
    socket: WebSocket,
    opened: Option<Opened>,
    /// Operations under way, by the client's ids.
    under_way: HashMap<String, AbortHandle>,
    speaking: SelectAll<Speech>,
}

impl<H: Host> Conversation<H> {
    fn new(wire: Arc<Wire<H>>, parts: Parts, socket: WebSocket) -> Self {
        Self {
            wire,
            parts: Arc::new(parts),
            socket,
            opened: None,
            under_way: HashMap::new(),
            speaking: SelectAll::new(),
        }
    }

    fn limits(&self) -> &Limits {
        &self.wire.screen.limits
    }

    /// From the first message to the close, whoever closes.
    async fn hold(mut self) {
        if self.socket.protocol().is_none() {
            return self.close(Close(close::BAD_PROTOCOL, "Subprotocol not acceptable".into())).await;
        }
        if let Err(reason) = self.converse().await {
            self.close(reason).await;
        }
    }

    /// Ends well when the other side is gone.
    async fn converse(&mut self) -> Step {
        let init = Duration::from_secs(self.limits().socket_init_seconds);
        let pause = Duration::from_secs(self.limits().socket_ping_seconds);
        let must_init = Instant::now() + init;
        let mut heard = Instant::now();
        let mut ping = tokio::time::interval_at(Instant::now() + pause, pause);
        loop {
            let waits = self.opened.is_none();
            tokio::select! {
                message = self.socket.recv() => {
                    let Some(Ok(message)) = message else { return Ok(()) };
                    heard = Instant::now();
                    match message {
                        Message::Text(text) => self.hear(&text).await?,
                        Message::Binary(_) => return Err(invalid("messages are texts")),
                        // Reading on sends the answer, without which the other side would take the line for broken.
                        Message::Close(_) => {
                            let _ = timeout(PATIENCE, self.socket.recv()).await;
                            return Ok(());
                        }
                        Message::Ping(_) | Message::Pong(_) => {}
                    }
                }
                Some((id, said)) = self.speaking.next(), if !self.speaking.is_empty() => self.tell(id, said).await?,
                () = tokio::time::sleep_until(must_init), if waits => {
                    return Err(Close(close::INIT_TIMEOUT, "Connection initialisation timeout".into()));
                }
                _ = ping.tick() => {
                    if heard.elapsed() > pause * PINGS {
                        return Ok(());
                    }
                    self.send(Message::Ping(Default::default())).await?;
                }
            }
        }
    }

    async fn hear(&mut self, text: &str) -> Step {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err(invalid("a message is a JSON object"));
        };
        let payload = message.remove("payload");
        match message.get("type").and_then(Value::as_str) {
            Some("connection_init") => self.init(payload).await,
            Some("ping") => self.say("pong", None, object(payload)?.map(Value::Object).as_ref()).await,
            Some("pong") => object(payload).map(drop),
            Some("subscribe") => {
                let id = id(&message)?;
                let Some(payload) = object(payload)? else { return Err(invalid("subscribe needs a payload")) };
                self.subscribe(id, payload).await
            }
            Some("complete") => {
                // What it had still to say is dropped with it, and nothing is echoed.
                if let Some(operation) = self.under_way.remove(&id(&message)?) {
                    operation.abort();
                }
                Ok(())
            }
            _ => Err(invalid("its type is none that a client sends")),
        }
    }

    async fn init(&mut self, payload: Option<Value>) -> Step {
        if self.opened.is_some() {
            return Err(Close(close::TOO_MANY_INITS, "Too many initialisation requests".into()));
        }
        let init = object(payload)?.unwrap_or_default();
        match self.wire.host.open(&self.parts, &init).await {
            Ok(opened) => self.opened = Some(opened),
            Err(refused) => return Err(Close(close::FORBIDDEN, refused.message)),
        }
        self.say::<()>("connection_ack", None, None).await
    }

    async fn subscribe(&mut self, id: String, payload: Map<String, Value>) -> Step {
        let Some(opened) = self.opened.clone() else { return Err(Close(close::UNAUTHORIZED, "Unauthorized".into())) };
        if self.under_way.contains_key(&id) {
            return Err(Close(close::ID_IN_USE, format!("Subscriber for {id} already exists")));
        }
        let asked = Asked::from_parameters(payload).map_err(|refused| invalid(&refused.message))?;
        let room = at_most("socket_operations", self.limits().socket_operations, self.under_way.len() + 1);
        if let Err(error) = room {
            return self.say("error", Some(&id), Some(&[error])).await;
        }
        let (wire, parts) = (self.wire.clone(), self.parts.clone());
        let speech = async_stream::stream! {
            for await answer in run(wire, parts, opened, asked) {
                yield Said::Next(Box::new(answer));
            }
            yield Said::Complete;
        };
        let named = id.clone();
        let (speech, operation) = abortable(speech.map(move |said| (named.clone(), said)).boxed());
        self.under_way.insert(id, operation);
        self.speaking.push(speech);
        Ok(())
    }

    /// Passes on what an operation says. A request error is told as such, and is its end.
    async fn tell(&mut self, id: String, said: Said) -> Step {
        match said {
            Said::Next(answer) if is_request_error(&answer) => {
                if let Some(operation) = self.under_way.remove(&id) {
                    operation.abort();
                }
                self.say("error", Some(&id), Some(&answer.errors)).await
            }
            Said::Next(answer) => self.say("next", Some(&id), Some(&Body::of(&answer))).await,
            Said::Complete => {
                self.under_way.remove(&id);
                self.say::<()>("complete", Some(&id), None).await
            }
        }
    }

    async fn say<P: Serialize>(&mut self, kind: &str, id: Option<&str>, payload: Option<&P>) -> Step {
        #[derive(Serialize)]
        struct Words<'a, P> {
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a str>,
            r#type: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            payload: Option<&'a P>,
        }
        let text = serde_json::to_string(&Words { id, r#type: kind, payload }).expect("all keys are texts");
        self.send(Message::Text(text.into())).await
    }

    /// A phone that does not take what it asked for in good time counts as gone.
    async fn send(&mut self, message: Message) -> Step {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Close(close::NORMAL, String::new())),
        }
    }

    /// Closes, and reads on until the other side has agreed: only then does it see the code.
    async fn close(mut self, Close(code, reason): Close) {
        let reason = cut(&reason, REASON).to_owned();
        let frame = CloseFrame { code, reason: reason.into() };
        let goodbye = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // It may be gone already.
        let _ = timeout(PATIENCE, goodbye).await;
    }
}

/// Whether the one who asks may still do so is asked anew for each operation.
fn run<H: Host>(wire: Arc<Wire<H>>, parts: Arc<Parts>, opened: Opened, asked: Asked) -> BoxStream<'static, Answer> {
    let stream = async_stream::stream! {
        let operation = match wire.screened(&parts, asked).await {
            Ok(operation) => operation,
            Err(unfit) => {
                yield Answer::from_errors(unfit.errors());
                return;
            }
        };
        let entered = match wire.host.admit(&opened, &operation).await {
            Ok(entered) => entered,
            Err(refused) => {
                yield Answer::from_errors(vec![refused.error()]);
                return;
            }
        };
        let kind = operation.kind;
        let mut request = operation.request;
        request.data = entered.data;
        if kind == Kind::Subscription {
            for await mut answer in wire.host.watch(request) {
                operation.form.complete(&mut answer);
                yield answer;
            }
        } else {
            let mut answer = wire.host.execute(request).await;
            operation.form.complete(&mut answer);
            yield answer;
        }
    };
    stream.boxed()
}

fn invalid(why: &str) -> Close {
    Close(close::BAD_REQUEST, format!("Invalid message: {why}"))
}

/// The id of an operation, which the client chose.
fn id(message: &Map<String, Value>) -> Result<String, Close> {
    match message.get("id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(id.clone()),
        _ => Err(invalid("its id must be a text that is not empty")),
    }
}

/// A payload, which may be missing or null but nothing other than an object.
fn object(payload: Option<Value>) -> Result<Option<Map<String, Value>>, Close> {
    match payload {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err(invalid("its payload must be an object")),
    }
}

/// As much of a text as fits into so many bytes.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
