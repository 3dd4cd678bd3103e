//! From a connection to the schema: routes, and who is asking.

use std::{sync::Arc, time::Duration};

use async_graphql::{Data, Request as Operation, Response as Answer, http::GraphiQLSource};
use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::{any, get},
};
use boai_entity::ids::SessionId;
use futures_util::stream::BoxStream;
use serde_json::{Map, Value};
use tokio::{net::TcpListener, sync::Notify};

use crate::{
    access::{self, Actor},
    app::App,
    auth::rules::token_hash,
    ctx::Ctx,
    graphql::{self, Boai},
    platform::{
        errors::Fault,
        http::{self, bearer, bearer_token},
        lang::Lang,
        loaders::together,
        report::RequestId,
        wire::{self, Entered, Host, Opened, Refused, Screened, Wire},
    },
};

type Server = Arc<Wire<House>>;

/// Every route of the server.
pub fn router(app: Arc<App>) -> Result<Router, String> {
    let screen = graphql::screen(&app.config)?;
    let schema = graphql::schema(&app.db, &app.config);
    let explorer = app.config.explorer;
    let mut router = Router::new()
        .route("/graphql", any(graphql))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready));
    if explorer {
        router = router.route("/", get(explore));
    }
    let server = Arc::new(Wire { host: House { app, schema }, screen });
    Ok(router.with_state(server).layer(middleware::from_fn(http::secure)))
}

/// How long requests under way may take to finish once the server was told to stop.
const GRACE: Duration = Duration::from_secs(2);

/// Serves until `stop` ends. Requests under way are finished; sockets, which would never end by themselves, are cut after
/// a moment of grace, and their phones reconnect.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), String> {
    let told = Arc::new(Notify::new());
    let stopping = told.clone();
    let stop = async move {
        stop.await;
        stopping.notify_one();
    };
    let grace = async {
        told.notified().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = axum::serve(listener, router(app)?).with_graceful_shutdown(stop) => {
            served.map_err(|error| format!("the server stopped: {error}"))
        }
        () = grace => Ok(()),
    }
}

async fn explore() -> impl IntoResponse {
    Html(GraphiQLSource::build().endpoint("/graphql").subscription_endpoint("/graphql").title("博爱 Boai").finish())
}

/// Ready when the database answers; what is missing but can be done without is named.
async fn ready(State(server): State<Server>) -> Response {
    let app = &server.host.app;
    if let Err(error) = app.db.conn.ping().await {
        tracing::warn!(%error, "not ready");
        return (StatusCode::SERVICE_UNAVAILABLE, Json(serde_json::json!({ "database": "away" }))).into_response();
    }
    let redis = match app.bus.redis_answers().await {
        None => "not used",
        Some(true) => "ok",
        Some(false) => "away: live boards of other instances wait, everything else goes on",
    };
    Json(serde_json::json!({ "database": "ok", "redis": redis })).into_response()
}

/// An operation by GET or POST, or a socket for many.
async fn graphql(State(server): State<Server>, request: Request) -> Response {
    let config = &server.host.app.config;
    if request.method() == Method::GET && request.headers().contains_key(header::UPGRADE) {
        let message_bytes = config.body_limit_bytes;
        return wire::socket::open(server, message_bytes, request).await;
    }
    let patience = wire::http::Patience {
        body_bytes: config.body_limit_bytes,
        time: Duration::from_secs(config.request_timeout_seconds),
    };
    wire::http::answer(server, patience, request).await
}

/// The product behind the wire.
pub struct House {
    app: Arc<App>,
    schema: Boai,
}

/// Who opened a socket. What they may do is asked anew for each operation.
struct Visitor {
    session: Option<SessionId>,
    lang: Lang,
}

#[async_trait::async_trait]
impl Host for House {
    async fn enter(&self, caller: &Parts, _: &Screened) -> Result<Entered, Refused> {
        let actor = self.actor(bearer(&caller.headers)).await?;
        Ok(self.entered(actor, language(&caller.headers)))
    }

    async fn open(&self, caller: &Parts, init: &Map<String, Value>) -> Result<Opened, Refused> {
        let given = init.get("authorization").or_else(|| init.get("Authorization"));
        let actor = self.actor(given.and_then(Value::as_str).and_then(bearer_token)).await?;
        let session = actor.map(|actor| actor.session);
        Ok(Opened(Arc::new(Visitor { session, lang: language(&caller.headers) })))
    }

    async fn admit(&self, socket: &Opened, _: &Screened) -> Result<Entered, Refused> {
        let Some(visitor) = socket.0.downcast_ref::<Visitor>() else { return Err(refused(Fault::Unauthenticated)) };
        let actor = match visitor.session {
            None => None,
            Some(session) => {
                let actor = access::store::actor_of_session(&self.app.db, session, self.app.clock.now()).await;
                let actor = actor.map_err(|error| refused(error.into()))?;
                Some(actor.ok_or_else(|| refused(Fault::Unauthenticated))?)
            }
        };
        Ok(self.entered(actor, visitor.lang))
    }

    async fn execute(&self, operation: Operation) -> Answer {
        let (loaders, questions) = graphql::loaders(&self.app.db);
        together(self.schema.execute(operation.data(loaders)), questions).await
    }

    fn watch(&self, operation: Operation) -> BoxStream<'static, Answer> {
        self.schema.execute_stream(operation)
    }

    fn trusts_origin(&self, _: &str) -> bool {
        false
    }
}

impl House {
    /// Who holds a token. No token is a stranger; a token that is not good is refused, so that the phone knows to refresh
    /// it.
    async fn actor(&self, token: Option<&str>) -> Result<Option<Actor>, Refused> {
        let Some(token) = token else { return Ok(None) };
        let actor = access::store::actor_of_token(&self.app.db, &token_hash(token), self.app.clock.now()).await;
        let actor = actor.map_err(|error| refused(error.into()))?;
        Ok(Some(actor.ok_or_else(|| refused(Fault::Unauthenticated))?))
    }

    fn entered(&self, actor: Option<Actor>, lang: Lang) -> Entered {
        let request_id = self.app.random.uuid(self.app.clock.now()).to_string();
        let mut data = Data::default();
        data.insert(RequestId(request_id.clone()));
        data.insert(Ctx { app: self.app.clone(), actor, lang, request_id });
        Entered { data, headers: HeaderMap::new() }
    }
}

fn language(headers: &HeaderMap) -> Lang {
    let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Lang::from_accept_language(language)
}

fn refused(fault: Fault) -> Refused {
    let status = match fault {
        Fault::Unauthenticated => StatusCode::UNAUTHORIZED,
        Fault::Forbidden(_) | Fault::SecondFactorNeeded | Fault::SecondFactorNotEnrolled => StatusCode::FORBIDDEN,
        Fault::BadUserInput(_) => StatusCode::BAD_REQUEST,
        Fault::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if let Fault::Internal(detail) = &fault {
        tracing::error!(detail, "internal error");
    }
    Refused::new(status, fault.code(), fault.message())
}
