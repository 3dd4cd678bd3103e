//! What people say to the server in these stories, beyond what the harness has.

use boai::places::geodesy::Point;
use boai_entity::{
    activity,
    ids::{ActivityId, ShiftId},
    kinds::{ActivityKind, ActivityState, Category},
    shift,
    volunteer::Skills,
};
use boai_tests::{Answer, PLACE, Person, Posted, Town, at, id, insert_all};
use serde_json::{Value, json};

/// Changes an activity; `given` as in `ChangeActivityInput`, with a note if it has none.
pub async fn change(person: &Person<'_>, posted: &Posted, given: Value) -> Answer {
    let input = over(json!({ "activityId": posted.activity, "note": "改动" }), given);
    let document = "mutation($input: ChangeActivityInput!) { changeActivity(input: $input) {
        activity { title radius state minimumAge } errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "input": input })).await
}

pub async fn cancel(person: &Person<'_>, activity: &str, reason: &str) -> Answer {
    let document =
        "mutation($id: ID!, $reason: String!) { cancelActivity(input: { activityId: $id, reason: $reason }) {
        activity { state cancelReason } errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "id": activity, "reason": reason })).await
}

pub async fn add_shift(person: &Person<'_>, activity: &str, shift: Value) -> Answer {
    let document = "mutation($id: ID!, $shift: ShiftInput!) { addShift(input: { activityId: $id, shift: $shift }) {
        shift { id } errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "id": activity, "shift": shift })).await
}

/// Changes a shift; `given` as in `ChangeShiftInput`.
pub async fn change_shift(person: &Person<'_>, shift: &str, given: Value) -> Answer {
    let input = over(json!({ "shiftId": shift }), given);
    let document = "mutation($input: ChangeShiftInput!) { changeShift(input: $input) {
        shift { startsAt endsAt capacity placesLeft posts { capacity placesLeft } }
        errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "input": input })).await
}

pub async fn sign_up_at_post(person: &Person<'_>, shift: &str, post: &str) -> Answer {
    let document = "mutation($shift: ID!, $post: ID!) { signUpForShift(input: { shiftId: $shift, postId: $post }) {
        signUp { state post { name } } errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "shift": shift, "post": post })).await
}

/// The state of the sign-up just made: `SEATED` or `WAITING`.
pub async fn takes(person: &Person<'_>, shift: &str) -> String {
    person.sign_up(shift).await.fine().text("/signUpForShift/signUp/state")
}

/// The state of one's own sign-up for a shift; nothing when there is none.
pub async fn stands(person: &Person<'_>, shift: &str) -> Option<String> {
    let document = "query($id: ID!) { node(id: $id) { ... on Shift { mySignUp { state } } } }";
    let answer = person.ask(document, json!({ "id": shift })).await;
    answer.data("/node/mySignUp")["state"].as_str().map(str::to_owned)
}

/// Seats of a shift, and how many are left.
pub async fn seats(person: &Person<'_>, shift: &str) -> (i64, i64) {
    let document = "query($id: ID!) { node(id: $id) { ... on Shift { capacity placesLeft } } }";
    let answer = person.ask(document, json!({ "id": shift })).await;
    (answer.number("/node/capacity") as i64, answer.number("/node/placesLeft") as i64)
}

/// What `node` has of an activity, or null.
pub async fn see(person: &Person<'_>, activity: &str) -> Value {
    let document = "query($id: ID!) { node(id: $id) { ... on Activity {
        id state title cancelReason startsAt endsAt placesLeft shifts { id } } } }";
    person.ask(document, json!({ "id": activity })).await.data("/node")
}

/// Activities near [`PLACE`] within 5 km; `given` are the variables to say otherwise.
pub async fn near(person: &Person<'_>, given: Value) -> Answer {
    let variables = over(json!({ "point": place(PLACE), "within": 5_000, "left": false }), given);
    let document = "query($point: Place!, $within: Metres!, $from: DateTime, $to: DateTime, $categories: [Category!],
            $left: Boolean!, $first: Int, $after: String, $last: Int, $before: String) {
        activitiesNear(point: $point, within: $within, from: $from, to: $to, categories: $categories,
            onlyWithPlacesLeft: $left, first: $first, after: $after, last: $last, before: $before) {
            edges { cursor distance placesLeft mySignUp { state shift { id } } node { id title } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    person.ask(document, variables).await
}

/// Titles of what is near, in the order given.
pub async fn near_titles(person: &Person<'_>, given: Value) -> Vec<String> {
    texts(&near(person, given).await, "/activitiesNear/edges", "/node/title")
}

/// Titles of `activities` with these arguments, in the order given.
pub async fn titles(person: &Person<'_>, given: Value) -> Vec<String> {
    let document = "query($division: String, $team: ID, $text: String, $from: DateTime, $to: DateTime,
            $categories: [Category!]) {
        activities(divisionCode: $division, teamId: $team, text: $text, from: $from, to: $to, categories: $categories) {
            edges { node { title } } } }";
    texts(&person.ask(document, given).await, "/activities/edges", "/node/title")
}

/// Names of who signed up for a shift, in that order.
pub async fn roster(person: &Person<'_>, shift: &str, states: &[&str]) -> Vec<String> {
    let document = "query($id: ID!, $states: [SignUpState!]!) { node(id: $id) { ... on Shift {
        signUps(states: $states, first: 100) { edges { node { volunteer { name } } } } } } }";
    let answer = person.ask(document, json!({ "id": shift, "states": states })).await;
    texts(&answer, "/node/signUps/edges", "/node/volunteer/name")
}

