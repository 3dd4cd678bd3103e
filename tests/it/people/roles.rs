//! Stories of who hands power to whom, and of how it ends.

use boai_tests::{Town, at, id, shift, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    acts::{appoint, found_team, grant, revoke, roles},
    sign_in_races::count,
};

fn branch(code: &str) -> Value {
    json!({ "branchId": id(Town::branch(code)) })
}

fn team() -> Value {
    json!({ "teamId": id(Town::TEAM) })
}

stories! {
    async fn an_officer_above_grants_and_the_role_reaches_down_and_no_further(town: Town) {
        let (above, top) = (town.officer("Above", "3301").await, town.officer("Top", "33").await);
        let ling = town.volunteer("Ling").await;
        appoint(&above, &top, &ling, "330106").await;
        assert_eq!(roles(&ling).await, ["BRANCH_OFFICER"]);
        assert_eq!(ling.inbox().await, [("ROLE_GRANTED".into(), "BRANCH_OFFICER · 西湖区红十字会 · 2027-03-04 07:00".into())]);
        ling.proves_for(chrono::TimeDelta::minutes(15)).await;
        for code in ["330106", "330106109", "330106109203"] {
            found_team(&ling, &id(Town::branch(code)), "新队").await.fine();
        }
        for code in ["33", "3301", "3302", "330203"] {
            assert_eq!(found_team(&ling, &id(Town::branch(code)), "新队").await.codes(), ["BRANCH_NOT_FOUND"], "{code}");
        }
        assert_eq!(town.rows("team").await, 2 + 3);
    }

    async fn nobody_grants_a_role_to_themself(town: Town) {
        let above = town.officer("Above", "3301").await;
        let number = above.number().await;
        for (role, place) in
            [("TEAM_LEADER", branch("330106")), ("BRANCH_OFFICER", branch("330106")), ("TEAM_LEADER", team())]
        {
            assert_eq!(grant(&above, &number, role, place).await.codes(), ["YOURSELF"]);
        }
        assert_eq!(town.rows("pending_act").await, 0);
        assert_eq!(town.rows("role_grant").await, 1);
    }

    async fn nobody_hands_out_power_over_the_branch_that_theirs_comes_from(town: Town) {
        let (officer, ling) = (town.officer("Officer", "330106").await, town.volunteer("Ling").await);
        let number = ling.number().await;
        for role in ["BRANCH_OFFICER", "TEAM_LEADER", "DESK_OPERATOR"] {
            for code in ["330106", "3301", "33"] {
                assert_eq!(grant(&officer, &number, role, branch(code)).await.codes(), ["NOT_FOUND"], "{role} {code}");
            }
        }
        assert_eq!((town.rows("role_grant").await, town.rows("pending_act").await), (1, 0));
        appoint(&officer, &town.officer("Above", "3301").await, &ling, "330106109").await;
        grant(&officer, &number, "TEAM_LEADER", team()).await.fine();
    }

    async fn an_officer_cannot_take_the_role_of_a_colleague_at_the_same_branch(town: Town) {
        let (officer, colleague) = (town.officer("Officer", "330106").await, town.officer("Colleague", "330106").await);
        let theirs = colleague.ask("{ me { roles { id } } }", json!({})).await.text("/me/roles/0/id");
        assert_eq!(revoke(&officer, &theirs).await.codes(), ["NOT_FOUND"]);
        assert_eq!(roles(&colleague).await, ["BRANCH_OFFICER"]);
        revoke(&town.officer("Above", "3301").await, &theirs).await.fine();
        assert_eq!(roles(&colleague).await, Vec::<String>::new());
    }

    async fn leaders_and_desks_grant_nothing(town: Town) {
        let ling = town.volunteer("Ling").await.number().await;
        for person in [town.leader("Leader").await, town.desk("Desk").await] {
            assert_eq!(grant(&person, &ling, "DESK_OPERATOR", team()).await.codes(), ["NOT_FOUND"]);
        }
        assert_eq!(town.rows("role_grant").await, 2);
    }

    async fn a_role_ends_when_it_was_said_to(town: Town) {
        let (above, ling) = (town.officer("Above", "3301").await, town.volunteer("Ling").await);
        let number = ling.number().await;
        let until = json!({ "teamId": id(Town::TEAM), "endsAt": at("07:20") });
        grant(&above, &number, "TEAM_LEADER", until.clone()).await.fine();
        assert_eq!(grant(&above, &number, "TEAM_LEADER", team()).await.codes(), ["ALREADY_HELD"]);
        let draft = async |title: &str| {
            ling.draft_activity(vec![shift(at("09:00"), at("10:00"), 5)], json!({ "title": title })).await
        };
        town.clock.set(at("07:20") - chrono::TimeDelta::milliseconds(1));
        draft("早").await.fine();
        town.clock.set(at("07:20"));
        assert_eq!(draft("晚").await.codes(), ["NOT_FOUND"]);
        assert_eq!(roles(&ling).await, Vec::<String>::new());
        assert_eq!(grant(&above, &number, "TEAM_LEADER", until).await.codes(), ["ENDS_IN_THE_PAST"]);
        grant(&above, &number, "TEAM_LEADER", team()).await.fine();
        draft("晚").await.fine();
    }

    async fn a_revoked_role_has_no_power_from_the_next_request_on(town: Town) {
        let (above, top) = (town.officer("Above", "3301").await, town.officer("Top", "33").await);
        let ling = town.volunteer("Ling").await;
        let here = id(Town::branch("330106"));
        let granted = appoint(&above, &top, &ling, "330106").await;
        ling.proves_for(chrono::TimeDelta::minutes(15)).await;
        found_team(&ling, &here, "早").await.fine();
        town.clock.advance(chrono::TimeDelta::minutes(1));
        revoke(&above, &granted).await.fine();
        assert_eq!(found_team(&ling, &here, "晚").await.codes(), ["BRANCH_NOT_FOUND"]);
        assert_eq!(roles(&ling).await, Vec::<String>::new());
        assert_eq!(ling.inbox().await[0], ("ROLE_REVOKED".into(), "BRANCH_OFFICER · 西湖区红十字会 · 任期已满".into()));
        assert_eq!(revoke(&above, &granted).await.codes(), ["NOT_FOUND"]);
        assert_ne!(appoint(&above, &top, &ling, "330106").await, granted);
    }

    async fn the_same_role_at_the_same_place_is_held_once(town: Town) {
        let (above, ling) = (town.officer("Above", "3301").await, town.volunteer("Ling").await);
        let number = ling.number().await;
        let answers = join_all((0..10).map(|_| grant(&above, &number, "TEAM_LEADER", team()))).await;
        assert_eq!((count(&answers, ""), count(&answers, "ALREADY_HELD")), (1, 9));
        assert_eq!(roles(&ling).await, ["TEAM_LEADER"]);
        grant(&above, &number, "DESK_OPERATOR", team()).await.fine();
        grant(&above, &number, "TEAM_LEADER", branch("330106")).await.fine();
        assert_eq!(town.rows("role_grant").await, 4);
    }

    async fn a_role_is_granted_at_one_place_that_fits_to_somebody_who_is_there(town: Town) {
        let (above, ling) = (town.officer("Above", "3301").await, town.volunteer("Ling").await);
        let number = ling.number().await;
        assert_eq!(grant(&above, &number, "BRANCH_OFFICER", team()).await.codes(), ["WRONG_PLACE"]);
        for nobody in ["202600000000", "", "2026\0", "%"] {
            assert_eq!(grant(&above, nobody, "TEAM_LEADER", team()).await.codes(), ["NO_SUCH_VOLUNTEER"], "{nobody:?}");
        }
        let both = json!({ "teamId": id(Town::TEAM), "branchId": id(Town::branch("330106")) });
        for place in [both, json!({})] {
            assert_eq!(grant(&above, &number, "TEAM_LEADER", place).await.fault(), "BAD_USER_INPUT");
        }
        let team_as_branch = json!({ "branchId": id(Town::TEAM) });
        assert_eq!(grant(&above, &number, "TEAM_LEADER", team_as_branch).await.fault(), "BAD_USER_INPUT");
        assert_eq!(town.rows("role_grant").await, 1);
    }

    async fn whoever_holds_a_role_finds_in_their_trail_what_was_done_with_it(town: Town) {
        let (above, top) = (town.officer("Above", "3301").await, town.officer("Top", "33").await);
        let ling = town.volunteer("Ling").await;
        let held = appoint(&above, &top, &ling, "330106").await;
        revoke(&above, &held).await.fine();
        let trail = ling.ask("{ me { auditTrail { nodes { action } } } }", json!({})).await;
        let acts: Vec<Value> = trail.data("/me/auditTrail/nodes").as_array().expect("a list").clone();
        for act in ["PROPOSE_GRANT_ROLE", "APPROVED_GRANT_ROLE", "GRANT_ROLE", "REVOKE_ROLE"] {
            assert!(acts.contains(&json!({ "action": act })), "{act}: {acts:?}");
        }
    }

    async fn who_granted_and_revoked_is_written_down(town: Town) {
        let (above, ling) = (town.officer("Above", "3301").await, town.volunteer("Ling").await);
        let granted = grant(&above, &ling.number().await, "TEAM_LEADER", team()).await.fine();
        revoke(&above, &granted.text("/grantRole/grant/id")).await.fine();
        for action in ["GRANT_ROLE", "REVOKE_ROLE"] {
            assert_eq!(town.rows(&format!("audit_entry WHERE action = '{action}' AND actor IS NOT NULL")).await, 1);
        }
    }
}
