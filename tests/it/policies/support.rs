//! What the stories of this book begin with.

use boai_entity::Instant;
use boai_tests::{Answer, Person, Town, id};
use serde_json::{Value, json};

pub const PROPOSE: &str = "mutation($input: ProposePolicyInput!) { proposePolicy(input: $input) {
    policy { id version validFrom waiting branch { id } counting { minimumMinutes pairsPerDay }
             fence { radiusDefaultMetres } stars { version thresholds } }
    errors { code message path numbers { name value } } } }";

/// Proposes a policy for a division's branch; `given` says what is different.
pub async fn propose(officer: &Person<'_>, code: &str, day: &str, given: Value) -> Answer {
    officer.ask(PROPOSE, proposal(code, day, given)).await
}

pub fn proposal(code: &str, day: &str, given: Value) -> Value {
    let mut input = json!({ "branchId": id(Town::branch(code)), "validFrom": day, "reason": "试行" });
    input.as_object_mut().expect("an object").extend(given.as_object().expect("an object").clone());
    json!({ "input": input })
}

/// The id of a policy that was proposed without a word against it.
pub async fn proposed(officer: &Person<'_>, code: &str, day: &str, given: Value) -> String {
    propose(officer, code, day, given).await.fine().text("/proposePolicy/policy/id")
}

pub async fn withdraw(officer: &Person<'_>, policy: &str) -> Answer {
    let document = "mutation($id: ID!) { withdrawPolicy(input: { policyId: $id, reason: \"写错了\" }) {
        policy { withdrawnAt waiting } errors { code message path } } }";
    officer.ask(document, json!({ "id": policy })).await
}

/// The minimum in force at a branch on a day, and the version that says so.
pub async fn minimum(town: &Town, code: &str, day: Option<&str>) -> (i64, i64) {
    let document = "query($id: ID!, $on: Date) { node(id: $id) { ... on Branch {
        policy(on: $on) { version counting { minimumMinutes } } } } }";
    let seen = town.stranger().ask(document, json!({ "id": id(Town::branch(code)), "on": day })).await;
    let number = |pointer: &str| seen.data(pointer).as_i64().expect("a number");
    (number("/node/policy/counting/minimumMinutes"), number("/node/policy/version"))
}

/// Nothing was proposed: what came with the product is all there is.
pub async fn nothing_was_proposed(town: &Town) {
    assert_eq!((town.rows("policy").await, town.rows("star_scheme").await), (1, 1));
    assert_eq!(town.rows("audit_entry WHERE action LIKE '%POLICY'").await, 0);
}

/// Serves at a shift from one moment to another; the attendance's global id.
pub async fn serve(person: &Person<'_>, shift: &str, from: Instant, to: Instant) -> String {
    person.sign_up(shift).await.fine();
    person.town.clock.set(from);
    person.check_in(shift, 20.0).await.fine();
    person.town.clock.set(to);
    person.check_out(20.0).await.fine().text("/checkOut/attendance/id")
}
