//! 为什么: a record, a star and a badge say what they follow from.

use boai_tests::{Person, at, stories};
use serde_json::{Value, json};

use crate::support::{correction, ledger, rejection, scene, scene_of, serve, volunteer_key};

const EXPLANATION: &str = "explanation { text facts { name value unit } rules { kind ruleId version validFrom }
    evidence { kind at about by grade distance minutes number hash reason } }";

async fn records(person: &Person<'_>) -> Value {
    let document = format!("{{ me {{ records {{ nodes {{ id {EXPLANATION} }} }} }} }}");
    person.ask(&document, json!({})).await.data("/me/records/nodes")
}

async fn badge(person: &Person<'_>, code: &str) -> Value {
    let document = format!("{{ me {{ badges {{ code {EXPLANATION} }} }} }}");
    let badges = person.ask(&document, json!({})).await.data("/me/badges");
    badges.as_array().into_iter().flatten().find(|badge| badge["code"] == code).expect("the badge")["explanation"]
        .clone()
}

async fn star(person: &Person<'_>) -> Value {
    let document = format!("{{ me {{ stars {{ {EXPLANATION} }} }} }}");
    person.ask(&document, json!({})).await.data("/me/stars/explanation")
}

/// The value of a fact.
fn number(explanation: &Value, name: &str) -> Value {
    let facts = explanation["facts"].as_array().expect("facts");
    facts.iter().find(|fact| fact["name"] == name).unwrap_or_else(|| panic!("no {name}: {explanation}"))["value"]
        .clone()
}

/// Kind, by, minutes and number of each piece of evidence.
fn evidence(explanation: &Value) -> Vec<Value> {
    let all = explanation["evidence"].as_array().expect("evidence");
    all.iter().map(|one| json!([one["kind"], one["by"], one["minutes"], one["number"]])).collect()
}

