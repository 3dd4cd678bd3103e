//! A year of one volunteer's life, from the enrolment to the certificate that her employer checks.

use boai::{attendance::service::close_forgotten, certificates::check, ctx::Ctx};
use boai_entity::Instant;
use boai_tests::{Answer, Person, Town, at, id, keep_signed_in, stories};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{agree, list, open, pass_all, stars, step, told};

/// 08:00 of a day of the story.
fn morning(day: i64) -> Instant {
    at("08:00") + TimeDelta::days(day)
}

fn hours(count: i64) -> TimeDelta {
    TimeDelta::hours(count)
}

/// Posts a shift, has her sign up and check in; the shift.
async fn comes(leader: &Person<'_>, ling: &Person<'_>, from: Instant, to: Instant) -> String {
    let town = ling.town;
    town.clock.set(from - TimeDelta::minutes(30));
    let posted = leader.post_activity(from, to, 4, json!({})).await;
    ling.sign_up(posted.shift()).await.fine();
    town.clock.set(from);
    ling.check_in(posted.shift(), 20.0).await.fine().text("/checkIn/attendance/id")
}

/// The same, and she goes when it ends; the stay.
async fn serves(leader: &Person<'_>, ling: &Person<'_>, from: Instant, to: Instant) -> String {
    comes(leader, ling, from, to).await;
    ling.town.clock.set(to);
    ling.check_out(20.0).await.fine().text("/checkOut/attendance/id")
}

fn corrected(stay: &str, from: Instant, to: Instant, reason: &str) -> Value {
    json!([{ "attendanceId": stay, "decision": "CORRECT", "servedFrom": from, "servedTo": to, "reason": reason }])
}

async fn ask(who: &Person<'_>, mutation: &str, given: Value, answer: &str) -> Answer {
    let name = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let document =
        format!("mutation($input: {name}!) {{ {mutation}(input: $input) {{ {answer} errors {{ code message }} }} }}");
    who.ask(&document, json!({ "input": given })).await.fine()
}

async fn verified(town: &Town, certificate: &Value) -> Value {
    let text = |name: &str| certificate[name].as_str().expect("a text").to_owned();
    let address = format!("{}/verify.json", town.url);
    let address = reqwest::Url::parse_with_params(&address, [("number", text("number")), ("code", text("checkCode"))]);
    let answer = town.http.get(address.expect("an address")).send().await.expect("the server answers");
    answer.json().await.expect("JSON")
}

