//! Stories of the officers' second factor: the authenticator app, the codes for when it is lost, and those who guess.

use boai_entity::ids::BranchId;
use boai_tests::{Answer, Person, Town, at, id, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    acts::{appoint, approve, decide, found_team, grant, revoke, roles},
    authenticator::{Authenticator, app, begin, confirm, enrolled},
    sign_in_races::count,
};

async fn prove(person: &Person<'_>, code: &str) -> Answer {
    let document = "mutation($code: String!) { proveSecondFactor(input: { code: $code }) {
        provedUntil recoveryCodesLeft errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "code": code })).await
}

async fn renew_codes(person: &Person<'_>, code: &str) -> Answer {
    let document = "mutation($code: String!) { renewRecoveryCodes(input: { code: $code }) {
        recoveryCodes errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "code": code })).await
}

async fn remove(person: &Person<'_>, code: &str) -> Answer {
    let document = "mutation($code: String!) { removeSecondFactor(input: { code: $code }) {
        removed errors { code message path numbers { name value } } } }";
    person.ask(document, json!({ "code": code })).await
}

async fn reset(officer: &Person<'_>, role: &str) -> Answer {
    let document = "mutation($id: ID!) { resetSecondFactor(input: { grantId: $id, reason: \"手机丢失,已电话核实\" }) {
        pendingAct { id kind role } errors { code message path numbers { name value } } } }";
    officer.ask(document, json!({ "id": role })).await
}

async fn standing(person: &Person<'_>) -> Value {
    let document = "{ me { secondFactor { state enrolledAt provedUntil recoveryCodesLeft demanded } } }";
    person.ask(document, json!({})).await.data("/me/secondFactor")
}

async fn role_of(person: &Person<'_>) -> String {
    person.ask("{ me { roles { id } } }", json!({})).await.text("/me/roles/0/id")
}

/// An officer of 西湖区 who has proved nothing.
async fn officer<'t>(town: &'t Town, name: &str) -> Person<'t> {
    let officer = town.officer(name, "330106").await;
    officer.proves_for(TimeDelta::zero()).await;
    officer
}

/// Founds a team, which takes the second factor.
async fn found(officer: &Person<'_>, name: &str) -> Answer {
    found_team(officer, &id(Town::branch("330106")), name).await
}

/// Wrong codes until it is locked; the minutes of the lock.
async fn lock(officer: &Person<'_>, app: &Authenticator<'_>) -> i64 {
    for left in [4.0, 3.0, 2.0, 1.0] {
        let answer = prove(officer, &app.wrong()).await;
        assert_eq!((answer.codes(), answer.refusal_number("triesLeft")), (vec!["WRONG_CODE".into()], left));
    }
    let locked = prove(officer, &app.wrong()).await;
    assert_eq!(locked.codes(), ["LOCKED"]);
    locked.refusal_number("minutesToWait") as i64
}

/// Another session of the same person, who signs in again.
async fn on_another_device<'t>(person: &Person<'t>) -> Person<'t> {
    person.town.clock.advance(TimeDelta::minutes(1));
    let mut other = person.clone();
    other.sign_in().await;
    other
}