stories! {
    async fn a_record_says_how_it_was_proved_by_whom_confirmed_and_under_which_policy(town: Town) {
        let scene = scene(&town).await;
        let mut ling = scene.ling;
        let stay = serve(&ling, scene.posted.shift(), at("08:00"), at("10:00")).await;
        let pending = records(&ling).await[0]["explanation"].clone();
        assert_eq!(pending["text"], "Served from 2026-05-08 08:00 to 2026-05-08 10:00: 2 h, which wait for confirmation. By version 1 of the policy, in force since 1970-01-01.");
        scene.leader.confirm(&stay).await.fine();
        town.clock.set(at("12:05"));
        scene.leader.confirm_hours(json!([correction(&stay, at("08:00"), at("11:00"), "11 点才离开")])).await.fine();
        let why = records(&ling).await[0]["explanation"].clone();
        assert_eq!(why["text"], "Served from 2026-05-08 08:00 to 2026-05-08 11:00 and confirmed: 3 h count. By version 1 of the policy, in force since 1970-01-01.");
        let facts = ["countedMinutes", "servedMinutes", "ledgerEntries", "minimumMinutes"].map(|name| number(&why, name));
        assert_eq!(facts, [json!(180), json!(180), json!(4), json!(15)]);
        assert_eq!(why["rules"][0]["kind"], "POLICY");
        let policy = town.stranger().ask("query($id: ID!) { node(id: $id) { ... on Policy { version } } }", json!({ "id": why["rules"][0]["ruleId"] })).await;
        assert_eq!(policy.number("/node/version"), 1.0);

        // What the evidence says is what the ledger has, entry by entry.
        let entries = ledger(&town, volunteer_key(&ling).await).await;
        let told = why["evidence"].as_array().expect("a list");
        let hashes: Vec<&Value> = told.iter().filter(|one| one["kind"] == "LEDGER_ENTRY").map(|one| &one["hash"]).collect();
        assert_eq!(hashes, entries.iter().map(|entry| json!(entry.hash)).collect::<Vec<_>>().iter().collect::<Vec<_>>());
        assert_eq!(evidence(&why), [
            json!(["CHECK_IN", null, null, null]), json!(["CHECK_OUT", null, null, null]),
            json!(["LEDGER_ENTRY", "L***", 120, 1]), json!(["LEDGER_ENTRY", "L***", 120, 2]),
            json!(["LEDGER_ENTRY", "L***", -120, 3]), json!(["LEDGER_ENTRY", "L***", 180, 4]),
        ]);
        assert_eq!((&told[0]["grade"], &told[0]["about"]), (&json!("LOCATION"), &json!(stay)));
        assert!(told[0]["distance"].as_f64().is_some_and(|metres| (15.0..25.0).contains(&metres)), "{}", told[0]);
        assert!(told[5]["reason"] == "11 点才离开", "{}", told[5]);

        scene.leader.confirm_hours(json!([rejection(&stay, "未到场")])).await.fine();
        ling.language = "zh-CN";
        let gone = records(&ling).await[0]["explanation"].clone();
        assert_eq!(gone["text"], "未予确认,不计时。原因:未到场。依据第 1 版规则(自 1970-01-01 起施行)。");
        assert_eq!(number(&gone, "countedMinutes"), 0);
    }

    async fn whoever_may_not_see_a_record_is_not_told_why_it_is(town: Town) {
        let scene = scene(&town).await;
        let stay = serve(&scene.ling, scene.shift(), at("08:00"), at("10:00")).await;
        scene.leader.confirm(&stay).await.fine();
        let record = records(&scene.ling).await[0]["id"].clone();
        let document = "query($id: ID!) { node(id: $id) { ... on ServiceRecord { explanation { text evidence { distance } } } } }";
        for other in [town.volunteer("Wei").await, town.other_leader("Hai").await, town.stranger()] {
            assert_eq!(other.ask(document, json!({ "id": record })).await.data("/node"), Value::Null);
        }
        // Her leader sees how she was proved to be there, and she finds that he looked.
        let looked = async || {
            let trail = "{ me { whoLooked(first: 100) { nodes { sights } } } }";
            scene.ling.ask(trail, json!({})).await.data("/me/whoLooked/nodes")
        };
        assert_eq!(looked().await, json!([]));
        let seen = scene.leader.ask(document, json!({ "id": record })).await;
        assert!(seen.data("/node/explanation/evidence/0/distance").is_number(), "{}", seen.body);
        assert_eq!(looked().await, json!([{ "sights": ["LOCATION"] }]));
    }

    async fn many_records_explain_themselves_with_the_statements_of_one(town: Town) {
        let scene = scene(&town).await;
        let mut stays = vec![serve(&scene.ling, scene.shift(), at("08:00"), at("10:00")).await];
        let document = format!("{{ me {{ records {{ nodes {{ {EXPLANATION} }} }} }} }}");
        scene.leader.confirm(&stays[0]).await.fine();
        let (_, for_one) = town.statements(scene.ling.ask(&document, json!({}))).await;
        for day in 1..5 {
            let day = |time: &str| at(&format!("+{day} {time}"));
            let posted = scene.leader.post_activity(day("08:00"), day("12:00"), 8, json!({})).await;
            scene.ling.sign_up(posted.shift()).await.fine();
            stays.push(serve(&scene.ling, posted.shift(), day("08:00"), day("09:00")).await);
            scene.leader.confirm(&stays[stays.len() - 1]).await.fine();
        }
        let (five, for_five) = town.statements(scene.ling.ask(&document, json!({}))).await;
        assert_eq!(five.data("/me/records/nodes").as_array().map(Vec::len), Some(5));
        // Who asks, the records, and of these the stays, entries, disputes, policies and names.
        assert_eq!((for_one, for_five), (7, 7));
    }

    async fn stars_and_badges_say_what_they_follow_from(town: Town) {
        let scene = scene_of(&town, at("08:00"), at("12:00"), json!({ "category": "ELDERLY" })).await;
        let mut ling = scene.ling;
        assert_eq!(star(&ling).await["text"], "0 h of confirmed service reach star 0; star 1 takes 100 h, 100 h more.");
        let stay = serve(&ling, scene.posted.shift(), at("08:00"), at("11:30")).await;
        scene.leader.confirm(&stay).await.fine();
        let record = records(&ling).await[0]["id"].clone();

        let why = star(&ling).await;
        assert_eq!(why["text"], "3 h 30 min of confirmed service reach star 0; star 1 takes 100 h, 96 h 30 min more.");
        assert_eq!((number(&why, "confirmedMinutes"), number(&why, "missingMinutes")), (json!(210), json!(5790)));
        assert_eq!((&why["rules"][0]["kind"], &why["rules"][0]["version"]), (&json!("STAR_SCHEME"), &json!(1)));
        assert_eq!(evidence(&why), [json!(["RECORD", "L***", 210, null])]);
        assert_eq!(why["evidence"][0]["about"], record);

        let first = badge(&ling, "FIRST_ACTIVITY").await;
        assert_eq!(first["text"], "Eligible by version 1 of the rule: ✓ 1 activities (so far: 1 activities).");
        assert_eq!((number(&first, "records"), number(&first, "rule.have")), (json!(1), json!(1)));
        assert_eq!(evidence(&first), [json!(["RECORD", "L***", 210, null])]);
        let elderly = badge(&ling, "ELDERLY_50H").await;
        assert_eq!(elderly["text"], "Not eligible yet by version 1 of the rule: ✗ 50 h of service (elderly) (so far: 3 h 30 min of service).");
        let vaccination = badge(&ling, "VACCINATION").await;
        assert_eq!((number(&vaccination, "records"), evidence(&vaccination)), (json!(0), vec![]));
        assert_eq!(vaccination["rules"][0]["kind"], "BADGE_RULE");
        ling.language = "zh-CN";
        assert_eq!(star(&ling).await["text"], "已确认服务 3 小时 30 分钟,达到 0 星;1 星需 100 小时,还差 96 小时 30 分钟。");
        assert_eq!(badge(&ling, "ELDERLY_50H").await["text"], "尚未符合第 1 版规则:✗ 服务 50 小时(养老助老)(目前:服务 3 小时 30 分钟)。");
    }
}
