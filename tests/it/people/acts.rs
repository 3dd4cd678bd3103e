//! What people of these stories do to one another.

use boai_tests::{Answer, Person, Town, at, id};
use serde_json::{Value, json};

/// Grants a role: `given` names branch or team, and goes over the usual term, which a role on a branch needs.
pub async fn grant(officer: &Person<'_>, number: &str, role: &str, given: Value) -> Answer {
    let mut input = json!({ "volunteerNumber": number, "role": role });
    if !given["branchId"].is_null() {
        input["endsAt"] = json!(at("+300 07:00"));
    }
    if role == "BRANCH_OFFICER" {
        input["reason"] = json!("新任干部");
    }
    if let (Some(input), Some(given)) = (input.as_object_mut(), given.as_object()) {
        input.extend(given.clone());
    }
    let document = "mutation($input: GrantRoleInput!) { grantRole(input: $input) {
        grant { id role branch { id name } team { id name } grantedAt endsAt }
        pendingAct { id kind state role roleEndsAt expiresAt reason proposedByMe
            subject { name } proposedBy { name } branch { name } }
        errors { code message path numbers { name value } } } }";
    officer.ask(document, json!({ "input": input })).await
}

pub async fn renew(officer: &Person<'_>, grant: &str, given: Value) -> Answer {
    let mut input = json!({ "grantId": grant, "reason": "连任" });
    if let (Some(input), Some(given)) = (input.as_object_mut(), given.as_object()) {
        input.extend(given.clone());
    }
    let document = "mutation($input: RenewRoleInput!) { renewRole(input: $input) {
        grant { id endsAt } pendingAct { id kind role roleEndsAt }
        errors { code message path numbers { name value } } } }";
    officer.ask(document, json!({ "input": input })).await
}

pub async fn approve(officer: &Person<'_>, act: &str) -> Answer {
    let document = "mutation($id: ID!) { approveAct(input: { actId: $id }) {
        act { id state } errors { code message path numbers { name value } } } }";
    officer.ask(document, json!({ "id": act })).await
}

pub async fn decline(officer: &Person<'_>, act: &str) -> Answer {
    let document = "mutation($id: ID!) { declineAct(input: { actId: $id, reason: \"不合适\" }) {
        act { id state } errors { code message path numbers { name value } } } }";
    officer.ask(document, json!({ "id": act })).await
}

/// Makes somebody an officer of a branch, by two persons; the global id of the grant.
pub async fn appoint(one: &Person<'_>, other: &Person<'_>, somebody: &Person<'_>, code: &str) -> String {
    let place = json!({ "branchId": id(Town::branch(code)) });
    let proposed = grant(one, &somebody.number().await, "BRANCH_OFFICER", place).await.fine();
    approve(other, &proposed.text("/grantRole/pendingAct/id")).await.fine();
    let roles = somebody.ask("{ me { roles { id branch { id } } } }", json!({})).await.data("/me/roles");
    let roles = roles.as_array().expect("a list");
    let granted = roles.iter().find(|role| role["branch"]["id"] == id(Town::branch(code))).expect("the role is there");
    granted["id"].as_str().expect("an id").to_owned()
}

pub async fn revoke(officer: &Person<'_>, grant: &str) -> Answer {
    let document = "mutation($id: ID!) { revokeRole(input: { grantId: $id, reason: \"任期已满\" }) {
        grantId errors { code message path numbers { name value } } } }";
    officer.ask(document, json!({ "id": grant })).await
}

/// The roles that the person holds now.
pub async fn roles(person: &Person<'_>) -> Vec<String> {
    let roles = person.ask("{ me { roles { role } } }", json!({})).await.data("/me/roles");
    roles.as_array().expect("a list").iter().map(|role| role["role"].as_str().expect("a role").into()).collect()
}

pub async fn found_team(person: &Person<'_>, branch: &str, name: &str) -> Answer {
    let document = "mutation($branch: ID!, $name: String!) {
        foundTeam(input: { branchId: $branch, name: $name, speciality: RESCUE, description: \"\" }) {
            team { id name branch { id } } errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "branch": branch, "name": name })).await
}

pub async fn ask_to_join(person: &Person<'_>, team: &str) -> Answer {
    let document = "mutation($team: ID!) { askToJoinTeam(input: { teamId: $team }) {
        membership { state askedAt decidedAt } errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "team": team })).await
}

pub async fn leave_team(person: &Person<'_>, team: &str) -> Answer {
    let document = "mutation($team: ID!) { leaveTeam(input: { teamId: $team }) {
        teamId errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "team": team })).await
}

pub async fn decide(leader: &Person<'_>, team: &str, volunteer: &str, accept: bool) -> Answer {
    let document = "mutation($team: ID!, $volunteer: ID!, $accept: Boolean!) {
        decideTeamMember(input: { teamId: $team, volunteerId: $volunteer, accept: $accept }) {
            membership { state decidedAt volunteer { name number } }
            errors { code message path numbers { name value } } } }";
    leader.ask(document, json!({ "team": team, "volunteer": volunteer, "accept": accept })).await
}

pub const OPEN_RECOVERY: &str = "mutation($input: OpenRecoveryInput!) { openRecovery(input: $input) {
    recovery { id state volunteer { name } newPhone reason identityCheck openedBy { name } approvedBy { name }
               waitsUntil expiresAt endedAt endNote }
    errors { code message path numbers { name value } } } }";

pub async fn open_recovery(officer: &Person<'_>, number: &str, new_phone: &str) -> Answer {
    let input = json!({
        "volunteerNumber": number, "newPhone": new_phone, "reason": "手机丢失", "identityCheck": "当面核对身份证",
    });
    officer.ask(OPEN_RECOVERY, json!({ "input": input })).await
}
