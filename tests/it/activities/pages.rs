//! Stories of pages: nothing is lost or doubled, and the index serves them.

use boai::{activities::near, places::geodesy::Point, platform::pages::Page};
use boai_tests::{PLACE, Person, at, stories};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use crate::verbs::{near as ask_near, over, scatter, texts};

/// Turns all pages of what is near, forward or backward, and gives the titles in the list's own order.
async fn turn_pages(person: &Person<'_>, size: i32, forward: bool, given: Value) -> Vec<String> {
    let (count, from, cursor, more) = if forward {
        ("first", "after", "/activitiesNear/pageInfo/endCursor", "/activitiesNear/pageInfo/hasNextPage")
    } else {
        ("last", "before", "/activitiesNear/pageInfo/startCursor", "/activitiesNear/pageInfo/hasPreviousPage")
    };
    let mut found: Vec<String> = Vec::new();
    let mut page = json!({ count: size });
    loop {
        let answer = ask_near(person, over(given.clone(), page)).await;
        let titles = texts(&answer, "/activitiesNear/edges", "/node/title");
        assert!(titles.len() <= 1 + usize::try_from(size).unwrap_or(0));
        found = if forward { [found, titles].concat() } else { [titles, found].concat() };
        assert!(found.len() < 1_000, "the pages never end");
        if answer.data(more) != json!(true) {
            return found;
        }
        page = json!({ count: size, from: answer.text(cursor) });
    }
}

fn sorted(mut titles: Vec<String>) -> Vec<String> {
    titles.sort_unstable();
    titles
}

stories! {
    async fn pages_lose_and_double_nothing_where_many_are_at_one_point(town: Town) {
        let ling = town.leader("Ling").await;
        // 25 on the very same spot, and some before and behind them.
        let spots =
            (0..40).map(|n| if n < 25 { PLACE } else { (PLACE.0 + f64::from(n - 33) * 0.001, PLACE.1 + 0.0005) });
        scatter(&ling, spots).await;
        let here = json!({ "point": crate::verbs::place((PLACE.0 + 0.002, PLACE.1)) });
        let whole = texts(
            &ask_near(&ling, over(here.clone(), json!({ "first": 100 }))).await,
            "/activitiesNear/edges",
            "/node/title",
        );
        let all: Vec<String> = (0..40).map(|n| format!("活动 {n}")).collect();
        assert_eq!(sorted(whole.clone()), sorted(all));
        for size in [1, 3, 7, 20] {
            assert_eq!(turn_pages(&ling, size, true, here.clone()).await, whole, "{size} forward");
            assert_eq!(turn_pages(&ling, size, false, here.clone()).await, whole, "{size} backward");
        }
    }

    async fn an_empty_list_has_no_pages_beside_it(town: Town) {
        let answer = ask_near(&town.stranger(), json!({})).await;
        assert_eq!(
            answer.data("/activitiesNear"),
            json!({ "edges": [], "pageInfo":
            { "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null } })
        );
    }

    async fn the_activities_by_start_are_paged_as_well(town: Town) {
        let ling = town.leader("Ling").await;
        scatter(&ling, (0..30).map(|_| PLACE)).await;
        let document = "query($first: Int, $after: String, $last: Int, $before: String) {
            activities(first: $first, after: $after, last: $last, before: $before) {
                edges { node { title } } pageInfo { endCursor startCursor hasNextPage hasPreviousPage } } }";
        let first = ling.ask(document, json!({ "first": 20 })).await;
        let second =
            ling.ask(document, json!({ "first": 20, "after": first.text("/activities/pageInfo/endCursor") })).await;
        let titles = [&first, &second].map(|page| texts(page, "/activities/edges", "/node/title")).concat();
        assert_eq!(sorted(titles.clone()), sorted((0..30).map(|n| format!("活动 {n}")).collect()));
        let before = json!({ "last": 20, "before": second.text("/activities/pageInfo/startCursor") });
        let back = ling.ask(document, before).await;
        assert_eq!(texts(&back, "/activities/edges", "/node/title"), titles[..20]);
        assert_eq!(back.data("/activities/pageInfo/hasPreviousPage"), json!(false));
    }

    async fn what_is_near_is_found_by_the_index(town: Town) {
        let ling = town.leader("Ling").await;
        // 4,000 all over Zhejiang, on a grid that no two share.
        let spread = (0..4_000).map(|n| (27.2 + f64::from(n % 80) * 0.05, 118.1 + f64::from(n / 80) * 0.09));
        scatter(&ling, spread).await;
        let db = &town.app.db.conn;
        db.execute_unprepared("ANALYZE").await.expect("statistics");
        let wanted = near::Near {
            centre: Point::wgs84(PLACE.0, PLACE.1).expect("a place on Earth"),
            within_m: 5_000.0,
            from: at("07:00"),
            to: at("+30 07:00"),
            categories: Vec::new(),
            only_with_places_left: true,
        };
        let first = Page { limit: 20, from: None, backward: false };
        let later = Page { limit: 20, from: Some((0, uuid::Uuid::nil())), backward: false };
        for page in [first, later] {
            let plan = plan(db, near::statement(db, &wanted, &page)).await;
            assert!(plan.contains("activity_near"), "{plan}");
            assert!(!plan.contains("Seq Scan on activity") && !plan.contains("SCAN a"), "{plan}");
        }
    }
}

/// How the database would go about it, as it says itself.
async fn plan(db: &impl ConnectionTrait, statement: Statement) -> String {
    let (explain, column) = match statement.db_backend {
        DbBackend::Sqlite => ("EXPLAIN QUERY PLAN", "detail"),
        _ => ("EXPLAIN", "QUERY PLAN"),
    };
    let statement = Statement { sql: format!("{explain} {}", statement.sql), ..statement };
    let rows = db.query_all_raw(statement).await.expect("a plan");
    rows.iter().map(|row| row.try_get::<String>("", column).expect("a line")).collect::<Vec<_>>().join("\n")
}
