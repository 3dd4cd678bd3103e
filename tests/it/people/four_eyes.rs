//! Stories of what takes two persons: an officer's role.

use boai_tests::{Answer, Person, Town, at, id, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::{
    acts::{approve, decline, grant, revoke, roles},
    sign_in_races::count,
};

/// Two officers above 西湖区, and Ling, who shall become its officer.
struct Scene<'t> {
    above: Person<'t>,
    top: Person<'t>,
    ling: Person<'t>,
}

async fn scene(town: &Town) -> Scene<'_> {
    let (above, top) = (town.officer("Above", "3301").await, town.officer("Top", "33").await);
    Scene { above, top, ling: town.volunteer("Ling").await }
}

impl Scene<'_> {
    async fn propose_by(&self, officer: &Person<'_>, given: Value) -> Answer {
        let mut place = json!({ "branchId": id(Town::branch("330106")) });
        place.as_object_mut().expect("an object").extend(given.as_object().expect("an object").clone());
        grant(officer, &self.ling.number().await, "BRANCH_OFFICER", place).await
    }

    /// Proposed by Above; the act's global id.
    async fn proposed(&self) -> String {
        self.propose_by(&self.above, json!({})).await.fine().text("/grantRole/pendingAct/id")
    }
}

/// What waits for this officer, what expires first before the rest.
async fn waiting(officer: &Person<'_>) -> Value {
    let document = "{ pendingActs { nodes { kind state proposedByMe subject { name } branch { name } } } }";
    officer.ask(document, json!({})).await.data("/pendingActs/nodes")
}

