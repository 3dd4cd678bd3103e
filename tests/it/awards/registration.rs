//! 注册: from 20 hours in a calendar year to a registered volunteer.

use boai_tests::{Answer, Person, Town, id, keep_signed_in, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{When, live_in, posted, serve_long_ago};

async fn apply(person: &Person<'_>) -> Answer {
    apply_at(person, &person.town.url).await
}

async fn apply_at(person: &Person<'_>, url: &str) -> Answer {
    let document = "mutation { applyForRegistration(input: {}) {
        registration { id year minutes state } errors { code message numbers { name value } } } }";
    person.ask_at(url, document, json!({})).await
}

/// Somebody with so many minutes in 2025 who has applied, and the application.
async fn applied(person: &Person<'_>) -> String {
    apply(person).await.fine().text("/applyForRegistration/registration/id")
}

async fn decide(officer: &Person<'_>, url: &str, items: Value) -> Answer {
    let document = "mutation($items: [DecideRegistrationItem!]!) { decideRegistrations(input: { items: $items }) {
        results { registrationId registration { state reason } errors { code } } errors { code message path } } }";
    officer.ask_at(url, document, json!({ "items": items })).await
}

fn approve(registration: &str) -> Value {
    json!({ "registrationId": registration, "approve": true })
}

fn decline(registration: &str, reason: &str) -> Value {
    json!({ "registrationId": registration, "approve": false, "reason": reason })
}

async fn queue(officer: &Person<'_>, code: &str) -> Vec<String> {
    let document = "query($branch: ID!) { registrationQueue(branchId: $branch) { nodes { volunteer { name } } } }";
    let answer = officer.ask(document, json!({ "branch": id(Town::branch(code)) })).await;
    let nodes = answer.data("/registrationQueue/nodes");
    let name = |node: &Value| node["volunteer"]["name"].as_str().unwrap_or_default().to_owned();
    nodes.as_array().into_iter().flatten().map(name).collect()
}

/// The volunteer's state, and that of the newest application.
async fn standing(person: &Person<'_>) -> (String, Value) {
    let me = person.ask("{ me { volunteer { state } registration { state year minutes reason } } }", json!({})).await;
    (me.text("/me/volunteer/state"), me.body["data"]["me"]["registration"].clone())
}

async fn with_minutes<'t>(town: &'t Town, names: &[(&str, i32)]) -> Vec<Person<'t>> {
    let (_, posted) = posted(town).await;
    let mut people = Vec::new();
    for (name, _) in names {
        people.push(town.resident(name).await);
    }
    let served: Vec<_> = people.iter().zip(names).map(|(person, (_, minutes))| (person, *minutes)).collect();
    serve_long_ago(town, &posted, &served, When::long_ago()).await;
    keep_signed_in(town).await;
    people
}

