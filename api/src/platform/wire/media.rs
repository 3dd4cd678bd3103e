//! Which form an answer takes, by the request's `Accept`; and whether a body is JSON, by its `Content-Type`.

use axum::http::{HeaderMap, header};

/// What we answer in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: status codes tell what became of the request.
    GraphqlResponse,
    /// `application/json`, for clients of old: a well-formed GraphQL answer is always 200.
    Json,
}

impl Media {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// The form that the client likes best, [`Media::Json`] when it does not say; none when it wants neither.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(header::ACCEPT).iter().peekable();
        if values.peek().is_none() {
            return Some(Self::Json);
        }
        let ranges: Vec<Range> = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(Range::read)
            .collect();
        let new = weigh(&ranges, Self::GraphqlResponse);
        let old = weigh(&ranges, Self::Json);
        match (new, old) {
            (None, None) => None,
            // Liked as much, it is the new form for who names it, and for others the one that old clients understand.
            _ if new > old || (new == old && new.is_some_and(|(_, exactness)| exactness == NAMED)) => {
                Some(Self::GraphqlResponse)
            }
            _ => Some(Self::Json),
        }
    }
}

/// Thousandths of a client's liking, and how exactly the media type is named.
type Weight = (u16, u8);
/// By its own name, not by a `*`.
const NAMED: u8 = 2;

/// The most exact range decides how much a media type is liked; 0 means not at all.
fn weigh(ranges: &[Range], media: Media) -> Option<Weight> {
    let (_, name) = media.content_type().split(';').next()?.split_once('/')?;
    let matching = ranges.iter().filter_map(|range| Some((range.exactness(name)?, range.liking)));
    let (exactness, liking) = matching.max_by_key(|(exactness, _)| *exactness)?;
    (liking > 0).then_some((liking, exactness))
}

struct Range {
    kind: String,
    name: String,
    liking: u16,
}

impl Range {
    /// One item of an `Accept` header, with its `q`; a charset other than UTF-8 is not ours to give.
    fn read(item: &str) -> Option<Self> {
        let mut parts = item.split(';').map(str::trim);
        let (kind, name) = parts.next()?.split_once('/')?;
        let mut liking = 1000;
        for parameter in parts {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match key.trim().to_ascii_lowercase().as_str() {
                "q" => liking = thousandths(value.trim())?,
                "charset" if !is_utf8(value) => return None,
                _ => {}
            }
        }
        Some(Self { kind: kind.trim().to_ascii_lowercase(), name: name.trim().to_ascii_lowercase(), liking })
    }

    fn exactness(&self, name: &str) -> Option<u8> {
        match (self.kind.as_str(), self.name.as_str()) {
            ("application", own) if own == name => Some(NAMED),
            ("application", "*") => Some(1),
            ("*", "*") => Some(0),
            _ => None,
        }
    }
}

/// A weight of RFC 9110 (`1`, `0.5`, `0.125`) in thousandths.
fn thousandths(q: &str) -> Option<u16> {
    let (whole, part) = q.split_once('.').unwrap_or((q, ""));
    if part.len() > 3 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(1000),
        _ => None,
    }
}

fn is_utf8(charset: &str) -> bool {
    matches!(charset.trim().trim_matches('"').to_ascii_lowercase().as_str(), "utf-8" | "utf8")
}

/// Whether a body is declared as JSON in UTF-8. Anything else is refused: what a web page may send to a stranger's server
/// without asking first (`text/plain`, forms) never becomes an operation.
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parts = value.split(';').map(str::trim);
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((key, charset)) if key.trim().eq_ignore_ascii_case("charset") => is_utf8(charset),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Media, is_json};

    fn accepted(value: &'static str) -> Option<Media> {
        Media::of(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))]))
    }

    #[test]
    fn the_form_is_what_the_client_likes_best() {
        const NEW: Option<Media> = Some(Media::GraphqlResponse);
        const OLD: Option<Media> = Some(Media::Json);
        assert_eq!(Media::of(&HeaderMap::new()), OLD);
        for (value, form) in [
            ("*/*", OLD),
            ("application/*", OLD),
            ("application/json", OLD),
            ("application/graphql-response+json", NEW),
            ("APPLICATION/GraphQL-Response+JSON ; charset=UTF-8", NEW),
            ("application/graphql-response+json, application/json;q=0.9", NEW),
            ("application/graphql-response+json;q=0.8, application/json;q=0.9", OLD),
            ("application/graphql-response+json, */*", NEW),
            ("application/json, */*;q=0.1", OLD),
            ("application/json;q=0, */*", NEW),
            ("text/html,application/xhtml+xml,*/*;q=0.8", OLD),
            ("application/json, application/graphql-response+json", NEW),
            ("application/json; charset=gbk, application/graphql-response+json;q=0.1", NEW),
            ("text/html", None),
            ("*/*;q=0", None),
            ("application/json;q=0", None),
            ("application/json;q=2", None),
            ("", None),
        ] {
            assert_eq!(accepted(value), form, "{value}");
        }
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        let is = |value: &'static str| {
            is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))]))
        };
        assert!(
            is("application/json") && is("Application/JSON; charset=UTF-8") && is("application/json;charset=\"utf-8\"")
        );
        assert!(!is("text/plain") && !is("application/json; charset=gbk") && !is("application/jsonx"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
