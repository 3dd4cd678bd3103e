//! Which web pages may call: none, unless a setting names their origin.

use std::{str::FromStr, time::Duration};

use axum::http::{HeaderName, Method, Uri, header, request::Parts};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Origins that browsers may call from, each exactly as browsers send it: `https://app.example`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origins(Vec<Origin>);

#[derive(Clone, Debug, PartialEq)]
struct Origin(String);

impl Origins {
    pub fn allows(&self, origin: &str) -> bool {
        self.0.iter().any(|known| known.0 == origin)
    }

    /// Answers preflights and names the origin in answers; none when no origin is allowed. Credentials are never allowed: a
    /// session travels in `Authorization`, which a page must put there itself.
    pub fn layer(&self) -> Option<CorsLayer> {
        if self.0.is_empty() {
            return None;
        }
        let origins = self.clone();
        let named = HeaderName::from_static;
        let layer = CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(move |origin, _: &Parts| {
                origin.to_str().is_ok_and(|origin| origins.allows(origin))
            }))
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([
                header::ACCEPT,
                header::ACCEPT_LANGUAGE,
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                named("apollo-require-preflight"),
                named("graphql-require-preflight"),
                named("apollographql-client-name"),
                named("apollographql-client-version"),
                named("x-apollo-operation-name"),
            ])
            .expose_headers([
                header::RETRY_AFTER,
                named("graphql-cost"),
                named("ratelimit"),
                named("ratelimit-policy"),
                named("x-request-id"),
            ])
            .max_age(Duration::from_secs(3_600));
        Some(layer)
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let exact = |uri: &Uri| {
            let (scheme, host) = (uri.scheme_str()?, uri.authority()?.as_str());
            let plain = matches!(scheme, "http" | "https") && !host.contains('@') && !text.contains('*');
            // As browsers write it: nothing after the host, no capital letters, no port that goes without saying.
            let usual = if scheme == "https" { ":443" } else { ":80" };
            (plain && text == format!("{scheme}://{host}").to_lowercase() && !host.ends_with(usual)).then_some(())
        };
        let uri: Option<Uri> = text.parse().ok();
        uri.as_ref().and_then(exact).map(|()| Self(text.into())).ok_or_else(|| {
            format!(
                "`{text}` is no origin: it must be as browsers send it, such as `https://app.example`, with no path"
            )
        })
    }
}

impl Serialize for Origins {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|origin| &origin.0))
    }
}

impl<'de> Deserialize<'de> for Origins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let origins: Result<_, _> = texts.iter().map(|text| text.parse()).collect();
        origins.map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(texts: &[&str]) -> Result<Origins, String> {
        serde_json::from_value(serde_json::json!(texts)).map_err(|error| error.to_string())
    }

    #[test]
    fn an_origin_is_allowed_as_it_stands_and_no_other() {
        let known = origins(&["https://app.example", "http://localhost:5173"]).unwrap();
        assert!(known.allows("https://app.example") && known.allows("http://localhost:5173"));
        for other in [
            "http://app.example",
            "https://app.example:8443",
            "https://app.example.evil",
            "https://evil.app.example",
            "https://app.example/",
            "HTTPS://APP.EXAMPLE",
            "null",
            "",
        ] {
            assert!(!known.allows(other), "{other}");
        }
    }

    #[test]
    fn what_no_browser_would_send_is_refused_in_the_settings() {
        for wrong in [
            "*",
            "null",
            "app.example",
            "https://app.example/",
            "https://app.example/app",
            "https://*.example",
            "https://App.example",
            "https://app.example:443",
            "https://u:p@app.example",
            "ftp://app.example",
            "",
        ] {
            assert!(origins(&[wrong]).is_err_and(|why| why.contains("https://app.example")), "{wrong}");
        }
    }
}
