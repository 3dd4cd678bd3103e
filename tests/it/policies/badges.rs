//! A branch sets a badge: in a language of all, any and not, from a day on, looked at ahead before.

use std::collections::{BTreeMap, BTreeSet};

use boai::{badge_rules::preview, ctx::Ctx, platform::db};
use boai_entity::{
    Instant,
    award_kinds::AwardRoundState,
    award_round,
    ids::{AwardRoundId, PersonId, StarAwardId, VolunteerId},
    kinds::{RecordState, VolunteerState},
    policy, service_record, star_award, star_scheme, volunteer,
};
use boai_tests::{Answer, Person, Town, at, id, insert_all, keep_signed_in, long_ledgers, stories};
use chrono::{Datelike, NaiveDate, TimeDelta};
use futures_util::future::join_all;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::serve;

const PROPOSE: &str = "mutation($input: ProposeBadgeRuleInput!) { proposeBadgeRule(input: $input) {
    rule { id code name version validFrom waiting branch { id } conditions { path depth kind measure category need unit text
           period { from to lastDays lastMonths yearsAgo } } }
    errors { code message path numbers { name value } } } }";

fn proposal(branch: &str, code: &str, day: &str, rule: Value) -> Value {
    json!({ "input": { "branchId": id(Town::branch(branch)), "code": code, "validFrom": day, "nameZh": "西湖徽章",
        "nameEn": "West Lake", "rule": rule, "reason": "试行" } })
}

async fn propose(officer: &Person<'_>, branch: &str, code: &str, day: &str, rule: Value) -> Answer {
    officer.ask(PROPOSE, proposal(branch, code, day, rule)).await
}

async fn proposed(officer: &Person<'_>, branch: &str, code: &str, day: &str, rule: Value) -> String {
    propose(officer, branch, code, day, rule).await.fine().text("/proposeBadgeRule/rule/id")
}

async fn withdraw(officer: &Person<'_>, rule: &str) -> Answer {
    let document = "mutation($id: ID!) { withdrawBadgeRule(input: { badgeRuleId: $id, reason: \"写错了\" }) {
        rule { waiting withdrawnAt } errors { code message path } } }";
    officer.ask(document, json!({ "id": rule })).await
}

fn ask(measure: &str, at_least: i64) -> Value {
    json!({ "ask": { "measure": measure, "atLeast": at_least } })
}

async fn nothing_was_proposed(town: &Town) {
    assert_eq!(town.rows("badge_rule").await, 8);
    assert_eq!(town.rows("audit_entry WHERE action LIKE '%BADGE_RULE'").await, 0);
}

/// Name, version, eligible and each step's [path, have, need, met] of a badge; null when there is none.
async fn standing(person: &Person<'_>, code: &str) -> Value {
    let document = "{ me { badges { code name ruleVersion eligible have need missing unit
        rule { branch { id } } steps { have missing met condition { path need } } } } }";
    let badges = person.ask(document, json!({})).await.data("/me/badges");
    let Some(badge) = badges.as_array().into_iter().flatten().find(|badge| badge["code"] == code).cloned() else {
        return Value::Null;
    };
    let step = |step: &Value| json!([step["condition"]["path"], step["have"], step["condition"]["need"], step["met"]]);
    let steps: Vec<Value> = badge["steps"].as_array().into_iter().flatten().map(step).collect();
    json!({ "name": badge["name"], "version": badge["ruleVersion"], "eligible": badge["eligible"],
        "has": [badge["have"], badge["need"], badge["missing"], badge["unit"]], "steps": steps })
}

/// Codes of the badges in force at a branch on a day.
async fn codes(town: &Town, branch: &str, on: Option<&str>) -> Vec<String> {
    let document = "query($id: ID!, $on: Date) { node(id: $id) { ... on Branch { badgeRules(on: $on) { code } } } }";
    let seen = town.stranger().ask(document, json!({ "id": id(Town::branch(branch)), "on": on })).await;
    let rules = seen.data("/node/badgeRules");
    rules.as_array().into_iter().flatten().map(|rule| rule["code"].as_str().expect("a code").to_owned()).collect()
}

async fn ask_ahead(officer: &Person<'_>, rule: &str) -> Answer {
    let document = "mutation($id: ID!) { previewBadgeRule(input: { badgeRuleId: $id }) {
        preview { id state percent rule { code } } errors { code message } } }";
    officer.ask(document, json!({ "id": rule })).await
}

