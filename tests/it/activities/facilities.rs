//! Stories of facilities: long-lived places that activities take their place from.

use boai_tests::{Answer, Person, Town, at, id, keep_signed_in, shift, stories};
use serde_json::{Value, json};

use crate::verbs::{add_shift, change, over, see, texts};

/// Opens a vaccination site of 西湖区; `given` goes over the usual input.
pub async fn open(officer: &Person<'_>, given: Value) -> Answer {
    let usual = json!({
        "branchId": id(Town::branch("330106")), "kind": "VACCINATION_SITE", "name": "浙大体育馆接种点",
        "address": "浙大路38号", "divisionCode": "330106109",
        "place": { "latitude": 30.2604, "longitude": 120.1472, "datum": "WGS84" },
        "openingHours": [{ "weekdays": ["MONDAY", "SATURDAY"], "opensAt": "06:30", "closesAt": "17:30" }],
    });
    let document = "mutation($input: CreateFacilityInput!) { createFacility(input: $input) {
        facility { id name openingHours { weekdays opensAt closesAt } branch { id } }
        errors { code message path numbers { name value } } } }";
    officer.ask(document, json!({ "input": over(usual, given) })).await
}

/// The global id of a new vaccination site.
pub async fn site(officer: &Person<'_>) -> String {
    open(officer, json!({})).await.fine().text("/createFacility/facility/id")
}

async fn alter(officer: &Person<'_>, facility: &str, given: Value) -> Answer {
    let document = "mutation($input: ChangeFacilityInput!) { changeFacility(input: $input) {
        facility { name kind place { latitude } } errors { code message path numbers { name value } } } }";
    let input = over(json!({ "facilityId": facility, "note": "搬到对面" }), given);
    officer.ask(document, json!({ "input": input })).await
}

pub async fn close(officer: &Person<'_>, facility: &str) -> Answer {
    let document = "mutation($id: ID!) { closeFacility(input: { facilityId: $id, reason: \"接种结束\" }) {
        facility { closedAt } errors { code message path numbers { name value } } } }";
    officer.ask(document, json!({ "id": facility })).await
}

/// What goes over the usual input of an activity at a facility.
pub fn there(facility: &str) -> Value {
    json!({ "facilityId": facility, "placeName": null, "address": null, "divisionCode": null, "place": null })
}

async fn place(person: &Person<'_>, activity: &str) -> Value {
    let document = "query($id: ID!) { node(id: $id) { ... on Activity {
        placeName address division { code } place { latitude } facility { name } } } }";
    person.ask(document, json!({ "id": activity })).await.data("/node")
}

/// Names of a branch's facilities, as everybody sees them.
async fn names(town: &Town, closed_too: bool) -> Vec<String> {
    let document = "query($id: ID!, $closed: Boolean!) { node(id: $id) { ... on Branch {
        facilities(closedToo: $closed) { nodes { name } } } } }";
    let given = json!({ "id": id(Town::branch("330106")), "closed": closed_too });
    texts(&town.stranger().ask(document, given).await, "/node/facilities/nodes", "/name")
}

