//! The parameters of a GraphQL request, from a body, a query string or a socket's message.

use axum::{
    extract::Query,
    http::{StatusCode, Uri},
};
use serde_json::{Map, Value};

use super::Refused;

/// What a client asks: its document or the hash of one, and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    pub query: Option<String>,
    pub operation_name: Option<String>,
    pub variables: Map<String, Value>,
    pub extensions: Map<String, Value>,
    /// An id that a manifest gives a registered document.
    pub document_id: Option<String>,
}

impl Asked {
    /// From the body of a POST.
    pub fn from_body(body: &[u8]) -> Result<Self, Refused> {
        let value = serde_json::from_slice(body)
            .map_err(|error| Refused::bad_request(format!("The body is no JSON: {error}.")))?;
        match value {
            Value::Object(parameters) => Self::from_parameters(parameters),
            Value::Array(_) => Err(Refused::bad_request("One operation a request: lists of operations are not taken.")),
            _ => Err(Refused::bad_request("The body must be a JSON object with `query` in it.")),
        }
    }

    /// From a JSON object. Null is the same as absent; what is not known is left alone, as the specification has it.
    pub fn from_parameters(mut parameters: Map<String, Value>) -> Result<Self, Refused> {
        let asked = Self {
            query: text(&mut parameters, "query")?,
            operation_name: text(&mut parameters, "operationName")?,
            variables: map(&mut parameters, "variables")?,
            extensions: map(&mut parameters, "extensions")?,
            document_id: text(&mut parameters, "documentId")?,
        };
        asked.names_a_document()
    }

    /// From the query string of a GET; empty is the same as absent.
    pub fn from_uri(uri: &Uri) -> Result<Self, Refused> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Refused::bad_request("The query string is not URL-encoded as it must be."))?;
        let mut asked = Self::default();
        for (name, value) in pairs.0.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "query" => asked.query = Some(value),
                "operationName" => asked.operation_name = Some(value),
                "documentId" => asked.document_id = Some(value),
                "variables" => asked.variables = json_map(&name, &value)?,
                "extensions" => asked.extensions = json_map(&name, &value)?,
                _ => {}
            }
        }
        asked.names_a_document()
    }

    fn names_a_document(self) -> Result<Self, Refused> {
        if self.query.is_some() || self.document_id.is_some() || self.extensions.contains_key("persistedQuery") {
            Ok(self)
        } else {
            Err(Refused::bad_request("`query` is missing: the text of a GraphQL document."))
        }
    }
}

fn text(parameters: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Refused> {
    match parameters.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refused::bad_request(format!("`{name}` must be a string."))),
    }
}

fn map(parameters: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, Refused> {
    match parameters.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(Refused::bad_request(format!("`{name}` must be a JSON object."))),
    }
}

fn json_map(name: &str, text: &str) -> Result<Map<String, Value>, Refused> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Null) => Ok(Map::new()),
        _ => Err(Refused::bad_request(format!("`{name}` must be a JSON object."))),
    }
}

impl Refused {
    /// A GET that would do more than read.
    pub(super) fn not_by_get(kind: &str) -> Self {
        let mut refused = Self::new(StatusCode::METHOD_NOT_ALLOWED, "BAD_REQUEST", format!("A {kind} goes by POST."));
        refused.headers.insert(axum::http::header::ALLOW, axum::http::HeaderValue::from_static("POST"));
        refused
    }
}