stories! {
    async fn who_served_twenty_hours_in_a_year_applies_and_the_county_registers_them(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let people = with_minutes(&town, &[("Ling", 1200), ("Short", 1199)]).await;
        let (ling, short) = (&people[0], &people[1]);
        let refused = apply(short).await;
        assert_eq!(refused.codes(), ["NOT_ENOUGH"]);
        assert_eq!(refused.number("/applyForRegistration/errors/0/numbers/0/value"), 1199.0);
        assert_eq!(town.rows("registration").await, 0);
        let application = applied(ling).await;
        assert_eq!(apply(ling).await.codes(), ["ALREADY_APPLIED"]);
        let waits = json!({ "state": "WAITING", "year": 2025, "minutes": 1200, "reason": null });
        assert_eq!(standing(ling).await, ("ENROLLED".into(), waits));
        assert_eq!(queue(&officer, "330106").await, ["Ling"]);
        decide(&officer, &town.url, json!([approve(&application)])).await.fine();
        let done = json!({ "state": "APPROVED", "year": 2025, "minutes": 1200, "reason": null });
        assert_eq!(standing(ling).await, ("REGISTERED".into(), done));
        assert_eq!(ling.inbox().await[0].0, "REGISTRATION_APPROVED");
        assert_eq!(queue(&officer, "330106").await, Vec::<String>::new());
        assert_eq!(apply(ling).await.codes(), ["ALREADY_REGISTERED"]);
        assert_eq!(decide(&officer, &town.url, json!([decline(&application, "x")])).await.codes(), ["ALREADY_DECIDED"]);
        assert_eq!(standing(ling).await.0, "REGISTERED");
        town.audit().await;
    }

    async fn who_is_declined_reads_why_and_may_apply_again(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let people = with_minutes(&town, &[("Ling", 1300)]).await;
        let ling = &people[0];
        let first = applied(ling).await;
        assert_eq!(decide(&officer, &town.url, json!([decline(&first, "")])).await.codes(), ["REASON_NEEDED"]);
        assert_eq!(standing(ling).await.1["state"], "WAITING");
        decide(&officer, &town.url, json!([decline(&first, "请补充急救证")])).await.fine();
        assert_eq!(ling.inbox().await[0], ("REGISTRATION_DECLINED".into(), "请补充急救证".into()));
        assert_eq!(standing(ling).await.0, "ENROLLED");
        town.clock.advance(TimeDelta::days(1));
        let second = applied(ling).await;
        decide(&officer, &town.url, json!([approve(&second)])).await.fine();
        assert_eq!((standing(ling).await.0, town.rows("registration").await), ("REGISTERED".into(), 2));
    }

    async fn it_takes_an_officer_of_the_county_or_above_and_never_oneself(town: Town) {
        let people = with_minutes(&town, &[("Ling", 1200), ("周干部", 1200), ("Far", 1200)]).await;
        let (ling, officer, far) = (&people[0], &people[1], &people[2]);
        live_in(&town, &[far], "330203").await;
        officer.hold("BRANCH_OFFICER", Some(Town::branch("330106")), None).await;
        let village = town.officer("社区干部", "330106109203").await;
        let leader = town.leader("队长").await;
        let city = town.officer("杭州干部", "3301").await;
        keep_signed_in(&town).await;
        let mine = applied(ling).await;
        for who in [&village, &leader, ling] {
            assert_eq!(decide(who, &town.url, json!([approve(&mine)])).await.codes(), ["NOT_FOUND"], "{}", who.name);
            assert_eq!(queue(who, "330106").await, Vec::<String>::new());
        }
        let (own, foreign) = (applied(officer).await, applied(far).await);
        let items = json!([approve(&own), approve(&foreign), approve(&mine)]);
        let answer = decide(officer, &town.url, items).await;
        let codes: Vec<_> = (0..3).map(|item| answer.body.pointer(&format!("/data/decideRegistrations/results/{item}/errors/0/code")).cloned()).collect();
        assert_eq!(codes, [Some(json!("OWN_APPLICATION")), Some(json!("NOT_FOUND")), None]);
        let states = [standing(ling).await.0, standing(officer).await.0, standing(far).await.0];
        assert_eq!(states, ["REGISTERED", "ENROLLED", "ENROLLED"]);
        assert_eq!(queue(&city, "3301").await, ["周干部"]);
        decide(&city, &town.url, json!([approve(&own)])).await.fine();
        assert_eq!(standing(officer).await.0, "REGISTERED");
    }

    async fn of_two_officers_at_one_instant_one_decides(town: Town) {
        let (one, two) = (town.officer("周干部", "330106").await, town.officer("杭州干部", "3301").await);
        let names: Vec<(String, i32)> = (0..10).map(|number| (format!("王{number}"), 1200)).collect();
        let names: Vec<(&str, i32)> = names.iter().map(|(name, minutes)| (name.as_str(), *minutes)).collect();
        let people = with_minutes(&town, &names).await;
        let other = town.instance(|_| ()).await;
        let twice = join_all(people.iter().map(|person| join_all([apply_at(person, &town.url), apply_at(person, &other)]))).await;
        let mut applications = Vec::new();
        for answers in &twice {
            let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.codes().is_empty());
            assert_eq!((done.len(), refused[0].codes()), (1, vec!["ALREADY_APPLIED".to_owned()]));
            applications.push(done[0].text("/applyForRegistration/registration/id"));
        }
        // One approves from the first on, the other declines from the last on.
        let yes: Vec<Value> = applications.iter().map(|one| approve(one)).collect();
        let no: Vec<Value> = applications.iter().rev().map(|one| decline(one, "材料不全")).collect();
        let answers = join_all([decide(&one, &town.url, json!(yes)), decide(&two, &other, json!(no))]).await;
        let done: usize = answers.iter().map(|answer| {
            let results = answer.data("/decideRegistrations/results");
            results.as_array().into_iter().flatten().filter(|result| result["registration"].is_object()).count()
        }).sum();
        assert_eq!(done, 10);
        for person in &people {
            let (state, application) = standing(person).await;
            assert_eq!(state == "REGISTERED", application["state"] == "APPROVED");
            assert_eq!(person.inbox().await.len(), 1);
        }
        town.audit().await;
    }

    async fn a_batch_takes_the_same_statements_for_two_as_for_fifty(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let (_, posted) = posted(&town).await;
        let crowd = town.crowd(52).await;
        let served: Vec<_> = crowd.iter().map(|person| (person, 1200)).collect();
        serve_long_ago(&town, &posted, &served, When::long_ago()).await;
        keep_signed_in(&town).await;
        let mut taken = Vec::new();
        for some in [&crowd[..2], &crowd[2..]] {
            let mut items = Vec::new();
            for (place, person) in some.iter().enumerate() {
                let one = applied(person).await;
                items.push(if place % 2 == 0 { approve(&one) } else { decline(&one, &format!("理由 {place}")) });
            }
            let (answer, statements) = town.statements(decide(&officer, &town.url, json!(items))).await;
            answer.fine();
            taken.push(statements);
        }
        assert_eq!(taken[0], taken[1]);
    }
}
