//! What people of these stories do to one another.

use boai_tests::{Answer, Person};
use serde_json::{Value, json};

/// Grants a role: `given` names branch or team, and an end if there is one.
pub async fn grant(officer: &Person<'_>, number: &str, role: &str, given: Value) -> Answer {
    let mut input = json!({ "volunteerNumber": number, "role": role });
    if let (Some(input), Some(given)) = (input.as_object_mut(), given.as_object()) {
        input.extend(given.clone());
    }
    let document = "mutation($input: GrantRoleInput!) { grantRole(input: $input) {
        grant { id role branch { id name } team { id name } grantedAt endsAt }
        errors { code message path numbers { name value } } } }";
    officer.ask(document, json!({ "input": input })).await
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
