//! From a connection to the schema: routes, and who is asking.

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_graphql::{Data, Request as Operation, Response as Answer, http::GraphiQLSource};
use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::{any, get},
};
use boai_entity::ids::{PersonId, SessionId};
use futures_util::stream::BoxStream;
use serde_json::{Map, Value};
use tokio::net::TcpListener;

use crate::{
    access::{self, Actor},
    admission::{self, Caller, Class, SignedIn},
    app::App,
    auth::rules::token_hash,
    badges,
    certificates::{self, http::Printed},
    ctx::Ctx,
    graphql::{self, Boai},
    platform::{
        errors::{Fault, RETRYABLE},
        http::{self, bearer, bearer_token},
        lang::Lang,
        loaders::together,
        proxies::{self, Via, network},
        rates::Verdict,
        report::RequestId,
        seats::{Full, Seat, Seats},
        wire::{self, Entered, Host, Kind, Opened, Refused, Screened, Wire, media::Media},
    },
    privacy, proof,
};

type Server = Arc<Wire<House>>;

/// Every route of the server.
pub fn router(app: Arc<App>) -> Result<Router, String> {
    let screen = graphql::screen(&app.config)?;
    let schema = graphql::schema(&app.db, &app.config);
    let explorer = app.config.explorer;
    let mut router = Router::new()
        .route("/graphql", any(graphql))
        .route("/exports/{token}", get(download))
        .route("/ledger-roots", get(ledger_roots))
        .route("/ledger-roots/{day}", get(ledger_root))
        .route("/keys", get(keys))
        .route("/verify", get(verify_page))
        .route("/verify.json", get(verify_json))
        .route("/certificate-files/{token}", get(certificate_file))
        .route("/badges/{id}", get(badge))
        .route("/badges/issuers/{branch}", get(badge_issuer))
        .route("/badges/stars/{star}", get(badge_star))
        .route("/badges/status/{branch}/{year}", get(badge_status))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready));
    if explorer {
        router = router.route("/", get(explore));
    }
    if let Some(cors) = app.config.cors_origins.layer() {
        router = router.layer(cors);
    }
    let reader = reader(&app);
    let server = Arc::new(Wire::new(House { app, schema, sockets: Seats::default() }, screen));
    Ok(router
        .with_state(server)
        .layer(middleware::from_fn(http::secure))
        .layer(middleware::from_fn_with_state(reader, proxies::read)))
}

fn reader(app: &Arc<App>) -> proxies::Reader {
    let (random, clock) = (app.random.clone(), app.clock.clone());
    proxies::Reader {
        proxies: app.config.trusted_proxies.clone(),
        header: app.config.proxy_header,
        new_id: Arc::new(move || random.uuid(clock.now()).to_string()),
    }
}

/// Serves until `stop` ends.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), String> {
    let (bounds, proxies) = (app.config.connections.clone(), app.config.trusted_proxies.clone());
    wire::accept::serve(listener, router(app)?, bounds, proxies, stop).await;
    Ok(())
}

async fn explore() -> impl IntoResponse {
    Html(GraphiQLSource::build().endpoint("/graphql").subscription_endpoint("/graphql").title("博爱 Boai").finish())
}

/// How long the database may take to show that it is there: less than a load balancer waits, and than requests do.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// Ready when the database answers; what is missing but can be done without is named.
async fn ready(State(server): State<Server>) -> Response {
    let app = &server.host().app;
    let answer = tokio::time::timeout(READY_WITHIN, app.db.conn.ping()).await;
    if !matches!(answer, Ok(Ok(()))) {
        tracing::warn!(?answer, "not ready");
        return (StatusCode::SERVICE_UNAVAILABLE, Json(serde_json::json!({ "database": "away" }))).into_response();
    }
    let redis = match app.bus.redis_answers().await {
        None => "not used",
        Some(true) => "ok",
        Some(false) => "away: live boards of other instances wait, everything else goes on",
    };
    Json(serde_json::json!({ "database": "ok", "redis": redis })).into_response()
}

/// A file made for a person, by the token in its link; no session is asked for.
async fn download(State(server): State<Server>, Path(token): Path<String>, request: Request) -> Response {
    public(&server, request, async |ctx| privacy::http::download(ctx, &token).await).await
}

/// Signed roots over the ledger, newest first.
async fn ledger_roots(State(server): State<Server>, which: Query<proof::http::Which>, request: Request) -> Response {
    public(&server, request, async |ctx| proof::http::roots(&ctx, which.0).await).await
}

/// The root of one day.
async fn ledger_root(State(server): State<Server>, Path(day): Path<String>, request: Request) -> Response {
    public(&server, request, async |ctx| proof::http::root(&ctx, &day).await).await
}

