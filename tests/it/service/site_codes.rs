//! The code on the screen of a site: for halls without GPS, phones without consent, and people who guess.

use boai::{
    config::{CodeRates, Config},
    platform::rates::Rate,
};
use boai_tests::{Answer, Person, at, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{attempts, keep_signed_in, nobody_came, scene};

const CHECK_IN: &str = "mutation($shift: ID!, $code: String, $request: UUID!) {
    checkIn(input: { shiftId: $shift, code: $code, requestId: $request }) {
        attendance { id state checkInGrade checkInDistance }
        errors { code message path numbers { name value } } } }";
const CHECK_OUT: &str = "mutation($code: String, $request: UUID!) {
    checkOut(input: { code: $code, requestId: $request }) {
        attendance { state checkOutGrade record { minutes state book } } errors { code } } }";
const SCREEN: &str = "query($shift: ID!) { node(id: $shift) { ... on Shift {
    siteCode { code nextAt keys { key from to } } } } }";

async fn check_in(person: &Person<'_>, shift: &str, code: &str) -> Answer {
    person.ask(CHECK_IN, json!({ "shift": shift, "code": code, "request": person.request_id() })).await
}

async fn check_in_at(person: &Person<'_>, url: &str, shift: &str, code: &str) -> Answer {
    let request = person.request_id();
    person.ask_at(url, CHECK_IN, json!({ "shift": shift, "code": code, "request": request })).await
}

/// What the screen shows now.
async fn shown(who: &Person<'_>, shift: &str) -> String {
    who.ask(SCREEN, json!({ "shift": shift })).await.text("/node/siteCode/code")
}

fn codes(person: Rate, wrong_shift: Rate, wrong_address: Rate) -> impl FnOnce(&mut Config) {
    move |config| config.rates.codes = CodeRates { person, wrong_shift, wrong_address }
}

const OFF: Rate = Rate(None);

