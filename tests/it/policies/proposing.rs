//! An officer proposes another policy, and it takes over at its day.

use boai::platform::db;
use boai_tests::{Answer, Person, Town, at, id, keep_signed_in, stories};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{minimum, nothing_was_proposed, propose, proposed, serve, withdraw};

async fn refused(officer: &Person<'_>, code: &str, day: &str, given: Value, why: &str) -> Answer {
    let answer = propose(officer, code, day, given.clone()).await;
    assert_eq!(answer.codes(), [why], "{given}");
    answer
}

/// The policy that an attendance keeps.
async fn kept(town: &Town, stay: &str) -> i32 {
    #[derive(sea_orm::FromQueryResult)]
    struct Kept {
        version: i32,
    }
    let (_, key) = boai::platform::node::decode(stay).expect("an id");
    let key: uuid::Uuid = key.parse().expect("a UUID");
    let text = "SELECT p.version FROM attendance o JOIN policy p ON p.id = o.policy_id WHERE o.id = $1";
    let kept: Option<Kept> = db::one(&town.app.db.conn, text, [key.into()]).await.expect("an attendance");
    kept.expect("its policy").version
}

fn tick(days: i64, time: &str) -> boai_entity::Instant {
    at(&format!("+{days} {time}"))
}

stories! {
    async fn a_county_s_minimum_takes_over_at_its_day_there_and_nowhere_else(town: Town) {
        let officer = town.officer("Zhou", "330106").await;
        let answer = propose(&officer, "330106", "2026-05-09", json!({ "counting": { "minimumMinutes": 30 } })).await.fine();
        let policy = answer.data("/proposePolicy/policy");
        assert_eq!((&policy["version"], &policy["waiting"], &policy["validFrom"]), (&json!(1), &json!(true), &json!("2026-05-09")));
        assert_eq!(policy["counting"], json!({ "minimumMinutes": 30, "pairsPerDay": 3 }), "the rest stays");
        assert_eq!(minimum(&town, "330106", None).await, (15, 1));
        assert_eq!(minimum(&town, "330106", Some("2026-05-08")).await, (15, 1));
        assert_eq!(minimum(&town, "330106", Some("2026-05-09")).await, (30, 1));
        assert_eq!(minimum(&town, "330106109203", Some("2026-05-09")).await, (30, 1), "the village below");
        assert_eq!(minimum(&town, "330203", Some("2026-05-09")).await, (15, 1), "another county");
        assert_eq!(minimum(&town, "3301", Some("2026-05-09")).await, (15, 1), "the city above");

        let (leader, ling) = (town.leader("Li").await, town.volunteer("Ling").await);
        keep_signed_in(&town).await;
        let mut stays = Vec::new();
        for day in [0, 1] {
            let posted = leader.post_activity(tick(day, "08:00"), tick(day, "12:00"), 8, json!({})).await;
            stays.push(serve(&ling, posted.shift(), tick(day, "08:00"), tick(day, "08:20")).await);
            leader.confirm(&stays[stays.len() - 1]).await.fine();
        }
        assert_eq!(ling.minutes().await.0, 20, "20 minutes counted on the first day and not on the second");
        assert_eq!([kept(&town, &stays[0]).await, kept(&town, &stays[1]).await], [1, 1], "each its own branch's first");
        assert_eq!(town.rows("attendance o JOIN policy p ON p.id = o.policy_id WHERE p.branch_path = '330106'").await, 1);
        assert_eq!(town.rows("audit_entry WHERE action = 'PROPOSE_POLICY'").await, 1);
        town.audit().await;
    }

    async fn where_half_hours_count_what_is_no_whole_one_counts_nothing(town: Town) {
        let officer = town.officer("Zhou", "330106").await;
        propose(&officer, "330106", "2026-05-09", json!({ "counting": { "roundingMinutes": 30 } })).await.fine();
        refused(&officer, "330106", "2026-05-10", json!({ "counting": { "roundingMinutes": 0 } }), "OUT_OF_BOUNDS").await;
        let (leader, ling) = (town.leader("Li").await, town.volunteer("Ling").await);
        keep_signed_in(&town).await;
        let posted = leader.post_activity(tick(1, "08:00"), tick(1, "12:00"), 8, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        // The second stay is under half an hour.
        for (from, to, minutes) in [("08:00", "09:50", 90), ("09:51", "10:20", 90), ("10:21", "10:51", 120)] {
            town.clock.set(tick(1, from));
            ling.check_in(posted.shift(), 20.0).await.fine();
            town.clock.set(tick(1, to));
            let stay = ling.check_out(20.0).await.fine().text("/checkOut/attendance/id");
            leader.confirm(&stay).await.fine();
            assert_eq!(ling.minutes().await.0, minutes);
        }
        town.audit().await;
    }

    async fn the_nearest_branch_has_its_way_and_inherits_the_rest(town: Town) {
        let (city, county) = (town.officer("Shi", "3301").await, town.officer("Xian", "330106").await);
        propose(&city, "3301", "2026-05-10", json!({ "counting": { "minimumMinutes": 25, "pairsPerDay": 5 } })).await.fine();
        let answer = propose(&county, "330106", "2026-05-12", json!({ "counting": { "minimumMinutes": 10 } })).await.fine();
        let counting = json!({ "minimumMinutes": 10, "pairsPerDay": 5 });
        assert_eq!(answer.data("/proposePolicy/policy/counting"), counting, "the city's pairs, which wait, are in force by then");
        assert_eq!(minimum(&town, "330106", Some("2026-05-10")).await.0, 25);
        assert_eq!(minimum(&town, "330106", Some("2026-05-12")).await.0, 10);
        assert_eq!(minimum(&town, "3301", Some("2026-05-12")).await.0, 25);
    }

    async fn a_province_sets_its_stars_and_the_volunteers_of_the_province_have_them(town: Town) {
        let officer = town.officer("Sheng", "33").await;
        let ling = town.volunteer("Ling").await;
        keep_signed_in(&town).await;
        let given = json!({ "stars": { "thresholds": [3000, 9000] } });
        let answer = propose(&officer, "33", "2026-05-09", given).await.fine();
        assert_eq!(answer.data("/proposePolicy/policy/stars"), json!({ "version": 1, "thresholds": [3000, 9000] }));
        let stars = "{ me { stars { thresholds } } starScheme { threshold } }";
        let before = ling.ask(stars, json!({})).await;
        assert_eq!(before.data("/me/stars/thresholds"), json!([6000, 18000, 36000, 60000, 90000]));
        town.clock.set(tick(1, "00:00"));
        let after = ling.ask(stars, json!({})).await;
        assert_eq!(after.data("/me/stars/thresholds"), json!([3000, 9000]));
        assert_eq!(after.data("/starScheme"), json!([{ "threshold": 3000 }, { "threshold": 9000 }]));
        let by_code = "query($code: String!) { starScheme(divisionCode: $code) { threshold } }";
        let there = town.stranger().ask(by_code, json!({ "code": "3302" })).await.data("/starScheme");
        assert_eq!(there, json!([{ "threshold": 3000 }, { "threshold": 9000 }]));
        let elsewhere = town.stranger().ask(by_code, json!({ "code": "31" })).await.data("/starScheme");
        assert_eq!(elsewhere.as_array().map(Vec::len), Some(5), "another province");
        let garbage = town.stranger().ask(by_code, json!({ "code": "三三" })).await;
        assert_eq!(garbage.fault(), "BAD_USER_INPUT");
    }

    async fn what_cannot_be_is_refused_with_its_numbers_and_nothing_changes(town: Town) {
        let (county, province) = (town.officer("Xian", "330106").await, town.officer("Sheng", "33").await);
        let minimum = json!({ "counting": { "minimumMinutes": 20 } });
        for day in ["2026-05-08", "2026-05-07", "2029-05-09", "1999-01-01"] {
            refused(&county, "330106", day, minimum.clone(), "DAY_NOT_AHEAD").await;
        }
        let much = json!({ "counting": { "minimumMinutes": 121 }, "notice": { "recordWorkingDays": 11 } });
        let answer = propose(&county, "330106", "2026-05-09", much).await;
        assert_eq!(answer.codes(), ["OUT_OF_BOUNDS", "OUT_OF_BOUNDS"]);
        assert_eq!(answer.payload()["errors"][0]["path"], json!(["input", "counting", "minimumMinutes"]));
        let message = "`counting.minimumMinutes` is 0 to 120 min; 121 is outside.";
        assert_eq!(answer.payload()["errors"][0]["message"], message);
        assert_eq!(answer.refusal_number("most"), 120.0);
        let order = json!({ "fence": { "radiusDefaultMetres": 1000, "radiusMaxMetres": 900 } });
        refused(&county, "330106", "2026-05-09", order, "OUT_OF_ORDER").await;
        let looser = refused(&county, "330106", "2026-05-09", json!({ "days": { "branchMaxMinutes": 721 } }), "LOOSER_THAN_ABOVE").await;
        assert_eq!(looser.refusal_number("above"), 720.0);
        refused(&county, "330106", "2026-05-09", json!({ "counting": { "minimumMinutes": 15 } }), "NOTHING_CHANGES").await;
        refused(&county, "330106", "2026-05-09", json!({}), "NOTHING_CHANGES").await;
        refused(&county, "330106", "2026-05-09", json!({ "stars": { "thresholds": [60] } }), "STARS_ARE_THE_PROVINCES").await;
        refused(&county, "330106109", "2026-05-09", minimum.clone(), "BRANCH_TOO_LOW").await;
        for thresholds in [json!([]), json!([59]), json!([60, 60]), json!([60, 61, 62, 63, 64, 65])] {
            refused(&province, "33", "2026-05-09", json!({ "stars": { "thresholds": thresholds } }), "STARS_UNFIT").await;
        }
        nothing_was_proposed(&town).await;
        propose(&province, "33", "2026-05-09", json!({ "days": { "branchMaxMinutes": 800 } })).await.fine();
    }

    async fn whose_branch_it_is_not_is_told_that_there_is_none(town: Town) {
        let policy = proposed(&town.officer("Xian", "330106").await, "330106", "2026-05-09", json!({ "counting": { "minimumMinutes": 20 } })).await;
        let rows = town.rows("policy").await;
        let others = [town.officer("Bei", "330106109").await, town.officer("Ning", "3302").await, town.leader("Li").await, town.volunteer("Ling").await];
        for other in &others {
            refused(other, "330106", "2026-05-10", json!({ "counting": { "minimumMinutes": 20 } }), "NOT_FOUND").await;
            assert_eq!(withdraw(other, &policy).await.codes(), ["NOT_FOUND"]);
        }
        let stranger = propose(&town.stranger(), "330106", "2026-05-10", json!({})).await;
        assert_eq!(stranger.fault(), "UNAUTHENTICATED");
        let without_factor = town.officer("Wu", "330106").await;
        without_factor.proves_for(chrono::TimeDelta::zero()).await;
        let answer = propose(&without_factor, "330106", "2026-05-10", json!({ "counting": { "minimumMinutes": 20 } })).await;
        assert!(answer.fault().starts_with("SECOND_FACTOR"), "{}", answer.body);
        assert_eq!(town.rows("policy").await, rows);
        assert_eq!(minimum(&town, "330106", Some("2026-05-10")).await.0, 20);
    }

    async fn what_waits_can_be_withdrawn_until_its_day_and_the_later_one_first(town: Town) {
        let officer = town.officer("Sheng", "33").await;
        keep_signed_in(&town).await;
        let given = json!({ "counting": { "minimumMinutes": 20 }, "stars": { "thresholds": [3000] } });
        let first = proposed(&officer, "33", "2026-05-09", given).await;
        let earlier = propose(&officer, "33", "2026-05-09", json!({ "counting": { "pairsPerDay": 9 } })).await;
        assert_eq!(earlier.codes(), ["LATER_ONE_WAITS"]);
        let second = proposed(&officer, "33", "2026-05-11", json!({ "counting": { "pairsPerDay": 9 } })).await;
        assert_eq!(withdraw(&officer, &first).await.codes(), ["LATER_ONE_BUILDS_ON_IT"]);
        withdraw(&officer, &second).await.fine();
        assert_eq!(withdraw(&officer, &second).await.codes(), ["WITHDRAWN"]);
        town.clock.set(tick(0, "23:59"));
        let taken = withdraw(&officer, &first).await.fine();
        assert_eq!(taken.data("/withdrawPolicy/policy/waiting"), json!(false));
        town.clock.set(tick(1, "00:00"));
        assert_eq!(minimum(&town, "330106", None).await, (15, 1));
        let stars = town.stranger().ask("{ starScheme(divisionCode: \"33\") { star } }", json!({})).await.data("/starScheme");
        assert_eq!(stars.as_array().map(Vec::len), Some(5), "its stars went with it");

        let third = proposed(&officer, "33", "2026-05-10", json!({ "counting": { "minimumMinutes": 5 } })).await;
        town.clock.set(tick(2, "00:00"));
        assert_eq!(withdraw(&officer, &third).await.codes(), ["IN_FORCE"]);
        assert_eq!(minimum(&town, "330106", None).await, (5, 3));
        let history = "query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Branch { policies(first: $first, after: $after) {
            nodes { version withdrawnAt validFrom reason } pageInfo { endCursor hasNextPage } } } } }";
        let branch = id(Town::branch("33"));
        let whole = town.stranger().ask(history, json!({ "id": branch })).await.data("/node/policies/nodes");
        let versions: Vec<_> = whole.as_array().into_iter().flatten().map(|one| (one["version"].as_i64(), one["withdrawnAt"].is_null())).collect();
        assert_eq!(versions, [(Some(2), false), (Some(3), true), (Some(1), false)]);
        let page = town.stranger().ask(history, json!({ "id": branch, "first": 1 })).await;
        let next = json!({ "id": branch, "first": 5, "after": page.text("/node/policies/pageInfo/endCursor") });
        let rest = town.stranger().ask(history, next).await.data("/node/policies/nodes");
        assert_eq!(rest, json!([whole[1], whole[2]]));
    }

    /// Two instances that are asked for a version each at one moment: one is taken, the other hears of it.
    async fn of_two_proposals_at_one_instant_one_is_taken(town: Town) {
        let officer = town.officer("Zhou", "330106").await;
        let other = town.instance(|_| {}).await;
        for round in 0..5 {
            let day = format!("2026-06-{:02}", round + 1);
            let ask = |url: String, minutes: i64| {
                let variables = crate::support::proposal("330106", &day, json!({ "counting": { "minimumMinutes": minutes } }));
                let officer = &officer;
                async move { officer.ask_at(&url, crate::support::PROPOSE, variables).await }
            };
            let asked = (0..6).map(|n| ask(if n % 2 == 0 { town.url.clone() } else { other.clone() }, 20 + round * 6 + n));
            let answers: Vec<Answer> = join_all(asked).await;
            let taken = answers.iter().filter(|answer| answer.codes().is_empty()).count();
            let told = answers.iter().filter(|answer| answer.codes() == ["LATER_ONE_WAITS"]).count();
            assert_eq!((taken, told), (1, 5));
        }
        assert_eq!(town.rows("policy WHERE branch_path = '330106'").await, 5);
        // Both instances know the newest at its day; none keeps an older one in mind.
        town.clock.set(at("+28 00:00"));
        let document = "query($id: ID!) { node(id: $id) { ... on Branch { policy { version } } } }";
        for url in [&town.url, &other] {
            let seen = town.stranger().ask_at(url, document, json!({ "id": id(Town::branch("330106109")) })).await;
            assert_eq!(seen.number("/node/policy/version"), 5.0);
        }
    }

    async fn proposing_after_and_withdrawing_race_to_a_history_that_fits(town: Town) {
        let officer = town.officer("Zhou", "330106").await;
        for round in 0..6 {
            let given = |minutes: i64| json!({ "counting": { "minimumMinutes": minutes } });
            let first = proposed(&officer, "330106", &format!("2026-07-{:02}", 2 * round + 1), given(20 + round)).await;
            let later = format!("2026-07-{:02}", 2 * round + 2);
            let (withdrawn, proposed) =
                futures_util::join!(withdraw(&officer, &first), propose(&officer, "330106", &later, given(40 + round)));
            proposed.fine();
            match withdrawn.codes()[..] {
                [] => {}
                [ref code] => assert_eq!(code, "LATER_ONE_BUILDS_ON_IT"),
                _ => panic!("{}", withdrawn.body),
            }
        }
    }

    /// Behind the product's back, too.
    async fn no_version_is_edited_or_removed_in_the_database(town: Town) {
        let officer = town.officer("Sheng", "33").await;
        let given = json!({ "counting": { "minimumMinutes": 20 }, "stars": { "thresholds": [3000] } });
        propose(&officer, "33", "2026-05-09", given).await.fine();
        let db = &town.app.db.conn;
        for text in [
            "UPDATE policy SET version = 9",
            "UPDATE policy SET valid_from = proposed_at",
            "UPDATE policy SET withdrawn_at = valid_from",
            "UPDATE star_scheme SET thresholds = '[1]'",
            "DELETE FROM star_scheme WHERE policy_id IS NOT NULL",
            "DELETE FROM policy WHERE version = 1",
        ] {
            let error = db::run(db, text, []).await.expect_err(text).to_string();
            assert!(error.contains("never edited"), "{text}: {error}");
        }
        assert_eq!((town.rows("policy").await, town.rows("star_scheme").await), (2, 2));
    }

    async fn the_policies_of_many_branches_take_one_statement_each_kind(town: Town) {
        let (city, county) = (town.officer("Shi", "3301").await, town.officer("Xian", "330106").await);
        propose(&city, "3301", "2026-05-09", json!({ "counting": { "minimumMinutes": 20 } })).await.fine();
        propose(&county, "330106", "2026-05-09", json!({ "counting": { "minimumMinutes": 30 } })).await.fine();
        let document = "query($first: Int) { branches(first: $first) { nodes {
            policy(on: \"2026-05-09\") { counting { minimumMinutes } stars { version } branch { name } } } } }";
        let stranger = town.stranger();
        let (one, for_one) = town.statements(stranger.ask(document, json!({ "first": 1 }))).await;
        let (all, for_all) = town.statements(stranger.ask(document, json!({ "first": 7 }))).await;
        assert_eq!(one.data("/branches/nodes/0/policy/counting/minimumMinutes"), json!(15));
        let found = all.data("/branches/nodes");
        let minima: Vec<_> = found.as_array().into_iter().flatten().map(|it| it["policy"]["counting"]["minimumMinutes"].as_i64().unwrap_or(0)).collect();
        assert_eq!(minima, [15, 20, 30, 30, 30, 15, 15]);
        // The branches, their policies, the schemes; with more of them the branches that set the policies.
        assert_eq!((for_one, for_all), (3, 4));
    }
}
