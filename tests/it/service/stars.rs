//! Stars and badges follow the ledger at once.

use boai_entity::{
    badge_rule::{self, Ask, BadgeMeasure, Rule},
    ids::{BadgeRuleId, StarSchemeId},
    star_scheme::{self, Thresholds},
};
use boai_tests::{Person, at, stories};
use chrono::TimeDelta;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{NOTHING, Scene, correction, rejection, scene, scene_of, serve};

async fn stars(person: &Person<'_>) -> Value {
    let document =
        "{ me { stars { star confirmed schemeVersion next { star threshold missing } conditions { text met } } } }";
    person.ask(document, json!({})).await.data("/me/stars")
}

async fn badge(person: &Person<'_>, code: &str) -> Value {
    let document = "{ me { badges { code name eligible have need missing unit ruleVersion } } }";
    let badges = person.ask(document, json!({})).await.data("/me/badges");
    let found = badges.as_array().into_iter().flatten().find(|badge| badge["code"] == code);
    found.cloned().unwrap_or_else(|| panic!("no badge {code}: {badges}"))
}

/// Have, need and eligible.
async fn progress(person: &Person<'_>, code: &str) -> (i64, i64, bool) {
    let badge = badge(person, code).await;
    let number = |field: &str| badge[field].as_i64().expect("a number");
    (number("have"), number("need"), badge["eligible"] == true)
}

/// Friday 08:00 to Monday 08:00 and on to Tuesday 12:00: a hundred hours in two shifts. Ling leaves a minute early.
async fn a_minute_less_than_a_hundred_hours<'t>(town: &'t boai_tests::Town) -> (Scene<'t>, Person<'t>, String) {
    let scene = scene_of(town, at("08:00"), at("+3 08:00"), json!({ "category": "ELDERLY" })).await;
    let next = scene.leader.post_activity(at("+3 08:00"), at("+4 12:00"), 8, json!({ "category": "ELDERLY" })).await;
    scene.ling.sign_up(next.shift()).await.fine();
    let first = serve(&scene.ling, scene.shift(), at("08:00"), at("+3 08:00")).await;
    let second = serve(&scene.ling, next.shift(), at("+3 08:00"), at("+4 11:59")).await;
    // Days of 24 hours take the province's word.
    let officer = town.officer("省干部", "33").await;
    for stay in [&first, &second] {
        officer.confirm(stay).await.fine();
    }
    (scene, officer, second)
}

