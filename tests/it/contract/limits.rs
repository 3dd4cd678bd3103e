//! Limits name themselves, with their value and what the request had.

use boai_tests::{Answer, Town, stories};
use serde_json::{Value, json};

async fn ask(town: &Town, query: &str) -> Answer {
    town.stranger().ask(query, json!({})).await
}

/// The limit that refused, what it allows and what it was shown.
fn broken(answer: &Answer) -> (String, i64, i64) {
    assert!(answer.body.get("data").is_none(), "{}", answer.body);
    let told = &answer.body["errors"][0]["extensions"];
    let number = |name: &str| told[name].as_i64().unwrap_or_else(|| panic!("no {name}: {}", answer.body));
    assert!(answer.fault_message().contains(told["limit"].as_str().unwrap_or("?")), "{}", answer.body);
    (told["limit"].as_str().unwrap_or_default().to_owned(), number("allowed"), number("had"))
}

fn times(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

stories! {
    async fn each_limit_is_told_by_its_name_and_numbers(town: Town) {
        let deep = format!("{{ divisions {} {{ nodes {{ id }} }} {} }}", "{ nodes { children ".repeat(9), " } }".repeat(9));
        for (limit, allowed, had, query) in [
            ("aliases", 30, 31, format!("{{ {} }}", times(31, |n| format!("a{n}: __typename ")))),
            ("fields", 2_000, 2_001, format!("{{ {} }}", "__typename ".repeat(2_001))),
            ("tokens", 4_000, 4_001, format!("{{ {} }}", "__typename ".repeat(3_999))),
            ("directives", 50, 51, format!("{{ {} }}", "__typename @skip(if: true) ".repeat(51))),
            ("fragments", 50, 51, format!("{{ __typename }} {}", times(51, |n| format!("fragment F{n} on Query {{ __typename }} ")))),
            ("depth", 20, 21, deep),
            ("mutations", 5, 6, format!("mutation {{ {} }}", times(6, |n| {
                format!("m{n}: endSession(input: {{}}) {{ sessionId }} ")
            }))),
        ] {
            let (answer, statements) = town.statements(ask(&town, &query)).await;
            assert_eq!(broken(&answer), (limit.to_owned(), allowed, had));
            assert_eq!((answer.status, answer.fault().as_str(), statements), (200, "GRAPHQL_VALIDATION_FAILED", 0));
        }
        let variables = json!({ "a": "长".repeat(90_000) });
        let answer = town.stranger().ask("query($a: String) { activities(text: $a) { nodes { id } } }", variables).await;
        assert_eq!(broken(&answer), ("variables_bytes".into(), 262_144, 270_008));
    }

    async fn the_price_of_pages_within_pages_is_told_however_great(town: Town) {
        let pages = "{ nodes { children(first: 100) ".repeat(8);
        let query = format!("{{ divisions(first: 100) {pages} {{ nodes {{ name }} }} {} }}", " }".repeat(16));
        let (answer, statements) = town.statements(ask(&town, &query)).await;
        let (limit, allowed, had) = broken(&answer);
        assert_eq!((limit.as_str(), allowed, statements), ("cost", 20_000, 0));
        assert!(had >= 1_000_000_000_000, "{had}");
    }

    /// 2,000 bytes that are 10¹² fields: counted, not walked.
    async fn a_bomb_of_fragments_is_refused_at_once(town: Town) {
        let bomb = times(40, |n| format!("fragment F{n} on Query {{ ...F{0} ...F{0} }} ", n + 1));
        let query = format!("{{ ...F0 }} {bomb} fragment F40 on Query {{ __typename }}");
        assert_eq!(broken(&ask(&town, &query).await), ("fields".into(), 2_000, 1 << 40));
        let names = times(30, |n| format!("fragment F{n} on Query {{ ...F{0} ...F{0} }} ", (n + 1) % 30));
        let answer = ask(&town, &format!("{{ ...F0 }} {names}")).await;
        assert_eq!(answer.fault(), "GRAPHQL_VALIDATION_FAILED");
    }

    async fn the_schema_is_not_told_where_it_is_switched_off(town: Town) {
        let url = town.instance(|config| config.explorer = false).await;
        let stranger = town.stranger();
        for query in ["{ __schema { types { name } } }", "{ ...F } fragment F on Query { t: __type(name: \"Me\") { name } }"] {
            let answer = stranger.ask_at(&url, query, json!({})).await;
            assert_eq!(answer.fault(), "GRAPHQL_VALIDATION_FAILED");
            assert!(answer.fault_message().contains("switched off"), "{}", answer.body);
            assert!(stranger.ask(query, json!({})).await.body["errors"].is_null());
        }
        let answer = stranger.ask_at(&url, "{ activitiesNaer { id } me { idd } }", json!({})).await;
        let told = answer.body.to_string();
        assert!(!told.contains("activitiesNear") && !told.contains("id,"), "it makes no suggestions: {told}");
        assert_eq!(town.http.get(&url).send().await.expect("the server answers").status(), 404);
    }

    async fn errors_of_a_document_are_told_up_to_a_number(town: Town) {
        let answer = ask(&town, &format!("{{ {} }}", times(300, |n| format!("wrong{n} ")))).await;
        assert_eq!(answer.body["errors"].as_array().map(Vec::len), Some(20));
        let long = format!("{{ me(a: \"{}\") {{ id }} }}", "x".repeat(5_000));
        let answer = ask(&town, &long).await;
        assert!(answer.body.to_string().len() < 1_000, "{}", answer.body);
        assert_eq!(answer.body.get("data"), None::<&Value>);
    }
}
