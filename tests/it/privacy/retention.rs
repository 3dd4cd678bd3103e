//! What is forgotten by itself: the day before it is there, the day after it is not.

use boai::{
    platform::db::run,
    privacy::retention::{self, Swept},
};
use boai_entity::{Instant, attendance};
use boai_tests::{Town, at, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::json;

use crate::support::{count, fetch, job, keep_signed_in, make_copies, my_exports, ready_link, scene, serve};

/// Goes over everything as it is at a moment; what came of a kind.
async fn rows_at(town: &Town, now: Instant, kind: &str) -> u64 {
    let swept = retention::run_now(&town.app.db, now, false).await.expect("it runs");
    swept.iter().find(|swept| swept.kind == kind).unwrap_or_else(|| panic!("no kind {kind}")).rows
}

/// So many rows are there a moment before the days are over, and none (of those due) after.
async fn stays_for(town: &Town, kind: &str, table: &str, since: Instant, days: i64) {
    let due = since + TimeDelta::days(days);
    let before = town.rows(table).await;
    assert!(before > 0, "{table} has rows");
    assert_eq!(rows_at(town, due, kind).await, 0, "{kind}: on the last day it is there");
    assert_eq!(town.rows(table).await, before);
    let dry = retention::run_now(&town.app.db, due + TimeDelta::seconds(1), true).await.expect("it counts");
    let counted = dry.iter().find(|swept| swept.kind == kind).expect("the kind").rows;
    assert_eq!(town.rows(table).await, before, "a dry run changes nothing");
    let gone = rows_at(town, due + TimeDelta::seconds(1), kind).await;
    assert!(gone > 0 && gone == counted, "{kind}: {counted} counted, {gone} gone");
    assert_eq!(town.rows(table).await, before - gone as i64, "{kind}");
    assert_eq!(rows_at(town, due + TimeDelta::seconds(1), kind).await, 0, "each row once");
}

async fn stay(town: &Town) -> attendance::Model {
    attendance::Entity::find().one(&town.app.db.conn).await.expect("a row").expect("an attendance")
}

stories! {
    async fn coordinates_go_180_days_after_the_hours_were_final(town: Town) {
        let scene = scene(&town).await;
        let before = stay(&town).await;
        assert!(before.check_in_latitude.is_some() && before.check_out_longitude.is_some());
        // Confirmed on Friday, 8 May; three working days of notice end with the 12th.
        assert_eq!(rows_at(&town, at("+185 00:00"), "raw_location").await, 0);
        assert_eq!(stay(&town).await, before);
        assert_eq!(rows_at(&town, at("+185 00:01"), "raw_location").await, 1);
        let after = stay(&town).await;
        assert_eq!((after.check_in_latitude, after.check_in_longitude), (None, None));
        assert_eq!((after.check_out_latitude, after.check_out_longitude), (None, None));
        // Verdict, accuracy and the band of the distance stay: 20 m lie within 50.
        assert_eq!((after.check_in_grade, after.check_in_accuracy_m), (before.check_in_grade, before.check_in_accuracy_m));
        assert_eq!((after.check_in_distance_m, after.check_out_distance_m), (Some(50.0), Some(50.0)));
        assert_eq!(after.location_reduced_at, Some(at("+185 00:01")));
        assert_eq!(rows_at(&town, at("+200 00:00"), "raw_location").await, 0, "once");
        let seen = "query($id: ID!) { node(id: $id) { ... on Attendance { checkInDistance locationReducedAt } } }";
        let seen = scene.ling.ask(seen, json!({ "id": scene.attendance })).await.data("/node");
        assert_eq!(seen["checkInDistance"], 50.0);
        town.audit().await;
    }

    async fn what_waits_for_the_leader_keeps_its_evidence_for_a_year(town: Town) {
        let leader = town.leader("Li Fang").await;
        let ling = town.volunteer("Ling").await;
        let posted = leader.post_activity(at("08:00"), at("10:00"), 8, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        keep_signed_in(&town).await;
        let attendance = serve(&ling, posted.shift(), at("08:00"), at("10:00")).await;
        assert_eq!(rows_at(&town, at("+300 00:00"), "raw_location").await, 0, "it is not settled");
        // Settled late, on Thursday, 4 March, it has its 180 days from when the notice is over, with the 9th.
        town.clock.set(at("+300 00:00"));
        leader.confirm(&attendance).await.fine();
        assert_eq!(rows_at(&town, at("+366 00:00"), "unsettled_location").await, 0);
        assert!(stay(&town).await.check_in_latitude.is_some());
        assert_eq!(rows_at(&town, at("+486 00:01"), "raw_location").await, 1);
    }

    async fn what_nobody_ever_settled_goes_after_a_year(town: Town) {
        let leader = town.leader("Li Fang").await;
        let ling = town.volunteer("Ling").await;
        let posted = leader.post_activity(at("08:00"), at("10:00"), 8, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        keep_signed_in(&town).await;
        serve(&ling, posted.shift(), at("08:00"), at("10:00")).await;
        assert_eq!(rows_at(&town, at("+365 08:00"), "unsettled_location").await, 0);
        assert_eq!(rows_at(&town, at("+365 08:01"), "unsettled_location").await, 1);
        assert_eq!(stay(&town).await.check_in_latitude, None);
    }

    async fn a_training_has_no_hours_to_wait_for(town: Town) {
        let leader = town.leader("Li Fang").await;
        let ling = town.volunteer("Ling").await;
        let posted = leader.post_activity(at("08:00"), at("10:00"), 8, json!({ "kind": "TRAINING" })).await;
        ling.sign_up(posted.shift()).await.fine();
        keep_signed_in(&town).await;
        serve(&ling, posted.shift(), at("08:00"), at("10:00")).await;
        assert_eq!(rows_at(&town, at("+180 10:00"), "raw_location").await, 0);
        assert_eq!(rows_at(&town, at("+180 10:01"), "raw_location").await, 1);
    }

    async fn refused_tries_go_after_180_days(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("10:30"));
        scene.ling.check_in(scene.posted.shift(), 5000.0).await;
        stays_for(&town, "attempt", "attendance_attempt", at("10:30"), 180).await;
    }

    async fn what_came_in_later_goes_180_days_after_it_came_and_what_waits_for_the_leader_stays(town: Town) {
        let leader = town.leader("Li Fang").await;
        let ling = town.volunteer("Ling").await;
        let posted = leader.post_activity(at("08:00"), at("10:00"), 8, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        keep_signed_in(&town).await;
        town.clock.set(at("09:00"));
        // Out of place: the leader is asked.
        let place = ling.fix(700.0)["place"].clone();
        let fix = json!({ "latitude": place["latitude"], "longitude": place["longitude"], "datum": "WGS84", "accuracy": 10,
            "fixedAt": at("08:00") });
        let item = json!({ "requestId": ling.request_id(), "end": "CHECK_IN", "shiftId": posted.shift(),
            "deviceTime": at("08:00"), "fix": fix });
        let bring = "mutation($sentAt: DateTime!, $items: [SyncItemInput!]!) {
            syncAttendance(input: { sentAt: $sentAt, items: $items }) { results { status } errors { code } } }";
        ling.ask(bring, json!({ "sentAt": at("09:00"), "items": [item] })).await.fine();
        assert_eq!(rows_at(&town, at("+400 00:00"), "synced_end").await, 0, "it waits");
        town.clock.set(at("09:00"));
        let text = "UPDATE synced_end SET state = 'REFUSED'";
        run(&town.app.db.conn, text, []).await.expect("it was settled");
        stays_for(&town, "synced_end", "synced_end", at("09:00"), 180).await;
        assert_eq!(town.rows("synced_end").await, 0);
    }

    async fn what_phones_told_to_be_held_against_each_other_goes_after_180_days(town: Town) {
        scene(&town).await;
        // She checked in at 08:00 and out at 10:00.
        assert_eq!(rows_at(&town, at("+180 08:01"), "signal").await, 1);
        stays_for(&town, "signal", "attendance_signal", at("10:00"), 180).await;
    }

    async fn what_a_desk_was_refused_goes_after_180_days_and_the_codes_it_took_after_30(town: Town) {
        let leader = town.leader("Li Fang").await;
        let ling = town.volunteer("Ling").await;
        let posted = leader.post_activity(at("08:00"), at("10:00"), 8, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        keep_signed_in(&town).await;
        town.clock.set(at("08:00"));
        let code = ling.ask("{ me { code { code } } }", json!({})).await.text("/me/code/code");
        let scan = "mutation($input: DeskCheckInInput!) { deskCheckIn(input: $input) { entry { id } errors { code } } }";
        let given = |code: &str| json!({ "input": { "activityId": posted.activity, "code": code, "requestId": leader.request_id() } });
        leader.ask(scan, given(&code)).await.fine();
        assert_eq!(leader.ask(scan, given("x")).await.codes(), ["CODE_UNREADABLE"]);
        stays_for(&town, "code_use", "code_use", at("08:00"), 30).await;
        stays_for(&town, "refused_scan", "refused_scan", at("08:00"), 180).await;
        assert_eq!((town.rows("code_use").await, town.rows("refused_scan").await), (0, 0));
    }

    async fn who_was_asked_whether_they_are_there_goes_180_days_later(town: Town) {
        let leader = town.leader("Li Fang").await;
        let ling = town.volunteer("Ling").await;
        let posted = leader.post_activity(at("08:00"), at("10:00"), 8, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        keep_signed_in(&town).await;
        town.clock.set(at("08:00"));
        ling.check_in(posted.shift(), 305.0).await.fine();
        town.clock.set(at("09:00"));
        let ask = "mutation($shift: ID!, $request: UUID!) { askForPresence(input: { shiftId: $shift, requestId: $request }) {
            ask { id } errors { code } } }";
        let asked = leader.ask(ask, json!({ "shift": posted.shift(), "request": leader.request_id() })).await.fine();
        let answer = "mutation($ask: ID!, $fix: FixInput) { provePresence(input: { askId: $ask, fix: $fix }) { errors { code } } }";
        let proof = json!({ "ask": asked.data("/askForPresence/ask/id"), "fix": ling.fix(20.0) });
        ling.ask(answer, proof).await.fine();
        assert_eq!(rows_at(&town, at("+180 09:01"), "presence_ask").await, 1, "with whom it was asked of");
        assert_eq!(town.rows("presence_call").await, 0);
        // What the stay is proved by stays with it.
        assert_eq!(town.rows("attendance WHERE presence_grade = 'LOCATION'").await, 1);
    }

    async fn what_was_asked_of_whom_stays_for_its_180_days(town: Town) {
        let leader = town.leader("Li Fang").await;
        let ling = town.volunteer("Ling").await;
        let posted = leader.post_activity(at("08:00"), at("10:00"), 8, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        keep_signed_in(&town).await;
        town.clock.set(at("09:00"));
        ling.check_in(posted.shift(), 20.0).await.fine();
        let ask = "mutation($shift: ID!, $request: UUID!) { askForPresence(input: { shiftId: $shift, requestId: $request }) {
            ask { id } errors { code } } }";
        leader.ask(ask, json!({ "shift": posted.shift(), "request": leader.request_id() })).await.fine();
        stays_for(&town, "presence_call", "presence_call", at("09:00"), 180).await;
    }

    async fn what_was_reviewed_goes_three_years_after_it_was_settled_and_what_waits_stays(town: Town) {
        let scene = scene(&town).await;
        let claim = "mutation($id: ID!) { claimHours(input: { attendanceId: $id, servedTo: \"2026-05-08T09:30:00+08:00\",
            reason: \"手机没电\" }) { claim { id } errors { code message } } }";
        town.clock.set(at("11:00"));
        let first = scene.ling.ask(claim, json!({ "id": scene.attendance })).await.fine().text("/claimHours/claim/id");
        town.clock.set(at("12:00"));
        let decide = "mutation($items: [DecideReviewItem!]!) { decideReviews(input: { items: $items }) { errors { code } } }";
        let no = json!({ "items": [{ "itemId": first, "approve": false, "note": "当时已离开" }] });
        scene.leader.ask(decide, no).await.fine();
        scene.ling.ask(claim, json!({ "id": scene.attendance })).await.fine();
        stays_for(&town, "review", "review_item", at("12:00"), 1095).await;
        assert_eq!(town.rows("review_item WHERE state = 'WAITING'").await, 1);
    }

    async fn how_many_a_leader_filled_in_is_forgotten_after_a_month(town: Town) {
        let scene = scene(&town).await;
        let count = "INSERT INTO back_fill_count (person_id, shift_id, day, people)
                     SELECT p.id, s.id, $1, 3 FROM person p, shift s WHERE p.phone = $2";
        let day: chrono::NaiveDate = "2026-05-08".parse().expect("a day");
        run(&town.app.db.conn, count, [day.into(), scene.leader.phone.clone().into()]).await.expect("a count");
        // All of May 8 counts as one day.
        assert_eq!(rows_at(&town, at("+30 23:59"), "back_fill_count").await, 0);
        assert_eq!(rows_at(&town, at("+31 00:00"), "back_fill_count").await, 1);
    }

    async fn who_sat_at_a_desk_is_forgotten_three_years_after_its_last_day(town: Town) {
        let scene = scene(&town).await;
        let grant = "mutation($site: ID!, $phone: PhoneNumber!) { grantDesk(input: { activityId: $site, phone: $phone,
            fromDay: \"2026-05-08\", toDay: \"2026-05-09\" }) { grant { id } errors { code } } }";
        scene.leader.ask(grant, json!({ "site": scene.posted.activity, "phone": scene.ling.phone })).await.fine();
        assert_eq!(rows_at(&town, at("+1096 23:59"), "desk_grant").await, 0);
        assert_eq!(rows_at(&town, at("+1097 00:00"), "desk_grant").await, 1);
    }

    async fn one_time_codes_go_a_day_after_their_end(town: Town) {
        town.volunteer("Ling").await;
        // Sent at 07:00, good for five minutes.
        stays_for(&town, "code", "sign_in_code", at("07:05"), 1).await;
    }

    async fn the_limit_of_codes_a_day_outlives_the_day_it_counts(town: Town) {
        let mut ling = town.person("Ling").await;
        ling.access_token = None;
        for _ in 0..9 {
            town.clock.advance(TimeDelta::minutes(1));
            ling.request_code().await.fine();
        }
        town.clock.set(at("23:59"));
        retention::run_now(&town.app.db, town.clock.now(), false).await.expect("it runs");
        assert_eq!(ling.request_code().await.codes(), ["TOO_MANY_TODAY"]);
        town.clock.set(at("+1 00:00"));
        retention::run_now(&town.app.db, town.clock.now(), false).await.expect("it runs");
        ling.request_code().await.fine();
    }

    async fn sessions_go_with_their_tokens_30_days_after_they_ended(town: Town) {
        let ling = town.person("Ling").await;
        let _open = town.person("Mei").await;
        ling.ask("mutation { endSession(input: {}) { errors { code } } }", json!({})).await.fine();
        assert_eq!(town.rows("session_token").await, 4);
        stays_for(&town, "session", "session", at("07:00"), 30).await;
        assert_eq!(town.rows("session_token").await, 2, "hers went, Mei's stayed");
    }

    async fn a_session_that_nobody_ended_goes_30_days_after_its_last_token(town: Town) {
        let mut ling = town.person("Ling").await;
        town.clock.set(at("+10 07:00"));
        ling.refresh().await;
        // The refresh token of day 10 is good for 60 days.
        stays_for(&town, "lapsed_session", "session", at("+70 07:00"), 30).await;
        assert_eq!(town.rows("session_token").await, 0);
    }

    async fn what_request_ids_led_to_goes_after_30_days(town: Town) {
        scene(&town).await;
        // She checked in at 08:00 and out at 10:00.
        assert_eq!(rows_at(&town, at("+30 08:01"), "request_effect").await, 1);
        stays_for(&town, "request_effect", "request_effect", at("10:00"), 30).await;
        assert_eq!(town.rows("request_effect").await, 0);
    }

    async fn inbox_items_go_after_a_year(town: Town) {
        scene(&town).await;
        stays_for(&town, "inbox", "inbox_item", at("10:00"), 365).await;
    }

    async fn published_events_go_after_a_day_and_unpublished_ones_never(town: Town) {
        scene(&town).await;
        let text = "UPDATE outbox_event SET published_at = $1";
        run(&town.app.db.conn, text, [at("10:00").into()]).await.expect("they were told");
        stays_for(&town, "outbox", "outbox_event", at("10:00"), 1).await;
        let text = "INSERT INTO outbox_event (id, topic, created_at) VALUES ($1, 'x', $2)";
        let id = town.app.random.uuid(at("07:00"));
        run(&town.app.db.conn, text, [id.into(), at("07:00").into()]).await.expect("an event");
        rows_at(&town, at("+1000 00:00"), "outbox").await;
        assert_eq!(town.rows("outbox_event").await, 1);
    }

    async fn that_there_was_a_copy_is_forgotten_after_90_days(town: Town) {
        let ling = town.volunteer("Ling").await;
        keep_signed_in(&town).await;
        let link = ready_link(&ling).await;
        assert_eq!(rows_at(&town, at("+2 23:59"), "export_bytes").await, 0);
        assert_eq!(fetch(&town, &link).await.status, 200);
        assert_eq!(rows_at(&town, at("+3 07:00"), "export_bytes").await, 1);
        assert_eq!((town.rows("data_export_chunk").await, my_exports(&ling).await[0]["state"].clone()), (0, json!("GONE")));
        stays_for(&town, "export", "data_export", at("07:00"), 90).await;
    }

    async fn a_newer_policy_holds_from_its_day_on(town: Town) {
        let scene = scene(&town).await;
        let id = town.app.random.uuid(town.clock.now());
        let days = json!({ "raw_location": 10, "unsettled_location": 20, "attempt": 1, "code": 1, "session": 1,
            "request_effect": 1, "inbox": 1, "outbox": 1, "export": 1, "identity_try": 1, "identity": 1,
            "recovery": 1, "look": 1 });
        let text = "INSERT INTO retention_policy (id, version, valid_from, days) VALUES ($1, 2, $2, $3)";
        let values: [sea_orm::Value; 3] = [id.into(), at("+20 00:00").into(), days.into()];
        run(&town.app.db.conn, text, values).await.expect("a policy");
        assert_eq!(rows_at(&town, at("+19 23:59"), "raw_location").await, 0);
        assert_eq!(rows_at(&town, at("+20 00:00"), "raw_location").await, 1);
        drop(scene);
    }

    async fn tries_and_identities_that_came_to_nothing_go_after_their_days(town: Town) {
        let ling = town.volunteer("王小玲").await;
        keep_signed_in(&town).await;
        let hand_in = "mutation($number: String!) { submitIdentity(input: {
            document: IDENTITY_CARD, number: $number, consentVersion: \"2026-01\" }) { errors { code } } }";
        ling.ask(hand_in, json!({ "number": "330106199001010117" })).await;
        let number = boai_tests::id_number(&ling.phone);
        ling.ask(hand_in, json!({ "number": number })).await.fine();
        let withdraw = "mutation { withdrawConsent(input: { kind: IDENTITY }) { errors { code } } }";
        ling.ask(withdraw, json!({})).await.fine();
        ling.ask(hand_in, json!({ "number": number })).await.fine();
        // All of May 8 counts as one day.
        assert_eq!(rows_at(&town, at("+7 23:59"), "identity_try").await, 0);
        assert_eq!(rows_at(&town, at("+8 00:00"), "identity_try").await, 1);
        stays_for(&town, "identity", "identity", at("07:00"), 365).await;
        assert_eq!(town.rows("identity WHERE state = 'PENDING'").await, 1, "what waits is wanted");
    }

    async fn recoveries_go_three_years_after_their_end(town: Town) {
        let ling = town.volunteer("Ling").await;
        let officer = town.officer("Officer", "3301").await;
        keep_signed_in(&town).await;
        let open = "mutation($number: String!, $phone: PhoneNumber!) { openRecovery(input: { volunteerNumber: $number,
            newPhone: $phone, reason: \"手机丢失\", identityCheck: \"当面\" }) { recovery { id expiresAt } errors { code } } }";
        let given = json!({ "number": ling.number().await, "phone": town.new_phone() });
        let opened = officer.ask(open, given).await.fine();
        let expires: Instant = opened.text("/openRecovery/recovery/expiresAt").parse().expect("a time");
        stays_for(&town, "recovery", "account_recovery", expires, 1095).await;
    }

    async fn who_looked_at_whom_is_forgotten_after_three_years_and_the_chains_hold(town: Town) {
        let scene = scene(&town).await;
        let seen = "query($id: ID!) { node(id: $id) { ... on Attendance { checkInDistance } } }";
        scene.leader.ask(seen, json!({ "id": scene.attendance })).await;
        let looked = "{ me { whoLooked { nodes { sights } } } }";
        let mine = scene.ling.ask(looked, json!({})).await.data("/me/whoLooked/nodes");
        assert!(!mine.as_array().expect("looks").is_empty());
        let looks = town.rows("audit_entry WHERE action = 'LOOK'").await;
        // A policy of one day does not shorten what the law has kept.
        let text = "UPDATE retention_policy SET days = $1";
        let days = json!({ "raw_location": 1, "unsettled_location": 1, "attempt": 1, "code": 1, "session": 1,
            "request_effect": 1, "inbox": 1, "outbox": 1, "export": 1, "identity_try": 1, "identity": 1, "recovery": 1,
            "look": 1 });
        run(&town.app.db.conn, text, [days.into()]).await.expect("a policy");
        assert_eq!(rows_at(&town, at("+1095 08:00"), "look").await, 0);
        assert_eq!(rows_at(&town, at("+1095 10:31"), "look").await, looks as u64);
        let readable = "audit_entry WHERE action = 'LOOK' AND (purpose IS NOT NULL OR look_salt IS NOT NULL)";
        assert_eq!((town.rows("audit_entry WHERE action = 'LOOK'").await, town.rows(readable).await), (looks, 0));
        town.clock.set(at("+1095 10:31"));
        let report = town.audit_trail().await;
        assert!(report.faults.is_empty(), "{report}");
        // Taken before their time they are missed.
        town.clock.set(at("+1095 08:00"));
        let report = town.audit_trail().await;
        assert!(report.to_string().contains("lost their words"), "{report}");
        assert_eq!(rows_at(&town, at("+2000 00:00"), "look").await, 0, "once");
    }

    async fn nothing_young_is_touched(town: Town) {
        let scene = scene(&town).await;
        ready_link(&scene.ling).await;
        let swept = retention::run_now(&town.app.db, town.clock.now(), false).await.expect("it runs");
        assert!(swept.iter().all(|Swept { rows, .. }| *rows == 0), "{swept:?}");
    }

    async fn the_job_goes_over_each_kind_once_an_hour_whoever_runs_it(town: Town) {
        scene(&town).await;
        town.clock.set(at("+186 00:00"));
        join_all((0..4).map(|_| async { retention::run_due(&job(&town)).await.expect("it runs") })).await;
        assert!(stay(&town).await.check_in_latitude.is_none());
        let reduced = "SELECT CAST(touched AS bigint) AS count FROM retention_run WHERE kind = 'raw_location'";
        assert_eq!(count(&town, reduced).await, 1, "one of them did it, and counted it");
        // Within the hour nobody goes over it again.
        let late = "UPDATE attendance SET check_in_latitude = 30.0, location_reduced_at = NULL";
        run(&town.app.db.conn, late, []).await.expect("as if one was overlooked");
        town.clock.advance(TimeDelta::minutes(59));
        retention::run_due(&job(&town)).await.expect("it runs");
        assert!(stay(&town).await.check_in_latitude.is_some());
        town.clock.advance(TimeDelta::minutes(1));
        retention::run_due(&job(&town)).await.expect("it runs");
        assert!(stay(&town).await.check_in_latitude.is_none());
    }

    async fn rows_go_in_bounded_batches_each_once_however_many_take_part(town: Town) {
        let ling = town.volunteer("Ling").await;
        let me = ling.person_id().await;
        for some in 0..4 {
            let mut values: Vec<sea_orm::Value> = vec![me.into(), at("07:00").into()];
            let rows: Vec<String> = (0..400).map(|_| {
                values.push(town.app.random.uuid(at("07:00")).into());
                format!("(${}, $1, 'SEAT_GIVEN', NULL, NULL, '{some}', $2, NULL)", values.len())
            }).collect();
            let text = format!("INSERT INTO inbox_item (id, person_id, kind, activity_id, shift_id, note, created_at, read_at)
                VALUES {}", rows.join(", "));
            run(&town.app.db.conn, &text, values).await.expect("rows go in");
        }
        let sweeping = (0..3).map(|_| rows_at(&town, at("+366 00:00"), "inbox"));
        let gone: Vec<u64> = join_all(sweeping).await;
        assert_eq!((gone.iter().sum::<u64>(), town.rows("inbox_item").await), (1600, 0), "{gone:?}");
    }

    async fn a_copy_that_is_made_is_not_in_the_way(town: Town) {
        let ling = town.volunteer("Ling").await;
        keep_signed_in(&town).await;
        crate::support::request_my_data(&ling, &ling.request_id()).await.fine();
        // Nobody made it for a hundred days: it is still wanted.
        assert_eq!(rows_at(&town, at("+100 07:00"), "export").await, 0);
        town.clock.set(at("+100 07:00"));
        assert_eq!(make_copies(&town).await, 1);
    }
}