stories! {
    async fn a_year_of_ling_s(town: Town) {
        let (leader, officer) = (town.leader("Li").await, town.officer("周干部", "330106").await);
        let ling = town.volunteer("欧阳玲").await;
        keep_signed_in(&town).await;

        // Twenty hours in five mornings: she applies to be registered.
        let mut first = String::new();
        for day in [0, 3, 4, 5, 6] {
            let stay = serves(&leader, &ling, morning(day), morning(day) + hours(4)).await;
            leader.confirm(&stay).await.fine();
            if first.is_empty() {
                first = stay;
            }
        }
        let wish = ask(&ling, "applyForRegistration", json!({}), "registration { id minutes }").await;
        assert_eq!(wish.data("/applyForRegistration/registration/minutes"), 1200);
        let item = json!({ "registrationId": wish.data("/applyForRegistration/registration/id"), "approve": true });
        ask(&officer, "decideRegistrations", json!({ "items": [item] }), "results { registration { state } }").await;
        let state = ling.ask("{ me { volunteer { state } } }", json!({})).await.text("/me/volunteer/state");
        assert_eq!(state, "REGISTERED");

        // A night from ten to six: two hours are of one day, six of the next.
        let night = serves(&leader, &ling, morning(10) + hours(14), morning(11) - hours(2)).await;
        assert_eq!(leader.confirm(&night).await.fine().data("/confirmHours/results/0/record/minutes"), 480);

        // She forgets to check out; the leader knows from the photographs when she left.
        let forgotten = comes(&leader, &ling, morning(12), morning(12) + hours(4)).await;
        town.clock.set(morning(12) + hours(8));
        assert_eq!(close_forgotten(&Ctx::system(town.app.clone(), "close-forgotten")).await.expect("the job runs"), 1);
        assert!(told(&ling).await.contains(&"CHECK_OUT_FORGOTTEN".to_owned()));
        let settled = leader.confirm_hours(corrected(&forgotten, morning(12), morning(12) + hours(4), "照片为证")).await.fine();
        assert_eq!(settled.data("/confirmHours/results/0/record/book"), "BACK_FILLED");
        assert_eq!(ling.minutes().await, (32 * 60, 0));

        // The leader takes two of four hours away. She objects, he answers, and an officer who is no party gives them back.
        let cut = serves(&leader, &ling, morning(13), morning(13) + hours(4)).await;
        leader.confirm_hours(corrected(&cut, morning(13), morning(13) + hours(2), "提前离开")).await.fine();
        assert_eq!(ling.minutes().await, (34 * 60, 0));
        let wanted = json!({ "attendanceId": cut, "servedFrom": morning(13), "servedTo": morning(13) + hours(4),
            "words": "我做满了四小时", "requestId": ling.request_id() });
        let dispute = ask(&ling, "openDispute", wanted, "dispute { id }").await.text("/openDispute/dispute/id");
        ask(&leader, "answerDispute", json!({ "disputeId": dispute, "words": "可能看漏了" }), "dispute { state }").await;
        let upheld = json!({ "disputeId": dispute, "outcome": "UPHELD", "servedFrom": morning(13),
            "servedTo": morning(13) + hours(4), "reason": "签退记录清楚" });
        ask(&officer, "decideDispute", upheld, "dispute { minutes }").await;
        assert_eq!(ling.minutes().await, (36 * 60, 0));

        // The first morning was an hour shorter. It is final by now, so two persons say so.
        town.clock.set(morning(20));
        let waits = leader.confirm_hours(corrected(&first, morning(0), morning(0) + hours(3), "名册有误")).await.fine();
        assert_eq!(ling.minutes().await, (36 * 60, 0), "one person's word is not enough");
        agree(&officer, &town.url, &waits.text("/confirmHours/results/0/waits/id")).await.fine();
        assert_eq!(ling.minutes().await, (35 * 60, 0));
        assert!(told(&ling).await.contains(&"HOURS_CORRECTED".to_owned()));

        // A hundred hours by the autumn.
        for day in 100..109 {
            let stay = serves(&leader, &ling, morning(day), morning(day) + hours(8)).await;
            leader.confirm(&stay).await.fine();
        }
        assert_eq!((ling.minutes().await, stars(&ling).await), (((35 + 72) * 60, 0), (1, 0)));

        // The county's round: frozen from the ledger, reviewed, under notice, awarded.
        town.clock.set(morning(130));
        let round = open(&officer, Town::branch("330106"), (1, 4), "2026-09-14").await.fine();
        let round = round.text("/openAwardRound/round/id");
        step(&officer, "freezeAwardRound", &round).await.fine();
        let listed = list(&officer, &round).await;
        assert_eq!((listed.len(), &listed[0]["minutes"], &listed[0]["star"]), (1, &json!(107 * 60), &json!(1)));
        pass_all(&officer, &round).await;
        step(&officer, "publishAwardRound", &round).await.fine();
        assert_eq!(step(&officer, "awardStars", &round).await.codes(), ["NOTICE_RUNS"]);
        town.clock.set(morning(160));
        step(&officer, "awardStars", &round).await.fine();
        assert_eq!(stars(&ling).await, (1, 1));

        // The badge, from the county's stock.
        let stock = json!({ "branchId": id(Town::branch("330106")), "star": 1, "count": 5, "note": "厂家到货" });
        ask(&officer, "receiveBadges", stock, "stock { onHand }").await;
        let award = list(&officer, &round).await[0]["award"]["id"].clone();
        let issued = ask(&officer, "issueBadges", json!({ "awardIds": [award] }), "results { badge { id number } }").await;
        let badge = issued.data("/issueBadges/results/0/badge/id");
        ask(&officer, "handOutBadge", json!({ "badgeId": badge }), "badge { handedOutAt }").await;
        let mine = ling.ask("{ me { starAwards { star badge { number } } } }", json!({})).await;
        assert_eq!(mine.data("/me/starAwards/0/badge/number"), issued.data("/issueBadges/results/0/badge/number"));

        // In December she asks for a certificate of the year, and her employer checks it.
        town.clock.set(morning(220));
        let year = json!({ "from": "2026-01-01", "to": "2026-12-13" });
        let certificate = ask(&ling, "requestCertificate", year, "certificate { number checkCode minutes state }").await;
        let certificate = certificate.data("/requestCertificate/certificate");
        assert_eq!(certificate["minutes"], 107 * 60);
        let said = verified(&town, &certificate).await;
        assert_eq!((&said["state"], &said["name"], &said["units"][0]["minutes"]), (&json!("VALID"), &json!("欧阳玲"), &json!(107 * 60)));
        assert_eq!(said["units"][0]["records"].as_array().map(Vec::len), Some(17));
        let number = certificate["number"].as_str().expect("a number");
        let held = check::check(&town.app.db, Some(&town.app.vault), number).await.expect("it runs").expect("a certificate");
        assert!(held.faults.is_empty(), "{held}");
        town.audit().await;
    }
}
