//! Web pages that call from other origins.

use boai_tests::{Town, stories};
use reqwest::{Method, Response};

const OURS: &str = "https://app.example";

async fn with_origin(town: &Town) -> String {
    town.instance(|config| config.cors_origins = serde_json::from_str(&format!("[\"{OURS}\"]")).expect("an origin"))
        .await
}

async fn preflight(town: &Town, url: &str, origin: &str) -> Response {
    let asked = town.http.request(Method::OPTIONS, format!("{url}/graphql")).header("origin", origin);
    let asked = asked.header("access-control-request-method", "POST");
    asked.header("access-control-request-headers", "authorization,content-type").send().await.expect("an answer")
}

async fn post(town: &Town, url: &str, origin: &str) -> Response {
    let post = town.http.post(format!("{url}/graphql")).header("origin", origin);
    post.json(&serde_json::json!({ "query": "{ __typename }" })).send().await.expect("an answer")
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("a text"))
}

stories! {
    async fn a_page_that_the_settings_name_may_call_without_credentials(town: Town) {
        let url = with_origin(&town).await;
        let before = preflight(&town, &url, OURS).await;
        assert_eq!((before.status().as_u16(), header(&before, "access-control-allow-origin")), (200, OURS));
        assert_eq!(header(&before, "access-control-allow-methods"), "GET,POST");
        let allowed = header(&before, "access-control-allow-headers").to_ascii_lowercase();
        assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
        let answer = post(&town, &url, OURS).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "access-control-allow-origin")), (200, OURS));
        let shown = header(&answer, "access-control-expose-headers").to_ascii_lowercase();
        assert!(shown.contains("retry-after") && shown.contains("ratelimit"), "{shown}");
        for answer in [before, answer] {
            assert_eq!(header(&answer, "access-control-allow-credentials"), "");
            let varies = answer.headers().get_all("vary").iter().any(|vary| vary.as_bytes().starts_with(b"origin"));
            assert!(varies, "{:?}", answer.headers());
        }
    }

    async fn no_other_page_may(town: Town) {
        let named = with_origin(&town).await;
        for url in [&named, &town.url] {
            for origin in ["https://app.example.evil", "http://app.example", "null", "https://evil.example"] {
                for answer in [preflight(&town, url, origin).await, post(&town, url, origin).await] {
                    assert_eq!(header(&answer, "access-control-allow-origin"), "", "{origin}");
                }
            }
        }
        assert_eq!(header(&preflight(&town, &town.url, OURS).await, "access-control-allow-origin"), "");
    }
}
