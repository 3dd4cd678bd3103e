//! A copy of everything held about a person.

use boai_tests::{at, stories};
use serde_json::json;

use crate::support::{
    ask_to_join, count, create_link, fetch, job, keep_signed_in, make_copies, my_exports, ready_link, request_my_data,
    rows, scene,
};

stories! {
    async fn ling_gets_everything_that_is_held_about_her(town: Town) {
        let scene = scene(&town).await;
        ask_to_join(&scene.ling).await.fine();
        let link = ready_link(&scene.ling).await;
        let download = fetch(&town, &link).await;
        let copy = download.json("data.json");
        let one = |part: &str| {
            let rows = rows(&copy, part);
            assert_eq!(rows.len(), 1, "{part}: {rows:?}");
            rows[0].clone()
        };
        assert_eq!(one("person")["phone"], scene.ling.phone);
        let file = one("volunteer");
        assert_eq!((&file["name"], &file["birth_date"]), (&json!("王小玲"), &json!("1990-01-01")));
        assert_eq!((&file["residence"], &file["skills"]), (&json!("曙光社区"), &json!(["FIRST_AID"])));
        assert_eq!(one("session")["device"], "test");
        assert_eq!(rows(&copy, "consent").len(), 2);
        assert_eq!((&one("team_member")["team"], &one("team_member")["state"]), (&json!("西湖救援队"), &json!("REQUESTED")));
        let stay = one("attendance");
        assert_eq!((&stay["activity"], &stay["check_in_grade"]), (&json!("断桥应急救护"), &json!("LOCATION")));
        assert!((stay["check_in_latitude"].as_f64().expect("a latitude") - 30.26).abs() < 0.01, "{stay}");
        let record = one("service_record");
        assert_eq!((&record["minutes"], &record["team"]), (&json!(120), &json!("西湖救援队")));
        assert_eq!(record["confirmed_by"], "SOMEBODY_ELSE", "who the others are is not hers to know");
        assert_eq!(rows(&copy, "ledger_entry").len(), 2);
        assert_eq!(one("inbox_item")["kind"], "HOURS_CONFIRMED");
        // Each field is explained in both languages.
        let parts = copy["parts"].as_array().expect("parts");
        for field in parts.iter().flat_map(|part| part["fields"].as_object().expect("fields").values()) {
            assert!(field["zh"].is_string() && field["en"].is_string(), "{field}");
        }

        let page = download.file("data.html");
        for words in ["王小玲", "断桥应急救护", "志愿服务记录", "Service records", "2026-05-08 08:00:00", "已确认", "confirmed"] {
            assert!(page.contains(words), "{words}");
        }
        // It loads nothing from anywhere and runs nothing.
        for danger in ["<script", "http://", "https://", "src=", "url("] {
            assert!(!page.contains(danger), "{danger}");
        }
    }

    async fn what_opens_a_door_and_who_the_others_are_is_left_out(town: Town) {
        let scene = scene(&town).await;
        let (hers, the_leaders) = (scene.ling.person_id().await.to_string(), scene.leader.person_id().await.to_string());
        for (who, other) in [(&scene.ling, &scene.leader), (&scene.leader, &scene.ling)] {
            let download = fetch(&town, &ready_link(who).await).await;
            for text in [download.file("data.json"), download.file("data.html")] {
                assert!(text.contains(&who.name) && !text.contains(&other.name), "{}", who.name);
                assert!(!text.contains(&other.phone));
                let token = boai::auth::rules::token_hash(who.access_token.as_deref().expect("a session"));
                assert!(!text.contains(&token), "a digest of a token");
            }
            let others = if who.name == scene.ling.name { &the_leaders } else { &hers };
            assert!(!download.file("data.json").contains(others.as_str()), "the other's id");
        }
        // The leader sees the own hand in it.
        town.clock.set(at("+1 10:30"));
        let copy = fetch(&town, &ready_link(&scene.leader).await).await.json("data.json");
        let settled = rows(&copy, "service_record.confirmed_by");
        assert_eq!((settled.len(), &settled[0]["minutes"], &settled[0]["volunteer_id"]), (1, &json!(120), &json!(null)));
        assert_eq!(rows(&copy, "activity.person_in_charge")[0]["title"], "断桥应急救护");
    }

    async fn a_guardian_finds_where_they_are_named(town: Town) {
        let mother = town.volunteer("Mother").await;
        let child = town.person("Child").await;
        let guardian = json!({ "name": "王芳", "phone": mother.phone });
        child.enrol(json!({ "birthDate": "2010-01-01", "guardian": guardian })).await;
        let hers = fetch(&town, &ready_link(&mother).await).await;
        let named = rows(&hers.json("data.json"), "volunteer.guardian_phone");
        assert_eq!(named[0]["guardian_name"], "王芳");
        assert!(!hers.file("data.json").contains("Child"), "the child's name is the child's");
        let childs = fetch(&town, &ready_link(&child).await).await;
        let file = rows(&childs.json("data.json"), "volunteer")[0].clone();
        assert!(file["guardian_phone"].as_str().expect("a number").contains("****"), "{file}");
    }

    async fn a_person_who_never_enrolled_gets_a_copy_too(town: Town) {
        let person = town.person("Passer-by").await;
        let copy = fetch(&town, &ready_link(&person).await).await.json("data.json");
        assert_eq!(rows(&copy, "person").len(), 1);
        assert!(rows(&copy, "volunteer").is_empty() && rows(&copy, "service_record").is_empty());
    }

    async fn a_text_is_never_taken_for_markup(town: Town) {
        let person = town.person("Bobby").await;
        person.enrol(json!({ "name": "<img src=x onerror=alert(1)>&\"'" })).await;
        let page = fetch(&town, &ready_link(&person).await).await.file("data.html");
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;") && !page.contains("<img"));
    }

    async fn a_copy_a_day_and_a_repeat_is_the_same_copy(town: Town) {
        let ling = town.volunteer("Ling").await;
        keep_signed_in(&town).await;
        let wish = ling.request_id();
        let first = request_my_data(&ling, &wish).await.fine();
        let export = first.data("/requestMyData/export");
        assert_eq!((&export["state"], &export["percent"], &export["askedBy"]), (&json!("WAITING"), &json!(0), &json!("PERSON")));
        // While one is being made, every wish is that one.
        let again = request_my_data(&ling, &ling.request_id()).await.fine();
        assert_eq!(again.data("/requestMyData/export/id"), export["id"]);
        make_copies(&town).await;
        // Sent again because its answer was lost, the wish finds its copy.
        let repeated = request_my_data(&ling, &wish).await.fine();
        assert_eq!(repeated.data("/requestMyData/export/id"), export["id"]);
        assert_eq!(repeated.data("/requestMyData/export/state"), json!("READY"));
        let another = request_my_data(&ling, &ling.request_id()).await;
        assert_eq!(another.codes(), ["ONE_A_DAY"]);
        assert!(another.payload()["errors"][0]["message"].as_str().expect("words").contains("2026-05-09 00:00"));
        assert_eq!(town.rows("data_export").await, 1, "nothing was begun");
        town.clock.set(at("+1 00:00"));
        request_my_data(&ling, &ling.request_id()).await.fine();
        assert_eq!(town.rows("data_export").await, 2);
    }

    async fn of_wishes_at_one_instant_one_copy_comes(town: Town) {
        let ling = town.volunteer("Ling").await;
        let wishes = (0..8).map(|_| async { request_my_data(&ling, &ling.request_id()).await.fine().text("/requestMyData/export/id") });
        let exports = futures_util::future::join_all(wishes).await;
        assert!(exports.iter().all(|export| *export == exports[0]), "{exports:?}");
        assert_eq!(town.rows("data_export").await, 1);
    }

    async fn the_way_to_a_copy_can_be_watched(town: Town) {
        let ling = town.volunteer("Ling").await;
        let asked = request_my_data(&ling, &ling.request_id()).await.fine();
        let export = asked.text("/requestMyData/export/id");
        let refused = create_link(&ling, &export).await;
        assert_eq!((refused.codes(), refused.refusal_number("percent")), (vec!["NOT_READY".into()], 0.0));
        let claimed = boai::privacy::export::claim(&job(&town)).await.expect("a claim").expect("there is a copy to make");
        let running = my_exports(&ling).await[0].clone();
        assert_eq!((&running["state"], &running["partsDone"]), (&json!("RUNNING"), &json!(0)));
        assert!(boai::privacy::export::make(&job(&town), &claimed).await.expect("it is made"));
        let ready = my_exports(&ling).await[0].clone();
        assert_eq!((&ready["state"], &ready["percent"]), (&json!("READY"), &json!(100)));
        assert_eq!(ready["partsDone"], ready["partsTotal"]);
        assert_eq!(ready["expiresAt"], json!("2026-05-10T23:00:00+00:00"), "72 hours later: {ready}");
        assert!(ready["sizeBytes"].as_i64().expect("a size") > 1000);
    }

    async fn a_copy_of_somebody_else_is_not_there(town: Town) {
        let (ling, mei) = (town.volunteer("Ling").await, town.volunteer("Mei").await);
        let asked = request_my_data(&ling, &ling.request_id()).await.fine();
        make_copies(&town).await;
        let export = asked.text("/requestMyData/export/id");
        assert_eq!(create_link(&mei, &export).await.codes(), ["NOT_FOUND"]);
        assert_eq!(my_exports(&mei).await, json!([]));
        let stranger = create_link(&town.stranger(), &export).await;
        assert_eq!(stranger.fault(), "UNAUTHENTICATED");
    }

    async fn a_copy_of_two_thousand_records_is_read_and_kept_in_pieces(town: Town) {
        let scene = scene(&town).await;
        let audit = "INSERT INTO inbox_item (id, person_id, kind, activity_id, shift_id, note, created_at, read_at) ";
        let me = scene.ling.person_id().await;
        for some in 0..8_u32 {
            let mut values: Vec<sea_orm::Value> = vec![me.into(), town.clock.now().into()];
            let rows: Vec<String> = (0..250_u32)
                .map(|number| {
                    values.push(town.app.random.uuid(town.clock.now()).into());
                    // What does not compress: the file must come to more than one piece.
                    let noise: [u8; 300] = town.app.random.bytes();
                    let noise: String = noise.iter().map(|byte| format!("{byte:02x}")).collect();
                    values.push(format!("{some} {number} {noise}").into());
                    format!("(${}, $1, 'HOURS_CONFIRMED', NULL, NULL, ${}, $2, NULL)", values.len() - 1, values.len())
                })
                .collect();
            let text = format!("{audit} VALUES {}", rows.join(", "));
            boai::platform::db::run(&town.app.db.conn, text, values).await.expect("rows go in");
        }
        let before = town.app.db.statements();
        let link = ready_link(&scene.ling).await;
        let statements = town.app.db.statements() - before;
        assert!(statements < 300, "{statements}");
        let pieces = count(&town, "SELECT COUNT(*) AS count FROM data_export_chunk").await;
        assert!(pieces > 3, "{pieces}");
        let longest = count(&town, "SELECT CAST(MAX(length(bytes)) AS bigint) AS count FROM data_export_chunk").await;
        assert!(longest < 2_000_000, "{longest}");
        let copy = fetch(&town, &link).await;
        let items = rows(&copy.json("data.json"), "inbox_item");
        assert_eq!(items.len(), 2001);
        let mut ids: Vec<String> = items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 2001, "each page begins where the last ended");
        assert!(copy.file("data.html").contains("7 249 "));
    }
}
