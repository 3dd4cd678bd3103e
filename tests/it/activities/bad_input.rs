//! Stories of bad input in a request that GraphQL can read: each has a code, and changes nothing.

use boai_tests::{Answer, PLACE, Person, Town, at, id, shift, stories};
use serde_json::{Value, json};

use crate::verbs::{near, over, place};

/// Rows of everything that a request could have written.
pub async fn everything(town: &Town) -> Vec<(&'static str, i64)> {
    let mut rows = Vec::new();
    for table in [
        "activity",
        "attendance",
        "attendance_attempt",
        "audit_entry",
        "consent",
        "inbox_item",
        "outbox_event",
        "person",
        "post",
        "role_grant",
        "session",
        "shift",
        "sign_in_code",
        "sign_up",
        "volunteer",
    ] {
        rows.push((table, town.rows(table).await));
    }
    rows
}

/// The answer to a bad request: no internal error, and a code on each.
fn codes(answer: &Answer) -> Vec<String> {
    let errors = answer.body["errors"].as_array().unwrap_or_else(|| panic!("no error: {}", answer.body));
    let code =
        |error: &Value| error["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no code: {error}")).to_owned();
    let codes: Vec<String> = errors.iter().map(code).collect();
    assert!(answer.status < 500 && !codes.contains(&"INTERNAL".to_owned()), "{}", answer.body);
    codes
}

fn is_refused(answer: &Answer, code: &str) {
    assert_eq!(codes(answer), [code], "{}", answer.body);
}

async fn check_in(wei: &Person<'_>, shift: &str, fix: Value) -> Answer {
    wei.check_in_with(shift, over(wei.fix(0.0), fix), &wei.request_id()).await
}

