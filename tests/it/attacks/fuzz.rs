//! Operations made at random, sent by everybody: nothing fails on our side, nothing panics, nobody sees what is not theirs.
//!
//! `BOAI_TEST_FUZZ` says how many operations each database gets, `BOAI_TEST_FUZZ_SEED` which; a failure tells both.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use boai_tests::{Person, Schema, Town, id, stories};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    askers::{Asker, settle},
    chance::Chance,
    documents::{Made, Maker},
    root_fields_asked::Scene,
    socket,
    values::Known,
};

/// A scene is worth so many operations: then all has been cancelled and everybody is signed out.
const SCENE: usize = 250;

/// What nobody else may see, or only who runs the team.
struct Marked {
    numbers: Vec<String>,
    names: Vec<String>,
}

impl Marked {
    /// What must not be in an answer to this one.
    fn hidden_from<'m>(&'m self, asker: Asker, own: &str) -> Vec<&'m str> {
        let outside = [Asker::Stranger, Asker::Volunteer, Asker::AnotherLeader, Asker::Sibling].contains(&asker);
        let names = self.names.iter().filter(|_| outside);
        let numbers = self.numbers.iter().filter(|number| own.is_empty() || !own.ends_with(*number));
        numbers.chain(names).map(String::as_str).collect()
    }
}

/// People with marked names, and files with marks in them that the demo's people have too.
async fn mark(town: &Town, scene: &Scene, served: &Person<'_>) -> Marked {
    let guardian = "UPDATE volunteer SET guardian_name = '护之秘', guardian_phone = '+8613700000099' WHERE number = $1";
    boai::platform::db::run(&town.app.db.conn, guardian, [scene.number.clone().into()]).await.expect("a guardian");
    let digits = |phone: &str| phone.trim_start_matches("+86").to_owned();
    Marked {
        numbers: vec![digits(&served.phone), "13700000099".into()],
        names: ["护之秘", "欧阳小玲", "李队长", "赵铁柱", &scene.number].map(str::to_owned).into(),
    }
}

fn learn_scene(known: &mut Known, scene: &Scene, served: &Person<'_>) {
    let Scene { posted, draft, post, attendance, record, volunteer, session, grant, .. } = scene;
    let ids = [&posted.activity, draft, post, attendance, record, volunteer, session, grant];
    let more = [
        &scene.person,
        &scene.sign_up,
        &scene.inbox_item,
        &scene.recovery,
        &scene.identity,
        &scene.audit_entry,
        &scene.review,
        &scene.officer,
        &scene.export,
        &scene.erasure,
        &scene.claim,
        &scene.facility,
        &scene.policy,
        &scene.preview,
        &scene.month,
        &scene.badge_rule,
        &scene.badge_preview,
        &scene.desk.activity,
        &scene.desk.grant,
        &scene.desk.entry,
        &scene.desk.refused,
        &scene.desk.there,
        &scene.desk.to_come,
        &scene.at_site,
        &scene.rule,
        &scene.presence,
        &scene.running,
        &scene.registration,
        &scene.stars.opened,
        &scene.stars.reviewing,
        &scene.stars.reviewed,
        &scene.stars.candidate,
        &scene.stars.notice,
        &scene.stars.noticed,
        &scene.stars.objection,
        &scene.stars.over,
        &scene.stars.award,
        &scene.stars.highest,
        &scene.stars.case,
        &scene.stars.badge,
        &scene.dispute,
        &scene.commended.opened,
        &scene.commended.nominee,
        &scene.commended.reviewing,
        &scene.commended.reviewed,
        &scene.commended.passed,
        &scene.commended.over,
        &scene.file.honour,
        &scene.file.training,
        &scene.file.evaluation,
        &scene.honour_roll.published,
        &scene.honour_roll.draft,
        &scene.honour_roll.shown,
        &scene.honour_roll.asked,
    ];
    ids.into_iter().chain(more).chain(&posted.shifts).chain(&scene.acts).for_each(|id| known.learn_id(id));
    [id(Town::TEAM), id(Town::OTHER_TEAM)].iter().for_each(|id| known.learn_id(id));
    known.learn_id(&id(Town::branch("330106")));
    known.phones.push(served.phone.clone());
    known.texts.extend([&scene.number, &scene.member].map(String::clone));
}

/// What came of all of it.
#[derive(Default)]
struct Tally {
    operations: usize,
    with_data: usize,
    fields: BTreeMap<String, usize>,
}