async fn look(person: &Person<'_>, preview: &str) -> Value {
    let moves = "volunteers holding gaining losing";
    let document = format!(
        "query($id: ID!) {{ badgeRulePreview(id: $id) {{ state percent finishedAt total {{ {moves} }}
            branches {{ branch {{ name }} moves {{ {moves} }} }} }} }}"
    );
    person.ask(&document, json!({ "id": preview })).await.data("/badgeRulePreview")
}

async fn jobs(town: &Town) -> usize {
    let ctx = Ctx::system(town.another_app().await, "story");
    preview::service::run_due(&ctx).await.expect("the job runs")
}

/// What came out for a rule, as [volunteers, holding, gaining, losing] by branch.
async fn looked_ahead(town: &Town, officer: &Person<'_>, rule: &str) -> BTreeMap<String, [i64; 4]> {
    let preview = ask_ahead(officer, rule).await.fine().text("/previewBadgeRule/preview/id");
    assert_eq!(jobs(town).await, 1);
    let seen = look(officer, &preview).await;
    assert_eq!((&seen["state"], &seen["percent"]), (&json!("DONE"), &json!(100)));
    let numbers = |moves: &Value| {
        ["volunteers", "holding", "gaining", "losing"].map(|name| moves[name].as_i64().expect("a number"))
    };
    let rows = seen["branches"].as_array().cloned().unwrap_or_default();
    let name = |row: &Value| row["branch"]["name"].as_str().expect("a name").to_owned();
    let by_branch: BTreeMap<String, [i64; 4]> = rows.iter().map(|row| (name(row), numbers(&row["moves"]))).collect();
    let mut sum = [0; 4];
    by_branch.values().for_each(|moves| (0..4).for_each(|place| sum[place] += moves[place]));
    assert_eq!(numbers(&seen["total"]), sum);
    by_branch
}

/// Everybody, with their confirmed records, as the reference looks at them.
struct Everybody(Vec<(volunteer::Model, Vec<service_record::Model>, i32)>);

impl Everybody {
    async fn of(town: &Town) -> Self {
        let db = &town.app.db.conn;
        let records = service_record::Entity::find().all(db).await.expect("records");
        let awards = star_award::Entity::find().all(db).await.expect("awards");
        let people = volunteer::Entity::find().all(db).await.expect("volunteers").into_iter().map(|person| {
            let mine = |it: &&service_record::Model| it.volunteer_id == person.id && it.state == RecordState::Confirmed;
            let stars = awards.iter().filter(|award| award.volunteer_id == person.id && award.revoked_at.is_none());
            let star = stars.map(|award| award.star).max().unwrap_or(0);
            let records = records.iter().filter(mine).filter(|record| record.minutes > 0).cloned().collect();
            (person, records, star)
        });
        Self(people.collect())
    }

    /// Who lives under a place, but not under another, by these two: [volunteers, holding, gaining, losing] by branch.
    fn by_branch(
        &self,
        (under, but): (&str, &str),
        before: impl Fn(&Self, usize) -> bool,
        after: impl Fn(&Self, usize) -> bool,
    ) -> BTreeMap<String, [i64; 4]> {
        let mut all: BTreeMap<String, [i64; 4]> = BTreeMap::new();
        for (place, (person, ..)) in self.0.iter().enumerate() {
            let home = person.residence_code.as_str();
            if !home.starts_with(under) || home.starts_with(but) {
                continue;
            }
            let branch = match home {
                "330106109203" if under == "330106" => "北山街道红十字会",
                "330106" | "330106109203" => "西湖区红十字会",
                "3301" => "杭州市红十字会",
                "330203" => "海曙区红十字会",
                _ => panic!("{home}"),
            };
            let (was, is) = (before(self, place), after(self, place));
            let row = all.entry(branch.into()).or_default();
            let more = [true, is, is && !was, was && !is].map(i64::from);
            (0..4).for_each(|place| row[place] += more[place]);
        }
        all
    }

    fn minutes(&self, place: usize) -> i32 {
        self.0[place].1.iter().map(|record| record.minutes).sum()
    }

