//! GraphQL over HTTP and WebSockets as the specifications have it, on axum and async-graphql. It names no concept of the
//! product: what stands behind it is a [`Host`].
//!
//! An operation comes in by [`http`] or [`socket`] as an [`asked::Asked`]. The [`screen::Screen`] reads its document before
//! anything else does: it counts ([`limits`]), finds persisted and registered documents, validates a second time what
//! async-graphql lets pass, picks the operation and coerces its variables. [`reading`] sees to it that no more documents are
//! read at once than the others can bear, and that whoever sends them is charged. What comes through is a
//! [`screen::Screened`]; then the host says whether this caller may come in, and executes it.

use std::{collections::BTreeMap, sync::Arc};

use async_graphql::{Data, Request, Response, ServerError, Value};
use axum::http::{HeaderMap, StatusCode, request::Parts};
use futures_util::stream::BoxStream;

pub mod accept;
pub mod answer;
pub mod asked;
mod count;
mod form;
pub mod http;
pub mod limits;
pub mod media;
mod persisted;
pub mod price;
mod reading;
mod scan;
pub mod screen;
pub mod socket;
mod values;

pub use limits::Limits;
pub use persisted::{Registered, hash};
pub use screen::{Kind, Screen, Screened};
pub use values::Scalars;

/// What stands behind the wire.
#[async_trait::async_trait]
pub trait Host: Send + Sync + 'static {
    /// Charges a caller whom nobody has looked at yet for a document that has to be read, or for a request that is refused.
    /// What it gives back are headers for the answer. It must be quick: a flood of such requests passes here.
    fn charge(&self, caller: &Parts) -> Result<HeaderMap, Refused>;

    /// Lets a caller in with one operation by HTTP, or refuses; what it gives back goes with the operation.
    async fn enter(&self, caller: &Parts, operation: &Screened) -> Result<Entered, Refused>;

    /// Lets a caller open a socket. `init` is the payload of `connection_init`.
    async fn open(&self, caller: &Parts, init: &serde_json::Map<String, serde_json::Value>) -> Result<Opened, Refused>;

    /// Lets one more operation in by a socket that was opened before: rights may have ended since.
    async fn admit(&self, socket: &Opened, operation: &Screened) -> Result<Entered, Refused>;

    /// Answers a query or mutation.
    async fn execute(&self, request: Request) -> Response;

    /// Answers a subscription, event by event.
    fn watch(&self, request: Request) -> BoxStream<'static, Response>;

    /// Whether a web page of this origin may open a socket.
    fn trusts_origin(&self, origin: &str) -> bool;
}

/// A caller who was let in.
#[derive(Default)]
pub struct Entered {
    /// What resolvers need to know.
    pub data: Data,
    /// Headers for the answer.
    pub headers: HeaderMap,
}

/// A socket that was opened. The host keeps in it whatever it needs; it is dropped when the socket closes.
#[derive(Clone)]
pub struct Opened(pub Arc<dyn std::any::Any + Send + Sync>);

/// A request that is not executed: why, as HTTP and as GraphQL have it.
#[derive(Clone, Debug)]
pub struct Refused {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    /// More for `extensions`, beside the code.
    pub extensions: BTreeMap<&'static str, Value>,
    /// Boxed, since a refusal travels in many a `Result`.
    pub headers: Box<HeaderMap>,
}

impl Refused {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), extensions: BTreeMap::new(), headers: Box::default() }
    }

    /// A request that is not formed as it must be.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.extensions.insert(name, value.into());
        self
    }

    fn error(&self) -> ServerError {
        let mut error = coded(&self.message, self.code);
        let extensions = error.extensions.get_or_insert_with(Default::default);
        for (name, value) in &self.extensions {
            extensions.set(name, value.clone());
        }
        error
    }
}

/// What both doors share.
pub struct Wire<H> {
    host: H,
    screen: Arc<Screen>,
    reading: reading::Turns,
}

impl<H> Wire<H> {
    pub fn new(host: H, screen: Screen) -> Self {
        Self { host, screen: Arc::new(screen), reading: reading::Turns::default() }
    }

    pub fn host(&self) -> &H {
        &self.host
    }
}

/// An error with the code that clients act on.
fn coded(message: impl Into<String>, code: &str) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_with(Default::default).set("code", code);
    error
}
