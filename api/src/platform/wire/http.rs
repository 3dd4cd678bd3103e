//! GraphQL over HTTP: the draft of 2026-08, and all audits of the package `graphql-http` where the two differ.

use std::{sync::Arc, time::Duration};

use async_graphql::Response as Answer;
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use futures_util::StreamExt;

use super::{
    Entered, Host, Refused, Wire, answer,
    asked::Asked,
    media::{Media, is_json},
    price::Meter,
    reading::Unfit,
    screen::Kind,
};
use crate::platform::errors::RETRYABLE;

/// Tells what the operation cost, in points.
const COST: &str = "graphql-cost";
const METHODS: &str = "GET, POST";

/// How much of a request is read, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub body_bytes: usize,
    /// To send the body, and again to be answered.
    pub time: Duration,
}

/// One operation: a query by GET, anything but a subscription by POST.
pub async fn answer<H: Host>(wire: Arc<Wire<H>>, patience: Patience, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(media) = Media::of(&parts.headers) else {
        let message = "Accept application/graphql-response+json or application/json: there is no other form here.";
        let refused = unread(Refused::new(StatusCode::NOT_ACCEPTABLE, "BAD_REQUEST", message));
        return answer::refused(&wire.charged(&parts, refused).await, Media::Json);
    };
    let asked = match asked(&parts, body, patience).await {
        Ok(asked) => asked,
        Err(refused) => return answer::refused(&wire.charged(&parts, refused).await, media),
    };
    match tokio::time::timeout(patience.time, run(&wire, &parts, asked)).await {
        Ok(Ok((answer, headers))) => {
            let mut response = answer::executed(&answer, media);
            answer::extend(response.headers_mut(), headers);
            response
        }
        Ok(Err(Unfit::Document(errors, headers))) => {
            let mut response = answer::unfit(errors, media);
            answer::extend(response.headers_mut(), headers);
            response
        }
        Ok(Err(Unfit::Refused(refused))) => answer::refused(&refused, media),
        Err(_) => {
            let message = format!("The request took longer than {} s.", patience.time.as_secs());
            let refused = Refused::new(StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT", message).with(RETRYABLE, true);
            answer::refused(&refused, media)
        }
    }
}

/// The parameters of a request, from wherever its method carries them.
async fn asked(parts: &Parts, body: Body, patience: Patience) -> Result<Asked, Refused> {
    match parts.method {
        Method::GET => Asked::from_uri(&parts.uri),
        Method::POST => Asked::from_body(&read(&parts.headers, body, patience).await.map_err(unread)?),
        _ => {
            let message = format!("{} is no way to ask: queries go by GET or POST, mutations by POST.", parts.method);
            let mut refused = Refused::new(StatusCode::METHOD_NOT_ALLOWED, "BAD_REQUEST", message);
            refused.headers.insert(header::ALLOW, HeaderValue::from_static(METHODS));
            Err(unread(refused))
        }
    }
}

/// What is left of the body would be taken for the next request, so there is none by this connection.
fn unread(mut refused: Refused) -> Refused {
    refused.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    refused
}

/// A body of JSON, as it is and not too long.
async fn read(headers: &HeaderMap, body: Body, patience: Patience) -> Result<Vec<u8>, Refused> {
    if !is_json(headers) {
        let message = "Send the operation as JSON in UTF-8, with `content-type: application/json`.";
        return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST", message));
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        let message = "Send the body as it is: packed ones (`content-encoding`) are not opened.";
        return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST", message));
    }
    let limit = patience.body_bytes;
    let told = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    // Looked at before the body, since a client in the midst of sending would not hear the answer.
    if told.is_some_and(|told| told > limit as u64) {
        return Err(too_large(limit, told));
    }
    tokio::time::timeout(patience.time, collect(body, limit)).await.unwrap_or_else(|_| {
        let message = format!("The body did not arrive within {} s.", patience.time.as_secs());
        Err(Refused::new(StatusCode::REQUEST_TIMEOUT, "BAD_REQUEST", message))
    })
}

/// The body in one piece. Each part is copied at once: as it comes, it holds a buffer of 8 KiB, be it a single byte, and a
/// body that trickles would hold thousands of them.
async fn collect(body: Body, limit: usize) -> Result<Vec<u8>, Refused> {
    let mut parts = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Refused::bad_request("The body broke off."))?;
        if whole.len() + part.len() > limit {
            return Err(too_large(limit, None));
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole)
}

fn too_large(limit: usize, told: Option<u64>) -> Refused {
    let had = told.map_or_else(|| "this one has more".into(), |told| format!("this one has {told}"));
    let message = format!("The limit `body_bytes` is {limit}; {had}.");
    let refused = Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST", message);
    let refused = refused.with("limit", "body_bytes").with("allowed", limit);
    match told {
        Some(told) => refused.with("had", told),
        None => refused,
    }
}

async fn run<H: Host>(wire: &Wire<H>, parts: &Parts, asked: Asked) -> Result<(Answer, HeaderMap), Unfit> {
    let operation = wire.screened(parts, asked).await?;
    match operation.kind {
        Kind::Subscription => {
            let message = "A subscription goes by WebSocket (graphql-transport-ws).";
            let refused = Refused::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message);
            return Err(wire.charged(parts, refused).await.into());
        }
        // Of a persisted document, too, only the document tells.
        Kind::Mutation if parts.method == Method::GET => {
            return Err(wire.charged(parts, Refused::not_by_get("mutation")).await.into());
        }
        Kind::Query | Kind::Mutation => {}
    }
    let Entered { mut data, mut headers } = wire.host.enter(parts, &operation).await?;
    let meter = Meter::default();
    data.insert(meter.clone());
    let mut request = operation.request;
    request.data = data;
    let mut answer = wire.host.execute(request).await;
    operation.form.complete(&mut answer);
    headers.insert(COST, HeaderValue::from(meter.cost()));
    Ok((answer, headers))
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
    };

    use axum::body::Bytes;
    use futures_util::stream;

    use super::*;

    /// A byte of a body, and the buffer in which it came.
    struct Part(#[expect(dead_code, reason = "it is counted")] Arc<()>);

    impl AsRef<[u8]> for Part {
        fn as_ref(&self) -> &[u8] {
            b"a"
        }
    }

    #[tokio::test]
    async fn a_body_that_trickles_holds_none_of_the_buffers_in_which_it_came() {
        let (buffer, most) = (Arc::new(()), Arc::new(AtomicUsize::new(0)));
        let seen = most.clone();
        let parts = (0..1_000).map(move |_| {
            seen.fetch_max(Arc::strong_count(&buffer), Relaxed);
            Ok::<_, Infallible>(Bytes::from_owner(Part(buffer.clone())))
        });
        let whole = collect(Body::from_stream(stream::iter(parts)), 1_000).await;
        assert_eq!((whole.map(|whole| whole.len()).ok(), most.load(Relaxed)), (Some(1_000), 1));
    }
}
