//! Awarded stars change by a person's word only: a revocation, or the decision after a correction.

use boai_tests::{Answer, Person, Town, id, keep_signed_in, stories};
use serde_json::{Value, json};

use crate::support::{agree, award_all, list, posted, propose_rejection, stars, told, veteran};

async fn revoke(officer: &Person<'_>, award: &str) -> Answer {
    let document = "mutation($id: ID!) { revokeStar(input: { awardId: $id, reason: \"代签属实\" }) {
        award { star revokedAt revokeReason } errors { code message numbers { name value } } } }";
    officer.ask(document, json!({ "id": award })).await
}

async fn cases(officer: &Person<'_>, code: &str) -> Vec<Value> {
    let document = "query($branch: ID!) { starCases(branchId: $branch) {
        nodes { id confirmed state volunteer { name } award { star } } } }";
    let answer = officer.ask(document, json!({ "branch": id(Town::branch(code)) })).await;
    answer.data("/starCases/nodes").as_array().cloned().unwrap_or_default()
}

async fn decide(officer: &Person<'_>, case: &str, decision: &str) -> Answer {
    let document = "mutation($id: ID!, $decision: StarCaseDecision!) {
        decideStarCase(input: { caseId: $id, decision: $decision, reason: \"已核实\" }) {
            case { state } errors { code message numbers { name value } } } }";
    officer.ask(document, json!({ "id": case, "decision": decision })).await
}

/// The award of a star in a round.
async fn award_of(officer: &Person<'_>, round: &str, star: i64) -> String {
    let listed = list(officer, round).await;
    let found = listed.iter().find(|one| one["star"] == star && one["award"].is_object());
    found.and_then(|one| one["award"]["id"].as_str()).expect("an award").to_owned()
}

