//! 在岗确认: in the middle of a shift the leader asks who is there. Who answers gets the better grade, who does not loses nothing.

use boai::{attendance::flags::service::look_at_signals, ctx::Ctx, platform::db};
use boai_tests::{Answer, Person, Town, at, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    afterwards::{close, put_aside, queue},
    socket::Feed,
    support::{NOTHING, Scene, attempts, keep_signed_in, scene},
};

const ASK: &str =
    "mutation($shift: ID!, $request: UUID!) { askForPresence(input: { shiftId: $shift, requestId: $request }) {
    ask { id askedAt answerBy people answered } errors { code message path numbers { name value } } } }";
const PROVE: &str = "mutation($ask: ID!, $fix: FixInput, $code: String) {
    provePresence(input: { askId: $ask, fix: $fix, code: $code }) {
        attendance { id state grade checkInGrade presence { askId answeredAt grade } }
        errors { code message path numbers { name value } } } }";
const MINE: &str = "{ me { openAttendance { id grade presence { askId askedAt answerBy answeredAt grade } } } }";
const BOARD: &str = "query($id: ID!) { node(id: $id) { ... on Shift { board { present
    presenceAsks { askedAt answerBy people answered } latest { volunteer { name } grade presence { answeredAt grade } } } } } }";

async fn ask(who: &Person<'_>, shift: &str) -> Answer {
    who.ask(ASK, json!({ "shift": shift, "request": who.request_id() })).await
}

async fn prove(who: &Person<'_>, ask: &str, proof: Value) -> Answer {
    let mut variables = json!({ "ask": ask });
    if let (Some(variables), Some(proof)) = (variables.as_object_mut(), proof.as_object()) {
        variables.extend(proof.clone());
    }
    who.ask(PROVE, variables).await
}

async fn prove_by_fix(who: &Person<'_>, ask: &str, metres: f64) -> Answer {
    prove(who, ask, json!({ "fix": who.fix(metres) })).await
}

async fn shown(who: &Person<'_>, shift: &str) -> String {
    let screen = "query($shift: ID!) { node(id: $shift) { ... on Shift { siteCode { code } } } }";
    who.ask(screen, json!({ "shift": shift })).await.text("/node/siteCode/code")
}

async fn board(who: &Person<'_>, shift: &str) -> Value {
    who.ask(BOARD, json!({ "id": shift })).await.data("/node/board")
}

/// Ling checked in at 08:00, at the rim and by the phone's accuracy only; it is 09:00.
async fn at_the_rim(town: &Town) -> Scene<'_> {
    let scene = scene(town).await;
    town.clock.set(at("08:00"));
    let came = scene.ling.check_in(scene.shift(), 305.0).await.fine();
    assert_eq!(came.text("/checkIn/attendance/checkInGrade"), "LOCATION_WEAK");
    town.clock.set(at("09:00"));
    scene
}

/// Asked at 09:00.
async fn asked(scene: &Scene<'_>) -> String {
    ask(&scene.leader, scene.shift()).await.fine().text("/askForPresence/ask/id")
}

async fn unanswered(town: &Town) {
    for condition in ["presence_call WHERE answered_at IS NOT NULL", "attendance WHERE presence_grade IS NOT NULL"] {
        assert_eq!(town.rows(condition).await, 0, "{condition}");
    }
    assert_eq!(town.rows("attendance_signal WHERE end_kind = 'PRESENCE'").await, 0);
}