stories! {
    async fn in_a_hall_without_gps_the_code_on_the_screen_checks_in_and_out(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("07:50"));
        let code = shown(&scene.leader, scene.shift()).await;
        let checked_in = check_in(&scene.ling, scene.shift(), &code.to_lowercase()).await.fine();
        let expected = json!({ "state": "OPEN", "checkInGrade": "DESK", "checkInDistance": null });
        for (name, value) in expected.as_object().expect("an object") {
            assert_eq!(&checked_in.data(&format!("/checkIn/attendance/{name}")), value);
        }
        town.clock.set(at("12:00"));
        let code = shown(&town.desk("Desk").await, scene.shift()).await;
        let out = json!({ "code": code, "request": scene.ling.request_id() });
        let out = scene.ling.ask(CHECK_OUT, out).await.fine().data("/checkOut/attendance");
        let record = json!({ "minutes": 240, "state": "PENDING", "book": "SYSTEM_PROVED" });
        assert_eq!(out, json!({ "state": "CLOSED", "checkOutGrade": "DESK", "record": record }));
    }

    async fn whoever_withdrew_the_location_still_has_the_code(town: Town) {
        let scene = scene(&town).await;
        let withdraw = "mutation { withdrawConsent(input: { kind: LOCATION }) { errors { code } } }";
        scene.ling.ask(withdraw, json!({})).await.fine();
        town.clock.set(at("07:50"));
        assert_eq!(scene.ling.check_in(scene.shift(), 5.0).await.codes(), ["LOCATION_CONSENT_MISSING"]);
        let code = shown(&scene.leader, scene.shift()).await;
        check_in(&scene.ling, scene.shift(), &code).await.fine();
    }

    async fn an_old_code_and_one_of_another_shift_are_refused_and_the_tries_are_kept(town: Town) {
        let scene = scene(&town).await;
        let other = scene.leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
        town.clock.set(at("07:50"));
        let code = shown(&scene.leader, scene.shift()).await;
        let strange = shown(&scene.leader, other.shift()).await;
        town.clock.set(at("07:51"));
        for wrong in [code.as_str(), &strange, "", "红十字会", "23456789"] {
            let refused = check_in(&scene.ling, scene.shift(), wrong).await;
            assert_eq!(refused.codes(), ["CODE_WRONG"], "{wrong}");
            assert_eq!(refused.payload()["errors"][0]["path"], json!(["input", "code"]));
        }
        nobody_came(&town).await;
        let kept = attempts(&town).await;
        assert_eq!(kept.len(), 5);
        let nothing_of_a_place = |kept: &boai_entity::attendance_attempt::Model| {
            kept.refusal == "CodeWrong" && kept.latitude.is_none() && kept.distance_m.is_none() && kept.fixed_at.is_none()
        };
        assert!(kept.iter().all(nothing_of_a_place));
        // The code before this one is taken: people type slowly.
        let code = shown(&scene.leader, scene.shift()).await;
        town.clock.advance(TimeDelta::seconds(60));
        assert_eq!(check_in(&scene.ling, scene.shift(), &code).await.codes(), ["CODE_WRONG"]);
        town.clock.advance(TimeDelta::seconds(-30));
        check_in(&scene.ling, scene.shift(), &code).await.fine();
    }

    async fn without_a_seat_a_right_code_is_as_good_as_a_wrong_one(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("07:50"));
        let code = shown(&scene.leader, scene.shift()).await;
        let wei = town.volunteer("Wei").await;
        for code in [code.as_str(), "23456789"] {
            assert_eq!(check_in(&wei, scene.shift(), code).await.codes(), ["NOT_SIGNED_UP"]);
        }
        nobody_came(&town).await;
    }

    async fn only_leaders_and_desks_are_given_the_screen(town: Town) {
        let scene = scene(&town).await;
        for who in [&scene.ling, &town.other_leader("Hai").await, &town.officer("Ning", "3302").await, &town.stranger()] {
            let answer = who.ask(SCREEN, json!({ "shift": scene.shift() })).await;
            assert!(answer.data("/node/siteCode").is_null(), "{}", who.name);
        }
        for who in [&scene.leader, &town.desk("Desk").await, &town.officer("Chen", "3301").await] {
            let keys = who.ask(SCREEN, json!({ "shift": scene.shift() })).await.data("/node/siteCode/keys");
            let until: boai_entity::Instant = keys[1]["to"].as_str().and_then(|to| to.parse().ok()).expect("a time");
            assert!(until >= town.clock.now() + TimeDelta::hours(24), "{until}");
            assert_eq!(keys[0]["to"], keys[1]["from"]);
        }
    }

    async fn one_sends_a_place_or_a_code(town: Town) {
        let scene = scene(&town).await;
        let request = scene.ling.request_id();
        let neither = scene.ling.ask(CHECK_IN, json!({ "shift": scene.shift(), "request": request })).await;
        assert_eq!(neither.fault(), "BAD_USER_INPUT");
        let both = "mutation($shift: ID!, $fix: FixInput!, $request: UUID!) {
            checkIn(input: { shiftId: $shift, fix: $fix, code: \"x\", requestId: $request }) { errors { code } } }";
        let given = json!({ "shift": scene.shift(), "fix": scene.ling.fix(1.0), "request": request });
        assert_eq!(scene.ling.ask(both, given).await.fault(), "BAD_USER_INPUT");
        nobody_came(&town).await;
    }

    async fn who_guesses_is_stopped_even_with_the_right_code_until_the_limit_has_room(town: Town) {
        let url = town.instance(codes(Rate::per(3, 600), OFF, OFF)).await;
        let scene = scene(&town).await;
        town.clock.set(at("07:50"));
        let code = shown(&scene.leader, scene.shift()).await;
        for _ in 0..3 {
            assert_eq!(check_in_at(&scene.ling, &url, scene.shift(), "23456789").await.codes(), ["CODE_WRONG"]);
        }
        let refused = check_in_at(&scene.ling, &url, scene.shift(), &code).await;
        assert_eq!((refused.codes(), refused.refusal_number("minutes")), (vec!["TOO_MANY_CODES".into()], 4.0));
        nobody_came(&town).await;
        // Another way in is open all the time.
        town.clock.set(at("07:54"));
        let code = shown(&scene.leader, scene.shift()).await;
        check_in_at(&scene.ling, &url, scene.shift(), &code).await.fine();
    }

    async fn many_accounts_that_guess_at_one_shift_are_stopped_together(town: Town) {
        let url = town.instance(codes(OFF, Rate::per(20, 3600), OFF)).await;
        let leader = town.leader("Li").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), 8, json!({})).await;
        let other = leader.post_activity(at("13:00"), at("15:00"), 8, json!({})).await;
        let crowd = town.crowd(8).await;
        for one in &crowd {
            one.sign_up(posted.shift()).await.fine();
        }
        crowd[0].sign_up(other.shift()).await.fine();
        keep_signed_in(&town).await;
        town.clock.set(at("07:50"));
        let guess = async |person: &Person<'_>| {
            let mut told = Vec::new();
            for _ in 0..5 {
                told.extend(check_in_at(person, &url, posted.shift(), "23456789").await.codes());
            }
            told
        };
        let told: Vec<Value> = join_all(crowd.iter().map(guess)).await.into_iter().flatten().map(Into::into).collect();
        let wrong = told.iter().filter(|code| *code == "CODE_WRONG").count();
        // Those on their way when the limit is reached are looked at too: one for each account at the most.
        assert!((20..28).contains(&wrong) && told.len() == 40, "{wrong}");
        let code = shown(&leader, posted.shift()).await;
        assert_eq!(check_in_at(&crowd[1], &url, posted.shift(), &code).await.codes(), ["TOO_MANY_CODES"]);
        crowd[1].check_in(posted.shift(), 5.0).await.fine();
        town.clock.set(at("12:50"));
        let code = shown(&leader, other.shift()).await;
        check_in_at(&crowd[0], &url, other.shift(), &code).await.fine();
    }
}
