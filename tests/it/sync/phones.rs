//! What a phone did without a network counts once, however it comes.

use boai_tests::{at, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{came, codes_of, left, results, scene, statuses, sync, sync_at, with_code};

/// What the screen of the site shows now.
async fn shown(scene: &crate::Scene<'_>) -> String {
    let screen = "query($shift: ID!) { node(id: $shift) { ... on Shift { siteCode { code } } } }";
    scene.leader.ask(screen, json!({ "shift": scene.shift() })).await.text("/node/siteCode/code")
}

stories! {
    async fn a_morning_without_a_network_counts_to_the_minute(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("14:00"));
        let came = came(&scene.ling, scene.shift(), at("07:50"));
        let left = left(&scene.ling, &came, at("11:30"));
        let answer = sync(&scene.ling, &[came, left]).await;
        assert_eq!(statuses(&answer), ["ACCEPTED", "ACCEPTED"], "{}", answer.body);
        let stay = &results(&answer)[1]["attendance"];
        assert_eq!((&stay["state"], &stay["checkInGrade"]), (&json!("CLOSED"), &json!("LOCATION")));
        assert_eq!(stay["record"], json!({ "minutes": 210, "state": "PENDING" }));
        assert_eq!(scene.ling.minutes().await, (0, 210));
        town.audit().await;
    }

    async fn half_a_batch_sent_again_counts_once(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("10:00"));
        let first = came(&scene.ling, scene.shift(), at("08:00"));
        let out = left(&scene.ling, &first, at("09:00"));
        let second = came(&scene.ling, scene.shift(), at("09:30"));
        sync(&scene.ling, &[first.clone(), out.clone()]).await.fine();
        town.clock.set(at("10:05"));
        let again = sync(&scene.ling, &[second.clone(), out.clone(), first.clone(), first]).await;
        assert_eq!(statuses(&again), ["ACCEPTED", "ALREADY_KNOWN", "ALREADY_KNOWN", "ALREADY_KNOWN"]);
        assert_eq!(results(&again)[1]["attendance"]["record"]["minutes"], 60);
        assert_eq!((town.rows("attendance").await, town.rows("ledger_entry").await), (2, 1));
        town.audit().await;
    }

    async fn a_check_in_whose_answer_was_lost_and_the_same_brought_in_later_are_one(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        let item = came(&scene.ling, scene.shift(), at("08:00"));
        let request = item["requestId"].as_str().expect("an id").to_owned();
        let live = scene.ling.check_in_with(scene.shift(), scene.ling.fix(20.0), &request).await.fine();
        town.clock.set(at("09:00"));
        let synced = sync(&scene.ling, std::slice::from_ref(&item)).await;
        assert_eq!(statuses(&synced), ["ALREADY_KNOWN"]);
        assert_eq!(results(&synced)[0]["attendance"]["id"], live.data("/checkIn/attendance/id"));
        // The other way round.
        let out = left(&scene.ling, &item, at("08:30"));
        assert_eq!(statuses(&sync(&scene.ling, std::slice::from_ref(&out)).await), ["ACCEPTED"]);
        let request = out["requestId"].as_str().expect("an id");
        let live = scene.ling.check_out_with(scene.ling.fix(20.0), request).await.fine();
        assert_eq!(live.data("/checkOut/attendance/record/minutes"), json!(30));
        assert_eq!((town.rows("attendance").await, town.rows("ledger_entry").await), (1, 1));
        // One id stands for one wish.
        let mut other = came(&scene.ling, scene.shift(), at("08:50"));
        other["requestId"] = json!(request);
        assert_eq!(codes_of(&results(&sync(&scene.ling, &[other]).await)[0]), ["REQUEST_ID_REUSED"]);
    }

    async fn a_check_out_that_the_server_took_for_forgotten_still_counts(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        town.clock.set(at("14:10"));
        let ctx = boai::ctx::Ctx::system(town.app.clone(), "closing");
        assert_eq!(boai::attendance::service::close_forgotten(&ctx).await.expect("the job runs"), 1);
        // The phone's memory was wiped: it knows the shift, and nothing of the check-in.
        let mut out = left(&scene.ling, &came(&scene.ling, scene.shift(), at("08:00")), at("11:00"));
        out["checkInRequestId"] = Value::Null;
        assert_eq!(statuses(&sync(&scene.ling, &[out]).await), ["ACCEPTED"]);
        assert_eq!(scene.ling.minutes().await, (0, 180));
        town.audit().await;
    }

    async fn the_same_batch_sent_twenty_times_to_two_instances_at_once_counts_once(town: Town) {
        let other = town.instance(|_| {}).await;
        let scene = scene(&town).await;
        town.clock.set(at("13:00"));
        let check_in = came(&scene.ling, scene.shift(), at("08:00"));
        let far = crate::end(&scene.ling, "CHECK_IN", scene.shift(), at("11:20"), 900.0);
        let items = [check_in.clone(), left(&scene.ling, &check_in, at("11:00")), far];
        let (ling, items) = (&scene.ling, &items);
        join_all((0..20).map(|_| ling.minutes())).await;
        let sent_at = town.clock.now();
        let sent = (0..20).map(|time| if time % 2 == 0 { &town.url } else { &other });
        let answers = join_all(sent.map(|url| sync_at(ling, url, sent_at, items))).await;
        let of = |place: usize, status: &str| answers.iter().filter(|it| statuses(it)[place] == status).count();
        assert_eq!((of(0, "ACCEPTED"), of(0, "ALREADY_KNOWN")), (1, 19));
        assert_eq!((of(1, "ACCEPTED"), of(1, "ALREADY_KNOWN")), (1, 19));
        assert_eq!((of(2, "NEEDS_REVIEW"), of(2, "ALREADY_KNOWN")), (1, 19));
        let rows = [("attendance", 1), ("ledger_entry", 1), ("synced_end", 1), ("review_item", 1), ("request_effect", 3)];
        for (table, count) in rows {
            assert_eq!(town.rows(table).await, count, "{table}");
        }
        assert_eq!(scene.ling.minutes().await, (0, 180));
        town.audit().await;
    }

    async fn a_code_is_good_for_the_time_when_it_was_shown(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        let early = shown(&scene).await;
        town.clock.set(at("10:00"));
        let late = shown(&scene).await;
        let item = |code: &str| with_code(came(&scene.ling, scene.shift(), at("08:00")), code);
        let answer = sync(&scene.ling, &[item(&late), item("not a code"), item(&early)]).await;
        assert_eq!(statuses(&answer), ["REFUSED", "REFUSED", "ACCEPTED"]);
        assert_eq!(codes_of(&results(&answer)[0]), ["CODE_WRONG"]);
        assert_eq!(results(&answer)[2]["attendance"]["checkInGrade"], "DESK");
        assert_eq!(town.rows("attendance_attempt").await, 2);
    }

    async fn two_hundred_wrong_codes_are_two_hundred_tries(town: Town) {
        let scene = scene(&town).await;
        let limits = boai::config::Config::default().rates.codes;
        let url = town.instance(|config| config.rates.codes = limits).await;
        town.clock.set(at("09:00"));
        let wrong = || with_code(came(&scene.ling, scene.shift(), at("08:00")), "23456789");
        let items: Vec<Value> = (0..200).map(|_| wrong()).collect();
        let answer = sync_at(&scene.ling, &url, town.clock.now(), &items).await;
        let codes: Vec<String> = results(&answer).iter().flat_map(codes_of).collect();
        let of = |code: &str| codes.iter().filter(|it| *it == code).count();
        assert_eq!((of("CODE_WRONG"), of("TOO_MANY_CODES")), (20, 180));
        assert_eq!((town.rows("attendance").await, town.rows("attendance_attempt").await), (0, 200));
        // The right code is looked at no sooner by a live check-in.
        let right = shown(&scene).await;
        let live = "mutation($shift: ID!, $code: String, $request: UUID!) {
            checkIn(input: { shiftId: $shift, code: $code, requestId: $request }) { errors { code } } }";
        let given = json!({ "shift": scene.shift(), "code": right, "request": scene.ling.request_id() });
        assert_eq!(scene.ling.ask_at(&url, live, given).await.codes(), ["TOO_MANY_CODES"]);
    }
}
