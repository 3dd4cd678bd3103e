//! Stories of a long-lived site: day shifts by a rule, made weeks ahead, changed for one day or from a day on.

use boai::{activities::sites::extend, ctx::Ctx, policies::calendar};
use boai_entity::Instant;
use boai_tests::{Answer, Person, Town, keep_signed_in, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    facilities::{site, there},
    verbs::{cancel, change_shift, over, seats, stands, texts},
};

/// A moment in China.
fn on(day: &str, time: &str) -> Instant {
    format!("{day}T{time}:00+08:00").parse().expect("a moment")
}

/// The global id of a published activity at a site, without any shift yet.
async fn post(town: &Town) -> (Person<'_>, String) {
    let (officer, leader) = (town.officer("Zhou", "330106").await, town.leader("Ling").await);
    let facility = site(&officer).await;
    let draft = leader.draft_activity(Vec::new(), there(&facility)).await.fine();
    keep_signed_in(town).await;
    (leader, draft.text("/createActivity/activity/id"))
}

/// A rule of every day from 2026-03-01 on, 06:30 to 11:30; `given` goes over it.
async fn plan(leader: &Person<'_>, activity: &str, given: Value) -> Answer {
    let usual = json!({
        "activityId": activity, "startsAt": "06:30", "length": 300, "capacity": 2, "validFrom": "2026-03-01",
        "weekdays": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"],
    });
    let document = "mutation($input: CreateShiftRuleInput!) { createShiftRule(input: $input) {
        rule { id madeUntil calendarKnownUntil } errors { code message path numbers { name value } } } }";
    leader.ask(document, json!({ "input": over(usual, given) })).await
}

async fn replan(leader: &Person<'_>, rule: &str, from: &str, given: Value) -> Answer {
    let usual = json!({ "ruleId": rule, "fromDay": from, "note": "改时间" });
    let document = "mutation($input: ChangeShiftRuleInput!) { changeShiftRule(input: $input) {
        rule { id validFrom } errors { code message path numbers { name value } } } }";
    leader.ask(document, json!({ "input": over(usual, given) })).await
}

async fn call_off(leader: &Person<'_>, shift: &str) -> Answer {
    let document = "mutation($id: ID!) { cancelShift(input: { shiftId: $id, reason: \"停电\" }) {
        shift { cancelledAt } errors { code message path numbers { name value } } } }";
    leader.ask(document, json!({ "id": shift })).await
}

async fn end(leader: &Person<'_>, rule: &str, last: &str) -> Answer {
    let document = "mutation($id: ID!, $last: Date!) { endShiftRule(input: {
        ruleId: $id, lastDay: $last, reason: \"接种结束\" }) { rule { validTo } errors { code numbers { name value } } } }";
    leader.ask(document, json!({ "id": rule, "last": last })).await
}

/// Id, and start in China as `05-09 06:30`, of the shifts that are not cancelled, page by page.
async fn shifts(person: &Person<'_>, activity: &str) -> Vec<(String, String)> {
    let document = "query($id: ID!, $after: String) { node(id: $id) { ... on Activity {
        shiftPages(first: 50, after: $after) { nodes { id startsAt cancelledAt } pageInfo { endCursor hasNextPage } } } } }";
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = person.ask(document, json!({ "id": activity, "after": after })).await;
        for shift in answer.data("/node/shiftPages/nodes").as_array().expect("a list") {
            let starts: Instant = shift["startsAt"].as_str().expect("a text").parse().expect("a moment");
            let said = (starts + TimeDelta::hours(8)).format("%m-%d %H:%M").to_string();
            if shift["cancelledAt"].is_null() {
                found.push((shift["id"].as_str().expect("an id").to_owned(), said));
            }
        }
        if answer.data("/node/shiftPages/pageInfo/hasNextPage") == json!(false) {
            return found;
        }
        after = answer.data("/node/shiftPages/pageInfo/endCursor");
    }
}

/// The shift of a day.
async fn of_day(person: &Person<'_>, activity: &str, day: &str) -> String {
    let all = shifts(person, activity).await;
    all.into_iter().find(|(_, starts)| starts.starts_with(day)).unwrap_or_else(|| panic!("no shift on {day}")).0
}