stories! {
    async fn the_first_star_takes_a_hundred_hours_and_not_a_minute_less(town: Town) {
        let (scene, officer, second) = a_minute_less_than_a_hundred_hours(&town).await;
        let short = stars(&scene.ling).await;
        assert_eq!((&short["star"], &short["confirmed"]), (&json!(0), &json!(5999)));
        assert_eq!(short["next"], json!({ "star": 1, "threshold": 6000, "missing": 1 }));
        assert_eq!(
            short["conditions"],
            json!([{ "text": "100 h of confirmed service (99 h 59 min so far)", "met": false }])
        );

        town.clock.set(at("+4 12:00"));
        let full = correction(&second, at("+3 08:00"), at("+4 12:00"), "12 点离开");
        officer.confirm_hours(json!([full])).await.fine();
        let reached = stars(&scene.ling).await;
        assert_eq!((&reached["star"], &reached["confirmed"]), (&json!(1), &json!(6000)));
        assert_eq!(reached["next"], json!({ "star": 2, "threshold": 18000, "missing": 12000 }));

        officer.confirm_hours(json!([rejection(&second, "记录有误")])).await.fine();
        let lost = stars(&scene.ling).await;
        assert_eq!((&lost["star"], &lost["confirmed"]), (&json!(0), &json!(4320)));
        town.audit().await;
    }

    async fn pending_time_makes_no_star_and_no_badge(town: Town) {
        let scene = scene(&town).await;
        serve(&scene.ling, scene.shift(), at("08:00"), at("12:00")).await;
        assert_eq!(stars(&scene.ling).await["confirmed"], 0);
        assert_eq!(progress(&scene.ling, "FIRST_ACTIVITY").await, (0, 1, false));
    }

    async fn long_watches_with_the_elderly_move_their_badges(town: Town) {
        let (scene, ..) = a_minute_less_than_a_hundred_hours(&town).await;
        assert_eq!(progress(&scene.ling, "FIRST_ACTIVITY").await, (2, 1, true));
        assert_eq!(progress(&scene.ling, "TEN_ACTIVITIES").await, (2, 10, false));
        assert_eq!(progress(&scene.ling, "ELDERLY_50H").await, (5999, 3000, true));
        assert_eq!(progress(&scene.ling, "WEEKEND").await, (2, 10, false));
        assert_eq!(progress(&scene.ling, "NIGHT").await, (4 * 480, 600, true));
        assert_eq!(progress(&scene.ling, "SIX_MONTHS").await, (1, 6, false));
        assert_eq!(progress(&scene.ling, "FIVE_YEARS").await, (1, 5, false));
        assert_eq!(progress(&scene.ling, "VACCINATION").await, (0, 5, false));
    }

    async fn the_fifth_shift_at_a_vaccination_site_makes_the_badge_and_a_rejection_takes_it(town: Town) {
        let leader = town.leader("Li").await;
        let ling = town.volunteer("Ling").await;
        let days: Vec<_> = (0..5).map(|day| at("08:00") + TimeDelta::days(day)).collect();
        let shifts = days.iter().map(|day| boai_tests::shift(*day, *day + TimeDelta::hours(1), 8)).collect();
        let draft = leader.draft_activity(shifts, json!({ "category": "VACCINATION" })).await.fine();
        leader.publish(&draft.text("/createActivity/activity/id")).await.fine();
        crate::support::keep_signed_in(&town).await;
        let mut last = String::new();
        for (number, day) in days.into_iter().enumerate() {
            let shift = draft.text(&format!("/createActivity/activity/shifts/{number}/id"));
            ling.sign_up(&shift).await.fine();
            assert_eq!(progress(&ling, "VACCINATION").await, (number as i64, 5, false));
            last = serve(&ling, &shift, day, day + TimeDelta::hours(1)).await;
            leader.confirm(&last).await.fine();
        }
        assert_eq!(progress(&ling, "VACCINATION").await, (5, 5, true));
        assert_eq!(progress(&ling, "FIRST_ACTIVITY").await, (1, 1, true), "five shifts of one activity");
        leader.confirm_hours(json!([rejection(&last, "未到场")])).await.fine();
        assert_eq!(progress(&ling, "VACCINATION").await, (4, 5, false));
    }

    async fn a_newer_star_scheme_takes_over_at_its_time(town: Town) {
        let scene = scene(&town).await;
        let stay = serve(&scene.ling, scene.shift(), at("08:00"), at("12:00")).await;
        scene.leader.confirm(&stay).await.fine();
        let newer = star_scheme::Model {
            id: StarSchemeId(NOTHING),
            version: 2,
            branch_path: String::new(),
            valid_from: at("13:00"),
            thresholds: Thresholds(vec![240, 480]),
            policy_id: None,
            withdrawn_at: None,
        };
        let newer = star_scheme::Entity::insert(newer.into_active_model());
        newer.exec_without_returning(&town.app.db.conn).await.expect("the scheme goes in");
        town.clock.set(at("13:00") - TimeDelta::milliseconds(1));
        let before = stars(&scene.ling).await;
        assert_eq!((&before["star"], &before["schemeVersion"]), (&json!(0), &json!(1)));
        town.clock.set(at("13:00"));
        let after = stars(&scene.ling).await;
        assert_eq!((&after["star"], &after["schemeVersion"]), (&json!(1), &json!(2)));
        let scheme = town.stranger().ask("{ starScheme { star threshold } }", json!({})).await.data("/starScheme");
        assert_eq!(scheme, json!([{ "star": 1, "threshold": 240 }, { "star": 2, "threshold": 480 }]));
    }

    async fn a_newer_badge_rule_takes_over_at_its_time(town: Town) {
        let scene = scene(&town).await;
        let stay = serve(&scene.ling, scene.shift(), at("08:00"), at("12:00")).await;
        scene.leader.confirm(&stay).await.fine();
        let newer = badge_rule::Model {
            id: BadgeRuleId(NOTHING),
            code: "FIRST_ACTIVITY".into(),
            version: 2,
            branch_path: String::new(),
            valid_from: at("13:00"),
            name_zh: "起步徽章".into(),
            name_en: "First two steps".into(),
            rule: Rule::Ask(Ask { measure: BadgeMeasure::Activities, at_least: 2, category: None, period: None }),
            reason: None,
            proposed_at: None,
            withdrawn_at: None,
        };
        let newer = badge_rule::Entity::insert(newer.into_active_model());
        newer.exec_without_returning(&town.app.db.conn).await.expect("the rule goes in");
        town.clock.set(at("13:00") - TimeDelta::milliseconds(1));
        let before = badge(&scene.ling, "FIRST_ACTIVITY").await;
        assert_eq!(
            (&before["eligible"], &before["ruleVersion"], &before["name"]),
            (&json!(true), &json!(1), &json!("First step"))
        );
        town.clock.set(at("13:00"));
        let after = badge(&scene.ling, "FIRST_ACTIVITY").await;
        assert_eq!(
            (&after["eligible"], &after["ruleVersion"], &after["missing"]),
            (&json!(false), &json!(2), &json!(1))
        );
        assert_eq!(after["name"], "First two steps");
    }

    async fn badges_and_conditions_have_names_in_both_languages(town: Town) {
        let mut ling = town.volunteer("Ling").await;
        assert_eq!(badge(&ling, "NIGHT").await["name"], "Night watch");
        ling.language = "zh-CN";
        assert_eq!(badge(&ling, "NIGHT").await["name"], "守夜徽章");
        let condition = stars(&ling).await["conditions"][0]["text"].to_string();
        assert!(condition.contains("已确认的服务时间满 100 小时"), "{condition}");
    }
}