stories! {
    async fn a_star_is_revoked_with_a_reason_and_the_higher_one_first(town: Town) {
        let (_, posted) = posted(&town).await;
        let county = town.officer("周干部", "330106").await;
        let province = town.officer("省干部", "33").await;
        let (ling, _) = veteran(&town, &posted, "Ling", 1500).await;
        keep_signed_in(&town).await;
        let low = award_all(&county, "330106", (1, 4)).await;
        let high = award_all(&province, "33", (5, 5)).await;
        let [third, fourth] = [3, 4].map(|star| award_of(&county, &low, star));
        let (third, fourth, fifth) = (third.await, fourth.await, award_of(&province, &high, 5).await);
        // The fifth is the province's.
        assert_eq!(revoke(&county, &fifth).await.codes(), ["NOT_FOUND"]);
        town.clock.advance(chrono::TimeDelta::minutes(1));
        let held = revoke(&county, &fourth).await;
        assert_eq!(held.codes(), ["HIGHER_STANDS"]);
        assert_eq!(held.number("/revokeStar/errors/0/numbers/0/value"), 5.0);
        assert_eq!((stars(&ling).await, town.rows("star_award WHERE revoked_at IS NOT NULL").await), ((5, 5), 0));
        revoke(&province, &fifth).await.fine();
        assert_eq!(revoke(&county, &third).await.codes(), ["HIGHER_STANDS"]);
        revoke(&county, &fourth).await.fine();
        assert_eq!(revoke(&county, &fourth).await.codes(), ["ALREADY_REVOKED"]);
        assert_eq!(stars(&ling).await, (5, 3));
        assert_eq!(ling.inbox().await[0], ("STAR_REVOKED".into(), "代签属实".into()));
        // A later round may award it again.
        award_all(&county, "330106", (4, 4)).await;
        assert_eq!(stars(&ling).await, (5, 4));
        town.audit().await;
    }

    async fn nobody_revokes_or_keeps_their_own_star(town: Town) {
        let (leader, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let colleague = town.officer("吴干部", "330106").await;
        let when = crate::support::When::long_ago();
        let stay = crate::support::serve_long_ago(&town, &posted, &[(&officer, 6000)], when).await.remove(0);
        keep_signed_in(&town).await;
        let round = award_all(&colleague, "330106", (1, 4)).await;
        let award = award_of(&colleague, &round, 1).await;
        assert_eq!(revoke(&officer, &award).await.codes(), ["OWN_STAR"]);
        let item = propose_rejection(&leader, &stay).await;
        agree(&colleague, &town.url, &item).await.fine();
        let case = cases(&officer, "330106").await[0]["id"].as_str().expect("a case").to_owned();
        assert_eq!(decide(&officer, &case, "KEEP").await.codes(), ["OWN_STAR"]);
        assert_eq!(town.rows("star_case WHERE state = 'WAITING'").await, 1);
        decide(&colleague, &case, "KEEP").await.fine();
    }

    async fn a_correction_raises_a_case_and_changes_no_star_by_itself(town: Town) {
        let (leader, posted) = posted(&town).await;
        let county = town.officer("周干部", "330106").await;
        let city = town.officer("杭州干部", "3301").await;
        let other = town.officer("海曙干部", "330203").await;
        let (ling, first) = veteran(&town, &posted, "Ling", 310).await;
        let (wei, second) = veteran(&town, &posted, "Wei", 100).await;
        keep_signed_in(&town).await;
        award_all(&county, "330106", (1, 4)).await;
        for stay in [&first, &second] {
            let item = propose_rejection(&leader, stay).await;
            agree(&city, &town.url, &item).await.fine();
        }
        assert_eq!((stars(&ling).await, stars(&wei).await), ((0, 2), (0, 1)));
        assert_eq!(ling.inbox().await.iter().find(|(kind, _)| kind == "STAR_IN_QUESTION").map(|(_, note)| note.as_str()), Some("未到场"));
        let open = cases(&county, "330106").await;
        let mut about: Vec<_> = open.iter().map(|case| (case["volunteer"]["name"].to_string(), case["award"]["star"].as_i64())).collect();
        about.sort();
        assert_eq!(about, [("\"Ling\"".into(), Some(1)), ("\"Ling\"".into(), Some(2)), ("\"Wei\"".into(), Some(1))]);
        assert_eq!(cases(&other, "330106").await, Vec::<Value>::new());
        assert_eq!(cases(&city, "3301").await.len(), 3);
        let case = |name: &str, star: i64| {
            let found = open.iter().find(|case| case["volunteer"]["name"] == name && case["award"]["star"] == star);
            found.and_then(|case| case["id"].as_str()).expect("a case").to_owned()
        };
        assert_eq!(decide(&other, &case("Wei", 1), "REVOKE").await.codes(), ["NOT_FOUND"]);
        assert_eq!(decide(&county, &case("Ling", 1), "REVOKE").await.codes(), ["HIGHER_STANDS"]);
        assert_eq!(town.rows("star_case WHERE state = 'WAITING'").await, 3);
        decide(&county, &case("Ling", 2), "REVOKE").await.fine();
        decide(&county, &case("Ling", 1), "KEEP").await.fine();
        decide(&county, &case("Wei", 1), "REVOKE").await.fine();
        assert_eq!(decide(&county, &case("Wei", 1), "KEEP").await.codes(), ["ALREADY_DECIDED"]);
        assert_eq!((stars(&ling).await, stars(&wei).await), ((0, 1), (0, 0)));
        // All at one frozen instant: the newest in any order.
        let told = told(&ling).await;
        assert!(["STAR_KEPT", "STAR_REVOKED"].iter().all(|kind| told.contains(&(*kind).to_owned())), "{told:?}");
        town.audit().await;
    }

    async fn a_correction_that_leaves_the_hours_leaves_the_star_alone(town: Town) {
        let (leader, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let (ling, _) = veteran(&town, &posted, "Ling", 100).await;
        keep_signed_in(&town).await;
        award_all(&officer, "330106", (1, 4)).await;
        let now = town.clock.now();
        let later = leader.post_activity(now, now + chrono::TimeDelta::hours(2), 5, json!({})).await;
        ling.sign_up(later.shift()).await.fine();
        ling.check_in(later.shift(), 0.0).await.fine();
        town.clock.advance(chrono::TimeDelta::hours(2));
        let stay = ling.check_out(0.0).await.fine().text("/checkOut/attendance/id");
        leader.confirm(&stay).await.fine();
        leader.confirm_hours(json!([{ "attendanceId": stay, "decision": "REJECT", "reason": "有误" }])).await.fine();
        assert_eq!((stars(&ling).await, town.rows("star_case").await), ((1, 1), 0));
    }
}