/// A moment that the server told.
pub fn moment(told: &Value) -> boai_entity::Instant {
    told.as_str().and_then(|told| told.parse().ok()).unwrap_or_else(|| panic!("no moment: {told}"))
}

/// A text of each item of a list.
pub fn texts(answer: &Answer, list: &str, pointer: &str) -> Vec<String> {
    let text = |item: &Value| item.pointer(pointer).and_then(Value::as_str).unwrap_or("nothing there").to_owned();
    answer.data(list).as_array().into_iter().flatten().map(text).collect()
}

/// A point as `Place`.
pub fn place((latitude, longitude): (f64, f64)) -> Value {
    json!({ "latitude": latitude, "longitude": longitude, "datum": "WGS84" })
}

/// Where one comes to after so many metres on a great circle, setting out so many degrees from north, clockwise.
/// Worked out from the sphere's angles, not by the server's own formulas.
pub fn away((latitude, longitude): (f64, f64), metres: f64, direction: f64) -> (f64, f64) {
    let (arc, latitude, direction) = (metres / 6_371_008.8, latitude.to_radians(), direction.to_radians());
    let there = (latitude.sin() * arc.cos() + latitude.cos() * arc.sin() * direction.cos()).asin();
    let east = (direction.sin() * arc.sin() * latitude.cos()).atan2(arc.cos() - latitude.sin() * there.sin());
    let longitude = longitude + east.to_degrees();
    (there.to_degrees(), (longitude + 540.0).rem_euclid(360.0) - 180.0)
}

/// A global id of the right type that nothing has.
pub fn nobodys_activity() -> String {
    id(ActivityId(uuid::Uuid::from_u128(7)))
}

/// A global id of the right type that nothing has.
pub fn nobodys_shift() -> String {
    id(ShiftId(uuid::Uuid::from_u128(7)))
}

/// Puts published activities of 西湖救援队 straight into the database, one at each point from 09:00 to 12:00 with four
/// seats, titled 活动 0, 活动 1 …; for stories in which their number matters.
pub async fn scatter(leader: &Person<'_>, points: impl Iterator<Item = (f64, f64)>) -> Vec<Posted> {
    let town = leader.town;
    let person = leader.person_id().await;
    let (starts_at, ends_at) = (at("09:00"), at("12:00"));
    let (mut activities, mut shifts) = (Vec::new(), Vec::new());
    for (number, (latitude, longitude)) in points.enumerate() {
        let [unit_x, unit_y, unit_z] = Point::wgs84(latitude, longitude).expect("a place on Earth").unit_vector();
        let new_id = || town.app.random.uuid(town.clock.now());
        let activity = ActivityId(new_id());
        activities.push(activity::Model {
            id: activity,
            team_id: Town::TEAM,
            kind: ActivityKind::Service,
            category: Category::FirstAid,
            title: format!("活动 {number}"),
            description: "为游客提供急救。".into(),
            risks: String::new(),
            place_name: "断桥".into(),
            address: "北山街".into(),
            division_code: "330106109".into(),
            latitude,
            longitude,
            unit_x,
            unit_y,
            unit_z,
            radius_m: 300,
            skills_required: Skills::default(),
            minimum_age: 14,
            dangerous: false,
            state: ActivityState::Published,
            person_in_charge: person,
            created_at: at("07:00"),
            published_at: Some(at("07:00")),
            cancelled_at: None,
            cancel_reason: None,
            starts_at,
            ends_at,
            facility_id: None,
        });
        let shift = ShiftId(new_id());
        shifts.push(shift::Model::new(shift, activity, starts_at, ends_at, 4));
    }
    let posted = activities.iter().zip(&shifts);
    let posted = posted.map(|(activity, shift)| Posted { activity: id(activity.id), shifts: vec![id(shift.id)] });
    let posted = posted.collect();
    insert_all::<activity::Entity, _>(&town.app.db.conn, activities).await;
    insert_all::<shift::Entity, _>(&town.app.db.conn, shifts).await;
    posted
}

/// The usual input with what is given over it.
pub fn over(mut usual: Value, given: Value) -> Value {
    if let (Some(usual), Value::Object(given)) = (usual.as_object_mut(), given) {
        usual.extend(given);
    }
    usual
}
