//! Who sits at a desk, on which days, and what of others they see: the roster.

use boai_tests::{at, keep_signed_in, stories};
use serde_json::json;

use crate::support::{TOMORROW, check_in, clock, code, grant, grant_desk, nothing_happened, roster, site};

stories! {
    async fn a_desk_begins_and_ends_with_its_days(town: Town) {
        let site = site(&town).await;
        let ling = town.volunteer("Ling").await;
        ling.sign_up(site.shift()).await.fine();
        keep_signed_in(&town).await;
        let desk = "query($activity: ID!) { desk(activityId: $activity) { name } me { desks { siteName fromDay toDay } } }";
        let seen = async || site.operator.ask(desk, json!({ "activity": site.activity() })).await;
        let mine = json!([{ "siteName": "断桥应急救护", "fromDay": TOMORROW, "toDay": TOMORROW }]);
        for (time, there, listed) in [
            (at("23:59"), false, true),
            (at("+1 00:00"), true, true),
            (at("+1 23:59"), true, true),
            (at("+2 00:00"), false, false),
        ] {
            clock(&town, time);
            let answer = seen().await;
            assert_eq!(!answer.data("/desk").is_null(), there, "{time}");
            assert_eq!(answer.data("/me/desks") == mine, listed, "{time}");
            let tried = site.check_in(json!({ "phoneDigits": &ling.phone[4..] })).await.codes();
            assert_eq!(tried == ["NOT_FOUND"], !there, "{time}: {tried:?}");
        }
        nothing_happened(&town).await;
        assert_eq!(town.rows("refused_scan").await, 2, "what was asked without a desk is nobody's try");
    }

    async fn a_leader_takes_a_desk_back_and_its_operator_hears_why(town: Town) {
        let site = site(&town).await;
        let document = "query($activity: ID!) { desk(activityId: $activity) { grants { edges { node {
            id operatorPhone operator { name } } } } } }";
        let grants = site.leader.ask(document, json!({ "activity": site.activity() })).await;
        let grant = grants.text("/desk/grants/edges/0/node/id");
        let phone = grants.text("/desk/grants/edges/0/node/operatorPhone");
        assert!(phone.contains('*') && grants.data("/desk/grants/edges/0/node/operator").is_null(), "{phone}");
        let revoke = "mutation($id: ID!) { revokeDesk(input: { grantId: $id, reason: \"换人\" }) { grantId errors { code } } }";
        clock(&town, at("+1 06:20"));
        // Neither the operator nor another team's leader.
        for who in [&site.operator, &town.other_leader("Hai").await] {
            assert_eq!(who.ask(revoke, json!({ "id": grant })).await.codes(), ["NOT_FOUND"], "{}", who.name);
        }
        assert!(!site.operator.ask(document, json!({ "activity": site.activity() })).await.data("/desk").is_null());
        site.leader.ask(revoke, json!({ "id": grant })).await.fine();
        assert_eq!(site.leader.ask(revoke, json!({ "id": grant })).await.codes(), ["ALREADY_OVER"]);
        assert!(site.operator.ask(document, json!({ "activity": site.activity() })).await.data("/desk").is_null());
        let inbox = site.operator.inbox().await;
        assert_eq!(inbox[0], ("DESK_REVOKED".to_owned(), "断桥应急救护 · 换人".to_owned()));
        assert_eq!(inbox[1], ("DESK_GRANTED".to_owned(), format!("断桥应急救护 · {TOMORROW} – {TOMORROW}")));
        town.audit().await;
    }

    async fn a_desk_is_granted_by_the_leader_or_an_officer_with_a_second_factor_and_never_to_oneself(town: Town) {
        let site = site(&town).await;
        let wei = town.volunteer("Wei").await;
        let granted = |who: &str| json!({ "activityId": site.activity(), "volunteerNumber": who, "fromDay": TOMORROW, "toDay": TOMORROW });
        for who in [&wei, &site.operator, &town.other_leader("Hai").await, &town.desk("Role").await, &town.officer("Ning", "3302").await] {
            assert_eq!(grant_desk(who, granted(&wei.number().await)).await.codes(), ["NOT_FOUND"], "{}", who.name);
        }
        let before = town.rows("desk_grant").await;
        let officer = town.officer("Chen", "3301").await;
        officer.proves_for(chrono::TimeDelta::zero()).await;
        let fault = grant_desk(&officer, granted(&wei.number().await)).await.fault();
        assert!(fault.starts_with("SECOND_FACTOR"), "{fault}");
        assert_eq!(town.rows("desk_grant").await, before);
        officer.proves_for(chrono::TimeDelta::days(1)).await;
        grant_desk(&officer, granted(&wei.number().await)).await.fine();
        assert_eq!(grant_desk(&officer, granted(&wei.number().await)).await.codes(), ["ALREADY_GRANTED"]);
        assert_eq!(grant_desk(&site.leader, granted(&site.leader.number().await)).await.codes(), ["YOURSELF"]);
        assert_eq!(grant_desk(&site.leader, granted("202600000000")).await.codes(), ["NO_SUCH_PERSON"]);
        let nobody = grant(&site.leader, site.activity(), &town.new_phone(), TOMORROW, TOMORROW).await;
        assert_eq!(nobody.codes(), ["NO_SUCH_PERSON"]);
        for (from, to, why) in [
            ("2026-05-07", "2026-05-07", "IN_THE_PAST"),
            ("2026-05-09", "2026-05-08", "DAYS_REVERSED"),
            ("2026-05-08", "2026-08-08", "TOO_LONG"),
        ] {
            let phone = &site.operator.phone;
            assert_eq!(grant(&site.leader, site.activity(), phone, from, to).await.codes(), [why]);
        }
        assert_eq!(town.rows("desk_grant").await, before + 1);
    }

    /// Masked names, states and posts; nobody off the roster, and nothing of anybody behind it.
    async fn an_operator_sees_nothing_beyond_the_roster(town: Town) {
        let site = site(&town).await;
        let (ling, wei) = (town.volunteer("欧阳小玲").await, town.volunteer("赵铁柱").await);
        ling.sign_up(site.shift()).await.fine();
        let other = site.leader.post_activity(at("+1 06:30"), at("+1 10:30"), 8, json!({})).await;
        wei.sign_up(other.shift()).await.fine();
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        let lines = roster(&site.operator, site.activity()).await;
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["name"], "欧**玲");
        site.check_in(json!({ "signUpId": lines[0]["signUpId"] })).await.fine();
        let volunteer = ling.volunteer_id().await;
        let attendance = ling.ask("{ me { openAttendance { id } } }", json!({})).await.text("/me/openAttendance/id");
        for id in [&volunteer, &attendance] {
            let node = site.operator.ask("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
            assert!(node.data("/node").is_null());
        }
        let shift = "query($id: ID!) { node(id: $id) { ... on Shift { board { present } siteCode { code }
            signUps { nodes { volunteer { id name number } } } } } }";
        let shift = site.operator.ask(shift, json!({ "id": site.shift() })).await;
        assert!(shift.data("/node/board").is_null() && shift.data("/node/siteCode").is_null());
        let seen = shift.data("/node/signUps/nodes/0/volunteer");
        assert_eq!((&seen["name"], &seen["number"]), (&json!("欧**玲"), &json!(null)));
        assert_ne!(seen["id"], json!(volunteer));
        // Wei is at another site, and has a number that somebody may know.
        let refused = site.check_in(json!({ "phoneDigits": &wei.phone[3..] })).await;
        assert_eq!((refused.codes(), refused.data("/deskCheckIn/name")), (vec!["NOBODY_FOUND".to_owned()], json!(null)));
        let there = roster(&site.leader, &other.activity).await;
        let refused = site.check_in(json!({ "signUpId": there[0]["signUpId"] })).await;
        assert_eq!((refused.codes(), refused.data("/deskCheckIn/name")), (vec!["NOT_ON_ROSTER".to_owned()], json!(null)));
        let desk = site.operator.ask("query($id: ID!) { desk(activityId: $id) { name } }", json!({ "id": other.activity })).await;
        assert!(desk.data("/desk").is_null());
        let there = json!({ "activityId": other.activity, "phoneDigits": &wei.phone[3..], "requestId": site.operator.request_id() });
        assert_eq!(check_in(&site.operator, there).await.codes(), ["NOT_FOUND"]);
        assert_eq!(town.rows("attendance").await, 1);
        assert!(town.audit_trail().await.faults.is_empty());
    }

    async fn nobody_checks_themself_in_at_their_own_desk(town: Town) {
        let site = site(&town).await;
        let ling = town.volunteer("Ling").await;
        ling.sign_up(site.shift()).await.fine();
        grant(&site.leader, site.activity(), &ling.phone, TOMORROW, TOMORROW).await.fine();
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        for given in [json!({ "code": code(&ling).await }), json!({ "phoneDigits": &ling.phone[7..] })] {
            let mut input = site.input(given);
            input["requestId"] = json!(ling.request_id());
            assert_eq!(check_in(&ling, input).await.codes(), ["YOURSELF"]);
        }
        nothing_happened(&town).await;
        site.check_in(json!({ "code": code(&ling).await })).await.fine();
    }
}
