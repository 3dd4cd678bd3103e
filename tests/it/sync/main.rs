//! Stories of phones without a network, which bring in later what their owners did.

mod clocks;
mod desks;
mod orders;
mod phones;
mod reviewing;
mod signals;
mod spoiled;
mod unfinished;

use boai_entity::Instant;
use boai_tests::{Answer, Person, Posted, Town, at, keep_signed_in};
use serde_json::{Value, json};

const SYNC: &str = "mutation($sentAt: DateTime!, $items: [SyncItemInput!]!) {
    syncAttendance(input: { sentAt: $sentAt, items: $items }) {
        results { requestId status reasons attendance { id state checkedInAt checkInGrade checkedOutAt record { minutes state } }
            errors { code message numbers { name value } } checkInErrors { code numbers { name value } } checkOutErrors { code }
            name entry { id end way walkIn } candidates { signUpId name }
            deskCheckInErrors { code numbers { name value } } deskCheckOutErrors { code numbers { name value } } }
        clockBehindSeconds errors { code } } }";

/// A shift at the place from 08:00 to 12:00, its leader, and Ling, who has a seat. It is 07:00.
pub struct Scene<'t> {
    pub leader: Person<'t>,
    pub ling: Person<'t>,
    pub posted: Posted,
}

impl Scene<'_> {
    pub fn shift(&self) -> &str {
        self.posted.shift()
    }
}

pub async fn scene(town: &Town) -> Scene<'_> {
    let leader = town.leader("Li").await;
    let ling = town.volunteer("Ling").await;
    let posted = leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
    ling.sign_up(posted.shift()).await.fine();
    keep_signed_in(town).await;
    Scene { leader, ling, posted }
}

/// A check-in or check-out so many metres north of the place, at a moment of the phone's clock.
pub fn end(who: &Person<'_>, end: &str, shift: &str, shown: Instant, metres: f64) -> Value {
    let place = who.fix(metres)["place"].clone();
    json!({
        "requestId": who.request_id(), "end": end, "shiftId": shift, "deviceTime": shown,
        "fix": {
            "latitude": place["latitude"], "longitude": place["longitude"], "datum": "WGS84", "accuracy": 10,
            "fixedAt": shown,
        },
    })
}

pub fn came(who: &Person<'_>, shift: &str, shown: Instant) -> Value {
    end(who, "CHECK_IN", shift, shown, 20.0)
}

/// Leaves the stay that this check-in began.
pub fn left(who: &Person<'_>, check_in: &Value, shown: Instant) -> Value {
    let mut left = end(who, "CHECK_OUT", check_in["shiftId"].as_str().expect("a shift"), shown, 20.0);
    left["checkInRequestId"] = check_in["requestId"].clone();
    left
}

/// With a code in place of the fix.
pub fn with_code(mut end: Value, code: &str) -> Value {
    end["fix"] = Value::Null;
    end["code"] = json!(code);
    end
}

/// Sends a batch; the phone's clock is right.
pub async fn sync(who: &Person<'_>, items: &[Value]) -> Answer {
    sync_at(who, &who.town.url, who.town.clock.now(), items).await
}

pub async fn sync_at(who: &Person<'_>, url: &str, sent_at: Instant, items: &[Value]) -> Answer {
    who.ask_at(url, SYNC, json!({ "sentAt": sent_at, "items": items })).await
}

pub fn results(answer: &Answer) -> Vec<Value> {
    answer.data("/syncAttendance/results").as_array().cloned().unwrap_or_default()
}

pub fn statuses(answer: &Answer) -> Vec<String> {
    results(answer).iter().map(|result| result["status"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The codes of an item's refusal, whichever kind it is.
pub fn codes_of(result: &Value) -> Vec<String> {
    let lists = ["errors", "checkInErrors", "checkOutErrors", "deskCheckInErrors", "deskCheckOutErrors"];
    let errors = lists.iter().flat_map(|list| result[*list].as_array().cloned().unwrap_or_default());
    errors.map(|error| error["code"].as_str().unwrap_or_default().to_owned()).collect()
}
