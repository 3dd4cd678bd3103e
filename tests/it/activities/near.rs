//! Stories of 身边的活动: what is near, how far, and what is not shown.

use boai_tests::{PLACE, Person, Town, at, shift, stories};
use serde_json::json;

use crate::verbs::{add_shift, away, cancel, near, near_titles, place, texts};

async fn post_at(leader: &Person<'_>, title: &str, point: (f64, f64)) -> boai_tests::Posted {
    let given = json!({ "title": title, "place": place(point) });
    leader.post_activity(at("09:00"), at("12:00"), 2, given).await
}

/// Activities 1 m inside and 1 m outside of 5 km in eight directions: exactly the eight inside show.
async fn the_circle_is_exact_around(town: &Town, centre: (f64, f64)) {
    let ling = town.leader("Ling").await;
    let mut expected = Vec::new();
    for direction in [0, 45, 90, 135, 180, 225, 270, 315] {
        post_at(&ling, &format!("{direction} inside"), away(centre, 4_999.0, f64::from(direction))).await;
        post_at(&ling, &format!("{direction} outside"), away(centre, 5_001.0, f64::from(direction))).await;
        expected.push(format!("{direction} inside"));
    }
    let answer = near(&town.stranger(), json!({ "point": place(centre), "within": 5_000 })).await;
    let mut found = texts(&answer, "/activitiesNear/edges", "/node/title");
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    for edge in answer.data("/activitiesNear/edges").as_array().into_iter().flatten() {
        assert_eq!(edge["distance"], 4_999.0, "{edge}");
    }
}

