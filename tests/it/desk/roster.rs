//! Finding people on the roster, what a desk was refused, and what it all costs the database.

use boai_tests::{Person, Town, at, keep_signed_in, stories};
use serde_json::{Value, json};

use crate::support::{Site, clock, code, nothing_happened, roster, site};

/// Gives somebody the phone number that a story is about.
async fn call(town: &Town, person: &mut Person<'_>, phone: &str) {
    let id = person.person_id().await;
    let text = "UPDATE person SET phone = $2 WHERE id = $1";
    boai::platform::db::run(&town.app.db.conn, text, [id.into(), phone.into()]).await.expect("a number");
    person.phone = phone.into();
}

const REFUSED: &str = "query($id: ID!) { desk(activityId: $id) { refusedScans { edges { node {
    end way name message mine triedAt } } } } }";

async fn refused(who: &Person<'_>, site: &Site<'_>) -> Vec<Value> {
    let answer = who.ask(REFUSED, json!({ "id": site.activity() })).await;
    let edges = answer.data("/desk/refusedScans/edges");
    edges.as_array().into_iter().flatten().map(|edge| edge["node"].clone()).collect()
}

/// Statements of a check-in and a check-out of this person.
async fn statements(town: &Town, site: &Site<'_>, person: &Person<'_>) -> [u64; 3] {
    let page = "query($id: ID!) { desk(activityId: $id) { name shifts { activityTitle posts { name } }
        roster(first: 50) { edges { node { name postName attendanceState } } } } }";
    let (answer, seen) = town.statements(site.operator.ask(page, json!({ "id": site.activity() }))).await;
    answer.data("/desk/name");
    let shown = code(person).await;
    let (answer, came) = town.statements(site.check_in(json!({ "code": shown }))).await;
    answer.fine();
    town.clock.advance(chrono::TimeDelta::seconds(30));
    let shown = code(person).await;
    let (answer, went) = town.statements(site.check_out(json!({ "code": shown }))).await;
    answer.fine();
    [seen, came, went]
}

