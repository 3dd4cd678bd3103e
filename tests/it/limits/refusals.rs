//! What is refused before anybody looks who sent it costs its sender, and so does a document that has to be read.

use boai::{config::Config, platform::rates::Rate};
use boai_tests::stories;
use chrono::TimeDelta;
use futures_util::future::join_all;
use reqwest::{Response, header::HeaderMap};
use serde_json::{Value, json};

use crate::{
    asking::{behind_a_proxy, from, post, text},
    sockets::opens,
};

const KNOWN: &str = "{ __typename }";

fn documents(rate: Rate) -> impl FnOnce(&mut Config) {
    move |config| {
        behind_a_proxy(config);
        config.rates.documents = rate;
    }
}

/// The status and the code of the first error.
async fn outcome(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let told: Value = answer.json().await.expect("an answer in JSON");
    (status, told.pointer("/errors/0/extensions/code").and_then(Value::as_str).unwrap_or_default().into())
}

stories! {
    async fn what_is_refused_counts_by_address_and_then_only_what_is_known_is_let_in(town: Town) {
        let url = town.instance(documents(Rate::per(7, 70))).await;
        let stranger = town.stranger();
        let flooded = || from("203.0.113.9");
        assert_eq!(outcome(post(&stranger, &url, from("203.0.113.1"), KNOWN).await).await, (200, String::new()));
        let deep = format!("{{ {} b {} }}", "a { ".repeat(30), "}".repeat(30));
        let documents = [
            ("{", "GRAPHQL_PARSE_FAILED"),
            // The same again is read again.
            ("{", "GRAPHQL_PARSE_FAILED"),
            (deep.as_str(), "GRAPHQL_VALIDATION_FAILED"),
            ("{ nothingOfThatName }", "GRAPHQL_VALIDATION_FAILED"),
        ];
        for (used, (document, code)) in documents.iter().enumerate() {
            let answer = post(&stranger, &url, flooded(), document).await;
            assert_eq!(text(&answer, "ratelimit-policy"), "\"documents\";q=7;w=70", "{document}");
            assert_eq!(text(&answer, "ratelimit"), format!("\"documents\";r={};t={}", 6 - used, 10 * (used + 1)));
            assert_eq!(outcome(answer).await, (200, (*code).into()));
        }
        let send = async |name: &'static str, value: &'static str, body: String| {
            let post = town.http.post(format!("{url}/graphql")).headers(flooded()).header("accept-language", "en");
            post.header("content-type", "application/json").header(name, value).body(body).send().await.expect("an answer")
        };
        let large = send("x-much", "yes", " ".repeat(400_000)).await;
        assert_eq!((large.status().as_u16(), text(&large, "ratelimit")), (413, "\"documents\";r=2;t=50"));
        let bomb = send("content-encoding", "gzip", "bomb".into()).await;
        assert_eq!((bomb.status().as_u16(), text(&bomb, "ratelimit")), (415, "\"documents\";r=1;t=60"));
        let no_json = send("x-odd", "yes", "{".into()).await;
        assert_eq!((no_json.status().as_u16(), text(&no_json, "ratelimit")), (400, "\"documents\";r=0;t=70"));

        let ling = town.person("Ling").await;
        for document in ["{", "{ me { id } }", "{ again: __typename }"] {
            for person in [&stranger, &ling] {
                let answer = post(person, &url, flooded(), document).await;
                assert_eq!((answer.status().as_u16(), text(&answer, "retry-after")), (429, "10"), "{document}");
                let told: Value = answer.json().await.expect("an answer in JSON");
                assert_eq!(told["errors"][0]["extensions"], json!({
                    "code": "RATE_LIMITED", "limit": "documents", "allowed": 7, "inSeconds": 70, "had": 8,
                    "retryAfterSeconds": 10,
                }));
            }
        }
        let large = send("x-much", "yes", " ".repeat(400_000)).await;
        assert_eq!((large.status().as_u16(), text(&large, "connection")), (429, "close"), "and it is not read");

        assert_eq!(post(&stranger, &url, flooded(), KNOWN).await.status(), 200, "it costs nobody any work");
        let elsewhere = post(&ling, &url, from("203.0.113.1"), "{ me { id } }").await;
        assert_eq!((elsewhere.status().as_u16(), text(&elsewhere, "ratelimit")), (200, ""), "others are served");
        assert_eq!(post(&ling, &url, flooded(), "{ me { id } }").await.status(), 200, "now it is known");
        town.clock.advance(TimeDelta::seconds(10));
        assert_eq!(outcome(post(&stranger, &url, flooded(), "{").await).await, (200, "GRAPHQL_PARSE_FAILED".into()));
        assert_eq!(post(&stranger, &url, flooded(), "{").await.status(), 429);
    }

    async fn wrong_variables_and_ways_to_ask_count_too_though_the_document_is_known(town: Town) {
        let url = town.instance(documents(Rate::per(3, 30))).await;
        let document = "query($n: Int!) { activities(first: $n) { nodes { id } } }";
        let ask = async |n: Value| {
            let body = json!({ "query": document, "variables": { "n": n } });
            outcome(town.http.post(format!("{url}/graphql")).json(&body).send().await.expect("an answer")).await
        };
        assert_eq!(ask(json!("x")).await, (200, "BAD_USER_INPUT".into()), "read, and counted once");
        assert_eq!(ask(json!("x")).await, (200, "BAD_USER_INPUT".into()));
        let put = town.http.put(format!("{url}/graphql")).send().await.expect("an answer");
        assert_eq!((put.status().as_u16(), text(&put, "ratelimit")), (405, "\"documents\";r=0;t=30"));
        assert_eq!(ask(json!("x")).await, (429, "RATE_LIMITED".into()));
        assert_eq!(ask(json!(3)).await, (200, String::new()));
    }

    async fn documents_that_come_by_a_socket_count_as_well(town: Town) {
        let url = town.instance(documents(Rate::per(2, 60))).await;
        let ling = town.person("Ling").await;
        let mut socket = opens(&url, Some(&ling)).await.expect("a seat");
        assert_eq!(socket.asks("1", "{").await["payload"][0]["extensions"]["code"], "GRAPHQL_PARSE_FAILED");
        assert_eq!(socket.asks("2", KNOWN).await["type"], "next");
        let told = socket.asks("3", "{").await;
        assert_eq!(told["payload"][0]["extensions"]["code"], "RATE_LIMITED", "{told}");
        assert_eq!(socket.asks("4", KNOWN).await["type"], "next");
    }

    /// When an app is new, a whole site sends the same document at once.
    async fn a_document_that_many_send_at_once_is_read_once(town: Town) {
        let url = town.instance(documents(Rate::per(1, 86_400))).await;
        let ling = town.person("Ling").await;
        let at_once = (0..40).map(|_| post(&ling, &url, HeaderMap::new(), "{ me { id roles { role } } }"));
        for answer in join_all(at_once).await {
            assert_eq!(answer.status(), 200);
        }
        assert_eq!(post(&ling, &url, HeaderMap::new(), "{ me { id name } }").await.status(), 429);
    }
}
