//! Hours summed up, and records page by page.

use boai_tests::{Town, at, id, stories};
use serde_json::{Value, json};

use crate::support::{correction, scene, scene_of, serve};

const TOTALS: &str = "{ me { hours {
    confirmed pending
    byYear { year confirmed pending } byCategory { category confirmed pending }
    byTeam { team { id } confirmed pending } byBook { book confirmed pending } } } }";

fn part(name: &str, of: Value, confirmed: i64, pending: i64) -> Value {
    json!({ name: of, "confirmed": confirmed, "pending": pending })
}

stories! {
    async fn totals_are_cut_by_year_category_team_and_book(town: Town) {
        let first_aid = scene(&town).await;
        let elderly = json!({ "teamId": id(Town::OTHER_TEAM), "category": "ELDERLY" });
        let sun = town.other_leader("Sun").await;
        let visit = sun.post_activity(at("13:00"), at("15:00"), 8, elderly).await;
        first_aid.ling.sign_up(visit.shift()).await.fine();
        let morning = serve(&first_aid.ling, first_aid.shift(), at("08:00"), at("12:00")).await;
        serve(&first_aid.ling, visit.shift(), at("13:00"), at("14:00")).await;
        first_aid.leader.confirm_hours(json!([correction(&morning, at("08:00"), at("11:00"), "x")])).await.fine();

        let hours = first_aid.ling.ask(TOTALS, json!({})).await.data("/me/hours");
        assert_eq!((&hours["confirmed"], &hours["pending"]), (&json!(180), &json!(60)));
        assert_eq!(hours["byYear"], json!([part("year", json!(2026), 180, 60)]));
        let categories = [part("category", json!("ELDERLY"), 0, 60), part("category", json!("FIRST_AID"), 180, 0)];
        assert_eq!(hours["byCategory"], json!(categories));
        let team = |team| json!({ "id": id(team) });
        let teams = [part("team", team(Town::TEAM), 180, 0), part("team", team(Town::OTHER_TEAM), 0, 60)];
        assert_eq!(hours["byTeam"], json!(teams));
        let books = [part("book", json!("BACK_FILLED"), 180, 0), part("book", json!("SYSTEM_PROVED"), 0, 60)];
        assert_eq!(hours["byBook"], json!(books));
        town.audit().await;
    }

    async fn a_shift_over_new_year_counts_for_the_year_in_which_service_began(town: Town) {
        let scene = scene_of(&town, at("+237 20:00"), at("+238 04:00"), json!({})).await;
        let night = serve(&scene.ling, scene.shift(), at("+237 20:00"), at("+238 04:00")).await;
        scene.leader.confirm(&night).await.fine();
        let years = "{ me { hours { byYear { year confirmed pending } } } }";
        let year = scene.ling.ask(years, json!({})).await.data("/me/hours/byYear");
        assert_eq!(year, json!([part("year", json!(2026), 480, 0)]));
        // She came after midnight, as the leader found out: the year moves with it.
        scene
            .leader
            .confirm_hours(json!([correction(&night, at("+238 00:00"), at("+238 04:00"), "零点后到")]))
            .await
            .fine();
        let moved = scene.ling.ask(years, json!({})).await.data("/me/hours/byYear");
        let of = |year: i32| moved.as_array().into_iter().flatten().find(|part| part["year"] == year).cloned();
        assert_eq!(of(2027), Some(part("year", json!(2027), 240, 0)));
        assert!(of(2026).is_none_or(|part| part["confirmed"] == 0 && part["pending"] == 0), "{moved}");
        town.audit().await;
    }

    async fn records_come_newest_first_page_by_page(town: Town) {
        let scene = scene(&town).await;
        for (from, to) in [("08:00", "08:20"), ("09:00", "09:30"), ("10:00", "10:40")] {
            serve(&scene.ling, scene.shift(), at(from), at(to)).await;
        }
        let document = "query($after: String) { me { records(first: 2, after: $after) {
            edges { cursor node { minutes } } pageInfo { hasNextPage endCursor } } } }";
        let first = scene.ling.ask(document, json!({})).await.data("/me/records");
        let minutes = |page: &Value| -> Vec<i64> {
            page["edges"].as_array().into_iter().flatten().filter_map(|edge| edge["node"]["minutes"].as_i64()).collect()
        };
        assert_eq!((minutes(&first), &first["pageInfo"]["hasNextPage"]), (vec![40, 30], &json!(true)));
        let rest =
            scene.ling.ask(document, json!({ "after": first["pageInfo"]["endCursor"] })).await.data("/me/records");
        assert_eq!((minutes(&rest), &rest["pageInfo"]["hasNextPage"]), (vec![20], &json!(false)));
        let stranger = town.volunteer("Mei").await.ask(document, json!({})).await.data("/me/records");
        assert!(minutes(&stranger).is_empty());
    }

    async fn a_record_is_for_its_volunteer_and_for_who_may_confirm_it(town: Town) {
        let scene = scene(&town).await;
        let stay = serve(&scene.ling, scene.shift(), at("08:00"), at("12:00")).await;
        let mine =
            scene.ling.ask("{ me { records { nodes { id } } } }", json!({})).await.text("/me/records/nodes/0/id");
        let document =
            "query($id: ID!) { node(id: $id) { ... on ServiceRecord { minutes team { name } activity { title } } } }";
        let (sun, desk) = (town.other_leader("Sun").await, town.desk("Desk").await);
        for (person, sees) in [(&scene.ling, true), (&scene.leader, true), (&sun, false), (&desk, false)] {
            let node = person.ask(document, json!({ "id": mine })).await.data("/node");
            assert_eq!(node.is_null(), !sees, "{}: {node}", person.name);
            assert!(node.is_null() || node["team"]["name"] == "西湖救援队", "{node}");
        }
        // The desk sees who came, but not by this way either what it counts for.
        let by_the_stay = "query($id: ID!) { node(id: $id) { ... on Attendance { state record { minutes } } } }";
        for (person, counts) in [(&scene.ling, json!({ "minutes": 240 })), (&desk, json!(null))] {
            let node = person.ask(by_the_stay, json!({ "id": stay })).await.data("/node");
            assert_eq!((&node["state"], &node["record"]), (&json!("CLOSED"), &counts), "{}", person.name);
        }
    }
}