stories! {
    async fn who_answers_gets_the_better_grade_and_who_does_not_loses_nothing(town: Town) {
        let scene = at_the_rim(&town).await;
        let bo = town.volunteer("Bo").await;
        keep_signed_in(&town).await;
        bo.sign_up(scene.shift()).await.fine();
        bo.check_in(scene.shift(), 305.0).await.fine();
        let mut inbox = Feed::of(&town.url, scene.ling.access_token.as_deref(), ("inbox", None), None, "cursor items { kind note }").await;
        assert_eq!(inbox.item().await["items"], json!([]));
        let watched = ("attendanceBoard", Some(("shiftId", "ID!", scene.shift())));
        let shows = "cursor presenceAsks { people answered } changes { grade volunteer { name } }";
        let mut screen = Feed::of(&town.url, scene.leader.access_token.as_deref(), watched, None, shows).await;
        assert_eq!(screen.item().await["presenceAsks"], json!([]));

        let made = ask(&scene.leader, scene.shift()).await.fine();
        let (nine, quarter_past) = (json!(at("09:00").to_rfc3339()), json!(at("09:15").to_rfc3339()));
        let told = made.data("/askForPresence/ask");
        assert_eq!((&told["askedAt"], &told["answerBy"]), (&nine, &quarter_past));
        assert_eq!((&told["people"], &told["answered"]), (&json!(2), &json!(0)));
        let heard = json!([{ "kind": "PRESENCE_ASKED", "note": "2026-05-08 09:15" }]);
        assert_eq!(inbox.item().await["items"], heard);
        assert_eq!(screen.item().await["presenceAsks"], json!([{ "people": 2, "answered": 0 }]));
        let mine = scene.ling.ask(MINE, json!({})).await.data("/me/openAttendance");
        let id = &told["id"];
        let waits = json!([{ "askId": id, "askedAt": nine, "answerBy": quarter_past, "answeredAt": null, "grade": null }]);
        assert_eq!((&mine["grade"], &mine["presence"]), (&json!("LOCATION_WEAK"), &waits));

        town.clock.set(at("09:10"));
        let done = prove_by_fix(&scene.ling, id.as_str().expect("an id"), 20.0).await.fine().data("/provePresence/attendance");
        assert_eq!((&done["grade"], &done["checkInGrade"]), (&json!("LOCATION"), &json!("LOCATION_WEAK")));
        let shown = screen.item().await;
        assert_eq!(shown["presenceAsks"], json!([{ "people": 2, "answered": 1 }]));
        assert_eq!(shown["changes"], json!([{ "grade": "LOCATION", "volunteer": { "name": "Ling" } }]));
        let seen = board(&scene.leader, scene.shift()).await;
        assert_eq!(seen["presenceAsks"][0], json!({ "askedAt": nine, "answerBy": quarter_past, "people": 2, "answered": 1 }));
        let answered = json!(at("09:10").to_rfc3339());
        for (place, name, grade, answer) in [
            (0, "Bo", "LOCATION_WEAK", json!({ "answeredAt": null, "grade": null })),
            (1, "Ling", "LOCATION", json!({ "answeredAt": answered, "grade": "LOCATION" })),
        ] {
            let expected = json!({ "volunteer": { "name": name }, "grade": grade, "presence": [answer] });
            assert_eq!(seen["latest"][place], expected);
        }

        // The ledger has the same of both, in the same book.
        town.clock.set(at("12:00"));
        for (person, grade) in [(&scene.ling, "LOCATION"), (&bo, "LOCATION_WEAK")] {
            let out = person.check_out(20.0).await.fine();
            let record = out.data("/checkOut/attendance/record");
            assert_eq!((&record["book"], person.minutes().await.1), (&json!("SYSTEM_PROVED"), if grade == "LOCATION" { 240 } else { 180 }));
            let stay = "query($id: ID!) { node(id: $id) { ... on Attendance { grade } } }";
            let stay = scene.leader.ask(stay, json!({ "id": out.data("/checkOut/attendance/id") })).await;
            assert_eq!(stay.text("/node/grade"), grade);
        }
        assert_eq!(town.rows("audit_entry WHERE action = 'ASK_FOR_PRESENCE'").await, 1);
        town.audit().await;
    }

    async fn the_code_on_the_screen_proves_the_most_and_a_later_answer_takes_nothing_away(town: Town) {
        let scene = at_the_rim(&town).await;
        let first = asked(&scene).await;
        let wrong = prove(&scene.ling, &first, json!({ "code": "23456789" })).await;
        assert_eq!(wrong.codes(), ["CODE_WRONG"]);
        unanswered(&town).await;
        let code = shown(&scene.leader, scene.shift()).await;
        let done = prove(&scene.ling, &first, json!({ "code": code })).await.fine();
        assert_eq!(done.text("/provePresence/attendance/grade"), "DESK");
        // Half an hour later, at the rim.
        town.clock.set(at("09:30"));
        let second = asked(&scene).await;
        let done = prove_by_fix(&scene.ling, &second, 305.0).await.fine().data("/provePresence/attendance");
        assert_eq!(done["grade"], "DESK");
        let grades: Vec<&Value> = done["presence"].as_array().into_iter().flatten().map(|call| &call["grade"]).collect();
        assert_eq!(grades, ["LOCATION_WEAK", "DESK"], "the last first");
    }

    async fn what_is_refused_says_by_how_much_and_changes_nothing(town: Town) {
        let scene = at_the_rim(&town).await;
        let (bo, id) = (town.volunteer("Bo").await, asked(&scene).await);
        keep_signed_in(&town).await;
        let far = prove_by_fix(&scene.ling, &id, 399.5).await;
        assert_eq!((far.codes(), far.refusal_number("distanceMetres"), far.refusal_number("allowedMetres")), (vec!["OUT_OF_RANGE".to_owned()], 400.0, 310.0));
        assert_eq!(prove_by_fix(&bo, &id, 20.0).await.codes(), ["NOT_ASKED"], "who was not there");
        let nothing = boai::platform::node::encode("PresenceAsk", &NOTHING.to_string()).to_string();
        assert_eq!(prove_by_fix(&scene.ling, &nothing, 20.0).await.codes(), ["NOT_ASKED"]);
        assert_eq!(prove(&scene.ling, &id, json!({})).await.fault(), "BAD_USER_INPUT");
        let withdraw = "mutation { withdrawConsent(input: { kind: LOCATION }) { errors { code } } }";
        scene.ling.ask(withdraw, json!({})).await.fine();
        assert_eq!(prove_by_fix(&scene.ling, &id, 20.0).await.codes(), ["LOCATION_CONSENT_MISSING"]);
        town.clock.set(at("09:15") + TimeDelta::seconds(61));
        let late = prove(&scene.ling, &id, json!({ "code": shown(&scene.leader, scene.shift()).await })).await;
        assert_eq!((late.codes(), late.refusal_number("minutesLate"), late.refusal_number("minutesToAnswer")), (vec!["TOO_LATE".to_owned()], 2.0, 15.0));
        unanswered(&town).await;
        let kept = attempts(&town).await;
        let mut refusals: Vec<&str> = kept.iter().map(|tried| tried.refusal.as_str()).collect();
        refusals.sort_unstable();
        assert_eq!(refusals, ["LocationConsentMissing", "OutOfRange", "TooLate"]);
        assert_eq!(kept.iter().filter(|tried| tried.latitude.is_some()).count(), 1, "of the one with the consent");
        // Who has left has nothing to prove.
        let second = { town.clock.set(at("09:30")); asked(&scene).await };
        let code = shown(&scene.leader, scene.shift()).await;
        let out = "mutation($code: String, $request: UUID!) { checkOut(input: { code: $code, requestId: $request }) { errors { code } } }";
        scene.ling.ask(out, json!({ "code": code, "request": scene.ling.request_id() })).await.fine();
        assert_eq!(prove(&scene.ling, &second, json!({ "code": code })).await.codes(), ["NO_LONGER_THERE"]);
        unanswered(&town).await;
    }

    async fn an_answer_sent_again_is_the_same_success_whatever_comes_with_it(town: Town) {
        let scene = at_the_rim(&town).await;
        let id = asked(&scene).await;
        let first = prove_by_fix(&scene.ling, &id, 20.0).await.fine().data("/provePresence");
        town.clock.set(at("10:00"));
        assert_eq!(prove_by_fix(&scene.ling, &id, 4000.0).await.fine().data("/provePresence"), first);
        assert_eq!(prove(&scene.ling, &id, json!({ "code": "23456789" })).await.fine().data("/provePresence"), first);
        assert_eq!(town.rows("attendance_attempt").await, 0);
    }

    async fn a_leader_asks_while_the_shift_runs_and_not_too_often(town: Town) {
        let scene = scene(&town).await;
        let off = scene.leader.post_activity(at("08:00"), at("12:00"), 8, json!({ "title": "取消" })).await;
        let cancel = "mutation($id: ID!) { cancelActivity(input: { activityId: $id, reason: \"雨\" }) { errors { code } } }";
        scene.leader.ask(cancel, json!({ "id": off.activity })).await.fine();
        town.clock.set(at("07:50"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        let early = ask(&scene.leader, scene.shift()).await;
        assert_eq!((early.codes(), early.refusal_number("minutesUntilStart")), (vec!["TOO_EARLY".to_owned()], 10.0));
        town.clock.set(at("08:00"));
        assert_eq!(ask(&scene.leader, off.shift()).await.codes(), ["CANCELLED"]);
        let empty = scene.leader.post_activity(at("08:01"), at("12:00"), 8, json!({ "title": "没人" })).await;
        town.clock.set(at("08:01"));
        assert_eq!(ask(&scene.leader, empty.shift()).await.codes(), ["NOBODY_THERE"]);
        assert_eq!(town.rows("presence_ask").await, 0);
        for time in ["08:30", "09:00", "11:59"] {
            town.clock.set(at(time));
            ask(&scene.leader, scene.shift()).await.fine();
            let soon = ask(&scene.leader, scene.shift()).await;
            if time == "11:59" {
                assert_eq!((soon.codes(), soon.refusal_number("atMost")), (vec!["TOO_MANY".to_owned()], 3.0));
            } else {
                assert_eq!((soon.codes(), soon.refusal_number("minutesUntilNext")), (vec!["TOO_SOON".to_owned()], 30.0));
            }
        }
        town.clock.set(at("12:05"));
        let over = ask(&scene.leader, scene.shift()).await;
        assert_eq!((over.codes(), over.refusal_number("minutesSinceEnd")), (vec!["TOO_LATE".to_owned()], 5.0));
        assert_eq!((town.rows("presence_ask").await, town.rows("inbox_item WHERE kind = 'PRESENCE_ASKED'").await), (3, 3));
    }

    async fn a_request_id_asks_once_and_stands_for_one_shift(town: Town) {
        let scene = at_the_rim(&town).await;
        let other = scene.leader.post_activity(at("09:00"), at("12:00"), 8, json!({ "title": "另一场" })).await;
        let request = scene.leader.request_id();
        let sent = async |shift: &str| scene.leader.ask(ASK, json!({ "shift": shift, "request": request })).await;
        let first = sent(scene.shift()).await.fine();
        town.clock.set(at("09:20"));
        assert_eq!(sent(scene.shift()).await.fine(), first);
        assert_eq!(sent(other.shift()).await.codes(), ["REQUEST_ID_REUSED"]);
        assert_eq!(town.rows("presence_ask").await, 1);
    }

    async fn only_who_sits_at_the_desk_of_the_shift_asks(town: Town) {
        let scene = at_the_rim(&town).await;
        let strangers = [town.volunteer("Bo").await, town.other_leader("Zhao").await, scene.ling.clone()];
        let granted = town.person("Sun").await;
        keep_signed_in(&town).await;
        let nothing = boai::platform::node::encode("Shift", &NOTHING.to_string()).to_string();
        for who in &strangers {
            for shift in [scene.shift(), &nothing] {
                assert_eq!(ask(who, shift).await.codes(), ["NOT_FOUND"], "{}", who.name);
            }
        }
        assert_eq!(ask(&granted, scene.shift()).await.codes(), ["NOT_FOUND"]);
        assert_eq!(town.rows("presence_ask").await + town.rows("inbox_item WHERE kind = 'PRESENCE_ASKED'").await, 0);
        let grant = "mutation($site: ID!, $phone: PhoneNumber!) { grantDesk(input: { activityId: $site, phone: $phone,
            fromDay: \"2026-05-08\", toDay: \"2026-05-08\" }) { grant { id } errors { code } } }";
        scene.leader.ask(grant, json!({ "site": scene.posted.activity, "phone": granted.phone })).await.fine();
        ask(&granted, scene.shift()).await.fine();
    }

    async fn of_two_who_ask_and_two_answers_at_one_instant_one_stands(town: Town) {
        let scene = at_the_rim(&town).await;
        let other = town.leader("Ma").await;
        keep_signed_in(&town).await;
        let there = town.instance(|_| {}).await;
        for (round, time) in ["09:00", "09:30", "10:00"].into_iter().enumerate() {
            town.clock.set(at(time));
            // One leader's phone sends its wish to both instances, the other one's own.
            let (mine, theirs) = (scene.leader.request_id(), other.request_id());
            let asking = [(&scene.leader, &town.url, &mine), (&scene.leader, &there, &mine), (&other, &town.url, &theirs), (&other, &there, &theirs)];
            let asks = asking.map(async |(who, url, request)| {
                who.ask_at(url, ASK, json!({ "shift": scene.shift(), "request": request })).await
            });
            let asks = join_all(asks).await;
            let ids: Vec<Value> = asks.iter().filter(|ask| ask.codes().is_empty()).map(|ask| ask.data("/askForPresence/ask/id")).collect();
            assert_eq!(ids.len(), 2, "both of one phone: {asks:?}");
            assert_eq!(ids[0], ids[1]);
            assert!(asks.iter().all(|ask| ask.codes().is_empty() || ask.codes() == ["TOO_SOON"] || ask.codes() == ["TOO_MANY"]), "{asks:?}");
            assert_eq!(town.rows("presence_ask").await, round as i64 + 1);
            let variables = json!({ "ask": ids[0], "fix": scene.ling.fix(20.0) });
            let urls = [&town.url, &there, &town.url, &there];
            let answers = join_all(urls.map(|url| scene.ling.ask_at(url, PROVE, variables.clone()))).await;
            for answer in answers {
                assert_eq!(answer.fine().text("/provePresence/attendance/grade"), "LOCATION");
            }
        }
        assert_eq!(town.rows("inbox_item WHERE kind = 'PRESENCE_ASKED'").await, 3);
        assert_eq!(town.rows("presence_call WHERE answered_at IS NOT NULL").await, 3);
        assert_eq!(town.rows("audit_entry WHERE action = 'ASK_FOR_PRESENCE'").await, 3);
        town.audit().await;
    }

    async fn the_last_answer_is_the_end_that_is_proposed_for_who_forgot_to_check_out(town: Town) {
        // In time and inside; in time at the rim, which is no certain place; too late but there.
        for (metres, minute, expected) in [(20.0, "09:10", ("09:10", "LAST_PROOF")), (305.0, "09:10", ("12:00", "SHIFT_END")), (20.0, "09:40", ("09:40", "LAST_PROOF"))] {
            town.clock.set(at("07:00"));
            let scene = at_the_rim(&town).await;
            let id = asked(&scene).await;
            town.clock.set(at(minute));
            let answer = prove_by_fix(&scene.ling, &id, metres).await;
            assert_eq!(answer.codes().is_empty(), minute == "09:10", "{answer:?}");
            town.clock.set(at("16:00"));
            close(&town).await;
            let waiting = queue(&scene.leader, "FORGOTTEN_CHECK_OUT", "WAITING").await;
            let proposed = (&waiting[0]["proposedTo"], &waiting[0]["proposalBasis"]);
            assert_eq!(proposed, (&json!(at(expected.0).to_rfc3339()), &json!(expected.1)), "{metres} m at {minute}");
            put_aside(&town).await;
        }
    }

    async fn an_answer_from_a_made_up_place_or_a_borrowed_phone_is_flagged(town: Town) {
        let scene = at_the_rim(&town).await;
        let bo = town.volunteer("Bo").await;
        keep_signed_in(&town).await;
        bo.sign_up(scene.shift()).await.fine();
        bo.check_in(scene.shift(), 30.0).await.fine();
        let look = async || {
            look_at_signals(&Ctx::system(town.app.clone(), "story")).await.expect("phones are looked at");
            let mut found: Vec<Value> = queue(&scene.leader, "FLAG", "WAITING").await.iter().map(|item| item["volunteer"]["name"].clone()).collect();
            found.sort_by_key(Value::to_string);
            found
        };
        let id = asked(&scene).await;
        let mut fix = scene.ling.fix(20.0);
        fix["mocked"] = json!(true);
        prove(&scene.ling, &id, json!({ "fix": fix })).await.fine();
        assert_eq!(look().await, ["Ling"]);
        db::run(&town.app.db.conn, "DELETE FROM review_item", []).await.expect("a clean queue");
        // An hour and more later Bo answers for both, on the own phone.
        let phone = "UPDATE session SET installation_id = (SELECT id FROM person WHERE phone = $1)";
        db::run(&town.app.db.conn, phone, [bo.phone.clone().into()]).await.expect("one phone");
        town.clock.set(at("10:30"));
        let id = asked(&scene).await;
        for person in [&scene.ling, &bo] {
            prove_by_fix(person, &id, 20.0).await.fine();
        }
        assert_eq!(look().await, ["Bo", "Ling"]);
    }

    async fn fifty_are_asked_in_as_many_statements_as_five(town: Town) {
        let leader = town.leader("Li").await;
        let crowd = town.crowd(55).await;
        keep_signed_in(&town).await;
        let mut shifts = Vec::new();
        for (title, people) in [("五人", &crowd[..5]), ("五十人", &crowd[5..])] {
            town.clock.set(at("07:00"));
            let posted = leader.post_activity(at("08:00"), at("12:00"), 60, json!({ "title": title })).await;
            town.clock.set(at("08:00"));
            for person in people {
                person.sign_up(posted.shift()).await.fine();
                person.check_in(posted.shift(), 20.0).await.fine();
            }
            shifts.push(posted.shift().to_owned());
        }
        town.clock.set(at("09:00"));
        let mut counts = Vec::new();
        for shift in &shifts {
            let (asked, made) = town.statements(ask(&leader, shift)).await;
            let id = asked.fine().text("/askForPresence/ask/id");
            let person = if counts.is_empty() { &crowd[0] } else { &crowd[5] };
            let (answered, taken) = town.statements(prove_by_fix(person, &id, 20.0)).await;
            answered.fine();
            let seen = "query($id: ID!) { node(id: $id) { ... on Shift { board { presenceAsks { people answered } latest { grade presence { grade } } } } } }";
            let (_, shown) = town.statements(leader.ask(seen, json!({ "id": shift }))).await;
            counts.push((made, taken, shown));
        }
        assert_eq!(counts[0], counts[1], "asking, answering, looking");
        println!("{} statements to ask, {} to answer, {} to look", counts[0].0, counts[0].1, counts[0].2);
        let (asking, answering, looking) = counts[0];
        assert!(asking <= 16 && answering <= 10 && looking <= 10, "{counts:?}");
        assert_eq!(town.rows("inbox_item WHERE kind = 'PRESENCE_ASKED'").await, 55);
    }
}
