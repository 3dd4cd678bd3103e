//! How an answer is written: GraphQL's members in their order, HTTP's status and headers.

use async_graphql::{Response as Answer, ServerError, Value};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{Refused, media::Media};

/// The status that the draft of GraphQL over HTTP gives an answer with both data and errors.
const PARTIAL_SUCCESS: u16 = 294;

/// A response as the specification writes it: without `data` when nothing was executed. Not by way of
/// `serde_json::Value`, which would sort the keys.
#[derive(Serialize)]
pub struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, Value>,
}

impl<'a> Body<'a> {
    pub fn of(answer: &'a Answer) -> Self {
        let data = (!is_request_error(answer)).then_some(&answer.data);
        Self { data, errors: &answer.errors, extensions: &answer.extensions }
    }
}

/// Whether nothing was executed: no data, and no error that a field is to blame for.
pub fn is_request_error(answer: &Answer) -> bool {
    answer.data == Value::Null && !answer.errors.is_empty() && answer.errors.iter().all(|error| error.path.is_empty())
}

/// An answer of the executor.
pub fn executed(answer: &Answer, media: Media) -> Response {
    let status = match media {
        Media::Json => StatusCode::OK,
        Media::GraphqlResponse if is_request_error(answer) => StatusCode::BAD_REQUEST,
        Media::GraphqlResponse if answer.errors.is_empty() => StatusCode::OK,
        Media::GraphqlResponse => StatusCode::from_u16(PARTIAL_SUCCESS).unwrap_or(StatusCode::OK),
    };
    written(status, media, &Body::of(answer))
}

/// A well-formed request with a document that cannot be executed.
pub fn unfit(errors: Vec<ServerError>, media: Media) -> Response {
    let code = errors.first().and_then(|error| error.extensions.as_ref()?.get("code").cloned());
    // Apollo's clients look for this one in an answer that is all right, and then send the text.
    let unknown = code == Some("PERSISTED_QUERY_NOT_FOUND".into());
    let status = if unknown || media == Media::Json { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    written(status, media, &Body::of(&Answer::from_errors(errors)))
}

/// A request that was not taken.
pub fn refused(refused: &Refused, media: Media) -> Response {
    let mut response = written(refused.status, media, &Body::of(&Answer::from_errors(vec![refused.error()])));
    extend(response.headers_mut(), HeaderMap::clone(&refused.headers));
    response
}

pub fn extend(headers: &mut HeaderMap, more: HeaderMap) {
    let mut name = None;
    for (next, value) in more {
        name = next.or(name);
        if let Some(name) = &name {
            headers.append(name.clone(), value);
        }
    }
}

fn written(status: StatusCode, media: Media, body: &Body<'_>) -> Response {
    let text = serde_json::to_vec(body).expect("GraphQL values have only text keys");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media.content_type())),
        // What one person asked is nobody else's.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept, accept-language, authorization")),
    ];
    (status, headers, text).into_response()
}
