//! Stories of requests that never become an operation, or try to wear the server out.

use boai_tests::{Answer, Town, at, shift, stories};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::bad_input::everything;

/// Posts a body as it is; the answer must be JSON whatever was sent.
async fn post(town: &Town, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = town.http.post(format!("{}/graphql", town.url)).header("content-type", content_type);
    let answer = request.body(body).send().await.expect("the server answers");
    let status = answer.status().as_u16();
    Answer { status, body: answer.json().await.expect("an answer in JSON") }
}

const JSON: &str = "application/json";

stories! {
    async fn only_json_is_taken(town: Town) {
        let good = r#"{"query":"{ me { id } }"}"#;
        for content_type in
            ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""]
        {
            let answer = post(&town, content_type, good).await;
            assert_eq!((answer.status, answer.fault().as_str()), (415, "BAD_REQUEST"), "{content_type}");
        }
        for content_type in [JSON, "application/json; charset=utf-8", "Application/JSON"] {
            assert_eq!(post(&town, content_type, good).await.data("/me"), Value::Null);
        }
    }

    async fn a_body_that_is_no_request_is_refused(town: Town) {
        for body in [
            "",
            "{",
            "null",
            "[{\"query\":\"{ me { id } }\"}]",
            "7",
            "\"{ me { id } }\"",
            "{\"query\":7}",
            "{\"query\":\"{ me { id } }\"} x",
            "\u{feff}{}",
        ] {
            let answer = post(&town, JSON, body).await;
            assert_eq!((answer.status, answer.fault().as_str()), (400, "BAD_REQUEST"), "{body}");
        }
        assert_eq!(post(&town, JSON, vec![0xFF, 0xFE, 0x00]).await.status, 400);
    }

    async fn a_text_of_a_megabyte_is_refused_in_json_each_time(town: Town) {
        let ling = town.leader("Ling").await;
        let before = everything(&town).await;
        let long = "长".repeat(350_000);
        for _ in 0..20 {
            let answer =
                ling.draft_activity(vec![shift(at("09:00"), at("12:00"), 4)], json!({ "description": long })).await;
            assert_eq!((answer.status, answer.fault().as_str()), (413, "BAD_REQUEST"));
            assert!(answer.fault_message().contains("327680"), "{}", answer.body);
        }
        let fits = "a".repeat(200_000);
        let answer =
            ling.draft_activity(vec![shift(at("09:00"), at("12:00"), 4)], json!({ "description": fits })).await;
        assert_eq!((answer.status, answer.fault().as_str()), (200, "BAD_USER_INPUT"));
        assert_eq!(everything(&town).await, before);
    }

    async fn deep_nesting_is_refused_and_the_server_lives_on(town: Town) {
        let stranger = town.stranger();
        for depth in [100, 1_000, 30_000] {
            let fields = format!("{}{}", "{ a ".repeat(depth), "}".repeat(depth));
            let lists = format!("{{ node(id: {}{}) {{ id }} }}", "[".repeat(depth), "]".repeat(depth));
            let objects = format!("{{ node(id: {}1{}) {{ id }} }}", "{a:".repeat(depth), "}".repeat(depth));
            let types = format!("query($a: {}Int{}) {{ me {{ id }} }}", "[".repeat(depth), "]".repeat(depth));
            for document in [fields, lists, objects, types, "{".repeat(depth), "[".repeat(depth)] {
                let answer = stranger.ask(&document, json!({})).await;
                assert_eq!(answer.fault(), "GRAPHQL_VALIDATION_FAILED", "{depth}: {:.60}", document);
            }
            let variables = format!(
                r#"{{"query":"{{ me {{ id }} }}","variables":{{"a":{}{}}}}}"#,
                "[".repeat(depth),
                "]".repeat(depth)
            );
            let answer = post(&town, JSON, variables).await;
            assert!(answer.status == 400 || depth < 128, "{depth}: {}", answer.body);
        }
        assert_eq!(stranger.ask("{ me { id } }", json!({})).await.data("/me"), Value::Null);
    }

    async fn brackets_in_texts_and_comments_are_no_nesting(town: Town) {
        let brackets = "[{(".repeat(200);
        let document = format!("# {brackets}\n{{ activities(text: \"\\\" [[[[ \\\"\") {{ edges {{ cursor }} }} }}");
        assert_eq!(town.stranger().ask(&document, json!({})).await.data("/activities/edges"), json!([]));
        let block = format!("{{ activities(text: \"\"\"{}\"\"\") {{ edges {{ cursor }} }} }}", "[".repeat(50));
        assert_eq!(town.stranger().ask(&block, json!({})).await.data("/activities/edges"), json!([]));
    }

    async fn what_went_wrong_on_our_side_is_told_by_the_requests_id_alone(town: Town) {
        let wei = town.volunteer("Wei").await;
        town.app.db.conn.execute_unprepared("DROP TABLE inbox_item").await.expect("the table goes");
        let answer = wei.ask("{ me { inbox { edges { cursor } } } }", json!({})).await;
        assert_eq!((answer.status, answer.fault().as_str()), (200, "INTERNAL"));
        assert!(!answer.body.to_string().contains("inbox_item"), "{}", answer.body);
        let id = answer.body["errors"][0]["extensions"]["requestId"].as_str().unwrap_or_default();
        assert!(uuid::Uuid::parse_str(id).is_ok(), "{}", answer.body);
    }

    async fn a_dear_query_is_refused_before_it_runs(town: Town) {
        let many: String =
            (0..300).map(|n| format!("a{n}: activities(first: 100) {{ edges {{ node {{ title }} }} }} ")).collect();
        let answer = town.stranger().ask(&format!("{{ {many} }}"), json!({})).await;
        assert_eq!(answer.fault(), "GRAPHQL_VALIDATION_FAILED");
        let document = "{ activities { edges { node { title } } } }";
        let (_, asked) = town.statements(town.stranger().ask(&format!("{{ {many} }}"), json!({}))).await;
        assert_eq!(asked, 0);
        town.stranger().ask(document, json!({})).await.data("/activities/edges");
    }

    async fn a_bad_token_is_told_with_a_status_and_a_code(town: Town) {
        let mut stranger = town.stranger();
        for token in ["x", "boai_x", "\u{e9}", "' OR 1=1 --"] {
            stranger.access_token = Some(token.into());
            let answer = stranger.ask("{ me { id } }", json!({})).await;
            if token.is_ascii() {
                assert_eq!((answer.status, answer.fault().as_str()), (401, "UNAUTHENTICATED"), "{token}");
            }
        }
    }
}