stories! {
    async fn coordinates_that_are_no_place_are_refused(town: Town) {
        let ling = town.leader("Ling").await;
        let before = everything(&town).await;
        let degrees = [
            json!(90.0001),
            json!(-90.0001),
            json!(120.1472),
            json!(1e300),
            json!("30.26"),
            json!("NaN"),
            json!(null),
            json!([30.26]),
            json!(true),
            json!({}),
        ];
        for latitude in degrees {
            let point = json!({ "latitude": latitude, "longitude": 120.1472, "datum": "WGS84" });
            for answer in [
                near(&ling, json!({ "point": point })).await,
                ling.draft_activity(vec![shift(at("09:00"), at("12:00"), 4)], json!({ "place": point })).await,
            ] {
                assert!(["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&codes(&answer)[0].as_str()));
            }
        }
        for longitude in [json!(180.0001), json!(-180.0001), json!("120"), json!(1e300)] {
            let point = json!({ "latitude": 30.26, "longitude": longitude, "datum": "WGS84" });
            is_refused(&near(&ling, json!({ "point": point })).await, "BAD_USER_INPUT");
        }
        assert_eq!(everything(&town).await, before);
    }

    async fn swapped_coordinates_are_told_to_be_swapped(town: Town) {
        let stranger = town.stranger();
        let answer = near(&stranger, json!({ "point": place((PLACE.1, PLACE.0)) })).await;
        is_refused(&answer, "BAD_USER_INPUT");
        assert!(answer.fault_message().contains("swapped"), "{}", answer.body);
    }

    async fn a_number_beyond_all_numbers_is_refused(town: Town) {
        let stranger = town.stranger();
        for within in ["1e999", "-1e999", "NaN", "-1", "\"5000\"", "null"] {
            let document = format!(
                "{{ activitiesNear(within: {within}, point: {{ latitude: 30, longitude: 120, datum: WGS84 }})
                    {{ edges {{ cursor }} }} }}"
            );
            let answer = stranger.ask(&document, json!({})).await;
            let refusals = ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"];
            assert!(refusals.contains(&codes(&answer)[0].as_str()), "{within}");
        }
    }

    async fn a_datum_is_named_and_known(town: Town) {
        let stranger = town.stranger();
        for datum in [json!("CGCS2000"), json!("wgs84"), json!(""), json!(1), json!(null)] {
            let point = json!({ "latitude": PLACE.0, "longitude": PLACE.1, "datum": datum });
            codes(&near(&stranger, json!({ "point": point })).await);
        }
        codes(&near(&stranger, json!({ "point": { "latitude": PLACE.0, "longitude": PLACE.1 } })).await);
    }

    async fn an_accuracy_below_nothing_or_left_out_is_refused(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("07:00"), at("12:00"), 4, json!({})).await;
        let wei = town.volunteer("Wei").await;
        wei.sign_up(posted.shift()).await.fine();
        let before = everything(&town).await;
        for accuracy in [json!(-1), json!(-0.001), json!("10"), json!(null), json!([])] {
            codes(&check_in(&wei, posted.shift(), json!({ "accuracy": accuracy })).await);
        }
        let mut fix = wei.fix(0.0);
        fix.as_object_mut().expect("a fix").remove("accuracy");
        codes(&wei.check_in_with(posted.shift(), fix, &wei.request_id()).await);
        assert_eq!(everything(&town).await, before);
    }

    async fn a_fix_from_the_future_or_stale_is_refused_and_only_kept_as_evidence(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("07:00"), at("12:00"), 4, json!({})).await;
        let wei = town.volunteer("Wei").await;
        wei.sign_up(posted.shift()).await.fine();
        for (minutes, code) in [(1, "FIX_FROM_THE_FUTURE"), (-3, "FIX_STALE")] {
            let fixed_at = at("07:00") + chrono::TimeDelta::minutes(minutes);
            assert_eq!(check_in(&wei, posted.shift(), json!({ "fixedAt": fixed_at })).await.codes(), [code]);
        }
        for fixed_at in
            [json!("yesterday"), json!("2026-05-08 07:00"), json!("2026-05-08T07:00:00"), json!(1_778_194_800)]
        {
            codes(&check_in(&wei, posted.shift(), json!({ "fixedAt": fixed_at })).await);
        }
        assert_eq!((town.rows("attendance").await, town.rows("attendance_attempt").await), (0, 2));
    }

    async fn a_time_beyond_all_calendars_is_refused(town: Town) {
        let ling = town.leader("Ling").await;
        let before = everything(&town).await;
        for time in
            ["+262142-12-31T23:00:00Z", "-262143-01-01T00:00:00Z", "+10000-01-01T00:00:00Z", "0001-01-01T00:00:00Z"]
        {
            is_refused(&near(&ling, json!({ "from": time })).await, "BAD_USER_INPUT");
            is_refused(&near(&ling, json!({ "to": time })).await, "BAD_USER_INPUT");
            let document = "query($time: DateTime) { activities(from: $time, to: $time) { edges { cursor } } }";
            is_refused(&ling.ask(document, json!({ "time": time })).await, "BAD_USER_INPUT");
            let never = json!({ "startsAt": time, "endsAt": time, "capacity": 1 });
            is_refused(&ling.draft_activity(vec![never], json!({})).await, "BAD_USER_INPUT");
        }
        assert_eq!(everything(&town).await, before);
    }

    async fn ids_of_another_type_or_of_nobody_are_refused_before_any_table_is_asked(town: Town) {
        let wei = town.volunteer("Wei").await;
        let before = everything(&town).await;
        for garbage in
            ["", " ", "x", "=====", "U2hpZnQ", "\u{202E}", "../../etc/passwd", &id(Town::TEAM), &"A".repeat(100_000)]
        {
            is_refused(&wei.sign_up(garbage).await, "BAD_USER_INPUT");
            is_refused(&wei.publish(garbage).await, "BAD_USER_INPUT");
        }
        let named = wei.sign_up(&id(Town::TEAM)).await.fault_message();
        assert!(named.contains("names a Team") && named.contains("Shift's id"), "{named}");
        for garbage in ["", "x", "U2hpZnQ", "U2hpZnQ6eA"] {
            let answer = wei.ask("query($id: ID!) { node(id: $id) { id } }", json!({ "id": garbage })).await;
            is_refused(&answer, "BAD_USER_INPUT");
        }
        assert_eq!(everything(&town).await, before);
    }

    async fn texts_may_smile_but_not_deceive_nor_go_on_for_ever(town: Town) {
        let ling = town.leader("Ling").await;
        let shifts = || vec![shift(at("09:00"), at("12:00"), 4)];
        let draft = ling.draft_activity(shifts(), json!({ "title": "献血 🩸👨‍👩‍👧 ❤️" })).await.fine();
        assert_eq!(draft.text("/createActivity/activity/title"), "献血 🩸👨‍👩‍👧 ❤️");
        let before = everything(&town).await;
        let long = "长".repeat(61);
        for title in ["", "  \u{3000} ", "献血\u{202E}血献", "\u{200F}献血", "献\0血", &long] {
            is_refused(&ling.draft_activity(shifts(), json!({ "title": title })).await, "BAD_USER_INPUT");
        }
        for field in ["description", "risks", "placeName", "address"] {
            let deceptive = ling.draft_activity(shifts(), json!({ field: "a\u{2066}b" })).await;
            is_refused(&deceptive, "BAD_USER_INPUT");
            assert!(deceptive.fault_message().contains(field), "{}", deceptive.body);
        }
        assert_eq!(everything(&town).await, before);
    }

    async fn phone_numbers_that_are_none_are_refused_without_being_repeated(town: Town) {
        let mut stranger = town.stranger();
        for phone in [
            "",
            "1390013900",
            "139001390001",
            "12900139000",
            "0571-88888888",
            "+1 202 555 0100",
            "一三九〇〇",
            "1390013900x",
        ] {
            phone.clone_into(&mut stranger.phone);
            let answer = stranger.request_code().await;
            is_refused(&answer, "BAD_USER_INPUT");
            assert!(phone.is_empty() || !answer.body.to_string().contains(phone), "{}", answer.body);
        }
        assert_eq!(town.rows("sign_in_code").await, 0);
    }

    async fn pages_that_cannot_be_are_refused(town: Town) {
        let ling = town.leader("Ling").await;
        for page in [
            json!({ "first": 1_000_000 }),
            json!({ "first": 101 }),
            json!({ "first": -1 }),
            json!({ "last": i32::MIN }),
            json!({ "first": i32::MAX }),
            json!({ "first": 1, "last": 1 }),
            json!({ "last": 101 }),
        ] {
            is_refused(&near(&ling, page.clone()).await, "BAD_USER_INPUT");
        }
        let many = near(&ling, json!({ "first": 1_000_000 })).await.fault_message();
        assert!(many.contains("0 to 100") && many.contains("1000000"), "{many}");
        codes(&near(&ling, json!({ "first": 1e12 })).await);
        codes(&near(&ling, json!({ "first": "ten" })).await);
    }

    async fn a_cursor_from_another_list_or_cut_off_is_refused(town: Town) {
        let ling = town.leader("Ling").await;
        ling.post_activity(at("09:00"), at("12:00"), 2, json!({})).await;
        let other = ling
            .ask("{ activities { pageInfo { endCursor } } }", json!({}))
            .await
            .text("/activities/pageInfo/endCursor");
        let own = near(&ling, json!({})).await.text("/activitiesNear/pageInfo/endCursor");
        let cut = &own[..own.len() - 4];
        for cursor in [other.as_str(), cut, "", "x", "%%", "bnVsbA", &"A".repeat(100_000)] {
            is_refused(&near(&ling, json!({ "after": cursor })).await, "BAD_USER_INPUT");
            is_refused(&near(&ling, json!({ "before": cursor })).await, "BAD_USER_INPUT");
        }
        is_refused(&near(&ling, json!({ "first": 1, "before": own })).await, "BAD_USER_INPUT");
        assert_eq!(near(&ling, json!({ "after": own })).await.data("/activitiesNear/edges"), json!([]));
    }

    async fn the_librarys_own_errors_have_a_code_too(town: Town) {
        let stranger = town.stranger();
        for (document, variables) in [
            ("{ nothing }", json!({})),
            ("{ me { ", json!({})),
            ("", json!({})),
            ("query($id: ID!) { node(id: $id) { id } }", json!({})),
            ("query($id: ID!) { node(id: $id) { id } }", json!({ "id": null })),
            ("query($id: ID!) { node(id: $id) { id } }", json!({ "id": { "a": 1 } })),
            ("{ node { id } }", json!({})),
            ("{ me }", json!({})),
            ("mutation { signUpForShift(input: {}) { errors { code } } }", json!({})),
            ("query A { me { id } } query B { me { id } }", json!({})),
            ("{ activities(categories: [CHESS]) { edges { cursor } } }", json!({})),
            ("query($c: [Category!]) { activities(categories: $c) { edges { cursor } } }", json!({ "c": ["CHESS"] })),
            ("subscription { attendanceBoard(shiftId: \"x\") { asOf } }", json!({})),
            ("{ ...f } fragment f on Query { ...f }", json!({})),
        ] {
            codes(&stranger.ask(document, variables).await);
        }
    }
}
