//! Ways to ask, and forms of the answer.

use boai_tests::{Town, stories};
use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::{Value, json};

const NEW: &str = "application/graphql-response+json";
const OLD: &str = "application/json";

fn ask(town: &Town, method: Method) -> RequestBuilder {
    town.http.request(method, format!("{}/graphql", town.url))
}

async fn read(request: RequestBuilder) -> (u16, String, Value) {
    let response: Response = request.send().await.expect("the server answers");
    let media = response.headers()[header::CONTENT_TYPE].to_str().expect("text").to_owned();
    (response.status().as_u16(), media, response.json().await.expect("an answer in JSON"))
}

async fn post(town: &Town, accept: &str, query: &str) -> (u16, String, Value) {
    read(ask(town, Method::POST).header(header::ACCEPT, accept).json(&json!({ "query": query }))).await
}

stories! {
    async fn a_query_comes_by_get_and_a_mutation_does_not(town: Town) {
        let query = [("query", "query A($w: Boolean!) { me @include(if: $w) { id } __typename } query B { me { id } }"),
            ("operationName", "A"), ("variables", "{\"w\":false}"), ("extensions", "")];
        let (status, _, body) = read(ask(&town, Method::GET).query(&query)).await;
        assert_eq!((status, body), (200, json!({ "data": { "__typename": "Query" } })));
        let mutation = [("query", "mutation { endSession(input: {}) { errors { code } } }")];
        let response = ask(&town, Method::GET).query(&mutation).send().await.expect("the server answers");
        assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &"POST".parse().expect("text")));
        for method in [Method::PUT, Method::DELETE, Method::PATCH] {
            let response = ask(&town, method).json(&json!({ "query": "{ __typename }" })).send().await;
            let response = response.expect("the server answers");
            assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &"GET, POST".parse().expect("text")));
        }
    }

    async fn the_answer_has_the_form_that_was_asked_for(town: Town) {
        for (accept, media) in [(NEW, NEW), (OLD, OLD), ("*/*", OLD), ("application/json;q=0.5, application/*", NEW)] {
            let (status, got, body) = post(&town, accept, "{ __typename }").await;
            assert_eq!((status, got), (200, format!("{media}; charset=utf-8")), "{accept}");
            assert_eq!(body, json!({ "data": { "__typename": "Query" } }));
        }
        let (status, _, body) = post(&town, "text/html", "{ __typename }").await;
        assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (406, &json!("BAD_REQUEST")));
    }

    async fn an_error_of_the_request_has_no_data_and_an_error_of_a_field_has(town: Town) {
        for query in ["{", "{ nothing }", "query A { __typename } query B { __typename }",
            "query($a: Int!) { __typename me { hours(first: $a) { __typename } } }"] {
            let (new, _, body) = post(&town, NEW, query).await;
            let (old, ..) = post(&town, OLD, query).await;
            assert_eq!((new, old), (400, 200), "{query}");
            assert!(body.get("data").is_none() && body["errors"][0]["extensions"]["code"].is_string(), "{body}");
        }
        let query = "{ __typename node(id: \"x\") { id } }";
        let (new, _, body) = post(&town, NEW, query).await;
        let (old, ..) = post(&town, OLD, query).await;
        assert_eq!((new, old), (294, 200));
        assert_eq!(body["data"], json!({ "__typename": "Query", "node": null }));
    }

    async fn keys_come_in_the_order_they_were_asked_for(town: Town) {
        let query = "{ z: __typename ...F a: __typename } fragment F on Query { m: __typename z: __typename }";
        let request = ask(&town, Method::POST).json(&json!({ "query": query }));
        let text = request.send().await.expect("the server answers").text().await.expect("text");
        assert_eq!(text, r#"{"data":{"z":"Query","m":"Query","a":"Query"}}"#);
    }

    async fn a_packed_body_is_not_opened(town: Town) {
        for coding in ["gzip", "br", "deflate"] {
            let request = ask(&town, Method::POST).header(header::CONTENT_ENCODING, coding);
            let (status, _, body) = read(request.json(&json!({ "query": "{ __typename }" }))).await;
            assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (415, &json!("BAD_REQUEST")), "{coding}");
        }
    }
}