/// The keys that signed.
async fn keys(State(server): State<Server>, request: Request) -> Response {
    public(&server, request, async |ctx| proof::http::keys(&ctx).await).await
}

/// The page on which anybody checks a certificate.
async fn verify_page(State(server): State<Server>, printed: Query<Printed>, request: Request) -> Response {
    public(&server, request, async |ctx| certificates::http::verify_page(&ctx, printed.0).await).await
}

/// The same for programs.
async fn verify_json(State(server): State<Server>, printed: Query<Printed>, request: Request) -> Response {
    public(&server, request, async |ctx| certificates::http::verify_json(&ctx, printed.0).await).await
}

/// A certificate's PDF, by the token in its link.
async fn certificate_file(State(server): State<Server>, Path(token): Path<String>, request: Request) -> Response {
    public(&server, request, async |ctx| certificates::http::file(&ctx, &token).await).await
}

/// The digital twin of a badge.
async fn badge(State(server): State<Server>, Path(id): Path<String>, request: Request) -> Response {
    public(&server, request, async |ctx| badges::http::credential(&ctx, &id).await).await
}

/// The keys of a branch's badges.
async fn badge_issuer(State(server): State<Server>, Path(branch): Path<String>, request: Request) -> Response {
    public(&server, request, async |ctx| badges::http::issuer(&ctx, &branch).await).await
}

/// What a star is awarded for.
async fn badge_star(State(server): State<Server>, Path(star): Path<String>, request: Request) -> Response {
    public(&server, request, async |ctx| badges::http::star(&ctx, &star).await).await
}

/// The badges of a branch and a year that are good no more.
async fn badge_status(State(server): State<Server>, Path(list): Path<(String, String)>, request: Request) -> Response {
    public(&server, request, async |ctx| badges::http::status(&ctx, &list.0, &list.1).await).await
}

/// What anybody may fetch, counted by address.
async fn public(server: &Server, request: Request, answer: impl AsyncFnOnce(Ctx) -> Response) -> Response {
    let (caller, _) = request.into_parts();
    let (Via { address, request_id, .. }, lang) = (Via::of(&caller), language(&caller.headers));
    match server.host().count(None, address, [Class::Download], lang).await {
        Err(refused) => wire::answer::refused(&refused, Media::Json),
        Ok(standing) => {
            let ctx = Ctx { app: server.host().app.clone(), actor: None, lang, address: Some(address), request_id };
            (standing, answer(ctx).await).into_response()
        }
    }
}

/// An operation by GET or POST, or a socket for many.
async fn graphql(State(server): State<Server>, request: Request) -> Response {
    let config = &server.host().app.config;
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
    /// Sockets that are open, by whose they are.
    sockets: Seats<Sitter>,
}

/// Whose sockets are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Sitter {
    Person(PersonId),
    /// Of whoever is not signed in.
    Address(IpAddr),
}

/// Who opened a socket. What they may do is asked anew for each operation.
struct Visitor {
    session: Option<SessionId>,
    address: IpAddr,
    lang: Lang,
    /// Free again when the socket closes.
    _seat: Seat<Sitter>,
}

#[async_trait::async_trait]
impl Host for House {
    fn charge(&self, caller: &Parts) -> Result<HeaderMap, Refused> {
        let (rates, now) = (&self.app.config.rates, self.app.clock.now());
        let verdict = admission::charge(&self.app.rates, rates, Via::of(caller).address, now);
        standing(&verdict, language(&caller.headers))
    }

    async fn enter(&self, caller: &Parts, operation: &Screened) -> Result<Entered, Refused> {
        let Via { address, request_id, .. } = Via::of(caller);
        let (actor, lang) = (self.actor(bearer(&caller.headers)).await?, language(&caller.headers));
        let headers = self.count(actor.as_ref(), address, classes(operation), lang).await?;
        Ok(self.entered(actor, (address, lang), request_id, headers))
    }

    async fn open(&self, caller: &Parts, init: &Map<String, Value>) -> Result<Opened, Refused> {
        let given = init.get("authorization").or_else(|| init.get("Authorization"));
        let actor = self.actor(given.and_then(Value::as_str).and_then(bearer_token)).await?;
        let (address, lang) = (Via::of(caller).address, language(&caller.headers));
        self.count(actor.as_ref(), address, [Class::Subscribe], lang).await?;
        let seat = self.seat(actor.as_ref(), address)?;
        let session = actor.map(|actor| actor.session);
        Ok(Opened(Arc::new(Visitor { session, address, lang, _seat: seat })))
    }

