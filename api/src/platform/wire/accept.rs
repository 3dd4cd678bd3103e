//! Takes connections: HTTP/1.1, each with bounds on what it may hold and for how long. `axum::serve` has none of these, and
//! a request head that never ends would hold its connection for ever.
//!
//! HTTP/2 is left to the proxy in front that speaks TLS; without TLS no browser and no phone would use it.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{Instant, Sleep, sleep, timeout},
};

use crate::platform::{
    proxies::{Proxies, network},
    seats::{Full, Seat, Seats},
};

/// How long requests under way may take to finish once the server was told to stop.
const GRACE: Duration = Duration::from_secs(2);
/// How long to wait when the system has no file left for a connection: until then others may have ended.
const NO_FILES: Duration = Duration::from_millis(100);

/// What connections may hold, and for how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// Connections at once, sockets included.
    pub most: usize,
    /// Of one address at once (IPv6: of one /64); connections of trusted proxies do not count. Many phones share the
    /// address of one site.
    pub per_address: usize,
    /// Sockets of one person at once, on one instance.
    pub sockets_per_person: usize,
    /// Sockets of one address at once (IPv6: of one /64) whose callers are not signed in, on one instance.
    pub sockets_per_address: usize,
    /// Seconds within which the first request's head must be there.
    pub head_seconds: u64,
    /// Seconds within which the next request's head must be there. Longer than a proxy keeps idle connections (nginx:
    /// 60), or it may send a request into a connection that is just being closed.
    pub idle_seconds: u64,
    /// Seconds that a caller may take none of what is sent to it.
    pub stalled_seconds: u64,
    /// Bytes of a request's head.
    pub head_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            most: 20_000,
            per_address: 1_000,
            sockets_per_person: 10,
            sockets_per_address: 1_000,
            head_seconds: 10,
            idle_seconds: 75,
            stalled_seconds: 30,
            head_bytes: 16_384,
        }
    }
}

impl Bounds {
    /// Each with its name and a range that makes sense, to check the settings.
    pub fn ranges(&self) -> [(&'static str, i64, i64, i64, &'static str); 8] {
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let seconds = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        [
            ("connections.most", number(self.most), 1, 1_000_000, "connections"),
            ("connections.per_address", number(self.per_address), 1, 1_000_000, "connections"),
            ("connections.sockets_per_person", number(self.sockets_per_person), 1, 1_000_000, "sockets"),
            ("connections.sockets_per_address", number(self.sockets_per_address), 1, 1_000_000, "sockets"),
            ("connections.head_seconds", seconds(self.head_seconds), 1, 300, "seconds"),
            ("connections.idle_seconds", seconds(self.idle_seconds), 1, 3_600, "seconds"),
            ("connections.stalled_seconds", seconds(self.stalled_seconds), 1, 3_600, "seconds"),
            ("connections.head_bytes", number(self.head_bytes), 8_192, 1_048_576, "bytes"),
        ]
    }
}

/// Serves until `stop` ends. Requests under way are finished; sockets, which would never end by themselves, are cut after
/// a moment of grace, and their phones reconnect.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    proxies: Proxies,
    stop: impl Future<Output = ()>,
) {
    let door = Arc::new(Door { http: http(&bounds), bounds, router, proxies, seats: Seats::default() });
    let (stopping, told) = watch::channel(());
    let mut lines = JoinSet::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => door.clone().take(stream, peer, &told, &mut lines),
                Err(error) if of_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, connections = door.seats.taken(), "no connection can be taken");
                    sleep(NO_FILES).await;
                }
            },
            // Their ends are taken note of as they come, or the set would grow for ever.
            Some(_) = lines.join_next(), if !lines.is_empty() => {}
            () = &mut stop => break,
        }
    }
    drop(listener);
    stopping.send_replace(());
    // What is not finished by then is cut when the set is dropped.
    let _ = timeout(GRACE, async { while lines.join_next().await.is_some() {} }).await;
}

fn http(bounds: &Bounds) -> http1::Builder {
    let mut http = http1::Builder::new();
    // The buffer of a connection has room for a head and no more: a body is passed on as it comes.
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(bounds.idle_seconds))
        .max_header_size(bounds.head_bytes)
        .max_buf_size(bounds.head_bytes.max(16_384) * 2);
    http
}

/// An error of accepting that says something of one connection, not of the listener.
fn of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

struct Door {
    http: http1::Builder,
    bounds: Bounds,
    router: Router,
    proxies: Proxies,
    seats: Seats<IpAddr>,
}

impl Door {
    fn take(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, told: &watch::Receiver<()>, lines: &mut JoinSet<()>) {
        let address = peer.ip().to_canonical();
        let key = (!self.proxies.trusts(address)).then(|| network(address));
        match self.seats.take(key, self.bounds.most, self.bounds.per_address) {
            Ok(seat) => {
                lines.spawn(self.serve(stream, peer, seat, told.clone()));
            }
            Err(full) => turn_away(&stream, full, &self.bounds),
        }
    }

    async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        seat: Seat<IpAddr>,
        mut told: watch::Receiver<()>,
    ) {
        // Small answers go out at once. Where the system cannot do that, they go out a little later.
        let _ = stream.set_nodelay(true);
        let patience = Duration::from_secs(self.bounds.stalled_seconds);
        let line = Line { stream, patience, stalled: None, _seat: seat };
        let (asked, mut first) = watch::channel(false);
        let router = TowerToHyperService::new(self.router.clone());
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            asked.send_replace(true);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request)
        });
        let connection = self.http.serve_connection(TokioIo::new(line), service).with_upgrades();
        tokio::pin!(connection);
        let silent = async {
            let head = Duration::from_secs(self.bounds.head_seconds);
            // In time; from now on each head has the time that idle connections have.
            if timeout(head, first.wait_for(|asked| *asked)).await.is_ok() {
                std::future::pending().await
            }
        };
        tokio::pin!(silent);
        let mut stopping = false;
        loop {
            tokio::select! {
                // How a connection ends is the caller's affair.
                _ = &mut connection => return,
                () = &mut silent => return,
                _ = told.changed(), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// Says so, if there is room for it at once, and closes. Nothing waits for somebody who is turned away.
fn turn_away(stream: &TcpStream, full: Full, bounds: &Bounds) {
    let (limit, allowed, had) = match full {
        Full::All { taken } => ("connections.most", bounds.most, taken + 1),
        Full::Key { taken } => ("connections.per_address", bounds.per_address, taken + 1),
    };
    let message = format!("The limit `{limit}` is {allowed}; with this one there would be {had}.");
    let extensions = serde_json::json!({ "code": "RATE_LIMITED", "limit": limit, "allowed": allowed, "had": had });
    let body = serde_json::json!({ "errors": [{ "message": message, "extensions": extensions }] }).to_string();
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\
         retry-after: 5\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.try_write(format!("{head}{body}").as_bytes());
}

/// A connection that breaks when its caller takes nothing for too long, and whose seat is free when it ends, though it may
/// have become a socket meanwhile.
struct Line {
    stream: TcpStream,
    patience: Duration,
    /// Runs from when the caller stopped taking.
    stalled: Option<Pin<Box<Sleep>>>,
    _seat: Seat<IpAddr>,
}

impl Line {
    /// Gives up once writing has been waiting for too long.
    fn taken<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let deadline = Instant::now() + self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.taken(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.taken(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
