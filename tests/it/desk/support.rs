//! What the stories of this book begin with.

use boai_entity::Instant;
use boai_tests::{Answer, Person, Posted, Town, at, keep_signed_in};
use serde_json::{Value, json};

/// An activity tomorrow from 06:30 to 10:30 with its leader, and somebody with its desk on that day who is no volunteer.
pub struct Site<'t> {
    pub leader: Person<'t>,
    pub operator: Person<'t>,
    pub posted: Posted,
}

pub async fn site(town: &Town) -> Site<'_> {
    site_with(town, 8, json!({})).await
}

/// The same with so many seats, and with what is given over the usual input of the activity.
pub async fn site_with(town: &Town, capacity: i32, given: Value) -> Site<'_> {
    let leader = town.leader("Li").await;
    let operator = town.person("Desk").await;
    let posted = leader.post_activity(at("+1 06:30"), at("+1 10:30"), capacity, given).await;
    grant(&leader, &posted.activity, &operator.phone, TOMORROW, TOMORROW).await.fine();
    keep_signed_in(town).await;
    Site { leader, operator, posted }
}

pub const TOMORROW: &str = "2026-05-09";

impl Site<'_> {
    pub fn activity(&self) -> &str {
        &self.posted.activity
    }

    pub fn shift(&self) -> &str {
        self.posted.shift()
    }

    /// What the operator asks for, over the site and a new request id.
    pub fn input(&self, given: Value) -> Value {
        over(json!({ "activityId": self.activity(), "requestId": self.operator.request_id() }), given)
    }

    pub async fn check_in(&self, given: Value) -> Answer {
        check_in(&self.operator, self.input(given)).await
    }

    pub async fn check_out(&self, given: Value) -> Answer {
        check_out(&self.operator, self.input(given)).await
    }
}

pub fn over(mut usual: Value, given: Value) -> Value {
    if let (Some(usual), Some(given)) = (usual.as_object_mut(), given.as_object()) {
        usual.extend(given.clone());
    }
    usual
}

const TOLD: &str = "entry { id end way walkIn madeAt undoneAt }
    line { signUpId name postName signUpState attendanceState checkedInAt checkedOutAt entryId }
    name candidates { signUpId name } errors { code message path numbers { name value } }";

pub async fn check_in(operator: &Person<'_>, input: Value) -> Answer {
    let document = format!("mutation($input: DeskCheckInInput!) {{ deskCheckIn(input: $input) {{ {TOLD} }} }}");
    operator.ask(&document, json!({ "input": input })).await
}

pub async fn check_out(operator: &Person<'_>, input: Value) -> Answer {
    let document = format!("mutation($input: DeskCheckOutInput!) {{ deskCheckOut(input: $input) {{ {TOLD} }} }}");
    operator.ask(&document, json!({ "input": input })).await
}

pub async fn undo(operator: &Person<'_>, entry: &str, reason: &str) -> Answer {
    let document = "mutation($entry: ID!, $reason: String!) {
        undoDeskEntry(input: { entryId: $entry, reason: $reason }) {
            entry { id undoneAt undoReason } errors { code message numbers { name value } } } }";
    operator.ask(document, json!({ "entry": entry, "reason": reason })).await
}

pub async fn grant(who: &Person<'_>, activity: &str, phone: &str, from: &str, to: &str) -> Answer {
    grant_desk(who, json!({ "activityId": activity, "phone": phone, "fromDay": from, "toDay": to })).await
}

pub async fn grant_desk(who: &Person<'_>, input: Value) -> Answer {
    let document = "mutation($input: GrantDeskInput!) { grantDesk(input: $input) {
        grant { id siteName fromDay toDay } errors { code message numbers { name value } } } }";
    who.ask(document, json!({ "input": input })).await
}

/// What a person's phone shows now.
pub async fn code(person: &Person<'_>) -> String {
    person.ask("{ me { code { code } } }", json!({})).await.text("/me/code/code")
}

/// Puts the clock somewhere, with everybody still signed in.
pub fn clock(town: &Town, time: Instant) {
    town.clock.set(time);
}

/// The roster as its operator sees it.
pub async fn roster(who: &Person<'_>, activity: &str) -> Vec<Value> {
    let document = "query($activity: ID!) { desk(activityId: $activity) { roster(first: 100) { edges { node {
        signUpId name postName signUpState attendanceState entryId } } } } }";
    let answer = who.ask(document, json!({ "activity": activity })).await;
    let edges = answer.data("/desk/roster/edges");
    edges.as_array().into_iter().flatten().map(|edge| edge["node"].clone()).collect()
}

/// Nobody is or was anywhere, and no code was used.
pub async fn nothing_happened(town: &Town) {
    for table in ["attendance", "desk_entry", "code_use", "service_record", "ledger_entry", "request_effect"] {
        assert_eq!(town.rows(table).await, 0, "{table}");
    }
}