async fn say(who: &Person<'_>, made: &Made) -> (u16, String) {
    if made.root == "Subscription" {
        return (200, socket::first_answer(who, &who.town.url, &made.document, &made.variables).await);
    }
    let body = json!({ "query": made.document, "variables": made.variables });
    let mut post = who.town.http.post(format!("{}/graphql", who.town.url)).json(&body);
    if let Some(token) = &who.access_token {
        post = post.bearer_auth(token);
    }
    let answer = post.send().await.expect("the server answers");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

/// What is wrong with an answer, if anything is.
fn wrong(status: u16, said: &str, hidden: &[&str]) -> Option<String> {
    let Ok(body) = serde_json::from_str::<Value>(said) else { return Some("it is no JSON".into()) };
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    let codes: Vec<&str> = errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap_or("")).collect();
    if status >= 500 || codes.contains(&"INTERNAL") {
        return Some(format!("it failed with {status}"));
    }
    if codes.contains(&"") {
        return Some("an error has no code".into());
    }
    hidden.iter().find(|secret| said.contains(**secret)).map(|secret| format!("it tells {secret}"))
}

async fn fuzz(town: &Town, operations: usize, seed: u64) -> Tally {
    let schema = Schema::of(town).await;
    let (chance, mut known, mut tally) = (Chance::new(seed), Known::default(), Tally::default());
    while tally.operations < operations {
        let (scene, served) = settle(town).await;
        let marked = mark(town, &scene, &served).await;
        learn_scene(&mut known, &scene, &served);
        let mut people = Vec::new();
        for asker in Asker::ALL {
            people.push((asker, asker.comes(town, &served).await));
        }
        for _ in 0..SCENE.min(operations - tally.operations) {
            let place = chance.below(people.len());
            let (asker, who) = &people[place];
            let made = Maker::new(&schema, &chance, &known).make();
            if made.document.len() + made.variables.to_string().len() > town.app.config.body_limit_bytes / 2 {
                continue;
            }
            let (status, said) = say(who, &made).await;
            if let Some(why) = wrong(status, &said, &marked.hidden_from(*asker, &who.phone)) {
                let Made { document, variables, .. } = &made;
                let which = format!("seed {seed}, operation {}", tally.operations);
                panic!("{why} ({which}): {} asks\n{document}\n{variables}\nand is told\n{said}", asker.name());
            }
            let body: Value = serde_json::from_str(&said).expect("JSON");
            known.learn(&body["data"]);
            tally.operations += 1;
            if body["data"].as_object().is_some_and(|data| data.values().any(|field| !field.is_null())) {
                tally.with_data += 1;
                made.fields.into_iter().for_each(|field| *tally.fields.entry(field).or_default() += 1);
            }
            // Some sign themselves out.
            if status == 401 {
                let asker = if *asker == Asker::Themself { Asker::Volunteer } else { *asker };
                people[place] = (asker, asker.comes(town, &served).await);
            }
            if chance.percent(5) {
                town.clock.advance(TimeDelta::seconds(i64::try_from(chance.below(300)).expect("seconds")));
            }
        }
    }
    tally
}

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} = {text}: no number")))
}

stories! {
    async fn whatever_is_asked_nothing_fails_and_nothing_is_told_to_the_wrong_one(town: Town) {
        let operations = usize::try_from(setting("BOAI_TEST_FUZZ", 14_000)).expect("a number of operations");
        let started = Instant::now();
        let tally = fuzz(&town, operations, setting("BOAI_TEST_FUZZ_SEED", 20_260_508)).await;
        println!(
            "{} operations in {} s; {} answered with data",
            tally.operations,
            started.elapsed().as_secs(),
            tally.with_data
        );
        town.audit().await;
        // Rubbish alone would find nothing.
        assert!(tally.with_data * 3 > tally.operations, "{} of {}", tally.with_data, tally.operations);
        let asked: BTreeSet<String> = tally.fields.into_keys().collect();
        let schema = Schema::of(&town).await;
        let all = ["Query", "Mutation"].map(|root| schema.root(root).iter().map(move |field| format!("{root}.{}", field.name)));
        let missed: Vec<String> = all.into_iter().flatten().filter(|field| !asked.contains(field)).collect();
        assert!(missed.is_empty(), "never answered: {missed:?}");
    }
}
