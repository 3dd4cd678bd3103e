//! The link to a copy: unguessable, kept as a digest, good for a while and for one copy.

use boai::{platform::rates::Rate, privacy::retention};
use boai_tests::{at, stories};
use serde_json::json;

use crate::support::{
    count, create_link, fetch, job, keep_signed_in, make_copies, my_exports, ready_link, request_my_data, rows,
};

stories! {
    async fn a_link_gives_an_attachment_that_nobody_keeps(town: Town) {
        let ling = town.volunteer("Ling").await;
        let download = fetch(&town, &ready_link(&ling).await).await;
        assert_eq!(download.status, 200);
        for (header, value) in [
            ("content-type", "application/zip"),
            ("content-disposition", "attachment; filename=\"boai-data-2026-05-08.zip\""),
            ("cache-control", "no-store, private"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex, nofollow"),
            ("content-security-policy", "default-src 'none'; sandbox"),
        ] {
            assert_eq!(download.header(header), value, "{header}");
        }
        let size = my_exports(&ling).await[0]["sizeBytes"].as_i64().expect("a size");
        assert_eq!((download.header("content-length"), download.bytes.len() as i64), (size.to_string().as_str(), size));
    }

    async fn what_is_no_good_link_answers_as_nothing_at_all(town: Town) {
        let ling = town.volunteer("Ling").await;
        let link = ready_link(&ling).await;
        let another = link.replace("boai_", "boai_x");
        let cut = &link[..link.len() - 1];
        for path in ["/exports/x", "/exports/%00", "/exports/boai_%27%20OR%201=1", &another, cut] {
            let nothing = fetch(&town, path).await;
            assert_eq!((nothing.status, nothing.header("cache-control")), (404, "no-store"), "{path}");
            let body = String::from_utf8_lossy(&nothing.bytes).into_owned();
            assert!(body.contains("NOT_FOUND") && !body.contains("boai_"), "{body}");
        }
        let stored = count(&town, &format!("SELECT COUNT(*) AS count FROM data_export WHERE token_hash = '{}'",
            link.trim_start_matches("/exports/"))).await;
        assert_eq!(stored, 0, "only a digest is kept");
    }

    async fn one_address_fetches_only_so_often_whether_its_links_are_good_or_not(town: Town) {
        let url = town.instance(|config| config.rates.download = Rate::per(2, 60)).await;
        let ling = town.volunteer("Ling").await;
        let link = format!("{url}{}", ready_link(&ling).await);
        let get = async |url: &str| town.http.get(url).send().await.expect("the server answers");
        assert_eq!(get(&link).await.status(), 200);
        assert_eq!(get(&format!("{url}/exports/boai_guess")).await.status(), 404);
        let refused = get(&link).await;
        let header = |name| refused.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert_eq!((refused.status().as_u16(), header("retry-after"), header("cache-control")), (429, "30", "no-store"));
        let body: serde_json::Value = refused.json().await.expect("JSON");
        let told = &body["errors"][0]["extensions"];
        assert_eq!((&told["code"], &told["limit"]), (&json!("RATE_LIMITED"), &json!("download")));
        let fetched = "SELECT COUNT(*) AS count FROM audit_entry WHERE action = 'FETCH_MY_DATA'";
        assert_eq!(count(&town, fetched).await, 1);
        town.clock.advance(chrono::TimeDelta::seconds(30));
        assert_eq!(get(&link).await.status(), 200);
    }

    async fn a_new_link_ends_the_one_before(town: Town) {
        let ling = town.volunteer("Ling").await;
        let first = ready_link(&ling).await;
        let export = my_exports(&ling).await[0]["id"].as_str().expect("an id").to_owned();
        let second = create_link(&ling, &export).await.fine().text("/createMyDataLink/link/path");
        assert_eq!((fetch(&town, &first).await.status, fetch(&town, &second).await.status), (404, 200));
    }

    async fn with_its_hours_the_link_ends_and_the_bytes_go(town: Town) {
        let ling = town.volunteer("Ling").await;
        keep_signed_in(&town).await;
        let link = ready_link(&ling).await;
        town.clock.set(at("+3 06:59"));
        assert_eq!(fetch(&town, &link).await.status, 200);
        retention::run_due(&job(&town)).await.expect("it runs");
        assert!(town.rows("data_export_chunk").await > 0);
        town.clock.set(at("+3 07:00"));
        assert_eq!(fetch(&town, &link).await.status, 404, "at once, whether the bytes are gone or not");
        retention::run_due(&job(&town)).await.expect("it runs");
        assert_eq!(town.rows("data_export_chunk").await, 0);
        let export = my_exports(&ling).await[0].clone();
        assert_eq!(export["state"], "GONE");
        assert_eq!(create_link(&ling, export["id"].as_str().expect("an id")).await.codes(), ["GONE"]);
    }

    async fn that_a_copy_was_fetched_is_written_down_for_its_person(town: Town) {
        let ling = town.volunteer("Ling").await;
        keep_signed_in(&town).await;
        let link = ready_link(&ling).await;
        fetch(&town, &link).await;
        fetch(&town, &link).await;
        town.clock.set(at("+1 07:00"));
        request_my_data(&ling, &ling.request_id()).await.fine();
        make_copies(&town).await;
        let export = my_exports(&ling).await[0]["id"].as_str().expect("an id").to_owned();
        let link = create_link(&ling, &export).await.fine().text("/createMyDataLink/link/path");
        let copy = fetch(&town, &link).await.json("data.json");
        let fetched: Vec<_> = rows(&copy, "audit_entry").into_iter().filter(|entry| entry["action"] == "FETCH_MY_DATA").collect();
        assert_eq!((fetched.len(), &fetched[0]["actor"]), (2, &json!(null)));
    }

    async fn only_get_leads_to_a_copy(town: Town) {
        let ling = town.volunteer("Ling").await;
        let link = ready_link(&ling).await;
        let posted = town.http.post(format!("{}{link}", town.url)).send().await.expect("the server answers");
        assert_eq!(posted.status().as_u16(), 405);
    }
}