stories! {
    async fn an_officer_opens_a_site_and_teams_of_two_cities_serve_there(town: Town) {
        let (officer, ling, hai) =
            (town.officer("Zhou", "330106").await, town.leader("Ling").await, town.other_leader("Hai").await);
        let opened = open(&officer, json!({})).await.fine();
        let hours = json!([{ "weekdays": ["MONDAY", "SATURDAY"], "opensAt": "06:30", "closesAt": "17:30" }]);
        assert_eq!(opened.data("/createFacility/facility/openingHours"), hours);
        let facility = opened.text("/createFacility/facility/id");
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, there(&facility)).await;
        let theirs = over(there(&facility), json!({ "teamId": id(Town::OTHER_TEAM), "title": "海曙" }));
        hai.post_activity(at("13:00"), at("15:00"), 4, theirs).await;
        let expected = json!({ "placeName": "浙大体育馆接种点", "address": "浙大路38号",
            "division": { "code": "330106109" }, "place": { "latitude": 30.2604 },
            "facility": { "name": "浙大体育馆接种点" } });
        assert_eq!(place(&ling, &posted.activity).await, expected);
        let document = "query($id: ID!) { node(id: $id) { ... on Facility { activities { nodes { title } } } } }";
        let seen = town.stranger().ask(document, json!({ "id": facility })).await;
        assert_eq!(texts(&seen, "/node/activities/nodes", "/title"), ["断桥应急救护", "海曙"]);
        assert_eq!(names(&town, false).await, ["浙大体育馆接种点"]);
    }

    async fn a_site_that_moves_takes_its_activities_along_and_tells_who_signed_up(town: Town) {
        let (officer, ling, wei) =
            (town.officer("Zhou", "3301").await, town.leader("Ling").await, town.volunteer("Wei").await);
        let facility = site(&officer).await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, there(&facility)).await;
        let elsewhere = ling.post_activity(at("13:00"), at("15:00"), 4, json!({})).await;
        wei.sign_up(posted.shift()).await.fine();
        let to = json!({ "place": { "latitude": 30.27, "longitude": 120.15, "datum": "WGS84" }, "address": "玉古路1号" });
        alter(&officer, &facility, to).await.fine();
        let moved = place(&wei, &posted.activity).await;
        assert_eq!((&moved["address"], &moved["place"]["latitude"]), (&json!("玉古路1号"), &json!(30.27)));
        assert_eq!(place(&wei, &elsewhere.activity).await["address"], "北山街");
        assert_eq!(wei.inbox().await, [("ACTIVITY_CHANGED".into(), "浙大体育馆接种点:搬到对面".into())]);
        keep_signed_in(&town).await;
        town.clock.set(at("09:00"));
        // At the old place, a kilometre away.
        assert_eq!(wei.check_in(posted.shift(), 0.0).await.codes(), ["OUT_OF_RANGE"]);
        // Longer hours move nobody.
        alter(&officer, &facility, json!({ "openingHours": [] })).await.fine();
        assert_eq!(wei.inbox().await.len(), 1);
    }

    async fn the_place_of_an_activity_at_a_site_is_not_its_leaders_to_change(town: Town) {
        let (officer, ling) = (town.officer("Zhou", "330106").await, town.leader("Ling").await);
        let facility = site(&officer).await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, there(&facility)).await;
        let before = place(&ling, &posted.activity).await;
        let refused = change(&ling, &posted, json!({ "address": "别处", "title": "新" })).await;
        assert_eq!(refused.codes(), ["PLACE_IS_FACILITYS"]);
        assert_eq!(place(&ling, &posted.activity).await, before);
        change(&ling, &posted, json!({ "title": "新" })).await.fine();
        // Both a facility and a place, or half a place, are no place.
        for given in [json!({ "facilityId": facility }), json!({ "address": null })] {
            let shifts = vec![shift(at("09:00"), at("12:00"), 4)];
            assert_eq!(ling.draft_activity(shifts, given).await.fault(), "BAD_USER_INPUT");
        }
    }

    async fn nothing_new_takes_place_at_a_closed_site(town: Town) {
        let (officer, ling, wei) =
            (town.officer("Zhou", "330106").await, town.leader("Ling").await, town.volunteer("Wei").await);
        let facility = site(&officer).await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 4, there(&facility)).await;
        wei.sign_up(posted.shift()).await.fine();
        close(&officer, &facility).await.fine();
        assert_eq!(ling.inbox().await, [("FACILITY_CLOSED".into(), "浙大体育馆接种点:接种结束".into())]);
        // What people signed up for is the leader's to call off.
        assert_eq!(see(&wei, &posted.activity).await["state"], "PUBLISHED");
        assert!(wei.inbox().await.is_empty());
        let shifts = || vec![shift(at("13:00"), at("14:00"), 4)];
        assert_eq!(ling.draft_activity(shifts(), there(&facility)).await.codes(), ["FACILITY_NOT_OPEN"]);
        let added = add_shift(&ling, &posted.activity, shift(at("13:00"), at("14:00"), 4)).await;
        assert_eq!(added.codes(), ["FACILITY_NOT_OPEN"]);
        assert_eq!(alter(&officer, &facility, json!({ "name": "新" })).await.codes(), ["CLOSED"]);
        assert_eq!(close(&officer, &facility).await.codes(), ["CLOSED"]);
        assert_eq!(town.rows("shift").await, 1);
        assert!(names(&town, false).await.is_empty());
        assert_eq!(names(&town, true).await, ["浙大体育馆接种点"]);
        // The name is free again.
        site(&officer).await;
    }

    async fn what_does_not_fit_a_site_is_refused_and_opens_nothing(town: Town) {
        let officer = town.officer("Zhou", "330106").await;
        let first = site(&officer).await;
        let span = json!({ "weekdays": [], "opensAt": "06:30", "closesAt": "17:30" });
        for (given, code) in [
            (json!({}), "NAME_TAKEN"),
            (json!({ "name": "二", "divisionCode": "999999" }), "DIVISION_UNKNOWN"),
            (json!({ "name": "二", "openingHours": [span] }), "OPENING_HOURS_UNFIT"),
        ] {
            assert_eq!(open(&officer, given).await.codes(), [code]);
        }
        open(&officer, json!({ "name": "二" })).await.fine();
        assert_eq!(alter(&officer, &first, json!({ "name": "二" })).await.codes(), ["NAME_TAKEN"]);
        assert_eq!(names(&town, true).await, ["二", "浙大体育馆接种点"]);
    }

    async fn two_officers_open_a_site_of_one_name_at_once_and_one_does(town: Town) {
        let (one, other) = (town.officer("Zhou", "330106").await, town.officer("Wu", "3301").await);
        let (first, second) = futures_util::future::join(open(&one, json!({})), open(&other, json!({}))).await;
        let mut codes = [first.codes(), second.codes()];
        codes.sort();
        assert_eq!(codes, [vec![], vec!["NAME_TAKEN".to_owned()]]);
        assert_eq!(town.rows("facility").await, 1);
    }
}
