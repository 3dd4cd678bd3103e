//! Stories of datums: what a leader gives in one map's coordinates comes back in any, to a centimetre.

use boai::places::geodesy::Point;
use boai_tests::{Person, at, stories};
use serde_json::{Value, json};

/// A place as the server gives it in a datum: latitude, longitude.
async fn place_in(person: &Person<'_>, activity: &str, datum: &str) -> (f64, f64) {
    let document = "query($id: ID!, $datum: Datum!) { node(id: $id) { ... on Activity {
        place(datum: $datum) { latitude longitude datum } } } }";
    let answer = person.ask(document, json!({ "id": activity, "datum": datum })).await;
    assert_eq!(answer.text("/node/place/datum"), datum);
    (answer.number("/node/place/latitude"), answer.number("/node/place/longitude"))
}

fn given(place: (f64, f64), datum: &str) -> Value {
    json!({ "place": { "latitude": place.0, "longitude": place.1, "datum": datum } })
}

/// Metres between two pairs of degrees of one datum.
fn apart(a: (f64, f64), b: (f64, f64)) -> f64 {
    let [a, b] = [a, b].map(|(latitude, longitude)| Point::wgs84(latitude, longitude).expect("a place on Earth"));
    a.distance_m(b)
}

stories! {
    async fn a_place_given_in_any_datum_comes_back_in_it_to_a_centimetre(town: Town) {
        let ling = town.leader("Ling").await;
        let hangzhou = (30.2764043, 120.1503589);
        for datum in ["WGS84", "GCJ02", "BD09"] {
            let posted = ling.post_activity(at("09:00"), at("12:00"), 4, given(hangzhou, datum)).await;
            assert!(apart(place_in(&ling, &posted.activity, datum).await, hangzhou) < 0.01, "{datum}");
        }
    }

    async fn one_place_told_in_three_datums_is_one_place(town: Town) {
        let ling = town.leader("Ling").await;
        let first = ling.post_activity(at("09:00"), at("12:00"), 4, given((30.2764043, 120.1503589), "WGS84")).await;
        for datum in ["GCJ02", "BD09"] {
            let there = place_in(&ling, &first.activity, datum).await;
            let again = ling.post_activity(at("09:00"), at("12:00"), 4, given(there, datum)).await;
            for other in ["WGS84", "GCJ02", "BD09"] {
                let (a, b) =
                    (place_in(&ling, &first.activity, other).await, place_in(&ling, &again.activity, other).await);
                assert!(apart(a, b) < 0.01, "{datum} as {other}: {a:?} {b:?}");
            }
        }
    }

    async fn a_map_of_gaode_shows_hangzhou_where_its_vendor_does(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, given((30.2764043, 120.1503589), "WGS84")).await;
        let gcj02 = place_in(&ling, &posted.activity, "GCJ02").await;
        assert!(apart(gcj02, (30.274088, 120.1550722)) < 1.0, "{gcj02:?}");
    }
}