    /// Saturdays and Sundays in Shanghai with minutes of service which began on a day no later than this.
    fn weekend_days(&self, place: usize, last: &str) -> usize {
        let local = |at: Instant| (at + TimeDelta::hours(8)).naive_utc();
        let last: NaiveDate = last.parse().expect("a day");
        let begun = self.0[place].1.iter().filter(|record| local(record.served_from).date() <= last);
        let minutes = begun.flat_map(|record| {
            let long = (record.served_to - record.served_from).num_minutes();
            (0..long).map(move |minute| local(record.served_from + TimeDelta::minutes(minute)).date())
        });
        minutes.filter(|day| day.weekday().number_from_monday() > 5).collect::<BTreeSet<_>>().len()
    }
}

/// Forty volunteers with up to fifty stays each, of two teams; every third is registered, every fifth has two stars.
async fn served(town: &Town) -> Person<'_> {
    let (leader, other) = (town.leader("Li").await, town.other_leader("Hai").await);
    let one = leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
    let two = json!({ "teamId": id(Town::OTHER_TEAM), "category": "ELDERLY" });
    let two = other.post_activity(at("08:00"), at("12:00"), 8, two).await;
    long_ledgers(town, 40, 50, [one.shift(), two.shift()]).await;
    keep_signed_in(town).await;
    let officer = town.officer("Sheng", "33").await;
    let db = &town.app.db.conn;
    let people = volunteer::Entity::find().all(db).await.expect("volunteers");
    let made: Vec<_> = people.into_iter().filter(|person| person.number.starts_with("1998")).collect();
    for (number, person) in made.iter().enumerate() {
        if number % 3 == 0 {
            let mut row = person.clone().into_active_model();
            row.state = sea_orm::Set(VolunteerState::Registered);
            row.registered_at = sea_orm::Set(Some(town.clock.now()));
            row.update(db).await.expect("registered");
        }
        // Of stays on 25 days some lose the later ones.
        if number % 4 == 1 {
            let text = "UPDATE service_record SET state = 'REJECTED' WHERE volunteer_id = $1 AND served_from > $2";
            let from: Instant = "2024-01-09T00:00:00Z".parse().expect("a moment");
            db::run(db, text, [person.id.into(), from.into()]).await.expect("rejected");
        }
    }
    stars(town, made.iter().step_by(5).map(|person| person.id), officer.person_id().await).await;
    keep_signed_in(town).await;
    officer
}

/// Two awarded stars for each of these.
async fn stars(town: &Town, whose: impl Iterator<Item = VolunteerId>, by: PersonId) {
    let (db, now) = (&town.app.db.conn, town.clock.now());
    let scheme = star_scheme::Entity::find().one(db).await.expect("a scheme").expect("it came with the product");
    let policy = policy::Entity::find().one(db).await.expect("a policy").expect("it came with the product");
    let round = award_round::Model {
        id: AwardRoundId(town.app.random.uuid(now)),
        branch_id: Town::branch("33"),
        from_star: 1,
        to_star: 2,
        cut_off: "2026-05-01".parse().expect("a day"),
        state: AwardRoundState::Awarded,
        opened_by: by,
        opened_at: now,
        scheme_id: Some(scheme.id),
        policy_id: Some(policy.id),
        frozen_at: Some(now),
        notice_until: Some(now),
        closed_at: Some(now),
        cancel_reason: None,
    };
    insert_all::<award_round::Entity, _>(db, vec![round.clone()]).await;
    let mut awards = Vec::new();
    for volunteer_id in whose {
        for star in [1, 2] {
            awards.push(star_award::Model {
                id: StarAwardId(town.app.random.uuid(now)),
                round_id: round.id,
                volunteer_id,
                star,
                minutes: 20_000,
                threshold: 18_000,
                awarded_at: now,
                awarded_by: by,
                revoked_at: None,
                revoked_by: None,
                revoke_reason: None,
            });
        }
    }
    insert_all::<star_award::Entity, _>(db, awards).await;
}

fn tick(days: i64, time: &str) -> Instant {
    at(&format!("+{days} {time}"))
}