stories! {
    async fn an_officer_changes_nothing_of_others_before_the_second_factor_is_proved(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        let refused = found(&zhao, "新队").await;
        assert_eq!(refused.fault(), "SECOND_FACTOR_NOT_ENROLLED");
        assert!(refused.fault_message().contains("enrolSecondFactor"), "{}", refused.body);
        assert_eq!(standing(&zhao).await["state"], "MISSING");

        let begun = begin(&zhao, None).await.fine();
        let app = app(&zhao, &begun);
        let uri = begun.text("/enrolSecondFactor/otpauthUri");
        assert!(uri.starts_with("otpauth://totp/Boai:139____") && !uri.contains(&zhao.phone[3..]), "{uri}");
        assert!(uri.contains(&format!("secret={}&", begun.text("/enrolSecondFactor/secret"))));
        assert_eq!(found(&zhao, "新队").await.fault(), "SECOND_FACTOR_NOT_ENROLLED");
        confirm(&zhao, &app.code()).await.fine();
        found(&zhao, "新队").await.fine();
        assert_eq!(
            standing(&zhao).await,
            json!({ "state": "PROVED", "enrolledAt": "2026-05-07T23:00:00+00:00", "demanded": true,
                    "provedUntil": "2026-05-07T23:15:00+00:00", "recoveryCodesLeft": 10 })
        );

        town.clock.set(at("07:15") - TimeDelta::milliseconds(1));
        found(&zhao, "又一队").await.fine();
        town.clock.set(at("07:15"));
        let refused = found(&zhao, "第三队").await;
        assert_eq!(refused.fault(), "SECOND_FACTOR_NEEDED");
        assert!(refused.fault_message().contains("proveSecondFactor"), "{}", refused.body);
        assert_eq!((town.rows("team").await, standing(&zhao).await["state"].clone()), (2 + 2, json!("ENROLLED")));
        prove(&zhao, &app.code()).await.fine();
        found(&zhao, "第三队").await.fine();
    }

    async fn every_act_by_a_role_on_a_branch_asks_for_it_and_what_is_only_shown_does_not(town: Town) {
        let leader = town.leader("Leader").await;
        let posted = leader.post_activity(at("08:00"), at("09:00"), 5, json!({})).await;
        let ling = town.volunteer("Ling").await;
        let number = ling.number().await;
        let team = json!({ "teamId": id(Town::TEAM) });
        let (above, of_all) = (town.officer("Above", "3301").await, town.volunteer("Leads all").await);
        of_all.hold("TEAM_LEADER", Some(Town::branch("3301")), None).await;
        let desk = grant(&above, &number, "DESK_OPERATOR", team.clone()).await.fine();
        let desk = desk.text("/grantRole/grant/id");
        let cancel =
            "mutation($id: ID!) { cancelActivity(input: { activityId: $id, reason: \"雨\" }) { errors { code } } }";
        let roster = "query($id: ID!) { node(id: $id) { ... on Shift { signUps { nodes { state } } } } }";
        for person in [&above, &of_all] {
            enrolled(person).await;
            person.proves_for(TimeDelta::zero()).await;
            assert_eq!(person.ask(cancel, json!({ "id": posted.activity })).await.fault(), "SECOND_FACTOR_NEEDED");
            let decided = decide(person, &id(Town::TEAM), &ling.volunteer_id().await, true).await;
            assert_eq!(decided.fault(), "SECOND_FACTOR_NEEDED");
            assert!(person.ask(roster, json!({ "id": posted.shift() })).await.data("/node/signUps").is_object());
        }
        assert_eq!(grant(&above, &number, "TEAM_LEADER", team).await.fault(), "SECOND_FACTOR_NEEDED");
        assert_eq!(revoke(&above, &desk).await.fault(), "SECOND_FACTOR_NEEDED");
        assert_eq!(roles(&ling).await, ["DESK_OPERATOR"]);
        let shown = "query($id: ID!) { roleHolders(branchId: $id) { nodes { role } } }";
        assert!(above.ask(shown, json!({ "id": id(Town::branch("3301")) })).await.data("/roleHolders/nodes").is_array());
        // A leader on the site goes without, and so does an officer who leads the team too.
        above.hold("TEAM_LEADER", None, Some(Town::TEAM)).await;
        above.ask(cancel, json!({ "id": posted.activity })).await.fine();
    }

    async fn what_is_not_yours_stays_as_if_it_were_not_there(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        for branch in [Town::branch("330203"), Town::branch("3301"), BranchId(uuid::Uuid::from_u128(7))] {
            assert_eq!(found_team(&zhao, &id(branch), "新队").await.codes(), ["BRANCH_NOT_FOUND"]);
        }
    }

    async fn a_code_is_good_once_and_an_older_one_no_more(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        let (app, _) = enrolled(&zhao).await;
        // It confirmed the enrolment, so it is used up.
        let first = app.code();
        assert_eq!(prove(&zhao, &first).await.codes(), ["CODE_USED"]);
        let second = app.next();
        let spaced = format!(" {} {} ", &second[..3], &second[3..]);
        prove(&zhao, &spaced).await.fine();
        assert_eq!(prove(&zhao, &second).await.codes(), ["CODE_USED"]);
        // The first is of the step before, which is still within the grace for clocks that differ.
        assert_eq!(prove(&zhao, &first).await.codes(), ["CODE_USED"]);
        prove(&zhao, &app.next()).await.fine();
    }

    async fn the_same_code_five_times_at_once_proves_once(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        let (app, _) = enrolled(&zhao).await;
        let code = app.next();
        let answers = join_all((0..5).map(|_| prove(&zhao, &code))).await;
        assert_eq!((count(&answers, ""), count(&answers, "CODE_USED")), (1, 4));
    }

    async fn a_recovery_code_is_good_once_even_five_times_at_once(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        let (_, codes) = enrolled(&zhao).await;
        assert_eq!(codes.len(), 10);
        let typed = codes[0].to_lowercase().replace('-', " ");
        let answers = join_all((0..5).map(|_| prove(&zhao, &typed))).await;
        assert_eq!((count(&answers, ""), count(&answers, "WRONG_CODE") + count(&answers, "LOCKED")), (1, 4));
        assert_eq!(standing(&zhao).await["recoveryCodesLeft"], 9);
        let inbox = zhao.inbox().await;
        let told: Vec<_> = inbox.iter().filter(|(kind, _)| kind == "RECOVERY_CODE_USED").collect();
        assert_eq!(told, [&("RECOVERY_CODE_USED".to_owned(), "9".to_owned())]);
        town.clock.advance(TimeDelta::minutes(20));
        let proved = prove(&zhao, &codes[1]).await.fine();
        assert_eq!(proved.number("/proveSecondFactor/recoveryCodesLeft") as i64, 8);
        assert_eq!(prove(&zhao, &codes[0]).await.codes(), ["WRONG_CODE"]);
    }

    async fn the_codes_of_somebody_else_are_worth_nothing(town: Town) {
        let (zhao, qian) = (officer(&town, "Zhao").await, officer(&town, "Qian").await);
        let (theirs, codes) = enrolled(&zhao).await;
        let (own, _) = enrolled(&qian).await;
        qian.proves_for(TimeDelta::zero()).await;
        assert_ne!(theirs.secret, own.secret);
        for code in [theirs.next(), codes[0].clone()] {
            assert_eq!(prove(&qian, &code).await.codes(), ["WRONG_CODE"]);
        }
        assert_eq!(found(&qian, "新队").await.fault(), "SECOND_FACTOR_NEEDED");
        prove(&zhao, &codes[0]).await.fine();
    }

    async fn five_wrong_codes_lock_for_longer_each_time_and_the_owner_hears_of_it(town: Town) {
        let mut zhao = officer(&town, "Zhao").await;
        let (app, codes) = enrolled(&zhao).await;
        for minutes in [15, 60, 240, 1440, 1440] {
            assert_eq!(lock(&zhao, &app).await, minutes);
            // While it is locked, not even the right one is looked at.
            for right in [app.code(), codes[0].clone()] {
                let refused = prove(&zhao, &right).await;
                assert_eq!(refused.codes(), ["LOCKED"]);
                assert_eq!(refused.refusal_number("minutesToWait") as i64, minutes);
            }
            town.clock.advance(TimeDelta::minutes(minutes));
            zhao.refresh().await;
        }
        let inbox = zhao.inbox().await;
        assert_eq!(inbox.iter().filter(|(kind, _)| kind == "SECOND_FACTOR_LOCKED").count(), 5);
        prove(&zhao, &app.code()).await.fine();
        // A good one forgives: the next lock is a short one again.
        assert_eq!(lock(&zhao, &app).await, 15);
    }

    async fn guesses_at_one_instant_share_no_try(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        let (app, _) = enrolled(&zhao).await;
        let wrong = app.wrong();
        let answers = join_all((0..20).map(|_| prove(&zhao, &wrong))).await;
        assert_eq!((count(&answers, "WRONG_CODE"), count(&answers, "LOCKED")), (4, 16));
        assert_eq!(town.rows("second_factor WHERE wrong_tries = 5").await, 1);
    }

    async fn what_was_proved_on_one_device_is_proved_on_no_other(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        let (app, _) = enrolled(&zhao).await;
        let tablet = on_another_device(&zhao).await;
        found(&zhao, "新队").await.fine();
        assert_eq!(found(&tablet, "又一队").await.fault(), "SECOND_FACTOR_NEEDED");
        prove(&tablet, &app.next()).await.fine();
        found(&tablet, "又一队").await.fine();
    }

    async fn a_new_app_takes_a_code_of_the_old_and_other_devices_prove_anew(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        let (old, codes) = enrolled(&zhao).await;
        let tablet = on_another_device(&zhao).await;
        prove(&tablet, &old.next()).await.fine();
        assert_eq!(begin(&zhao, None).await.codes(), ["CODE_NEEDED"]);
        assert_eq!(begin(&zhao, Some(&old.wrong())).await.codes(), ["WRONG_CODE"]);
        let new = app(&zhao, &begin(&zhao, Some(&old.next())).await.fine());
        // Until the new one is confirmed, the old one is good.
        prove(&zhao, &old.next()).await.fine();
        assert_eq!(confirm(&zhao, &old.next()).await.codes(), ["WRONG_CODE"]);
        confirm(&zhao, &new.code()).await.fine();
        for gone in [old.next(), codes[0].clone()] {
            assert_eq!(prove(&zhao, &gone).await.codes(), ["WRONG_CODE"]);
        }
        assert_eq!(found(&tablet, "新队").await.fault(), "SECOND_FACTOR_NEEDED");
        found(&zhao, "新队").await.fine();
        prove(&tablet, &new.next()).await.fine();
        assert_eq!(town.rows("second_factor").await, 1);
    }

    async fn a_secret_that_nobody_confirms_in_time_is_gone(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        assert_eq!(confirm(&zhao, "123456").await.codes(), ["NO_NEW_SECRET"]);
        let first = app(&zhao, &begin(&zhao, None).await.fine());
        let second = app(&zhao, &begin(&zhao, None).await.fine());
        assert_eq!(confirm(&zhao, &first.code()).await.codes(), ["WRONG_CODE"]);
        town.clock.advance(TimeDelta::minutes(15));
        assert_eq!(confirm(&zhao, &second.code()).await.codes(), ["NO_NEW_SECRET"]);
        for refused in [prove(&zhao, "123456").await, remove(&zhao, "123456").await, renew_codes(&zhao, "123456").await] {
            assert_eq!(refused.codes(), ["NOT_ENROLLED"]);
        }
        assert_eq!((standing(&zhao).await["state"].clone(), town.rows("recovery_code").await), (json!("MISSING"), 0));
    }

    async fn who_confirms_four_times_at_once_gets_one_set_of_recovery_codes(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        let app = app(&zhao, &begin(&zhao, None).await.fine());
        let code = app.code();
        let answers = join_all((0..4).map(|_| confirm(&zhao, &code))).await;
        assert_eq!((count(&answers, ""), count(&answers, "NO_NEW_SECRET")), (1, 3));
        assert_eq!(town.rows("recovery_code").await, 10);
    }

    async fn new_recovery_codes_take_the_place_of_the_old(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        let (app, old) = enrolled(&zhao).await;
        let new = renew_codes(&zhao, &app.next()).await.fine().text("/renewRecoveryCodes/recoveryCodes/0");
        assert_eq!(prove(&zhao, &old[3]).await.codes(), ["WRONG_CODE"]);
        prove(&zhao, &new).await.fine();
        assert_eq!(town.rows("recovery_code").await, 10);
    }

    async fn whoever_gives_it_up_has_to_enrol_anew(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        let (app, codes) = enrolled(&zhao).await;
        assert_eq!(remove(&zhao, &app.wrong()).await.codes(), ["WRONG_CODE"]);
        found(&zhao, "新队").await.fine();
        remove(&zhao, &codes[0]).await.fine();
        assert_eq!(found(&zhao, "又一队").await.fault(), "SECOND_FACTOR_NOT_ENROLLED");
        assert_eq!((town.rows("second_factor").await, town.rows("recovery_code").await), (0, 0));
        let told = zhao.inbox().await;
        assert!(told.iter().any(|(kind, _)| kind == "SECOND_FACTOR_REMOVED"), "{told:?}");
        enrolled(&zhao).await;
        found(&zhao, "又一队").await.fine();
        let trail = [("ENROL_SECOND_FACTOR", 2), ("USE_RECOVERY_CODE", 1), ("REMOVE_SECOND_FACTOR", 1)];
        for (action, times) in trail {
            assert_eq!(town.rows(&format!("audit_entry WHERE action = '{action}' AND actor IS NOT NULL")).await, times);
        }
    }

    async fn who_granted_the_role_hears_when_an_app_is_enrolled(town: Town) {
        let (above, top) = (town.officer("Above", "3301").await, town.officer("Top", "33").await);
        let ling = town.volunteer("Ling").await;
        appoint(&above, &top, &ling, "330106").await;
        town.clock.advance(TimeDelta::minutes(1));
        enrolled(&ling).await;
        assert_eq!(ling.inbox().await[0], ("SECOND_FACTOR_ENROLLED".into(), String::new()));
        assert_eq!(above.inbox().await[0], ("SECOND_FACTOR_ENROLLED".into(), "L***".into()));
    }

    async fn the_secret_lies_sealed_in_the_database_and_opens_at_no_other_row(town: Town) {
        let (zhao, qian) = (officer(&town, "Zhao").await, officer(&town, "Qian").await);
        let begun = begin(&zhao, None).await.fine();
        let secret = begun.text("/enrolSecondFactor/secret");
        let app = app(&zhao, &begun);
        confirm(&zhao, &app.code()).await.fine();
        enrolled(&qian).await;
        assert_eq!(town.rows(&format!("second_factor WHERE secret LIKE '%{secret}%'")).await, 0);
        assert_eq!(town.rows("second_factor WHERE secret LIKE 'v1.%'").await, 2);
        // Whoever can write to the database copies their own secret over somebody else's.
        let copy = "UPDATE second_factor SET last_step = 0,
                        secret = (SELECT secret FROM second_factor WHERE person_id = $1) WHERE person_id = $2";
        let values = [zhao.person_id().await.into(), qian.person_id().await.into()];
        boai::platform::db::run(&town.app.db.conn, copy, values).await.expect("the row is there");
        assert_eq!(prove(&qian, &app.next()).await.fault(), "INTERNAL");
    }

    async fn a_stranger_has_no_second_factor(town: Town) {
        let stranger = town.stranger();
        let answers = [
            begin(&stranger, None).await,
            confirm(&stranger, "123456").await,
            prove(&stranger, "123456").await,
            renew_codes(&stranger, "123456").await,
            remove(&stranger, "123456").await,
        ];
        for answer in answers {
            assert_eq!(answer.fault(), "UNAUTHENTICATED");
        }
        assert_eq!(town.rows("second_factor").await, 0);
    }

    async fn a_server_that_is_set_so_asks_for_none(town: Town) {
        let zhao = officer(&town, "Zhao").await;
        let url = town.instance(|config| config.officers.second_factor = false).await;
        let document = "mutation($branch: ID!) {
            foundTeam(input: { branchId: $branch, name: \"新队\", speciality: RESCUE }) { errors { code } } }";
        let here = json!({ "branch": id(Town::branch("330106")) });
        assert_eq!(zhao.ask(document, here.clone()).await.fault(), "SECOND_FACTOR_NOT_ENROLLED");
        zhao.ask_at(&url, document, here).await.fine();
        let demanded = "{ me { secondFactor { demanded } } }";
        assert_eq!(zhao.ask_at(&url, demanded, json!({})).await.data("/me/secondFactor/demanded"), json!(false));
    }

    async fn two_officers_above_reset_what_was_lost(town: Town) {
        let (above, top) = (town.officer("Above", "3301").await, town.officer("Top", "33").await);
        let zhao = officer(&town, "Zhao").await;
        let (app, codes) = enrolled(&zhao).await;
        let role = role_of(&zhao).await;
        let act = reset(&above, &role).await.fine().text("/resetSecondFactor/pendingAct/id");
        assert_eq!(reset(&above, &role).await.codes(), ["ALREADY_PROPOSED"]);
        found(&zhao, "新队").await.fine();
        assert_eq!(approve(&above, &act).await.codes(), ["OWN_PROPOSAL"]);
        town.clock.advance(TimeDelta::minutes(1));
        approve(&top, &act).await.fine();
        assert_eq!(zhao.inbox().await[0], ("SECOND_FACTOR_RESET".into(), "手机丢失,已电话核实".into()));
        assert_eq!(found(&zhao, "又一队").await.fault(), "SECOND_FACTOR_NOT_ENROLLED");
        for gone in [app.next(), codes[0].clone()] {
            assert_eq!(prove(&zhao, &gone).await.codes(), ["NOT_ENROLLED"]);
        }
        enrolled(&zhao).await;
        found(&zhao, "又一队").await.fine();
        for action in ["PROPOSE_RESET_SECOND_FACTOR", "APPROVED_RESET_SECOND_FACTOR", "RESET_SECOND_FACTOR"] {
            let acts = town.rows(&format!("audit_entry WHERE action = '{action}' AND actor IS NOT NULL")).await;
            assert_eq!(acts, 1, "{action}");
        }
    }

    async fn nobody_resets_a_peer_nor_themself_nor_what_is_not_there(town: Town) {
        let (zhao, qian) = (officer(&town, "Zhao").await, town.officer("Qian", "330106").await);
        let (above, sibling) = (town.officer("Above", "3301").await, town.officer("Sibling", "3302").await);
        town.officer("Top", "33").await;
        let role = role_of(&zhao).await;
        assert_eq!(reset(&above, &role).await.codes(), ["NOT_ENROLLED"]);
        enrolled(&zhao).await;
        for other in [&qian, &sibling, &zhao] {
            assert_eq!(reset(other, &role).await.codes(), ["NOT_FOUND"], "{}", other.name);
        }
        // Whoever also is an officer where Above has no say is beyond Above alone.
        zhao.hold("BRANCH_OFFICER", Some(Town::branch("330203")), None).await;
        assert_eq!(reset(&above, &role).await.codes(), ["NOT_FOUND"]);
        assert_eq!(town.rows("pending_act").await, 0);
        // With a role at the top Qian stands above Zhao, and still not above herself.
        let hers = role_of(&qian).await;
        qian.hold("BRANCH_OFFICER", Some(Town::branch("33")), None).await;
        enrolled(&qian).await;
        assert_eq!(reset(&qian, &hers).await.codes(), ["NOT_FOUND"]);
        reset(&qian, &role).await.fine();
    }
}
