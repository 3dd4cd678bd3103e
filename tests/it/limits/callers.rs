//! Who a request is taken to come from, and by which name it goes.

use boai_tests::{Town, stories};
use reqwest::{Response, header::HeaderMap};

async fn ask(town: &Town, url: &str, headers: &[(&'static str, &str)]) -> HeaderMap {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect();
    let answer: Response =
        town.http.get(format!("{url}/healthz")).headers(headers).send().await.expect("the server answers");
    answer.headers().clone()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().expect("a text"))
}

/// An instance behind a proxy on this machine.
async fn behind_a_proxy(town: &Town) -> String {
    town.instance(|config| config.trusted_proxies = serde_json::from_str("[\"127.0.0.0/8\"]").expect("a network")).await
}

stories! {
    async fn every_answer_names_the_request_and_only_a_proxy_may_choose_the_name(town: Town) {
        let own = ask(&town, &town.url, &[("x-request-id", "mine")]).await;
        assert_eq!(text(&own, "x-request-id").map(str::len), Some(36), "a UUID of ours");
        let behind = behind_a_proxy(&town).await;
        assert_eq!(text(&ask(&town, &behind, &[("x-request-id", "7f3a")]).await, "x-request-id"), Some("7f3a"));
        let odd = ask(&town, &behind, &[("x-request-id", "a b")]).await;
        assert_eq!(text(&odd, "x-request-id").map(str::len), Some(36));
    }

    async fn browsers_are_told_to_stay_with_https_once_a_proxy_says_they_use_it(town: Town) {
        let behind = behind_a_proxy(&town).await;
        let secure = [("x-forwarded-proto", "https"), ("x-forwarded-for", "203.0.113.9")];
        let told = ask(&town, &behind, &secure).await;
        assert!(text(&told, "strict-transport-security").is_some_and(|told| told.contains("max-age=")));
        assert_eq!(text(&ask(&town, &behind, &[]).await, "strict-transport-security"), None);
        assert_eq!(text(&ask(&town, &town.url, &secure).await, "strict-transport-security"), None);
    }
}