stories! {
    async fn last_digits_name_one_person_or_give_lines_to_tick(town: Town) {
        let site = site(&town).await;
        let mut people = [town.volunteer("张三").await, town.volunteer("李四海").await, town.volunteer("王五").await];
        for (person, phone) in people.iter_mut().zip(["+8613811115678", "+8613822225678", "+8613833335679"]) {
            call(&town, person, phone).await;
            person.sign_up(site.shift()).await.fine();
        }
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        site.check_in(json!({ "phoneDigits": "5679" })).await.fine();
        let several = site.check_in(json!({ "phoneDigits": "5678" })).await;
        assert_eq!((several.codes(), several.refusal_number("people")), (vec!["AMBIGUOUS".to_owned()], 2.0));
        let mut candidates = several.data("/deskCheckIn/candidates").as_array().cloned().unwrap_or_default();
        candidates.sort_by_key(|line| line["name"].to_string());
        let names: Vec<_> = candidates.iter().map(|line| line["name"].clone()).collect();
        assert_eq!(names, ["张*", "李*海"]);
        assert!(!several.body.to_string().contains(&people[0].volunteer_id().await));
        assert_eq!(town.rows("attendance").await, 1);
        let ticked = site.check_in(json!({ "signUpId": candidates[1]["signUpId"] })).await.fine();
        assert_eq!((ticked.data("/deskCheckIn/name"), ticked.data("/deskCheckIn/entry/way")), (json!("李*海"), json!("ROSTER_TICK")));
        let exact = site.check_in(json!({ "phoneDigits": "1111-5678" })).await.fine();
        assert_eq!(exact.data("/deskCheckIn/name"), "张*");
        for (digits, told) in [("678", "DIGITS_OUT_OF_RANGE"), ("%%%%", "DIGITS_OUT_OF_RANGE"), ("0000", "NOBODY_FOUND")] {
            assert_eq!(site.check_in(json!({ "phoneDigits": digits })).await.codes(), [told], "{digits}");
        }
        assert_eq!(site.check_out(json!({ "phoneDigits": "5679" })).await.fine().data("/deskCheckOut/name"), "王*");
    }

    async fn one_way_at_a_time_and_one_site(town: Town) {
        let site = site(&town).await;
        clock(&town, at("+1 06:20"));
        for given in [json!({}), json!({ "code": "x", "phoneDigits": "1234" }), json!({ "phoneDigits": "1234", "activityId": null })] {
            assert_eq!(site.check_in(given).await.fault(), "BAD_USER_INPUT");
        }
        nothing_happened(&town).await;
    }

    async fn what_was_refused_is_kept_with_words_to_act_on_in_both_languages(town: Town) {
        let mut site = site(&town).await;
        let ling = town.volunteer("欧阳小玲").await;
        ling.sign_up(site.shift()).await.fine();
        keep_signed_in(&town).await;
        clock(&town, at("+1 05:50"));
        let early = site.check_in(json!({ "phoneDigits": &ling.phone[7..] })).await;
        assert_eq!((early.codes(), early.refusal_number("minutesUntilOpen")), (vec!["TOO_EARLY".to_owned()], 10.0));
        clock(&town, at("+1 06:10"));
        assert_eq!(site.check_out(json!({ "phoneDigits": &ling.phone[7..] })).await.codes(), ["NOT_CHECKED_IN"]);
        nothing_happened(&town).await;
        let told = refused(&site.operator, &site).await;
        assert_eq!(told.len(), 2);
        assert_eq!((&told[0]["end"], &told[0]["name"]), (&json!("CHECK_OUT"), &json!("欧**玲")));
        assert_eq!(told[1]["message"], "Check-in opens at 2026-05-09 06:00, in 10 min.");
        assert_eq!((&told[1]["way"], &told[1]["mine"]), (&json!("PHONE_DIGITS"), &json!(true)));
        site.leader.language = "zh-CN";
        clock(&town, at("+3 06:10"));
        let told = refused(&site.leader, &site).await;
        assert_eq!(told[1]["message"], "签到将于 2026-05-09 06:00 开放,还有 10 分钟。");
        assert_eq!(told[1]["mine"], false);
        let nobody = site.operator.ask(REFUSED, json!({ "id": site.activity() })).await;
        assert!(nobody.data("/desk").is_null(), "the days of the desk are over");
    }

    async fn whoever_runs_the_teams_desk_by_a_role_needs_no_grant(town: Town) {
        let site = site(&town).await;
        let crowd = town.crowd(2).await;
        for person in &crowd {
            person.sign_up(site.shift()).await.fine();
        }
        let desk = town.desk("Role").await;
        keep_signed_in(&town).await;
        clock(&town, at("+1 06:20"));
        for (who, person) in [(&desk, &crowd[0]), (&site.leader, &crowd[1])] {
            assert_eq!(roster(who, site.activity()).await.len(), 2);
            let mut input = site.input(json!({ "code": code(person).await }));
            input["requestId"] = json!(who.request_id());
            crate::support::check_in(who, input).await.fine();
        }
    }

    async fn a_desk_takes_as_many_statements_for_thirty_people_as_for_three(town: Town) {
        let mut taken = Vec::new();
        for size in [3, 30] {
            town.clock.set(at("07:00"));
            let site = crate::support::site_with(&town, 40, json!({})).await;
            let crowd = town.crowd(size).await;
            for person in &crowd {
                person.sign_up(site.shift()).await.fine();
            }
            keep_signed_in(&town).await;
            clock(&town, at("+1 06:20"));
            taken.push(statements(&town, &site, &crowd[0]).await);
        }
        assert_eq!(taken[0], taken[1]);
        assert!(taken[0][0] <= 6 && taken[0][1] <= 24 && taken[0][2] <= 28, "{taken:?}");
    }
}
