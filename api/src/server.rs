//! From a socket to the schema: routes, who is asking, limits.

use std::{sync::Arc, time::Duration};

use async_graphql::{Data, http::GraphiQLSource};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::{
    Json, Router,
    body::Body,
    extract::{FromRequestParts, Request, State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, sync::Notify};

use crate::{
    access,
    app::App,
    auth::rules::token_hash,
    ctx::Ctx,
    graphql::{self, Boai},
    platform::{
        errors::Fault,
        http::{self, bearer, bearer_token},
        lang::Lang,
        loaders::together,
        report::{OverSocket, RequestId},
    },
};

#[derive(Clone)]
struct Server {
    app: Arc<App>,
    schema: Boai,
}

/// Every route of the server.
pub fn router(app: Arc<App>) -> Router {
    let schema = graphql::schema(&app.db, app.config.explorer);
    let mut router = Router::new()
        .route("/graphql", get(socket).post(operation))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready));
    if app.config.explorer {
        router = router.route("/", get(explorer));
    }
    router.with_state(Server { app, schema }).layer(middleware::from_fn(http::secure))
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
        served = axum::serve(listener, router(app)).with_graceful_shutdown(stop) => {
            served.map_err(|error| format!("the server stopped: {error}"))
        }
        () = grace => Ok(()),
    }
}

async fn explorer() -> impl IntoResponse {
    Html(GraphiQLSource::build().endpoint("/graphql").subscription_endpoint("/graphql").title("博爱 Boai").finish())
}

/// Ready when the database answers; what is missing but can be done without is named.
async fn ready(State(server): State<Server>) -> Response {
    if let Err(error) = server.app.db.conn.ping().await {
        tracing::warn!(%error, "not ready");
        return (StatusCode::SERVICE_UNAVAILABLE, Json(serde_json::json!({ "database": "away" }))).into_response();
    }
    let redis = match server.app.bus.redis_answers().await {
        None => "not used",
        Some(true) => "ok",
        Some(false) => "away: live boards of other instances wait, everything else goes on",
    };
    Json(serde_json::json!({ "database": "ok", "redis": redis })).into_response()
}

/// One GraphQL operation by POST, as JSON. Other content types are refused, so that no web page can send one unasked.
async fn operation(State(server): State<Server>, headers: HeaderMap, body: Body) -> Response {
    let json = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    });
    if !json {
        let message = "Send the operation as JSON, with `content-type: application/json`.";
        return http::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST", message);
    }
    let limit = server.app.config.body_limit_bytes;
    let Ok(bytes) = axum::body::to_bytes(body, limit).await else {
        let message = format!("The request is larger than {limit} bytes, or broke off.");
        return http::error(StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST", &message);
    };
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        let message = "One operation a request: lists of operations are not taken.";
        return http::error(StatusCode::BAD_REQUEST, "BAD_REQUEST", message);
    }
    let request: async_graphql::Request = match serde_json::from_slice(&bytes) {
        Ok(request) => request,
        Err(error) => {
            let message = format!("The body is no GraphQL request: {error}.");
            return http::error(StatusCode::BAD_REQUEST, "BAD_REQUEST", &message);
        }
    };
    let ctx = match enter(&server.app, bearer(&headers), &headers).await {
        Ok(ctx) => ctx,
        Err(fault) => return refuse(fault),
    };
    let time = Duration::from_secs(server.app.config.request_timeout_seconds);
    let (loaders, questions) = graphql::loaders(&server.app.db);
    let request = request.data(RequestId(ctx.request_id.clone())).data(ctx).data(loaders);
    match tokio::time::timeout(time, together(server.schema.execute(request), questions)).await {
        Ok(response) => Json(response).into_response(),
        Err(_) => {
            let message = format!("The request took longer than {} s.", time.as_secs());
            http::error(StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT", &message)
        }
    }
}

/// Subscriptions over graphql-transport-ws; `connection_init` carries `authorization: Bearer …`.
async fn socket(State(server): State<Server>, headers: HeaderMap, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        let message = "Operations go by POST; a GET is for WebSockets (graphql-transport-ws).";
        let mut response = http::error(StatusCode::METHOD_NOT_ALLOWED, "BAD_REQUEST", message);
        response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("POST"));
        return response;
    };
    let Ok(protocol) = GraphQLProtocol::from_request_parts(&mut parts, &()).await else {
        return http::error(StatusCode::BAD_REQUEST, "BAD_REQUEST", "Name the subprotocol graphql-transport-ws.");
    };
    upgrade.max_message_size(server.app.config.body_limit_bytes).protocols(["graphql-transport-ws"]).on_upgrade(
        move |stream| {
            let app = server.app.clone();
            GraphQLWebSocket::new(stream, server.schema, protocol)
                .on_connection_init(move |init: serde_json::Value| async move {
                    let given = init.get("authorization").or_else(|| init.get("Authorization"));
                    let token = given.and_then(|value| value.as_str()).and_then(bearer_token);
                    let ctx = enter(&app, token, &headers).await?;
                    let mut data = Data::default();
                    data.insert(RequestId(ctx.request_id.clone()));
                    data.insert(ctx);
                    data.insert(OverSocket);
                    Ok(data)
                })
                .serve()
        },
    )
}

/// Who is asking, in which language. No token is a stranger; a token that is not good is refused, so that the phone knows
/// to refresh it.
async fn enter(app: &Arc<App>, token: Option<&str>, headers: &HeaderMap) -> Result<Ctx, Fault> {
    let actor = match token {
        None => None,
        Some(token) => {
            let actor = access::store::actor_of_token(&app.db, &token_hash(token), app.clock.now()).await?;
            Some(actor.ok_or(Fault::Unauthenticated)?)
        }
    };
    let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(Ctx {
        app: app.clone(),
        actor,
        lang: Lang::from_accept_language(language),
        request_id: app.random.uuid(app.clock.now()).to_string(),
    })
}

fn refuse(fault: Fault) -> Response {
    let status = match fault {
        Fault::Unauthenticated => StatusCode::UNAUTHORIZED,
        Fault::Forbidden(_) => StatusCode::FORBIDDEN,
        Fault::BadUserInput(_) => StatusCode::BAD_REQUEST,
        Fault::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let (code, message) = (fault.code(), fault.message().to_owned());
    if let Fault::Internal(detail) = fault {
        tracing::error!(detail, "internal error");
    }
    http::error(status, code, &message)
}
