//! What a phone's location proves, and what is kept of it.

use boai::places::geodesy::{Datum, Point};
use boai_tests::{PLACE, at, stories};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{attempts, nobody_came, scene, scene_of, serve};

/// The place itself as a fix whose numbers are of one datum and whose label may name another.
fn labelled(numbers: Datum, label: &str, fixed_at: boai_entity::Instant) -> Value {
    let (latitude, longitude) = Point::wgs84(PLACE.0, PLACE.1).expect("on Earth").in_datum(numbers);
    json!({
        "place": { "latitude": latitude, "longitude": longitude, "datum": label }, "accuracy": 10, "fixedAt": fixed_at,
    })
}

stories! {
    async fn seven_hundred_metres_away_is_refused_with_the_numbers_and_the_try_is_kept(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("07:50"));
        let events = town.rows("outbox_event").await;
        let request = scene.ling.request_id();
        let refused = scene.ling.check_in_with(scene.shift(), scene.ling.fix(700.4), &request).await;
        assert_eq!(refused.codes(), ["OUT_OF_RANGE"]);
        let numbers = ["distanceMetres", "radiusMetres", "allowedMetres"].map(|name| refused.refusal_number(name));
        assert_eq!(numbers, [701.0, 300.0, 310.0]);
        let error = &refused.payload()["errors"][0];
        let message = error["message"].to_string();
        assert!(message.contains("701 m") && message.contains("Go closer") && message.contains("leader"), "{message}");
        assert_eq!(error["path"], json!(["input", "fix"]));

        nobody_came(&town).await;
        assert_eq!(town.rows("outbox_event").await, events, "no board was told");
        let kept = attempts(&town).await;
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].refusal.as_str(), kept[0].distance_m), ("OutOfRange", Some(701.0)));
        assert_eq!((kept[0].tried_at, kept[0].accuracy_m), (at("07:50"), Some(10.0)));
        assert!(kept[0].latitude.is_some() && kept[0].shift_id.is_some());
        // A refused try used nothing up: the same wish works once Ling is there.
        scene.ling.check_in_with(scene.shift(), scene.ling.fix(20.0), &request).await.fine();
    }

    async fn in_chinese_the_refusal_speaks_chinese(town: Town) {
        let mut scene = scene(&town).await;
        town.clock.set(at("07:50"));
        scene.ling.language = "zh-CN";
        let refused = scene.ling.check_in(scene.shift(), 700.0).await;
        let message = refused.payload()["errors"][0]["message"].to_string();
        assert!(message.contains("米") && message.contains("请靠近后重试"), "{message}");
    }

    async fn out_of_range_at_check_out_keeps_the_stay_open(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        town.clock.set(at("12:00"));
        let refused = scene.ling.check_out(700.0).await;
        assert_eq!(refused.codes(), ["OUT_OF_RANGE"]);
        assert_eq!(refused.refusal_number("radiusMetres"), 300.0);
        assert_eq!((town.rows("service_record").await, attempts(&town).await.len()), (0, 1));
        scene.ling.check_out(20.0).await.fine();
    }

    async fn a_fix_must_be_fresh_accurate_and_not_from_the_future(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        let fixes = [
            (json!({ "fixedAt": at("07:58") - TimeDelta::milliseconds(1) }), "FIX_STALE", "ageSeconds", 121.0),
            (json!({ "fixedAt": at("08:00") + TimeDelta::seconds(6) }), "FIX_FROM_THE_FUTURE", "aheadSeconds", 6.0),
            (json!({ "accuracy": 501 }), "FIX_INACCURATE", "accuracyMetres", 501.0),
        ];
        for (change, code, number, value) in fixes {
            let mut fix = scene.ling.fix(20.0);
            fix.as_object_mut().expect("a fix").extend(change.as_object().expect("a change").clone());
            let refused = scene.ling.check_in_with(scene.shift(), fix, &scene.ling.request_id()).await;
            assert_eq!((refused.codes(), refused.refusal_number(number)), (vec![code.to_owned()], value));
        }
        nobody_came(&town).await;
        let mut kept: Vec<_> = attempts(&town).await.into_iter().map(|attempt| attempt.refusal).collect();
        kept.sort();
        assert_eq!(kept, ["FixFromTheFuture", "FixInaccurate", "FixStale"]);
        let mut just_good = scene.ling.fix(20.0);
        just_good["fixedAt"] = json!(at("07:58"));
        just_good["accuracy"] = json!(500);
        scene.ling.check_in_with(scene.shift(), just_good, &scene.ling.request_id()).await.fine();
    }

    async fn the_same_place_counts_in_every_datum(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        for (datum, label) in [(Datum::Wgs84, "WGS84"), (Datum::Gcj02, "GCJ02"), (Datum::Bd09, "BD09")] {
            let fix = labelled(datum, label, town.clock.now());
            let inside = scene.ling.check_in_with(scene.shift(), fix.clone(), &scene.ling.request_id()).await.fine();
            assert!(inside.number("/checkIn/attendance/checkInDistance") < 0.1, "{label}: {}", inside.body);
            scene.ling.check_out_with(fix, &scene.ling.request_id()).await.fine();
        }
    }

    async fn numbers_of_another_datum_under_a_wrong_label_are_refused(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        for (datum, at_least) in [(Datum::Gcj02, 450.0), (Datum::Bd09, 900.0)] {
            let fix = labelled(datum, "WGS84", town.clock.now());
            let refused = scene.ling.check_in_with(scene.shift(), fix, &scene.ling.request_id()).await;
            assert_eq!(refused.codes(), ["OUT_OF_RANGE"]);
            assert!(refused.refusal_number("distanceMetres") > at_least, "{}", refused.body);
        }
        nobody_came(&town).await;
    }

    async fn without_the_consent_no_location_is_kept_whatever_the_refusal(town: Town) {
        let scene = scene(&town).await;
        let withdraw = "mutation { withdrawConsent(input: { kind: LOCATION }) { errors { code } } }";
        scene.ling.ask(withdraw, json!({})).await.fine();
        let mut codes = vec![scene.ling.check_in(scene.shift(), 20.0).await.codes()];
        town.clock.set(at("08:00"));
        codes.push(scene.ling.check_in(scene.shift(), 20.0).await.codes());
        codes.push(scene.ling.check_out(20.0).await.codes());
        assert_eq!(codes.concat(), ["TOO_EARLY", "LOCATION_CONSENT_MISSING", "NOT_CHECKED_IN"]);
        nobody_came(&town).await;
        let kept = attempts(&town).await;
        assert_eq!(kept.len(), 3);
        for attempt in kept {
            let location =
                (attempt.latitude, attempt.longitude, attempt.accuracy_m, attempt.distance_m, attempt.fixed_at);
            assert_eq!(location, (None, None, None, None, None), "{}", attempt.refusal);
        }
        let give = "mutation { giveConsent(input: { kind: LOCATION, version: \"2026-01\" }) { errors { code } } }";
        scene.ling.ask(give, json!({})).await.fine();
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
    }

    async fn a_consent_withdrawn_while_serving_stops_the_check_out_by_location(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        let withdraw = "mutation { withdrawConsent(input: { kind: LOCATION }) { errors { code } } }";
        scene.ling.ask(withdraw, json!({})).await.fine();
        assert_eq!(scene.ling.check_out(20.0).await.codes(), ["LOCATION_CONSENT_MISSING"]);
        assert_eq!(attempts(&town).await[0].latitude, None);
        assert_eq!(town.rows("service_record").await, 0);
    }

    async fn the_radius_is_the_activity_s_own(town: Town) {
        let scene = scene_of(&town, at("08:00"), at("12:00"), json!({ "radius": 1000 })).await;
        serve(&scene.ling, scene.shift(), at("08:00"), at("09:00")).await;
        let far = scene.ling.check_in(scene.shift(), 1011.0).await;
        assert_eq!((far.codes(), far.refusal_number("radiusMetres")), (vec!["OUT_OF_RANGE".to_owned()], 1000.0));
        scene.ling.check_in(scene.shift(), 999.0).await.fine();
    }
}
