//! 志愿者档案: honours from outside and their check, training and evaluations, and who sees a file.

use boai_entity::ids::{OutsideHonourId, TrainingRecordId};
use boai_tests::{Answer, Person, Town, at, id, keep_signed_in, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{When, award_all, live_in, posted, serve_long_ago, team_of, veteran};

async fn submit_at(person: &Person<'_>, url: &str, given: Value) -> Answer {
    let mut input = json!({ "name": "浙江省优秀志愿者", "awardedOn": "2025-12-05", "awardingUnit": "共青团浙江省委",
        "proof": "荣誉证书第 7 号", "reference": "团浙发〔2025〕7 号" });
    if let (Some(input), Some(given)) = (input.as_object_mut(), given.as_object()) {
        input.extend(given.clone());
    }
    let document = "mutation($input: SubmitHonourInput!) { submitHonour(input: $input) {
        honour { id state name digest } errors { code message path } } }";
    person.ask_at(url, document, json!({ "input": input })).await
}

async fn submit(person: &Person<'_>, given: Value) -> Answer {
    submit_at(person, &person.town.url, given).await
}

async fn submitted(person: &Person<'_>) -> String {
    submit(person, json!({})).await.fine().text("/submitHonour/honour/id")
}

async fn decide_at(officer: &Person<'_>, url: &str, items: Value) -> Answer {
    let document = "mutation($items: [DecideHonourItem!]!) { decideHonours(input: { items: $items }) {
        results { honour { state reason } errors { code } } errors { code } } }";
    officer.ask_at(url, document, json!({ "items": items })).await
}

async fn decide(officer: &Person<'_>, items: Value) -> Answer {
    decide_at(officer, &officer.town.url, items).await
}

fn yes(honour: &str) -> Value {
    json!({ "honourId": honour, "recognise": true })
}

fn no(honour: &str, reason: &str) -> Value {
    json!({ "honourId": honour, "recognise": false, "reason": reason })
}

async fn queue(officer: &Person<'_>, code: &str) -> Vec<String> {
    let document = "query($branch: ID!) { honourQueue(branchId: $branch) { nodes { volunteer { name } } } }";
    let answer = officer.ask(document, json!({ "branch": id(Town::branch(code)) })).await;
    let nodes = answer.data("/honourQueue/nodes");
    let name = |node: &Value| node["volunteer"]["name"].as_str().unwrap_or_default().to_owned();
    nodes.as_array().into_iter().flatten().map(name).collect()
}

/// Enters a training for these, by a branch or a team.
async fn train(who: &Person<'_>, unit: Value, numbers: &[String]) -> Answer {
    let mut input = json!({ "name": "应急救护员培训", "content": "心肺复苏与创伤救护", "learningTime": 960,
        "trainedOn": "2026-04-18", "volunteerNumbers": numbers });
    if let (Some(input), Some(unit)) = (input.as_object_mut(), unit.as_object()) {
        input.extend(unit.clone());
    }
    let document = "mutation($input: RecordTrainingInput!) { recordTraining(input: $input) {
        results { volunteerNumber training { id } errors { code } } errors { code } } }";
    who.ask(document, json!({ "input": input })).await
}

async fn evaluate(who: &Person<'_>, unit: Value, items: Value) -> Answer {
    let mut input = json!({ "year": 2025, "items": items });
    if let (Some(input), Some(unit)) = (input.as_object_mut(), unit.as_object()) {
        input.extend(unit.clone());
    }
    let document = "mutation($input: EvaluateVolunteersInput!) { evaluateVolunteers(input: $input) {
        results { evaluation { id } errors { code } } errors { code } } }";
    who.ask(document, json!({ "input": input })).await
}

async fn strike(who: &Person<'_>, entry: Value) -> Answer {
    let mut input = json!({ "reason": "登记有误" });
    if let (Some(input), Some(entry)) = (input.as_object_mut(), entry.as_object()) {
        input.extend(entry.clone());
    }
    let document = "mutation($input: StrikeFromFileInput!) { strikeFromFile(input: $input) { errors { code } } }";
    who.ask(document, json!({ "input": input })).await
}

fn rating(number: &str, rating: i32) -> Value {
    json!({ "volunteerNumber": number, "rating": rating, "reason": "服务认真" })
}