stories! {
    async fn an_officers_role_waits_for_a_second_person_who_hears_of_it(town: Town) {
        let scene = scene(&town).await;
        let peer = town.officer("Peer", "330106").await;
        let proposed = scene.propose_by(&scene.above, json!({})).await.fine();
        assert_eq!(proposed.data("/grantRole/grant"), Value::Null);
        let act = proposed.data("/grantRole/pendingAct");
        assert_eq!(
            (&act["kind"], &act["state"], &act["role"], &act["reason"], &act["expiresAt"]),
            (&json!("GRANT_ROLE"), &json!("WAITING"), &json!("BRANCH_OFFICER"), &json!("新任干部"),
             &json!("2026-05-14T23:00:00+00:00"))
        );
        assert_eq!((&act["subject"]["name"], &act["proposedBy"]["name"]), (&json!("Ling"), &json!("Above")));
        assert_eq!(roles(&scene.ling).await, Vec::<String>::new());
        assert_eq!(scene.top.inbox().await, [("ACT_PROPOSED".into(), "GRANT_ROLE · 西湖区红十字会".into())]);
        // Neither who proposed it, nor a peer of who shall get the role, nor Ling herself is asked.
        for other in [&scene.above, &peer, &scene.ling] {
            assert_eq!(other.inbox().await, []);
        }
        for (officer, own) in [(&scene.above, true), (&scene.top, false)] {
            let one = json!([{ "kind": "GRANT_ROLE", "state": "WAITING", "proposedByMe": own,
                               "subject": { "name": "Ling" }, "branch": { "name": "西湖区红十字会" } }]);
            assert_eq!(waiting(officer).await, one, "{}", officer.name);
        }
        assert_eq!((waiting(&peer).await, waiting(&scene.ling).await), (json!([]), json!([])));

        let act = act["id"].as_str().expect("an id");
        let done = approve(&scene.top, act).await.fine();
        assert_eq!(done.data("/approveAct/act/state"), json!("APPROVED"));
        assert_eq!(roles(&scene.ling).await, ["BRANCH_OFFICER"]);
        assert_eq!(scene.above.inbox().await, [("ACT_DECIDED".into(), "APPROVED · GRANT_ROLE · 西湖区红十字会".into())]);
        assert_eq!((waiting(&scene.above).await, waiting(&scene.top).await), (json!([]), json!([])));
        for action in ["PROPOSE_GRANT_ROLE", "APPROVED_GRANT_ROLE", "GRANT_ROLE"] {
            let acts = town.rows(&format!("audit_entry WHERE action = '{action}' AND actor IS NOT NULL")).await;
            assert_eq!(acts, 1, "{action}");
        }
    }

    async fn only_another_one_with_the_competence_says_yes(town: Town) {
        let scene = scene(&town).await;
        let act = scene.proposed().await;
        assert_eq!(approve(&scene.above, &act).await.codes(), ["OWN_PROPOSAL"]);
        let nowhere = id(boai_entity::ids::PendingActId(uuid::Uuid::from_u128(7)));
        let others = [
            town.officer("Sibling", "3302").await,
            town.officer("Peer", "330106").await,
            town.leader("Leader").await,
            scene.ling.clone(),
        ];
        for other in &others {
            for decided in [approve(other, &act).await, decline(other, &act).await] {
                assert_eq!(decided.codes(), ["NOT_FOUND"], "{}", other.name);
            }
            assert_eq!(approve(other, &act).await, approve(other, &nowhere).await);
        }
        assert_eq!(approve(&town.stranger(), &act).await.fault(), "UNAUTHENTICATED");
        scene.top.proves_for(TimeDelta::zero()).await;
        assert_eq!(approve(&scene.top, &act).await.fault(), "SECOND_FACTOR_NOT_ENROLLED");
        assert_eq!((roles(&scene.ling).await, town.rows("pending_act WHERE state = 'WAITING'").await), (vec![], 1));
    }

    async fn nobody_approves_what_is_about_themself(town: Town) {
        let scene = scene(&town).await;
        scene.ling.hold("BRANCH_OFFICER", Some(Town::branch("33")), None).await;
        let act = scene.proposed().await;
        assert_eq!(approve(&scene.ling, &act).await.codes(), ["ABOUT_YOURSELF"]);
        assert_eq!(waiting(&scene.ling).await, json!([]));
        approve(&scene.top, &act).await.fine();
    }

    async fn ten_who_approve_at_once_grant_once(town: Town) {
        let scene = scene(&town).await;
        let act = scene.proposed().await;
        let mut officers = Vec::new();
        for number in 0..5 {
            officers.push(town.officer(&format!("Top {number}"), "33").await);
        }
        let answers = join_all(officers.iter().chain(&officers).map(|officer| approve(officer, &act))).await;
        assert_eq!((count(&answers, ""), count(&answers, "ALREADY_DECIDED")), (1, 9));
        assert_eq!(roles(&scene.ling).await, ["BRANCH_OFFICER"]);
        assert_eq!(town.rows("audit_entry WHERE action = 'GRANT_ROLE'").await, 1);
    }

    async fn a_yes_and_a_no_at_one_instant_are_one_of_them(town: Town) {
        let scene = scene(&town).await;
        let other = town.officer("Other", "33").await;
        for round in 0..3 {
            let act = scene.proposed().await;
            let (yes, no) = tokio::join!(approve(&scene.top, &act), decline(&other, &act));
            let answers = [yes.clone(), no];
            assert_eq!((count(&answers, ""), count(&answers, "ALREADY_DECIDED")), (1, 1), "round {round}");
            let granted = yes.codes().is_empty();
            assert_eq!(roles(&scene.ling).await.len(), usize::from(granted));
            if granted {
                let role = scene.ling.ask("{ me { roles { id } } }", json!({})).await.text("/me/roles/0/id");
                revoke(&scene.top, &role).await.fine();
            }
        }
    }

    async fn a_no_is_told_with_its_reason_and_one_s_own_is_withdrawn(town: Town) {
        let scene = scene(&town).await;
        let act = scene.proposed().await;
        let declined = decline(&scene.top, &act).await.fine();
        assert_eq!(declined.data("/declineAct/act/state"), json!("DECLINED"));
        let told = ("ACT_DECIDED".into(), "DECLINED · GRANT_ROLE · 西湖区红十字会 · 不合适".into());
        assert_eq!(scene.above.inbox().await, [told]);
        for decided in [approve(&scene.top, &act).await, decline(&scene.above, &act).await] {
            assert_eq!(decided.codes(), ["ALREADY_DECIDED"]);
        }
        let act = scene.proposed().await;
        let withdrawn = decline(&scene.above, &act).await.fine();
        assert_eq!(withdrawn.data("/declineAct/act/state"), json!("WITHDRAWN"));
        assert_eq!(approve(&scene.top, &act).await.codes(), ["ALREADY_DECIDED"]);
        assert_eq!((roles(&scene.ling).await, scene.above.inbox().await.len()), (vec![], 1));
    }

    async fn undecided_for_seven_days_an_act_is_void_and_can_be_proposed_anew(town: Town) {
        let mut scene = scene(&town).await;
        let act = scene.proposed().await;
        assert_eq!(scene.propose_by(&scene.top, json!({})).await.codes(), ["ALREADY_PROPOSED"]);
        town.clock.set(at("+7 07:00"));
        for person in [&mut scene.above, &mut scene.top, &mut scene.ling] {
            person.refresh().await;
        }
        assert_eq!(waiting(&scene.top).await, json!([]));
        for decided in [approve(&scene.top, &act).await, decline(&scene.top, &act).await] {
            assert_eq!(decided.codes(), ["EXPIRED"]);
        }
        let again = scene.proposed().await;
        assert_ne!(again, act);
        assert_eq!(town.rows("pending_act WHERE state = 'EXPIRED' AND decided_by IS NULL").await, 1);
        approve(&scene.top, &again).await.fine();
    }

    async fn the_same_is_proposed_once_even_at_one_instant(town: Town) {
        let scene = scene(&town).await;
        let answers = join_all((0..6).map(|_| scene.propose_by(&scene.above, json!({})))).await;
        assert_eq!((count(&answers, ""), count(&answers, "ALREADY_PROPOSED")), (1, 5));
        assert_eq!((town.rows("pending_act").await, scene.top.inbox().await.len()), (1, 1));
    }

    async fn the_proposal_of_who_lost_the_competence_is_worth_nothing(town: Town) {
        let scene = scene(&town).await;
        let act = scene.proposed().await;
        let role = scene.above.ask("{ me { roles { id } } }", json!({})).await.text("/me/roles/0/id");
        revoke(&scene.top, &role).await.fine();
        assert_eq!(approve(&scene.top, &act).await.codes(), ["PROPOSER_GONE"]);
        assert_eq!(roles(&scene.ling).await, Vec::<String>::new());
    }

    async fn what_can_no_longer_be_done_is_not_approved(town: Town) {
        let mut scene = scene(&town).await;
        // The term was right when it was proposed, and is over before anybody decides.
        let short = scene.propose_by(&scene.above, json!({ "endsAt": at("08:00") })).await.fine();
        let act = short.text("/grantRole/pendingAct/id");
        town.clock.set(at("08:00"));
        for person in [&mut scene.above, &mut scene.top, &mut scene.ling] {
            person.refresh().await;
        }
        let refused = approve(&scene.top, &act).await;
        assert_eq!(refused.codes(), ["NO_LONGER_POSSIBLE"]);
        assert_eq!(town.rows("pending_act WHERE state = 'WAITING'").await, 1);
        decline(&scene.above, &act).await.fine();
        // Somebody gave the role by other ways meanwhile.
        let again = scene.proposed().await;
        scene.ling.hold("BRANCH_OFFICER", Some(Town::branch("330106")), None).await;
        assert_eq!(approve(&scene.top, &again).await.codes(), ["NO_LONGER_POSSIBLE"]);
        assert_eq!(scene.propose_by(&scene.above, json!({})).await.codes(), ["ALREADY_HELD"]);
        assert_eq!(town.rows("role_grant").await, 3);
    }

    async fn where_nobody_else_is_above_the_proposal_is_refused_at_once(town: Town) {
        let (top, ling) = (town.officer("Top", "33").await, town.volunteer("Ling").await);
        let place = |code: &str| json!({ "branchId": id(Town::branch(code)) });
        let number = ling.number().await;
        assert_eq!(grant(&top, &number, "BRANCH_OFFICER", place("3301")).await.codes(), ["NO_SECOND_PERSON"]);
        // Ling is above as well, but it is about herself.
        ling.hold("BRANCH_OFFICER", Some(Town::branch("33")), None).await;
        assert_eq!(grant(&top, &number, "BRANCH_OFFICER", place("3301")).await.codes(), ["NO_SECOND_PERSON"]);
        let mut without = place("3301");
        without["reason"] = json!(" ");
        assert_eq!(grant(&top, &number, "BRANCH_OFFICER", without).await.codes(), ["REASON_NEEDED"]);
        assert_eq!((town.rows("pending_act").await, town.rows("audit_entry WHERE subject = 'PendingAct'").await), (0, 0));
        // What is less than an officer's role takes one.
        grant(&top, &number, "TEAM_LEADER", place("3301")).await.fine();
    }

    async fn the_database_itself_forbids_that_one_person_is_both(town: Town) {
        let scene = scene(&town).await;
        scene.proposed().await;
        let db = &town.app.db.conn;
        let approved = "UPDATE pending_act SET state = 'APPROVED', decided_at = proposed_at, decided_by =";
        for forbidden in [
            format!("{approved} proposed_by"),
            format!("{approved} subject_id"),
            format!("{approved} NULL"),
            "UPDATE pending_act SET subject_id = proposed_by".into(),
            "UPDATE role_grant SET granted_by = person_id".into(),
            "UPDATE role_grant SET renewed_by = person_id".into(),
            "UPDATE role_grant SET ends_at = NULL WHERE branch_id IS NOT NULL".into(),
        ] {
            assert!(db.execute_unprepared(&forbidden).await.is_err(), "{forbidden}");
        }
        assert_eq!(town.rows("pending_act WHERE state = 'WAITING'").await, 1);
    }
}