stories! {
    async fn a_county_s_badge_takes_over_at_its_day_there_and_says_how_far_one_is_with_each_part(town: Town) {
        let officer = town.officer("Zhou", "330106").await;
        let rule = json!({ "all": [
            { "ask": { "measure": "ACTIVITIES", "atLeast": 2, "category": "ELDERLY", "period": { "lastDays": 3 } } },
            { "any": [ask("MINUTES", 3000), { "not": ask("REGISTERED", 1) }] },
        ] });
        let answer = propose(&officer, "330106", "WEST_LAKE", "2026-05-10", rule).await.fine();
        let told = answer.data("/proposeBadgeRule/rule");
        assert_eq!((&told["version"], &told["waiting"], &told["validFrom"]), (&json!(1), &json!(true), &json!("2026-05-10")));
        let conditions = told["conditions"].as_array().expect("a list");
        let short: Vec<Value> = conditions.iter().map(|it| json!([it["path"], it["depth"], it["kind"], it["need"], it["text"]])).collect();
        assert_eq!(Value::from(short), json!([
            ["rule", 0, "ALL", 2, "all 2 of these"],
            ["rule.all.0", 1, "ASK", 2, "2 activities (elderly) in the last 3 days"],
            ["rule.all.1", 1, "ANY", 1, "at least one of these 2"],
            ["rule.all.1.any.0", 2, "ASK", 3000, "50 h of service"],
            ["rule.all.1.any.1", 2, "NOT", 1, "not this"],
            ["rule.all.1.any.1.not", 3, "ASK", 1, "being a registered volunteer"],
        ]));
        assert_eq!(conditions[1]["period"], json!({ "from": null, "to": null, "lastDays": 3, "lastMonths": null, "yearsAgo": null }));
        assert!(!codes(&town, "330106", None).await.contains(&"WEST_LAKE".into()));
        let has = async |branch: &str| codes(&town, branch, Some("2026-05-10")).await.contains(&"WEST_LAKE".into());
        assert_eq!([has("330106").await, has("330106109203").await, has("330203").await, has("3301").await], [true, true, false, false]);

        let (leader, mut ling) = (town.leader("Li").await, town.volunteer("Ling").await);
        keep_signed_in(&town).await;
        assert_eq!(standing(&ling, "WEST_LAKE").await, Value::Null, "its day is still to come");
        for day in [0, 1] {
            let posted = leader.post_activity(tick(day, "08:00"), tick(day, "12:00"), 8, json!({ "category": "ELDERLY" })).await;
            let stay = serve(&ling, posted.shift(), tick(day, "08:00"), tick(day, "10:00")).await;
            leader.confirm(&stay).await.fine();
        }
        town.clock.set(tick(2, "00:00"));
        let steps = |elderly: i64, met: bool| json!([
            ["rule", i64::from(met) + 1, 2, met],
            ["rule.all.0", elderly, 2, met],
            ["rule.all.1", 1, 1, true],
            ["rule.all.1.any.0", 240, 3000, false],
            ["rule.all.1.any.1", 1, 1, true],
            ["rule.all.1.any.1.not", 0, 1, false],
        ]);
        let badge = standing(&ling, "WEST_LAKE").await;
        assert_eq!(badge, json!({ "name": "West Lake", "version": 1, "eligible": true, "has": [2, 2, 0, "CONDITIONS"], "steps": steps(2, true) }));
        // The first day leaves the period: what is asked of the last three days is lost with it.
        town.clock.set(tick(3, "00:00"));
        let later = standing(&ling, "WEST_LAKE").await;
        assert_eq!((&later["eligible"], &later["steps"]), (&json!(false), &steps(1, false)));
        ling.language = "zh-CN";
        assert_eq!(standing(&ling, "WEST_LAKE").await["name"], "西湖徽章");
        assert_eq!(town.rows("audit_entry WHERE action = 'PROPOSE_BADGE_RULE'").await, 1);
        town.audit().await;
    }

    async fn the_nearest_branch_has_its_way_with_a_badge(town: Town) {
        let (city, county) = (town.officer("Shi", "3301").await, town.officer("Xian", "330106").await);
        let ling = town.volunteer("Ling").await;
        keep_signed_in(&town).await;
        proposed(&city, "3301", "FIRST_ACTIVITY", "2026-05-09", ask("ACTIVITIES", 2)).await;
        proposed(&county, "330106", "FIRST_ACTIVITY", "2026-05-10", ask("ACTIVITIES", 3)).await;
        let mut needs = Vec::new();
        for day in 0..3 {
            town.clock.set(tick(day, "07:00"));
            needs.push(standing(&ling, "FIRST_ACTIVITY").await["has"][1].as_i64());
        }
        assert_eq!(needs, [Some(1), Some(2), Some(3)]);
        // What the city says afterwards does not reach a county that has its own.
        proposed(&city, "3301", "FIRST_ACTIVITY", "2026-05-11", ask("ACTIVITIES", 9)).await;
        town.clock.set(tick(3, "07:00"));
        assert_eq!(standing(&ling, "FIRST_ACTIVITY").await["has"][1], 3);
        assert_eq!(standing(&ling, "TEN_ACTIVITIES").await["has"][1], 10, "the others are as they were");
    }

    async fn what_a_rule_may_not_say_is_told_with_its_place_and_nothing_changes(town: Town) {
        let county = town.officer("Xian", "330106").await;
        let refused = async |day: &str, rule: Value, why: &[&str]| {
            let answer = propose(&county, "330106", "WEST_LAKE", day, rule.clone()).await;
            assert_eq!(answer.codes(), why, "{rule}");
            answer
        };
        let fine = ask("ACTIVITIES", 1);
        for day in ["2026-05-08", "2026-05-07", "2029-05-09", "1999-01-01"] {
            refused(day, fine.clone(), &["DAY_NOT_AHEAD"]).await;
        }
        let wrong = json!({ "all": [ask("STAR", 6), { "ask": { "measure": "REGISTERED", "atLeast": 1, "period": { "lastDays": 3 } } }, {}] });
        let answer = refused("2026-05-09", wrong, &["OUT_OF_BOUNDS", "NOT_OF_SERVICE", "NOT_ONE_THING"]).await;
        let first = &answer.payload()["errors"][0];
        assert_eq!(first["path"], json!(["input", "rule", "all", "0", "ask", "atLeast"]));
        assert_eq!(first["message"], "`rule.all.0.ask.atLeast` is 1 to 5 stars; 6 is outside.");
        assert_eq!((answer.refusal_number("given"), answer.refusal_number("most")), (6.0, 5.0));
        let not = |part: Value| json!({ "not": part });
        refused("2026-05-09", not(fine.clone()), &["FOR_NOTHING"]).await;
        refused("2026-05-09", not(not(not(not(fine.clone())))), &["TOO_DEEP"]).await;
        refused("2026-05-09", json!({ "any": [] }), &["EMPTY"]).await;
        refused("2026-05-09", json!({ "any": vec![fine.clone(); 24] }), &["TOO_MANY_PARTS"]).await;
        refused("2026-05-09", json!({ "all": [fine.clone()], "any": [fine.clone()] }), &["NOT_ONE_THING"]).await;
        let period = |period: Value| json!({ "ask": { "measure": "MONTHS_IN_A_ROW", "atLeast": 3, "period": period } });
        refused("2026-05-09", period(json!({})), &["PERIOD_UNCLEAR"]).await;
        refused("2026-05-09", period(json!({ "from": "2026-05-09", "to": "2026-05-01" })), &["PERIOD_REVERSED"]).await;
        refused("2026-05-09", period(json!({ "from": "2026-05-01", "to": "2026-06-30" })), &["NEVER_MET"]).await;
        for code in ["", "ab", "FIRST ACTIVITY", "徽章", "X; DROP TABLE badge_rule"] {
            assert_eq!(propose(&county, "330106", code, "2026-05-09", fine.clone()).await.codes(), ["CODE_UNFIT"]);
        }
        assert_eq!(propose(&county, "330106109", "WEST_LAKE", "2026-05-09", fine.clone()).await.codes(), ["BRANCH_TOO_LOW"]);
        nothing_was_proposed(&town).await;

        proposed(&county, "330106", "WEST_LAKE", "2026-05-09", fine.clone()).await;
        assert_eq!(propose(&county, "330106", "WEST_LAKE", "2026-05-09", ask("ACTIVITIES", 2)).await.codes(), ["LATER_ONE_WAITS"]);
        assert_eq!(propose(&county, "330106", "WEST_LAKE", "2026-05-10", fine.clone()).await.codes(), ["NOTHING_CHANGES"]);
        for number in 2..=20 {
            proposed(&county, "330106", &format!("BADGE_{number}"), "2026-05-09", fine.clone()).await;
        }
        assert_eq!(propose(&county, "330106", "BADGE_21", "2026-05-09", fine.clone()).await.codes(), ["TOO_MANY_BADGES"]);
        propose(&county, "330106", "BADGE_20", "2026-05-10", ask("ACTIVITIES", 2)).await.fine();
        assert_eq!(town.rows("badge_rule").await, 8 + 21);
    }

    async fn whose_branch_it_is_not_is_told_that_there_is_no_badge_there(town: Town) {
        let rule = proposed(&town.officer("Xian", "330106").await, "330106", "WEST_LAKE", "2026-05-09", ask("STAR", 1)).await;
        let others = [town.officer("Bei", "330106109").await, town.officer("Ning", "3302").await, town.leader("Li").await, town.volunteer("Ling").await];
        for other in &others {
            assert_eq!(propose(other, "330106", "WEST_LAKE", "2026-05-10", ask("STAR", 2)).await.codes(), ["NOT_FOUND"]);
            assert_eq!(withdraw(other, &rule).await.codes(), ["NOT_FOUND"]);
            assert_eq!(ask_ahead(other, &rule).await.codes(), ["NOT_FOUND"]);
        }
        let stranger = town.stranger();
        assert_eq!(propose(&stranger, "330106", "WEST_LAKE", "2026-05-10", ask("STAR", 2)).await.fault(), "UNAUTHENTICATED");
        assert_eq!((town.rows("badge_rule").await, town.rows("badge_rule_preview").await), (9, 0));
        // What is set is everybody's to read.
        let seen = stranger.ask("query($id: ID!) { node(id: $id) { ... on BadgeRule { code conditions { text } } } }", json!({ "id": rule })).await;
        assert_eq!(seen.data("/node/conditions"), json!([{ "text": "1 awarded stars" }]));
    }

    async fn what_waits_can_be_withdrawn_until_its_day(town: Town) {
        let officer = town.officer("Xian", "330106").await;
        keep_signed_in(&town).await;
        let first = proposed(&officer, "330106", "WEST_LAKE", "2026-05-09", ask("STAR", 1)).await;
        let second = proposed(&officer, "330106", "WEST_LAKE", "2026-05-12", ask("STAR", 2)).await;
        let taken = withdraw(&officer, &second).await.fine();
        assert_eq!(taken.data("/withdrawBadgeRule/rule/waiting"), json!(false));
        assert_eq!(withdraw(&officer, &second).await.codes(), ["WITHDRAWN"]);
        assert_eq!(ask_ahead(&officer, &second).await.codes(), ["WITHDRAWN"]);
        let third = proposed(&officer, "330106", "WEST_LAKE", "2026-05-12", ask("STAR", 3)).await;
        town.clock.set(tick(1, "00:00"));
        assert_eq!(withdraw(&officer, &first).await.codes(), ["IN_FORCE"]);
        assert_eq!(ask_ahead(&officer, &first).await.codes(), ["IN_FORCE"]);
        let history = "query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Branch { badgeRuleVersions(first: $first, after: $after) {
            nodes { id version withdrawnAt } pageInfo { endCursor } } } } }";
        let branch = id(Town::branch("330106"));
        let whole = town.stranger().ask(history, json!({ "id": branch })).await.data("/node/badgeRuleVersions/nodes");
        let versions: BTreeSet<_> = whole.as_array().into_iter().flatten().map(|one| (one["version"].as_i64(), one["withdrawnAt"].is_null())).collect();
        assert_eq!(versions, BTreeSet::from([(Some(1), true), (Some(2), false), (Some(3), true)]));
        assert_eq!(whole[2]["id"], json!(first));
        let page = town.stranger().ask(history, json!({ "id": branch, "first": 1 })).await;
        let next = json!({ "id": branch, "first": 5, "after": page.text("/node/badgeRuleVersions/pageInfo/endCursor") });
        let rest = town.stranger().ask(history, next).await.data("/node/badgeRuleVersions/nodes");
        assert_eq!(rest, json!([whole[1], whole[2]]));
        withdraw(&officer, &third).await.fine();
    }

    /// Two instances that are asked for the same badge and day at one moment: one is taken, the others hear of it.
    async fn of_two_proposals_of_a_badge_at_one_instant_one_is_taken(town: Town) {
        let officer = town.officer("Zhou", "330106").await;
        let other = town.instance(|_| {}).await;
        for round in 0..5 {
            let day = format!("2026-06-{:02}", round + 1);
            let send = |url: String, number: i64| {
                let variables = proposal("330106", "WEST_LAKE", &day, ask("ACTIVITIES", 10 * (round + 1) + number));
                let officer = &officer;
                async move { officer.ask_at(&url, PROPOSE, variables).await }
            };
            let asked = (0..6).map(|n| send(if n % 2 == 0 { town.url.clone() } else { other.clone() }, n));
            let answers: Vec<Answer> = join_all(asked).await;
            let taken = answers.iter().filter(|answer| answer.codes().is_empty()).count();
            let told = answers.iter().filter(|answer| answer.codes() == ["LATER_ONE_WAITS"]).count();
            assert_eq!((taken, told), (1, 5));
        }
        assert_eq!(town.rows("badge_rule WHERE branch_path = '330106'").await, 5);
        assert_eq!(town.rows("badge_rule WHERE branch_path = '330106' AND version = 5").await, 1);
    }

    /// Behind the product's back, too.
    async fn no_badge_is_edited_or_removed_in_the_database(town: Town) {
        proposed(&town.officer("Sheng", "33").await, "33", "WEST_LAKE", "2026-05-09", ask("STAR", 1)).await;
        let db = &town.app.db.conn;
        for text in [
            "UPDATE badge_rule SET version = 9",
            "UPDATE badge_rule SET name_zh = 'x'",
            "UPDATE badge_rule SET withdrawn_at = valid_from",
            "UPDATE badge_rule SET rule = '{\"ASK\":{\"measure\":\"STAR\",\"at_least\":5}}'",
            "DELETE FROM badge_rule WHERE branch_path = ''",
        ] {
            let error = db::run(db, text, []).await.expect_err(text).to_string();
            assert!(error.contains("never edited"), "{text}: {error}");
        }
        assert_eq!(town.rows("badge_rule").await, 9);
    }

    async fn a_dry_run_says_of_each_branch_what_a_slow_count_says(town: Town) {
        let officer = served(&town).await;
        let county = town.officer("Xian", "330106").await;
        keep_signed_in(&town).await;
        let all = Everybody::of(&town).await;
        let everywhere = ("33", "none");

        // A new badge: nobody holds it now.
        let rule = json!({ "all": [{ "any": [ask("REGISTERED", 1), ask("STAR", 2)] }, ask("MINUTES", 7500)] });
        let new = proposed(&officer, "33", "WEST_LAKE", "2026-05-20", rule).await;
        let after = |all: &Everybody, place: usize| {
            let (person, _, star) = &all.0[place];
            (person.state == VolunteerState::Registered || *star >= 2) && all.minutes(place) >= 7500
        };
        let expected = all.by_branch(everywhere, |_, _| false, after);
        assert!(expected.values().any(|row| row[2] > 0) && expected.values().any(|row| row[1] < row[0]), "{expected:?}");
        assert_eq!(looked_ahead(&town, &officer, &new).await, expected);

        // Another version of one that there is: some gain, some lose.
        proposed(&officer, "33", "WEEKEND", "2026-05-19", ask("WEEKEND_DAYS", 5)).await;
        let period = json!({ "from": "2024-01-01", "to": "2024-01-12" });
        let rule = json!({ "all": [
            { "ask": { "measure": "WEEKEND_DAYS", "atLeast": 2, "period": period } },
            { "not": { "all": [ask("REGISTERED", 1), ask("WEEKEND_DAYS", 6)] } },
        ] });
        let other = proposed(&officer, "33", "WEEKEND", "2026-05-20", rule).await;
        let before = |all: &Everybody, place: usize| all.weekend_days(place, "2026-05-08") >= 5;
        let after = |all: &Everybody, place: usize| {
            let registered = all.0[place].0.state == VolunteerState::Registered;
            all.weekend_days(place, "2024-01-12") >= 2 && !(registered && all.weekend_days(place, "2026-05-08") >= 6)
        };
        let expected = all.by_branch(everywhere, before, after);
        assert!(expected.values().any(|row| row[2] > 0) && expected.values().any(|row| row[3] > 0), "{expected:?}");
        assert_eq!(looked_ahead(&town, &officer, &other).await, expected);

        // What a county has of its own, what is above does not reach; its own is told by township.
        let own = proposed(&county, "330106", "WEST_LAKE", "2026-05-18", ask("MINUTES", 8000)).await;
        let expected = all.by_branch(("330106", "none"), |_, _| false, |all, place| all.minutes(place) >= 8000);
        assert_eq!(looked_ahead(&town, &county, &own).await, expected);
        let expected = all.by_branch(("33", "330106"), |_, _| false, |all, place| {
            let (person, _, star) = &all.0[place];
            (person.state == VolunteerState::Registered || *star >= 2) && all.minutes(place) >= 7500
        });
        assert_eq!(looked_ahead(&town, &officer, &new).await, expected);
        assert_eq!(town.rows("audit_entry WHERE action = 'PREVIEW_BADGE_RULE'").await, 4);
    }

    /// Asked for many times at once, and carried out by three: once. Nobody else sees it.
    async fn a_dry_run_is_done_once_and_shown_to_who_asks_by_right(town: Town) {
        let officer = town.officer("Xian", "330106").await;
        keep_signed_in(&town).await;
        let rule = proposed(&officer, "330106", "WEST_LAKE", "2026-05-20", ask("STAR", 1)).await;
        let asked = join_all((0..6).map(|_| ask_ahead(&officer, &rule))).await;
        let ids: BTreeSet<String> = asked.into_iter().map(|answer| answer.fine().text("/previewBadgeRule/preview/id")).collect();
        let preview = ids.iter().next().expect("one").clone();
        assert_eq!(ids.len(), 1);
        let done = join_all((0..3).map(|_| jobs(&town))).await;
        assert_eq!(done.iter().sum::<usize>(), 1, "{done:?}");
        assert_eq!(look(&officer, &preview).await["state"], "DONE");
        assert_eq!(look(&town.officer("Sheng", "33").await, &preview).await["state"], "DONE");
        for other in [town.officer("Ning", "3302").await, town.leader("Li").await, town.stranger()] {
            assert_eq!(look(&other, &preview).await, Value::Null);
        }
        // What an instance left behind another takes over, and the first cannot finish.
        let again = ask_ahead(&officer, &rule).await.fine().text("/previewBadgeRule/preview/id");
        assert_ne!(again, preview, "what is done is worked out anew when asked again");
        let left = preview::store::JOBS.claim(&town.app.db.conn, town.clock.now()).await.expect("a job").expect("it waits");
        assert_eq!(jobs(&town).await, 0, "somebody is at it");
        town.clock.set(at("07:02"));
        assert_eq!(jobs(&town).await, 1);
        let ctx = Ctx::system(town.another_app().await, "story");
        assert!(!preview::service::run(&ctx, &left).await.expect("it stops"), "the first finds that it was taken over");
        assert_eq!(look(&officer, &again).await["state"], "DONE");
    }

    async fn the_badges_of_many_branches_take_as_many_statements_as_those_of_one(town: Town) {
        let (city, county) = (town.officer("Shi", "3301").await, town.officer("Xian", "330106").await);
        proposed(&city, "3301", "NIGHT", "2026-05-09", ask("STAR", 1)).await;
        proposed(&county, "330106", "NIGHT", "2026-05-09", ask("STAR", 2)).await;
        let document = "query($first: Int) { branches(first: $first) { nodes { badgeRules(on: \"2026-05-09\") { code conditions { need } branch { name } } } } }";
        let stranger = town.stranger();
        let (_, for_one) = town.statements(stranger.ask(document, json!({ "first": 1 }))).await;
        let (all, for_all) = town.statements(stranger.ask(document, json!({ "first": 7 }))).await;
        let found = all.data("/branches/nodes");
        let night = |branch: &Value| {
            let rules = branch["badgeRules"].as_array().expect("a list").clone();
            assert_eq!(rules.len(), 8);
            rules.iter().find(|rule| rule["code"] == "NIGHT").expect("one")["conditions"][0]["need"].as_i64().expect("a number")
        };
        let needs: Vec<_> = found.as_array().into_iter().flatten().map(night).collect();
        assert_eq!(needs, [600, 1, 2, 2, 2, 600, 600]);
        // The branches and their badges; with more of them the branches that set these.
        assert_eq!((for_one, for_all), (2, 3));
    }
}