fn job(town: &Town) -> Ctx {
    Ctx::system(town.app.clone(), "story")
}

stories! {
    async fn from_march_to_june_a_site_is_served_but_on_holidays(town: Town) {
        town.clock.set(on("2026-03-01", "05:00"));
        let (ling, activity) = post(&town).await;
        assert_eq!(ling.publish(&activity).await.codes(), ["NO_SHIFTS"]);
        let weekdays = json!(["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]);
        let rule = plan(&ling, &activity, json!({ "weekdays": weekdays, "validTo": "2026-06-30" })).await.fine();
        assert_eq!(rule.text("/createShiftRule/rule/madeUntil"), "2026-04-12");
        assert_eq!(rule.text("/createShiftRule/rule/calendarKnownUntil"), "2026-12-31");
        ling.publish(&activity).await.fine();
        // Four months go by, and every week somebody looks.
        for _ in 0..18 {
            town.clock.advance(TimeDelta::days(7));
            extend(&job(&town)).await.expect("the job runs");
        }
        let days: Vec<String> = shifts(&ling, &activity).await.into_iter().map(|(_, starts)| starts).collect();
        assert!(days.iter().all(|starts| starts.ends_with(" 06:30")));
        let has = |day: &str| days.iter().any(|starts| starts.starts_with(day));
        // Qingming on Monday the 6th; Labour Day from Friday to Tuesday, for which a Saturday is worked; Dragon Boat.
        for left_out in ["04-06", "05-01", "05-04", "05-05", "06-19", "03-07", "04-04", "05-10"] {
            assert!(!has(left_out), "{left_out}");
        }
        assert!(has("05-09") && has("04-03") && has("04-07") && has("05-06") && has("06-30"));
        // 87 Mondays to Fridays less five days off, and the Saturday.
        assert_eq!(days.len(), 87 - 5 + 1);
        // The list that a phone asks for has what is to come; here nothing is.
        let document = "query($id: ID!) { node(id: $id) { ... on Activity { shifts { id } } } }";
        assert!(texts(&ling.ask(document, json!({ "id": activity })).await, "/node/shifts", "/id").is_empty());
    }

    async fn a_day_that_was_changed_or_cancelled_stays_so(town: Town) {
        town.clock.set(on("2026-03-01", "05:00"));
        let (ling, activity) = post(&town).await;
        let rule = plan(&ling, &activity, json!({})).await.fine().text("/createShiftRule/rule/id");
        ling.publish(&activity).await.fine();
        let wei = town.resident("Wei").await;
        keep_signed_in(&town).await;
        let (changed, off) = (of_day(&ling, &activity, "03-10").await, of_day(&ling, &activity, "03-11").await);
        wei.sign_up(&off).await.fine();
        change_shift(&ling, &changed, json!({ "startsAt": on("2026-03-10", "07:00"), "capacity": 5 })).await.fine();
        call_off(&ling, &off).await.fine();
        assert_eq!(call_off(&ling, &off).await.codes(), ["WRONG_STATE"]);
        assert_eq!(wei.inbox().await, [("ACTIVITY_CANCELLED".into(), "停电".into())]);
        assert_eq!(stands(&wei, &off).await.as_deref(), Some("CANCELLED"));
        assert_eq!(wei.sign_up(&off).await.codes(), ["CANCELLED"]);
        let before = town.rows("shift").await;
        extend(&job(&town)).await.expect("the job runs");
        replan(&ling, &rule, "2026-03-05", json!({ "startsAt": "08:00" })).await.fine();
        let days: Vec<String> = shifts(&ling, &activity).await.into_iter().map(|(_, starts)| starts).collect();
        for expected in ["03-04 06:30", "03-05 08:00", "03-10 07:00", "03-12 08:00"] {
            assert!(days.iter().any(|starts| starts == expected), "{expected}: {days:?}");
        }
        assert!(!days.iter().any(|starts| starts.starts_with("03-11")));
        assert_eq!(seats(&ling, &changed).await, (5, 5));
        assert_eq!(town.rows("shift").await, before);
    }

    async fn from_a_day_on_people_keep_their_seats_or_nothing_is_changed(town: Town) {
        town.clock.set(on("2026-03-01", "05:00"));
        let (ling, activity) = post(&town).await;
        let rule = plan(&ling, &activity, json!({})).await.fine().text("/createShiftRule/rule/id");
        ling.publish(&activity).await.fine();
        let crowd = town.crowd(3).await;
        keep_signed_in(&town).await;
        let shift = of_day(&ling, &activity, "03-10").await;
        for person in &crowd {
            town.clock.advance(TimeDelta::seconds(1));
            person.sign_up(&shift).await.fine();
        }
        assert_eq!(stands(&crowd[2], &shift).await.as_deref(), Some("WAITING"));
        let refused = replan(&ling, &rule, "2026-03-05", json!({ "capacity": 1 })).await;
        assert_eq!(refused.codes(), ["CANNOT_KEEP"]);
        assert_eq!((refused.refusal_number("people"), refused.refusal_number("days")), (1.0, 1.0));
        // The 10th is a Tuesday.
        let refused = replan(&ling, &rule, "2026-03-05", json!({ "weekdays": ["MONDAY"] })).await;
        assert_eq!((refused.codes(), refused.refusal_number("people")), (vec!["CANNOT_KEEP".into()], 3.0));
        assert_eq!(replan(&ling, &rule, "2026-03-01", json!({})).await.codes(), ["DAY_OUT_OF_RULE"]);
        assert_eq!(town.rows("shift_rule").await, 1);
        assert_eq!(town.rows("shift WHERE cancelled_at IS NOT NULL").await, 0);
        replan(&ling, &rule, "2026-03-05", json!({ "startsAt": "07:30", "capacity": 3 })).await.fine();
        assert!(crowd[0].inbox().await.contains(&("ACTIVITY_CHANGED".into(), "改时间".into())));
        assert_eq!(stands(&crowd[2], &shift).await.as_deref(), Some("SEATED"));
        assert_eq!(seats(&ling, &shift).await, (3, 0));
        // And the job goes on with the new version.
        town.clock.advance(TimeDelta::days(7));
        assert_eq!(extend(&job(&town)).await.expect("the job runs"), 7);
        let last = shifts(&ling, &activity).await.pop().map(|(_, starts)| starts);
        assert_eq!(last.as_deref(), Some("04-19 07:30"));
    }

    async fn a_rule_ends_and_those_signed_up_for_later_days_hear_of_it(town: Town) {
        town.clock.set(on("2026-03-01", "05:00"));
        let (ling, activity) = post(&town).await;
        let rule = plan(&ling, &activity, json!({})).await.fine().text("/createShiftRule/rule/id");
        ling.publish(&activity).await.fine();
        let wei = town.resident("Wei").await;
        keep_signed_in(&town).await;
        wei.sign_up(&of_day(&ling, &activity, "03-20").await).await.fine();
        end(&ling, &rule, "2026-03-15").await.fine();
        assert_eq!(wei.inbox().await, [("ACTIVITY_CANCELLED".into(), "接种结束".into())]);
        assert_eq!(shifts(&ling, &activity).await.len(), 15);
        town.clock.advance(TimeDelta::days(30));
        assert_eq!(extend(&job(&town)).await.expect("the job runs"), 0);
    }

    async fn two_instances_make_each_days_shift_once(town: Town) {
        town.clock.set(on("2026-03-01", "05:00"));
        let (ling, activity) = post(&town).await;
        for start in ["06:30", "12:30"] {
            let posts = json!([{ "name": "登记", "capacity": 1 }, { "name": "留观", "capacity": 1 }]);
            plan(&ling, &activity, json!({ "startsAt": start, "posts": posts })).await.fine();
        }
        let before = shifts(&ling, &activity).await.len();
        town.clock.advance(TimeDelta::days(14));
        let apps = [town.another_app().await, town.another_app().await];
        let jobs = [&apps[0], &apps[1], &apps[0], &apps[1]].map(|app| Ctx::system(app.clone(), "race"));
        let made = join_all(jobs.iter().map(extend)).await;
        let made: u64 = made.into_iter().map(|made| made.expect("nobody trips over another")).sum();
        // Two weeks of two shifts a day.
        assert_eq!(made, 28);
        let after = shifts(&ling, &activity).await;
        assert_eq!(after.len(), before + 28);
        assert_eq!(town.rows("post").await, 2 * i64::try_from(after.len()).expect("few"));
        assert_eq!(extend(&job(&town)).await.expect("the job runs"), 0);
    }

    async fn years_without_a_calendar_have_plain_weekdays_and_say_so(town: Town) {
        town.clock.set(on("2026-12-20", "05:00"));
        let (ling, activity) = post(&town).await;
        let given = json!({ "validFrom": "2026-12-21", "weekdays": ["FRIDAY"] });
        let rule = plan(&ling, &activity, given).await.fine();
        assert_eq!(rule.text("/createShiftRule/rule/calendarKnownUntil"), "2026-12-31");
        // New Year's Day of 2027.
        of_day(&ling, &activity, "01-01").await;
        let days = calendar::read("day,kind,name\n2027-01-01,HOLIDAY,元旦\n2027-02-05,HOLIDAY,春节\n").expect("a calendar");
        assert_eq!(calendar::load(&town.app.db, &days).await.expect("it is loaded"), [2027]);
        town.clock.advance(TimeDelta::days(14));
        extend(&job(&town)).await.expect("the job runs");
        let made: Vec<String> = shifts(&ling, &activity).await.into_iter().map(|(_, starts)| starts).collect();
        assert!(made.iter().any(|starts| starts.starts_with("02-12")) && !made.iter().any(|starts| starts.starts_with("02-05")));
    }

    async fn what_does_not_fit_a_rule_is_refused_and_makes_nothing(town: Town) {
        town.clock.set(on("2026-03-01", "05:00"));
        let (ling, activity) = post(&town).await;
        let elsewhere = ling.post_activity(on("2026-03-02", "08:00"), on("2026-03-02", "10:00"), 2, json!({})).await;
        let before = town.rows("shift").await;
        let posts = json!([{ "name": "登记", "capacity": 1 }]);
        for (given, code) in [
            (json!({ "activityId": elsewhere.activity }), "NOT_AT_FACILITY"),
            (json!({ "weekdays": [] }), "RULE_DAYS_UNFIT"),
            (json!({ "validFrom": "2026-02-28" }), "RULE_DAYS_UNFIT"),
            (json!({ "validTo": "2026-02-28" }), "RULE_DAYS_UNFIT"),
            (json!({ "capacity": 0 }), "CAPACITY_OUT_OF_RANGE"),
            (json!({ "posts": posts }), "POSTS_DO_NOT_FIT"),
        ] {
            assert_eq!(plan(&ling, &activity, given.clone()).await.codes(), [code], "{given}");
        }
        assert_eq!(plan(&ling, &activity, json!({ "length": 5000 })).await.fault(), "BAD_USER_INPUT");
        let rule = plan(&ling, &activity, json!({ "validTo": "2026-03-03" })).await.fine().text("/createShiftRule/rule/id");
        assert_eq!(town.rows("shift").await, before + 3);
        let renamed = replan(&ling, &rule, "2026-03-02", json!({ "posts": posts })).await;
        assert_eq!(renamed.codes(), ["POSTS_KEEP_NAMES"]);
        cancel(&ling, &activity, "停办").await.fine();
        assert_eq!(replan(&ling, &rule, "2026-03-02", json!({ "capacity": 3 })).await.codes(), ["WRONG_STATE"]);
    }

    async fn however_many_wait_at_however_many_shifts_a_rule_changes_in_as_many_statements(town: Town) {
        town.clock.set(on("2026-03-01", "05:00"));
        let (ling, activity) = post(&town).await;
        let crowd = town.crowd(5).await;
        keep_signed_in(&town).await;
        let mut rules = Vec::new();
        for (start, last) in [("06:30", "2026-03-03"), ("12:30", "2026-03-10")] {
            let given = json!({ "startsAt": start, "validTo": last, "posts": [{ "name": "登记", "capacity": 1 }, { "name": "留观", "capacity": 1 }] });
            rules.push(plan(&ling, &activity, given).await.fine().text("/createShiftRule/rule/id"));
        }
        ling.publish(&activity).await.fine();
        let posts = "query($id: ID!) { node(id: $id) { ... on Shift { posts { id name } } } }";
        let sign_up = "mutation($shift: ID!, $post: ID!) { signUpForShift(input: { shiftId: $shift, postId: $post }) { errors { code } } }";
        for (shift, starts) in shifts(&ling, &activity).await {
            // One waits at each shift of the first rule, four at those of the second.
            let people = if starts.ends_with("06:30") { 2 } else { 5 };
            let posts = ling.ask(posts, json!({ "id": shift })).await.data("/node/posts");
            for person in &crowd[..people] {
                town.clock.advance(TimeDelta::milliseconds(10));
                person.ask(sign_up, json!({ "shift": shift, "post": posts[0]["id"] })).await.fine();
            }
        }
        assert_eq!(town.rows("sign_up WHERE state = 'WAITING'").await, 3 + 40);
        let mut counts = Vec::new();
        for rule in &rules {
            let more = json!({ "posts": [{ "name": "登记", "capacity": 4 }, { "name": "留观", "capacity": 1 }] });
            let (changed, statements) = town.statements(replan(&ling, rule, "2026-03-02", more)).await;
            changed.fine();
            counts.push(statements);
        }
        println!("{counts:?} statements for 2 and for 9 shifts");
        assert_eq!(counts[0], counts[1]);
        assert!(counts[0] <= 32, "{counts:?}");
        // Of two days one each moved up; of nine days three each.
        assert_eq!(town.rows("inbox_item WHERE kind = 'SEAT_GIVEN'").await, 2 + 27);
        assert_eq!(town.rows("sign_up WHERE state = 'WAITING'").await, 1 + 4 + 9);
        let seated = "SELECT COUNT(*) FROM sign_up u WHERE u.state = 'SEATED' AND";
        assert_eq!(town.rows(&format!("shift s WHERE s.taken <> ({seated} u.shift_id = s.id)")).await, 0);
        assert_eq!(town.rows(&format!("post p WHERE p.taken <> ({seated} u.post_id = p.id)")).await, 0);
        // The fifth waits still, the last in line.
        assert_eq!(crowd[4].inbox().await.iter().filter(|item| item.0 == "SEAT_GIVEN").count(), 0);
    }

    async fn pages_of_shifts_and_all_rules_cost_what_a_few_do(town: Town) {
        town.clock.set(on("2026-03-01", "05:00"));
        let (ling, activity) = post(&town).await;
        let wei = town.resident("Wei").await;
        keep_signed_in(&town).await;
        plan(&ling, &activity, json!({ "validTo": "2026-03-03" })).await.fine();
        ling.publish(&activity).await.fine();
        let document = "query($id: ID!) { node(id: $id) { ... on Activity {
            shiftPages(first: 50) { nodes { id startsAt placesLeft posts { name placesLeft } mySignUp { state } activity { title team { name } } } }
            shiftRules { id weekdays posts { name capacity } calendarKnownUntil madeUntil } } } }";
        let cost = async |person: &Person<'_>| {
            let (answer, statements) = town.statements(person.ask(document, json!({ "id": activity }))).await;
            let many = |list: &str| answer.data(list).as_array().map_or(0, Vec::len);
            (statements, many("/node/shiftPages/nodes"), many("/node/shiftRules"))
        };
        let few = [cost(&ling).await, cost(&wei).await];
        assert_eq!(few.map(|cost| (cost.1, cost.2)), [(3, 1); 2]);
        for start in ["07:30", "08:30", "12:30", "13:30"] {
            let posts = json!([{ "name": "登记", "capacity": 1 }, { "name": "留观", "capacity": 1 }]);
            plan(&ling, &activity, json!({ "startsAt": start, "posts": posts, "validTo": "2026-03-12" })).await.fine();
        }
        let many = [cost(&ling).await, cost(&wei).await];
        assert_eq!(many.map(|cost| (cost.1, cost.2)), [(50, 5); 2]);
        assert_eq!(many.map(|cost| cost.0), few.map(|cost| cost.0));
        assert!(few.iter().all(|cost| cost.0 <= 9), "{few:?}");
    }
}
