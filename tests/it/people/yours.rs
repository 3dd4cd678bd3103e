//! Stories of what is not yours: it answers exactly as what is not there.

use boai::platform::node::{decode, encode};
use boai_tests::{Person, Posted, Town, at, id, stories};
use serde_json::{Value, json};

use crate::acts::{ask_to_join, grant, roles};

/// Mutations on somebody's thing, with the kind of thing that `$id` names and the rest of the input.
const ACTS: [(&str, &str, &str, &str); 12] = [
    ("publishActivity", "PublishActivityInput", "activityId", "{}"),
    ("cancelActivity", "CancelActivityInput", "activityId", r#"{ "reason": "雨" }"#),
    ("changeActivity", "ChangeActivityInput", "activityId", r#"{ "title": "x", "note": "x" }"#),
    (
        "addShift",
        "AddShiftInput",
        "activityId",
        r#"{ "shift": { "capacity": 1,
            "startsAt": "2026-05-08T12:00:00+08:00", "endsAt": "2026-05-08T13:00:00+08:00" } }"#,
    ),
    ("changeShift", "ChangeShiftInput", "shiftId", r#"{ "capacity": 9 }"#),
    ("revokeRole", "RevokeRoleInput", "grantId", r#"{ "reason": "x" }"#),
    ("decideTeamMember", "DecideTeamMemberInput", "teamId", r#"{ "accept": true }"#),
    ("grantRole", "GrantRoleInput", "teamId", r#"{ "role": "TEAM_LEADER" }"#),
    ("renewRole", "RenewRoleInput", "grantId", r#"{ "endsAt": "2027-01-01T00:00:00+08:00" }"#),
    ("resetSecondFactor", "ResetSecondFactorInput", "grantId", r#"{ "reason": "x" }"#),
    ("foundTeam", "FoundTeamInput", "branchId", r#"{ "name": "新队", "speciality": "RESCUE" }"#),
    (
        "createFacility",
        "CreateFacilityInput",
        "branchId",
        r#"{ "kind": "MEMBER_HOME", "name": "x", "address": "x", "divisionCode": "330106",
            "place": { "latitude": 30.2604, "longitude": 120.1472, "datum": "WGS84" } }"#,
    ),
];

/// An id of the same kind that names nothing.
fn nowhere(id: &str) -> String {
    let (kind, _) = decode(id).expect("a global id");
    encode(&kind, "01920000-0000-7000-8000-00000000dead").to_string()
}

async fn act(
    person: &Person<'_>,
    (name, input, field, rest): (&str, &str, &str, &str),
    id: &str,
    more: &Value,
) -> Value {
    let mut given: Value = serde_json::from_str(rest).expect("JSON");
    let object = given.as_object_mut().expect("an object");
    object.insert(field.into(), id.into());
    object.extend(more.as_object().expect("an object").clone());
    let document = format!(
        "mutation($input: {input}!) {{ {name}(input: $input) {{
            errors {{ code message path numbers {{ name value }} }} }} }}"
    );
    person.ask(&document, json!({ "input": given })).await.payload()
}

async fn activity_state(leader: &Person<'_>, posted: &Posted) -> Value {
    let document = "query($id: ID!) { node(id: $id) { ... on Activity { title state shifts { capacity } } } }";
    leader.ask(document, json!({ "id": posted.activity })).await.data("/node")
}

stories! {
    async fn not_yours_answers_as_not_there(town: Town) {
        let leader = town.leader("Leader").await;
        let posted = leader.post_activity(at("09:00"), at("10:00"), 5, json!({})).await;
        let before = activity_state(&leader, &posted).await;
        let (above, applicant) = (town.officer("Above", "3301").await, town.volunteer("Applicant").await);
        ask_to_join(&applicant, &id(Town::TEAM)).await.fine();
        let (number, asking) = (applicant.number().await, applicant.volunteer_id().await);
        let role = grant(&above, &number, "DESK_OPERATOR", json!({ "teamId": id(Town::TEAM) })).await.fine();
        let role = role.text("/grantRole/grant/id");
        let others = [
            town.volunteer("Plain").await,
            town.other_leader("Other leader").await,
            town.officer("Sibling", "3302").await,
            town.officer("Below", "330106109").await,
        ];
        let rows = (town.rows("role_grant").await, town.rows("team").await, town.rows("audit_entry").await);
        for other in &others {
            for one in ACTS {
                let (target, more) = match (one.0, one.2) {
                    ("decideTeamMember", _) => (id(Town::TEAM), json!({ "volunteerId": asking })),
                    ("grantRole", _) => (id(Town::TEAM), json!({ "volunteerNumber": number })),
                    (_, "activityId") => (posted.activity.clone(), json!({})),
                    (_, "shiftId") => (posted.shift().to_owned(), json!({})),
                    (_, "branchId") => (id(Town::branch("330106")), json!({})),
                    _ => (role.clone(), json!({})),
                };
                let (not_yours, not_there) =
                    (act(other, one, &target, &more).await, act(other, one, &nowhere(&target), &more).await);
                assert_eq!(not_yours, not_there, "{} {}", other.name, one.0);
                let code = not_yours["errors"][0]["code"].as_str();
                assert!(code.is_some_and(|code| code.ends_with("NOT_FOUND")), "{not_yours}");
            }
        }
        assert_eq!(activity_state(&leader, &posted).await, before);
        assert_eq!(rows, (town.rows("role_grant").await, town.rows("team").await, town.rows("audit_entry").await));
        assert_eq!(roles(&applicant).await, ["DESK_OPERATOR"]);
        assert_eq!(town.rows("team_member WHERE state = 'REQUESTED'").await, 1);
    }

    async fn a_role_on_a_branch_that_is_not_yours_answers_as_on_none(town: Town) {
        let (sibling, ling) = (town.officer("Sibling", "3302").await, town.volunteer("Ling").await);
        let number = ling.number().await;
        let there = id(Town::branch("330106"));
        let refused = grant(&sibling, &number, "BRANCH_OFFICER", json!({ "branchId": there })).await;
        let nothing = grant(&sibling, &number, "BRANCH_OFFICER", json!({ "branchId": nowhere(&there) })).await;
        assert_eq!(refused, nothing);
        // Whether a volunteer's number exists is told to nobody who could not grant anyway.
        assert_eq!(refused, grant(&sibling, "202600000000", "BRANCH_OFFICER", json!({ "branchId": there })).await);
        assert_eq!(refused.codes(), ["NOT_FOUND"]);
        assert_eq!(town.rows("role_grant").await, 1);
    }

    async fn a_draft_is_nothing_to_anybody_else(town: Town) {
        let leader = town.leader("Leader").await;
        let shifts = vec![boai_tests::shift(at("09:00"), at("10:00"), 5)];
        let draft = leader.draft_activity(shifts, json!({})).await.fine();
        let draft = draft.text("/createActivity/activity/id");
        let document = "query($id: ID!) { node(id: $id) { id } }";
        assert_eq!(leader.ask(document, json!({ "id": draft })).await.text("/node/id"), draft);
        for other in [town.stranger(), town.volunteer("Plain").await, town.other_leader("Other").await] {
            let (theirs, none) = (
                other.ask(document, json!({ "id": draft })).await,
                other.ask(document, json!({ "id": nowhere(&draft) })).await,
            );
            assert_eq!((&theirs, theirs.data("/node")), (&none, Value::Null));
        }
    }

    async fn another_volunteers_file_is_nothing_to_anybody_else(town: Town) {
        let ling = town.volunteer("Ling").await;
        let hers = ling.volunteer_id().await;
        let document = "query($id: ID!) { node(id: $id) { ... on Volunteer { name number } } }";
        assert_eq!(ling.ask(document, json!({ "id": hers })).await.text("/node/name"), "Ling");
        for other in [town.stranger(), town.volunteer("Wang").await, town.officer("Above", "33").await] {
            assert_eq!(other.ask(document, json!({ "id": hers })).await.data("/node"), Value::Null);
        }
    }

    async fn a_name_is_whole_for_oneself_and_ones_leaders_and_masked_for_others(town: Town) {
        let (leader, ling) = (town.leader("欧阳小华").await, town.volunteer("王小玲").await);
        let posted = leader.post_activity(at("09:00"), at("10:00"), 5, json!({})).await;
        let document = "query($id: ID!) { node(id: $id) { ... on Activity { personInCharge { name number } } } }";
        let seen = async |who: &Person<'_>| {
            who.ask(document, json!({ "id": posted.activity })).await.data("/node/personInCharge")
        };
        let whole = json!({ "name": "欧阳小华", "number": leader.number().await });
        assert_eq!((seen(&leader).await, seen(&town.desk("Desk").await).await), (whole.clone(), whole));
        for other in [town.stranger(), ling, town.other_leader("Other").await] {
            assert_eq!(seen(&other).await, json!({ "name": "欧**华", "number": null }), "{}", other.name);
        }
    }
}
