//! Documents: what they may say, those known by their hash, and those that apps registered.

use boai_tests::{Answer, Town, stories};
use serde_json::{Value, json};

/// SHA-256 of `{ __typename }`.
const HASH: &str = "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b";

async fn post(town: &Town, url: &str, body: Value) -> Answer {
    let answer = town.http.post(format!("{url}/graphql")).json(&body).send().await.expect("the server answers");
    Answer { status: answer.status().as_u16(), body: answer.json().await.expect("an answer in JSON") }
}

fn by_hash(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

stories! {
    async fn what_the_library_overlooks_is_refused(town: Town) {
        for query in [
            "{ a: activities { nodes { id } } a: activities(first: 3) { nodes { id } } }",
            "{ activities { nodes { x: title } } activities { nodes { x: placeName } } }",
            "query($s: String) { activities(first: 1) @include(if: $s) { nodes { id } } }",
            "query($s: String!) { node(id: $s) { id } }",
            "{ __typename(a: 1) }",
            "{ __typename { a } }",
            "{ __typename @nothing }",
            "query ($a: Int, $a: Int) { activities(first: $a) { nodes { id } } }",
            "query($unused: Int) { __typename }",
            "query () { __typename }",
            "{ ...on } fragment on on Query { __typename }",
            "subscription { a: attendanceBoard(shiftId: \"x\") { asOf } b: attendanceBoard(shiftId: \"x\") { asOf } }",
        ] {
            let answer = town.stranger().ask(query, json!({})).await;
            assert!(answer.body.get("data").is_none() && !answer.fault().is_empty(), "{query}: {}", answer.body);
        }
    }

    async fn variables_have_their_defaults_and_types_before_anything_runs(town: Town) {
        let stranger = town.stranger();
        let query = "query($with: Boolean! = false) { __typename me @include(if: $with) { id } }";
        assert_eq!(stranger.ask(query, json!({})).await.body, json!({ "data": { "__typename": "Query" } }));
        let query = "query($with: Boolean!) { __typename me @skip(if: $with) { id } }";
        let answer = stranger.ask(query, json!({})).await;
        assert_eq!((answer.body.get("data"), answer.fault().as_str()), (None, "BAD_USER_INPUT"));
        let query = "query($n: Int) { __typename activities(first: $n) { nodes { id } } }";
        for wrong in [json!(2_147_483_648_i64), json!("3"), json!(true), json!([1, 2]), json!(1.5)] {
            let answer = stranger.ask(query, json!({ "n": wrong })).await;
            assert_eq!((answer.body.get("data"), answer.fault().as_str()), (None, "BAD_USER_INPUT"), "{wrong}");
        }
        let query = "query($typename: Boolean!) { __typename @include(if: $typename) me { id } }";
        let answer = stranger.ask(query, json!({ "typename": false, "more": 1 })).await;
        assert_eq!(answer.body, json!({ "data": { "me": null } }));
    }

    async fn values_are_read_before_anything_runs(town: Town) {
        let stranger = town.stranger();
        let near = |latitude: &str| {
            format!("{{ a: __typename activitiesNear(point: {{ latitude: {latitude}, longitude: 120, datum: WGS84 }}) {{ nodes {{ id }} }} }}")
        };
        let by_point = "query($p: Place!) { activitiesNear(point: $p) { nodes { id } } }".to_owned();
        let by_category = |ty: &str| format!("query($c: {ty}) {{ activities(categories: [$c]) {{ nodes {{ id }} }} }}");
        let conditional = "query($s: Boolean = true) { __typename @skip(if: $s) }".to_owned();
        let no_default = "query($s: Boolean = null) { __typename @skip(if: $s) }".to_owned();
        let leave = "mutation($id: ID) { leaveShift(input: { shiftId: $id }) { errors { code } } }".to_owned();
        let twice = "mutation { leaveShift(input: { shiftId: \"a\", shiftId: \"b\" }) { errors { code } } }".to_owned();
        let point = |latitude: Value| json!({ "p": { "latitude": latitude, "longitude": 120, "datum": "WGS84" } });
        for (query, variables, code, words) in [
            (near("120.1"), json!({}), "BAD_USER_INPUT", "swapped"),
            (near("\"30\""), json!({}), "BAD_USER_INPUT", "number of degrees"),
            (by_point.clone(), point(json!(91)), "BAD_USER_INPUT", "`$p.latitude`"),
            (by_point.clone(), point(json!("30")), "BAD_USER_INPUT", "`$p.latitude`"),
            (by_category("Category"), json!({}), "GRAPHQL_VALIDATION_FAILED", "`Category!` is expected"),
            (conditional.clone(), json!({ "s": null }), "BAD_USER_INPUT", "true or false"),
            (no_default, json!({}), "GRAPHQL_VALIDATION_FAILED", "`Boolean!` is expected"),
            (leave, json!({ "id": null }), "GRAPHQL_VALIDATION_FAILED", "`ID!` is expected"),
            (twice, json!({}), "GRAPHQL_VALIDATION_FAILED", "given twice"),
        ] {
            let answer = stranger.ask(&query, variables).await;
            assert_eq!((answer.body.get("data"), answer.fault().as_str()), (None, code), "{query}");
            assert!(answer.fault_message().contains(words), "{query}: {}", answer.body);
        }
        stranger.ask(&near("30.26"), json!({})).await.data("/a");
        stranger.ask(&by_point, point(json!(30.26))).await.data("/activitiesNear");
        stranger.ask(&by_category("Category!"), json!({ "c": "RESCUE" })).await.data("/activities");
        stranger.ask(&conditional, json!({ "s": false })).await.data("/__typename");
    }

    async fn a_document_is_left_once_and_then_asked_for_by_its_hash(town: Town) {
        let answer = post(&town, &town.url, json!({ "extensions": by_hash(HASH) })).await;
        assert_eq!((answer.status, answer.fault().as_str()), (200, "PERSISTED_QUERY_NOT_FOUND"));
        assert_eq!(answer.fault_message(), "PersistedQueryNotFound");
        let left = json!({ "query": "{ __typename }", "extensions": by_hash(HASH) });
        post(&town, &town.url, left).await.data("/__typename");
        post(&town, &town.url, json!({ "extensions": by_hash(HASH) })).await.data("/__typename");
        let wrong = json!({ "query": "{ me { id } }", "extensions": by_hash(HASH) });
        assert_eq!(post(&town, &town.url, wrong).await.fault(), "BAD_REQUEST");
        let later = json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": HASH } } });
        assert_eq!(post(&town, &town.url, later).await.fault(), "PERSISTED_QUERY_NOT_SUPPORTED");
    }

    /// Of a hash, only the document tells whether it reads or writes.
    async fn a_mutation_left_here_does_not_run_by_get(town: Town) {
        let query = "mutation { endSession(input: {}) { sessionId } }";
        let hash = "0d1cdd15b31b23b5bcbfa9b2d1d3f8d3c5d2d6a6d0ed4e1ef0b8a1dd2a4b6f1e";
        let wrong = post(&town, &town.url, json!({ "query": query, "extensions": by_hash(hash) })).await;
        assert_eq!(wrong.fault(), "BAD_REQUEST");
        let hash = boai::platform::wire::hash(query);
        post(&town, &town.url, json!({ "query": query, "extensions": by_hash(&hash) })).await;
        let extensions = by_hash(&hash).to_string();
        let got = town.http.get(format!("{}/graphql", town.url)).query(&[("extensions", extensions)]).send().await;
        assert_eq!(got.expect("the server answers").status(), 405);
    }

    async fn only_registered_operations_run_where_that_is_set(town: Town) {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
        write("types.graphql", "# What there is.\nquery Types {\n  __typename\n}\n");
        write("manifest.json", r#"{ "format": "apollo-persisted-query-manifest", "version": 1, "operations":
            [{ "id": "me-1", "name": "Me", "type": "query", "body": "query Me { me { id } }" }] }"#);
        let path = folder.path().to_owned();
        let url = town.instance(|config| config.registered_operations = Some(path)).await;
        post(&town, &url, json!({ "query": "query Types { __typename }" })).await.data("/__typename");
        assert_eq!(post(&town, &url, json!({ "documentId": "me-1" })).await.data("/me"), Value::Null);
        for (other, code) in [
            (json!({ "query": "{ __typename }" }), "FORBIDDEN"),
            (json!({ "documentId": "me-2" }), "PERSISTED_QUERY_NOT_FOUND"),
            (json!({ "extensions": by_hash(HASH) }), "PERSISTED_QUERY_NOT_FOUND"),
        ] {
            let answer = post(&town, &url, other).await;
            assert_eq!(answer.fault(), code, "{}", answer.body);
        }
        write("broken.graphql", "query Broken { nothingOfThatName }");
        let config = boai::config::Config { registered_operations: Some(folder.path().into()), ..Default::default() };
        let refused = boai::graphql::screen(&config).err().unwrap_or_default();
        assert!(refused.contains("query Broken") && refused.contains("nothingOfThatName"), "{refused}");
    }
}