fn team() -> Value {
    json!({ "teamId": id(Town::TEAM) })
}

fn county() -> Value {
    json!({ "branchId": id(Town::branch("330106")) })
}

const PARTS: &str = "volunteer { name } service { nodes { minutes } }
    training { nodes { name content learningTime trainedOn branch { name } team { name } } }
    honours { nodes { kind name awardedOn awardingUnit star { star } } }
    evaluations { nodes { year rating reason branch { name } } }";

async fn file(who: &Person<'_>, number: &str) -> Value {
    let document = format!("query($number: String!) {{ volunteerFile(number: $number) {{ {PARTS} }} }}");
    who.ask(&document, json!({ "number": number })).await.data("/volunteerFile")
}

async fn own_file(who: &Person<'_>) -> Value {
    who.ask(&format!("{{ me {{ file {{ {PARTS} }} }} }}"), json!({})).await.data("/me/file")
}

fn result_codes(answer: &Answer) -> Vec<Value> {
    let results = answer.payload()["results"].as_array().cloned().unwrap_or_default();
    results.iter().map(|result| result["errors"].pointer("/0/code").cloned().unwrap_or_default()).collect()
}

stories! {
    async fn an_honour_from_outside_is_checked_and_enters_the_file(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let (ling, wei) = (town.volunteer("Ling").await, town.volunteer("Wei").await);
        for (given, code) in [
            (json!({ "awardedOn": "2026-05-09" }), "DAY_IMPOSSIBLE"),
            (json!({ "reference": null }), "PROOF_NEEDED"),
        ] {
            assert_eq!(submit(&ling, given).await.codes(), [code]);
        }
        assert_eq!(submit(&ling, json!({ "digest": "xyz" })).await.fault(), "BAD_USER_INPUT");
        assert_eq!(town.rows("outside_honour").await, 0);
        let digest = "ab".repeat(32);
        let hers = submit(&ling, json!({ "reference": null, "digest": digest.to_uppercase() })).await.fine();
        assert_eq!(hers.data("/submitHonour/honour/digest"), json!(digest));
        let hers = hers.text("/submitHonour/honour/id");
        assert_eq!(submit(&ling, json!({})).await.codes(), ["ALREADY_THERE"]);
        let his = submitted(&wei).await;
        assert_eq!(queue(&officer, "330106").await.len(), 2);
        assert_eq!(own_file(&ling).await["honours"]["nodes"], json!([]), "it is in the file once it is recognised");

        town.clock.advance(TimeDelta::minutes(1));
        assert_eq!(decide(&officer, json!([no(&his, "")])).await.codes(), ["REASON_NEEDED"]);
        let said = decide(&officer, json!([yes(&hers), no(&his, "查无此文号")])).await.fine();
        assert_eq!(said.text("/decideHonours/results/1/honour/state"), "REFUSED");
        assert_eq!(ling.inbox().await[0].0, "HONOUR_RECOGNISED");
        assert_eq!(wei.inbox().await[0], ("HONOUR_REFUSED".into(), "查无此文号".into()));
        let honour = json!({ "kind": "OUTSIDE", "name": "浙江省优秀志愿者", "awardedOn": "2025-12-05",
            "awardingUnit": "共青团浙江省委", "star": null });
        assert_eq!(own_file(&ling).await["honours"]["nodes"], json!([honour]));
        assert_eq!(own_file(&wei).await["honours"]["nodes"], json!([]));
        assert_eq!(decide(&officer, json!([no(&hers, "x")])).await.codes(), ["ALREADY_DECIDED"]);
        assert_eq!(town.rows("outside_honour WHERE state = 'RECOGNISED'").await, 1);
        // Who was refused may bring better proof.
        submitted(&wei).await;
        town.audit().await;
    }

    async fn it_takes_an_officer_of_the_county_or_above_and_never_oneself(town: Town) {
        let (officer, city) = (town.officer("周干部", "330106").await, town.officer("杭州干部", "3301").await);
        let (village, leader) = (town.officer("社区干部", "330106109203").await, town.leader("李队长").await);
        let (ling, far) = (town.volunteer("Ling").await, town.volunteer("Far").await);
        live_in(&town, &[&far], "330203").await;
        let (hers, own, foreign) = (submitted(&ling).await, submitted(&officer).await, submitted(&far).await);
        let nothing = id(OutsideHonourId(uuid::Uuid::from_u128(7)));
        for who in [&village, &leader, &ling] {
            let (yours, none) = (decide(who, json!([yes(&hers)])).await, decide(who, json!([yes(&nothing)])).await);
            assert_eq!((yours.codes(), yours.body), (vec!["NOT_FOUND".to_owned()], none.body), "{}", who.name);
            assert_eq!(queue(who, "330106").await, Vec::<String>::new());
        }
        assert_eq!(town.rows("outside_honour WHERE state <> 'WAITING'").await, 0);
        let said = decide(&officer, json!([yes(&own), yes(&foreign), yes(&hers)])).await;
        assert_eq!(result_codes(&said), [json!("OWN_HONOUR"), json!("NOT_FOUND"), Value::Null]);
        assert_eq!(queue(&city, "3301").await, ["周干部"]);
        decide(&city, json!([yes(&own)])).await.fine();
    }

    async fn the_same_honour_is_there_once_and_is_decided_once(town: Town) {
        let (one, two) = (town.officer("周干部", "330106").await, town.officer("杭州干部", "3301").await);
        let ling = town.volunteer("Ling").await;
        let other = town.instance(|_| ()).await;
        let at_once = (0..8).map(|turn| submit_at(&ling, if turn % 2 == 0 { &town.url } else { &other }, json!({})));
        let answers = join_all(at_once).await;
        let done: Vec<_> = answers.iter().filter(|answer| answer.codes().is_empty()).collect();
        assert_eq!((done.len(), town.rows("outside_honour").await), (1, 1));
        let honour = done[0].text("/submitHonour/honour/id");
        let said = join_all([
            decide_at(&one, &town.url, json!([yes(&honour)])),
            decide_at(&two, &other, json!([no(&honour, "查无此奖")])),
        ])
        .await;
        let codes: Vec<_> = said.iter().flat_map(Answer::codes).collect();
        assert_eq!(codes, ["ALREADY_DECIDED"]);
        assert_eq!(ling.inbox().await.len(), 1);
        town.audit().await;
    }

    async fn training_and_evaluations_are_entered_for_ones_own_volunteers(town: Town) {
        let (leader, officer) = (town.leader("李队长").await, town.officer("周干部", "330106").await);
        let (ling, stranger) = (town.volunteer("Ling").await, town.volunteer("Stranger").await);
        let far = town.volunteer("Far").await;
        live_in(&town, &[&far], "330203").await;
        crate::support::member_of(&town, Town::TEAM, &[&ling, &leader]).await;
        let mut numbers = Vec::new();
        for person in [&ling, &stranger, &leader, &far] {
            numbers.push(person.number().await);
        }
        town.clock.advance(TimeDelta::minutes(1));
        // A leader enters for members, a branch for whoever belongs to it; nobody for themself.
        let answer = train(&leader, team(), &numbers).await;
        assert_eq!(result_codes(&answer), [Value::Null, json!("NOT_FOUND"), json!("OWN_FILE"), json!("NOT_FOUND")]);
        assert_eq!(ling.inbox().await[0], ("TRAINING_RECORDED".into(), "应急救护员培训".into()));
        let answer = train(&officer, county(), &numbers).await;
        assert_eq!(result_codes(&answer), [json!("ALREADY_THERE"), Value::Null, Value::Null, json!("NOT_FOUND")]);
        assert_eq!(town.rows("training_record").await, 3);
        let answer = evaluate(&leader, team(), json!([rating(&numbers[0], 5), rating(&numbers[2], 5)])).await;
        assert_eq!(result_codes(&answer), [Value::Null, json!("OWN_FILE")]);
        let evaluation = answer.text("/evaluateVolunteers/results/0/evaluation/id");
        let again = evaluate(&officer, county(), json!([rating(&numbers[0], 1)])).await;
        assert_eq!(again.codes(), ["ALREADY_THERE"], "once for each volunteer, branch and year");
        for (items, year) in [(json!([rating(&numbers[1], 6)]), 2025), (json!([rating(&numbers[1], 0)]), 2025)] {
            assert_eq!(evaluate(&officer, county(), items).await.fault(), "BAD_USER_INPUT", "{year}");
        }
        let hers = own_file(&ling).await;
        let training = json!([{ "name": "应急救护员培训", "content": "心肺复苏与创伤救护", "learningTime": 960,
            "trainedOn": "2026-04-18", "branch": { "name": "西湖区红十字会" }, "team": { "name": "西湖救援队" } }]);
        assert_eq!(hers["training"]["nodes"], training);
        let rated = json!([{ "year": 2025, "rating": 5, "reason": "服务认真", "branch": { "name": "西湖区红十字会" } }]);
        assert_eq!(hers["evaluations"]["nodes"], rated);

        town.clock.advance(TimeDelta::minutes(1));
        let wrong = json!({ "evaluationId": evaluation });
        strike(&leader, wrong.clone()).await.fine();
        assert_eq!(strike(&leader, wrong).await.codes(), ["ALREADY_STRUCK"]);
        assert_eq!(ling.inbox().await[0], ("FILE_ENTRY_STRUCK".into(), "登记有误".into()));
        assert_eq!(own_file(&ling).await["evaluations"]["nodes"], json!([]));
        evaluate(&officer, county(), json!([rating(&numbers[0], 3)])).await.fine();
        assert_eq!(town.rows("evaluation").await, 2);
        town.audit().await;
    }

    async fn what_is_not_yours_to_enter_is_as_what_is_not_there(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let (other, leader) = (town.officer("海曙干部", "330203").await, town.other_leader("别队队长").await);
        let ling = town.volunteer("Ling").await;
        let number = ling.number().await;
        let entered = train(&officer, county(), std::slice::from_ref(&number)).await.fine();
        let entry = entered.text("/recordTraining/results/0/training/id");
        let nothing = id(TrainingRecordId(uuid::Uuid::from_u128(7)));
        for who in [&other, &leader, &ling] {
            for unit in [county(), team()] {
                assert_eq!(train(who, unit.clone(), std::slice::from_ref(&number)).await.codes(), ["NOT_FOUND"], "{}", who.name);
                assert_eq!(evaluate(who, unit, json!([rating(&number, 5)])).await.codes(), ["NOT_FOUND"]);
            }
            let (yours, none) = (strike(who, json!({ "trainingId": entry })).await, strike(who, json!({ "trainingId": nothing })).await);
            assert_eq!((yours.codes(), yours.body), (vec!["NOT_FOUND".to_owned()], none.body));
        }
        assert_eq!(train(&officer, json!({}), std::slice::from_ref(&number)).await.fault(), "BAD_USER_INPUT");
        assert_eq!(train(&officer, county(), &[number.clone(), number.clone()]).await.fault(), "BAD_USER_INPUT");
        assert_eq!((town.rows("training_record WHERE struck_at IS NULL").await, town.rows("evaluation").await), (1, 0));
    }

    async fn a_file_is_the_volunteers_and_their_branchs_and_every_look_is_told(town: Town) {
        let (_, posted) = posted(&town).await;
        let officer = town.officer("周干部", "330106").await;
        let (province, far) = (town.officer("省干部", "33").await, town.officer("海曙干部", "330203").await);
        let (ling, _) = veteran(&town, &posted, "Ling", 100).await;
        keep_signed_in(&town).await;
        award_all(&officer, "330106", (1, 4)).await;
        keep_signed_in(&town).await;
        let honour = submitted(&ling).await;
        decide(&officer, json!([yes(&honour)])).await.fine();
        let number = ling.number().await;
        let own = own_file(&ling).await;
        let kinds = own["honours"]["nodes"].as_array().cloned().unwrap_or_default();
        let kinds: Vec<_> = kinds.iter().map(|honour| (honour["kind"].clone(), honour["awardingUnit"].clone())).collect();
        let star = (json!("STAR"), json!("西湖区红十字会"));
        assert_eq!(kinds, [star, (json!("OUTSIDE"), json!("共青团浙江省委"))]);
        assert_eq!(own["service"]["nodes"], json!([{ "minutes": 6000 }]));
        assert_eq!(file(&ling, &number).await, own);
        assert_eq!(town.rows("audit_entry WHERE purpose = 'VOLUNTEER_FILE'").await, 0, "one's own is no look");
        for who in [&officer, &province] {
            assert_eq!(file(who, &number).await, own);
        }
        assert_eq!(town.rows("audit_entry WHERE purpose = 'VOLUNTEER_FILE'").await, 2);
        let looked = "{ me { whoLooked { nodes { purpose sights } } } }";
        let looked = ling.ask(looked, json!({})).await;
        assert_eq!(looked.data("/me/whoLooked/nodes/0"), json!({ "purpose": "VOLUNTEER_FILE", "sights": ["NAME", "FILE"] }));
        let leader = town.other_leader("别队队长").await;
        for who in [&far, &leader, &town.stranger()] {
            assert_eq!(file(who, &number).await, Value::Null, "{}", who.name);
            assert_eq!(file(who, "2026").await, Value::Null);
        }
        assert_eq!(town.rows("audit_entry WHERE purpose = 'VOLUNTEER_FILE'").await, 2);
        // Who joins a team elsewhere is known there too.
        team_of(&town, "330203", &[&ling]).await;
        assert_eq!(file(&far, &number).await, own);
        // Page by page it is the same list.
        let document = "query($after: String) { me { file { honours(first: 1, after: $after) {
            nodes { kind } pageInfo { hasNextPage endCursor } } } } }";
        let first = ling.ask(document, json!({})).await;
        assert_eq!(first.data("/me/file/honours/nodes"), json!([{ "kind": "STAR" }]));
        let after = first.text("/me/file/honours/pageInfo/endCursor");
        let second = ling.ask(document, json!({ "after": after })).await;
        assert_eq!(second.data("/me/file/honours/nodes"), json!([{ "kind": "OUTSIDE" }]));
        assert_eq!(second.data("/me/file/honours/pageInfo/hasNextPage"), json!(false));
    }

    async fn of_who_is_erased_the_record_stays_without_their_words(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let ling = town.volunteer("Ling").await;
        let honour = submitted(&ling).await;
        decide(&officer, json!([yes(&honour)])).await.fine();
        let number = ling.number().await;
        train(&officer, county(), std::slice::from_ref(&number)).await.fine();
        evaluate(&officer, county(), json!([rating(&number, 5)])).await.fine();
        let erase = "mutation($phone: PhoneNumber!) { requestErasure(input: { phone: $phone }) { errors { code } } }";
        ling.ask(erase, json!({ "phone": ling.phone })).await.fine();
        keep_signed_in(&town).await;
        town.clock.set(at("+8 10:33"));
        let job = boai::ctx::Ctx::system(town.app.clone(), "story");
        assert_eq!(boai::privacy::erasure::carry_out_all(&job).await.expect("it runs"), 1);
        for table in ["outside_honour WHERE proof IS NULL AND reference IS NULL", "training_record", "evaluation WHERE reason IS NULL"] {
            assert_eq!(town.rows(table).await, 1, "{table}");
        }
        assert_eq!(file(&officer, &number).await, Value::Null);
        assert_eq!(train(&officer, county(), &[number]).await.codes(), ["NOT_FOUND"]);
    }

    async fn a_batch_takes_the_same_statements_for_two_as_for_fifty(town: Town) {
        let officer = town.officer("周干部", "330106").await;
        let crowd = town.crowd(52).await;
        let (_, posted) = posted(&town).await;
        serve_long_ago(&town, &posted, &[(&crowd[0], 60)], When::long_ago()).await;
        keep_signed_in(&town).await;
        let mut taken = Vec::new();
        for some in [&crowd[..2], &crowd[2..]] {
            let (mut numbers, mut items) = (Vec::new(), Vec::new());
            for (place, person) in some.iter().enumerate() {
                let honour = submitted(person).await;
                items.push(if place % 2 == 0 { yes(&honour) } else { no(&honour, &format!("理由 {place}")) });
                numbers.push(person.number().await);
            }
            let (decided, deciding) = town.statements(decide(&officer, json!(items))).await;
            decided.fine();
            let (trained, training) = town.statements(train(&officer, county(), &numbers)).await;
            trained.fine();
            let ratings: Vec<Value> = numbers.iter().map(|number| rating(number, 4)).collect();
            let (rated, rating) = town.statements(evaluate(&officer, county(), json!(ratings))).await;
            rated.fine();
            taken.push((deciding, training, rating));
        }
        assert_eq!(taken[0], taken[1]);
    }
}