    async fn admit(&self, socket: &Opened, operation: &Screened) -> Result<Entered, Refused> {
        let Some(visitor) = socket.0.downcast_ref::<Visitor>() else { return Err(refused(Fault::Unauthenticated)) };
        let actor = match visitor.session {
            None => None,
            Some(session) => {
                let actor = access::store::actor_of_session(&self.app.db, session, self.app.clock.now()).await;
                let actor = actor.map_err(|error| refused(error.into()))?;
                Some(actor.ok_or_else(|| refused(Fault::Unauthenticated))?)
            }
        };
        let headers = self.count(actor.as_ref(), visitor.address, classes(operation), visitor.lang).await?;
        let request_id = self.app.random.uuid(self.app.clock.now()).to_string();
        Ok(self.entered(actor, (visitor.address, visitor.lang), request_id, headers))
    }

    async fn execute(&self, operation: Operation) -> Answer {
        let (loaders, questions) = graphql::loaders(&self.app.db);
        together(self.schema.execute(operation.data(loaders)), questions).await
    }

    fn watch(&self, operation: Operation) -> BoxStream<'static, Answer> {
        self.schema.execute_stream(operation)
    }

    fn trusts_origin(&self, origin: &str) -> bool {
        self.app.config.cors_origins.allows(origin)
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

    /// Counts what is asked for on the limits of whoever asks, and tells how they stand.
    async fn count(
        &self,
        actor: Option<&Actor>,
        address: IpAddr,
        classes: impl IntoIterator<Item = Class> + Send,
        lang: Lang,
    ) -> Result<HeaderMap, Refused> {
        let signed_in = actor.map(|actor| SignedIn { person: actor.person.0, device: actor.session.0 });
        let caller = Caller { signed_in, address };
        let (rates, now) = (&self.app.config.rates, self.app.clock.now());
        standing(&admission::admit(&self.app.rates, rates, caller, classes, now).await, lang)
    }

    /// A place for one more socket.
    fn seat(&self, actor: Option<&Actor>, address: IpAddr) -> Result<Seat<Sitter>, Refused> {
        let bounds = &self.app.config.connections;
        let (sitter, limit, allowed) = match actor {
            Some(actor) => (Sitter::Person(actor.person), "connections.sockets_per_person", bounds.sockets_per_person),
            None => (Sitter::Address(network(address)), "connections.sockets_per_address", bounds.sockets_per_address),
        };
        self.sockets.take(Some(sitter), usize::MAX, allowed).map_err(|full| {
            let (Full::All { taken } | Full::Key { taken }) = full;
            let had = taken + 1;
            let message = format!("The limit `{limit}` is {allowed}; with this one there would be {had}.");
            let refused = Refused::new(StatusCode::TOO_MANY_REQUESTS, admission::RATE_LIMITED, message);
            refused.with("limit", limit).with("allowed", allowed).with("had", had)
        })
    }

    fn entered(
        &self,
        actor: Option<Actor>,
        (address, lang): (IpAddr, Lang),
        request_id: String,
        headers: HeaderMap,
    ) -> Entered {
        let mut data = Data::default();
        data.insert(RequestId(request_id.clone()));
        data.insert(Ctx { app: self.app.clone(), actor, lang, address: Some(address), request_id });
        Entered { data, headers }
    }
}

/// How the limits of a caller stand, for the answer.
fn standing(verdict: &Verdict, lang: Lang) -> Result<HeaderMap, Refused> {
    let mut headers = HeaderMap::new();
    verdict.put(&mut headers);
    match &verdict.exceeded {
        None => Ok(headers),
        Some(exceeded) => Err(Refused { headers: Box::new(headers), ..admission::too_many(exceeded, lang) }),
    }
}

fn classes(operation: &Screened) -> Vec<Class> {
    let class = |field: &String| match operation.kind {
        Kind::Subscription => Class::Subscribe,
        _ => Class::of(field),
    };
    operation.roots.iter().map(class).collect()
}

fn language(headers: &HeaderMap) -> Lang {
    let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Lang::from_accept_language(language)
}

fn refused(fault: Fault) -> Refused {
    let status = match fault {
        Fault::Unauthenticated => StatusCode::UNAUTHORIZED,
        Fault::Forbidden(_) | Fault::SecondFactorNeeded | Fault::SecondFactorNotEnrolled => StatusCode::FORBIDDEN,
        Fault::BadUserInput(_) | Fault::CursorExpired => StatusCode::BAD_REQUEST,
        Fault::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    fault.log();
    let mut refused = Refused::new(status, fault.code(), fault.message());
    if fault.is_retryable() {
        refused = refused.with(RETRYABLE, true);
        refused.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        refused.headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    refused
}
