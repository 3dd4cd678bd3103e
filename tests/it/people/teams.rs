//! Stories of founding, joining and leaving teams.

use boai_tests::{Person, Town, at, id, stories};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::{
    acts::{ask_to_join, decide, found_team, leave_team},
    sign_in_races::count,
};

/// Team and state of every membership of mine.
async fn my_teams(person: &Person<'_>) -> Value {
    let document = "{ me { teams { team { name } state askedAt decidedAt } } }";
    person.ask(document, json!({})).await.data("/me/teams")
}

/// Who is in this state with the team, as the person may see it; null for who may not.
async fn members(person: &Person<'_>, state: &str) -> Value {
    let document = "query($id: ID!, $state: MembershipState!) { node(id: $id) { ... on Team {
        members(state: $state) { nodes { volunteer { name number } } } } } }";
    let variables = json!({ "id": id(Town::TEAM), "state": state });
    let list = person.ask(document, variables).await.data("/node/members");
    let name = |member: &Value| member["volunteer"]["name"].clone();
    list["nodes"].as_array().map_or(Value::Null, |nodes| nodes.iter().map(name).collect())
}

fn team() -> String {
    id(Town::TEAM)
}

stories! {
    async fn ling_asks_to_join_and_the_leader_accepts(town: Town) {
        let (leader, ling) = (town.leader("Leader").await, town.volunteer("王小玲").await);
        let asked = ask_to_join(&ling, &team()).await.fine();
        assert_eq!(asked.text("/askToJoinTeam/membership/state"), "REQUESTED");
        assert_eq!(members(&leader, "REQUESTED").await, json!(["王小玲"]));
        assert_eq!(members(&leader, "ACCEPTED").await, json!([]));
        town.clock.set(at("07:10"));
        let decided = decide(&leader, &team(), &ling.volunteer_id().await, true).await.fine();
        assert_eq!(decided.text("/decideTeamMember/membership/volunteer/number"), ling.number().await);
        let expected = json!([{ "team": { "name": "西湖救援队" }, "state": "ACCEPTED",
            "askedAt": "2026-05-07T23:00:00+00:00", "decidedAt": "2026-05-07T23:10:00+00:00" }]);
        assert_eq!(my_teams(&ling).await, expected);
        assert_eq!(ling.inbox().await, [("TEAM_ACCEPTED".into(), "西湖救援队".into())]);
        assert_eq!(members(&leader, "ACCEPTED").await, json!(["王小玲"]));
        assert_eq!(ask_to_join(&ling, &team()).await.codes(), ["ALREADY_MEMBER"]);
    }

    async fn the_leader_declines_and_ling_may_ask_again(town: Town) {
        let (leader, ling) = (town.leader("Leader").await, town.volunteer("Ling").await);
        ask_to_join(&ling, &team()).await.fine();
        decide(&leader, &team(), &ling.volunteer_id().await, false).await.fine();
        assert_eq!(my_teams(&ling).await, json!([]));
        assert_eq!(ling.inbox().await, [("TEAM_DECLINED".into(), "西湖救援队".into())]);
        town.clock.set(at("07:10"));
        let again = ask_to_join(&ling, &team()).await.fine();
        let expected = json!({ "state": "REQUESTED", "askedAt": "2026-05-07T23:10:00+00:00", "decidedAt": null });
        assert_eq!(again.data("/askToJoinTeam/membership"), expected);
        decide(&leader, &team(), &ling.volunteer_id().await, true).await.fine();
        assert_eq!(members(&leader, "ACCEPTED").await, json!(["Ling"]));
    }

    async fn asking_twice_is_asking_once_and_keeps_the_place_in_the_line(town: Town) {
        let leader = town.leader("Leader").await;
        let (ling, wang) = (town.volunteer("Ling").await, town.volunteer("Wang").await);
        ask_to_join(&ling, &team()).await.fine();
        town.clock.set(at("07:10"));
        ask_to_join(&wang, &team()).await.fine();
        town.clock.set(at("07:20"));
        let answers = join_all((0..10).map(|_| async { ask_to_join(&ling, &team()).await })).await;
        assert_eq!(count(&answers, ""), 10);
        assert_eq!(members(&leader, "REQUESTED").await, json!(["Ling", "Wang"]));
        assert_eq!(town.rows("team_member").await, 2);
    }

    async fn a_decision_is_taken_once(town: Town) {
        let (leader, ling) = (town.leader("Leader").await, town.volunteer("Ling").await);
        ask_to_join(&ling, &team()).await.fine();
        let volunteer = ling.volunteer_id().await;
        let here = team();
        let (yes, no) = join(decide(&leader, &here, &volunteer, true), decide(&leader, &here, &volunteer, false)).await;
        let answers = [yes, no];
        assert_eq!((count(&answers, ""), count(&answers, "ALREADY_DECIDED")), (1, 1));
        assert_eq!(ling.inbox().await.len(), 1);
        assert_eq!(decide(&leader, &team(), &volunteer, true).await.codes(), ["ALREADY_DECIDED"]);
    }

    async fn nobody_is_accepted_who_has_not_asked(town: Town) {
        let (leader, ling) = (town.leader("Leader").await, town.volunteer("Ling").await);
        assert_eq!(decide(&leader, &team(), &ling.volunteer_id().await, true).await.codes(), ["NOT_FOUND"]);
        assert_eq!((town.rows("team_member").await, ling.inbox().await.len()), (0, 0));
    }

    async fn ling_leaves_her_team(town: Town) {
        let (leader, ling) = (town.leader("Leader").await, town.volunteer("Ling").await);
        assert_eq!(leave_team(&ling, &team()).await.codes(), ["NOT_MEMBER"]);
        ask_to_join(&ling, &team()).await.fine();
        decide(&leader, &team(), &ling.volunteer_id().await, true).await.fine();
        assert_eq!(leave_team(&ling, &team()).await.fine().text("/leaveTeam/teamId"), team());
        assert_eq!((my_teams(&ling).await, members(&leader, "ACCEPTED").await), (json!([]), json!([])));
        assert_eq!(leave_team(&ling, &team()).await.codes(), ["NOT_MEMBER"]);
    }

    async fn a_request_that_was_taken_back_cannot_be_accepted(town: Town) {
        let (leader, ling) = (town.leader("Leader").await, town.volunteer("Ling").await);
        ask_to_join(&ling, &team()).await.fine();
        leave_team(&ling, &team()).await.fine();
        assert_eq!(decide(&leader, &team(), &ling.volunteer_id().await, true).await.codes(), ["ALREADY_DECIDED"]);
        assert_eq!((my_teams(&ling).await, ling.inbox().await.len()), (json!([]), 0));
    }

    async fn only_volunteers_join_and_only_teams_that_there_are(town: Town) {
        let unenrolled = town.person("Ling").await;
        assert_eq!(ask_to_join(&unenrolled, &team()).await.fault(), "FORBIDDEN");
        assert_eq!(ask_to_join(&town.stranger(), &team()).await.fault(), "UNAUTHENTICATED");
        let nowhere = boai::platform::node::encode("Team", "01920000-0000-7000-8000-00000000dead");
        assert_eq!(ask_to_join(&town.volunteer("Wang").await, &nowhere).await.codes(), ["TEAM_NOT_FOUND"]);
        assert_eq!(town.rows("team_member").await, 0);
    }

    async fn the_members_are_a_list_for_leaders_only(town: Town) {
        let ling = town.volunteer("Ling").await;
        ask_to_join(&ling, &team()).await.fine();
        for other in [town.stranger(), ling, town.desk("Desk").await, town.other_leader("Other").await] {
            assert_eq!(members(&other, "REQUESTED").await, Value::Null, "{}", other.name);
        }
        assert_eq!(members(&town.officer("Above", "33").await, "REQUESTED").await, json!(["Ling"]));
    }

    async fn an_officer_founds_teams_below_the_own_branch(town: Town) {
        let officer = town.officer("Officer", "330106").await;
        let founded = found_team(&officer, &id(Town::branch("330106109")), "北山救护队").await.fine();
        assert_eq!(founded.text("/foundTeam/team/branch/id"), id(Town::branch("330106109")));
        for code in ["3301", "330203"] {
            assert_eq!(found_team(&officer, &id(Town::branch(code)), "北山救护队").await.codes(), ["BRANCH_NOT_FOUND"]);
        }
        let leader = town.leader("Leader").await;
        assert_eq!(found_team(&leader, &id(Town::branch("330106")), "二队").await.codes(), ["BRANCH_NOT_FOUND"]);
        assert_eq!(town.rows("team").await, 3);
    }

    async fn a_name_is_taken_once_in_a_branch(town: Town) {
        let officer = town.officer("Officer", "33").await;
        let here = id(Town::branch("330106"));
        assert_eq!(found_team(&officer, &here, "西湖救援队").await.codes(), ["NAME_TAKEN"]);
        found_team(&officer, &id(Town::branch("330203")), "西湖救援队").await.fine();
        let answers = join_all((0..10).map(|_| found_team(&officer, &here, " 新队 "))).await;
        assert_eq!((count(&answers, ""), count(&answers, "NAME_TAKEN")), (1, 9));
        assert_eq!(town.rows("team").await, 4);
    }
}