stories! {
    async fn the_nearest_comes_first_with_its_distance(town: Town) {
        let ling = town.leader("Ling").await;
        for (title, metres, direction) in [("third", 3_000.0, 10.0), ("first", 0.0, 0.0), ("second", 1_234.5, 200.0)] {
            post_at(&ling, title, away(PLACE, metres, direction)).await;
        }
        let answer = near(&town.stranger(), json!({})).await;
        assert_eq!(texts(&answer, "/activitiesNear/edges", "/node/title"), ["first", "second", "third"]);
        let edges = answer.data("/activitiesNear/edges");
        assert_eq!([0, 1, 2].map(|n: usize| edges[n]["distance"].as_f64()), [Some(0.0), Some(1_234.5), Some(3_000.0)]);
    }

    async fn the_circle_is_exact_in_hangzhou(town: Town) {
        the_circle_is_exact_around(&town, PLACE).await;
    }

    async fn the_circle_is_exact_at_the_antimeridian(town: Town) {
        the_circle_is_exact_around(&town, (-16.5, 179.99)).await;
    }

    async fn the_circle_is_exact_west_of_the_antimeridian(town: Town) {
        the_circle_is_exact_around(&town, (65.7, -180.0)).await;
    }

    async fn the_circle_is_exact_over_the_north_pole(town: Town) {
        the_circle_is_exact_around(&town, (89.98, 120.0)).await;
    }

    async fn the_circle_is_exact_beside_the_south_pole(town: Town) {
        the_circle_is_exact_around(&town, (-89.9, 0.0)).await;
    }

    async fn the_circle_is_exact_at_the_pole_itself(town: Town) {
        the_circle_is_exact_around(&town, (90.0, 0.0)).await;
    }

    async fn the_circle_is_exact_at_a_high_latitude(town: Town) {
        the_circle_is_exact_around(&town, (78.22, 15.65)).await;
    }

    async fn a_phone_with_another_datum_stands_where_it_stands(town: Town) {
        let ling = town.leader("Ling").await;
        post_at(&ling, "断桥", PLACE).await;
        let standing = boai::places::geodesy::Point::wgs84(PLACE.0, PLACE.1).expect("a place on Earth");
        for (name, datum) in
            [("GCJ02", boai::places::geodesy::Datum::Gcj02), ("BD09", boai::places::geodesy::Datum::Bd09)]
        {
            let (latitude, longitude) = standing.in_datum(datum);
            let point = json!({ "latitude": latitude, "longitude": longitude, "datum": name });
            assert_eq!(near_titles(&ling, json!({ "point": point, "within": 1 })).await, ["断桥"]);
        }
        let mistaken = standing.in_datum(boai::places::geodesy::Datum::Gcj02);
        assert!(near_titles(&ling, json!({ "point": place(mistaken), "within": 400 })).await.is_empty());
    }

    async fn categories_choose(town: Town) {
        let ling = town.leader("Ling").await;
        for category in ["BLOOD", "ELDERLY", "RESCUE"] {
            ling.post_activity(at("09:00"), at("12:00"), 2, json!({ "title": category, "category": category })).await;
        }
        let mut found = near_titles(&ling, json!({ "categories": ["BLOOD", "RESCUE"] })).await;
        found.sort_unstable();
        assert_eq!(found, ["BLOOD", "RESCUE"]);
        assert!(near_titles(&ling, json!({ "categories": ["COMMUNITY"] })).await.is_empty());
        assert_eq!(near_titles(&ling, json!({ "categories": [] })).await.len(), 3);
    }

    async fn a_time_chooses_activities_with_a_shift_in_it(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 2, json!({ "title": "two days" })).await;
        add_shift(&ling, &posted.activity, shift(at("+2 09:00"), at("+2 12:00"), 2)).await.fine();
        let during =
            async |from: &str, to: &str| near_titles(&ling, json!({ "from": at(from), "to": at(to) })).await.len();
        assert_eq!(during("08:00", "09:00").await, 0);
        assert_eq!(during("08:00", "09:01").await, 1);
        assert_eq!(during("11:59", "12:30").await, 1);
        // Between the shifts there is nothing, though the activity as a whole goes on.
        assert_eq!(during("12:00", "+2 09:00").await, 0);
        assert_eq!(during("12:00", "+2 09:01").await, 1);
        assert_eq!(during("+2 12:00", "+5 12:00").await, 0);
    }

    async fn thirty_days_are_looked_ahead(town: Town) {
        let ling = town.leader("Ling").await;
        ling.post_activity(at("+29 09:00"), at("+29 12:00"), 2, json!({ "title": "in 29 days" })).await;
        ling.post_activity(at("+30 07:00"), at("+30 12:00"), 2, json!({ "title": "in 30 days" })).await;
        assert_eq!(near_titles(&ling, json!({})).await, ["in 29 days"]);
    }

    async fn only_those_with_places_left_when_asked(town: Town) {
        let ling = town.leader("Ling").await;
        let full = ling.post_activity(at("09:00"), at("12:00"), 1, json!({ "title": "full" })).await;
        ling.post_activity(at("09:00"), at("12:00"), 1, json!({ "title": "free" })).await;
        // Its morning is full; its evening is not.
        let half = ling.post_activity(at("09:00"), at("12:00"), 1, json!({ "title": "half" })).await;
        add_shift(&ling, &half.activity, shift(at("18:00"), at("20:00"), 1)).await.fine();
        let crowd = town.crowd(2).await;
        crowd[0].sign_up(full.shift()).await.fine();
        crowd[1].sign_up(half.shift()).await.fine();
        let mut left = near_titles(&ling, json!({ "left": true })).await;
        left.sort_unstable();
        assert_eq!(left, ["free", "half"]);
        assert_eq!(near_titles(&ling, json!({ "left": true, "to": at("12:00") })).await, ["free"]);
        assert_eq!(near_titles(&ling, json!({})).await.len(), 3);
    }

    async fn the_edge_has_places_left_and_my_sign_up(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 2, json!({})).await;
        add_shift(&ling, &posted.activity, shift(at("18:00"), at("20:00"), 5)).await.fine();
        let wei = town.volunteer("Wei").await;
        wei.sign_up(posted.shift()).await.fine();
        let edge = near(&wei, json!({})).await.data("/activitiesNear/edges/0");
        assert_eq!(edge["placesLeft"], 6);
        assert_eq!(edge["mySignUp"], json!({ "state": "SEATED", "shift": { "id": posted.shift() } }));
        let morning = near(&wei, json!({ "to": at("12:00") })).await.data("/activitiesNear/edges/0");
        assert_eq!(morning["placesLeft"], 1);
        for other in [&ling, &town.stranger()] {
            assert!(near(other, json!({})).await.data("/activitiesNear/edges/0/mySignUp").is_null());
        }
        wei.leave(posted.shift()).await.fine();
        assert!(near(&wei, json!({})).await.data("/activitiesNear/edges/0/mySignUp").is_null());
    }

    async fn a_cancelled_activity_never_shows(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 2, json!({})).await;
        cancel(&ling, &posted.activity, "台风").await.fine();
        assert!(near_titles(&ling, json!({ "from": at("00:00"), "to": at("+9 00:00") })).await.is_empty());
    }

    async fn an_ended_activity_never_shows(town: Town) {
        let ling = town.leader("Ling").await;
        ling.post_activity(at("07:30"), at("08:00"), 2, json!({})).await;
        let today = json!({ "from": at("00:00"), "to": at("23:59") });
        town.clock.set(at("07:29"));
        assert_eq!(near_titles(&town.stranger(), json!({})).await.len(), 1);
        town.clock.set(at("07:59"));
        assert_eq!(near_titles(&town.stranger(), today.clone()).await.len(), 1);
        town.clock.set(at("08:00"));
        assert!(near_titles(&town.stranger(), json!({})).await.is_empty());
        assert!(near_titles(&town.stranger(), today).await.is_empty());
    }

    async fn more_than_fifty_kilometres_are_refused(town: Town) {
        let stranger = town.stranger();
        assert!(near(&stranger, json!({ "within": 50_000 })).await.data("/activitiesNear/edges").is_array());
        let refused = near(&stranger, json!({ "within": 50_000.1 })).await;
        assert_eq!(refused.fault(), "BAD_USER_INPUT");
        assert!(refused.fault_message().contains("50000"), "{}", refused.body);
    }
}
