//! A desk without a network keeps who came and went, and brings it in when the network is back.

use boai_entity::Instant;
use boai_tests::{Answer, Person, Town, activities_at, at, id, keep_signed_in, stories, vaccination_site};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{Scene, came, codes_of, left, results, reviewing, scene, statuses, sync, sync_at};

/// What a desk noted: `who` is its code, its digits or its line.
pub fn noted(operator: &Person<'_>, end: &str, shift: &str, shown: Instant, who: Value) -> Value {
    json!({ "requestId": operator.request_id(), "end": end, "shiftId": shift, "deviceTime": shown, "desk": who })
}

pub fn digits(person: &Person<'_>) -> Value {
    json!({ "phoneDigits": &person.phone[7..] })
}

/// What a phone shows at a moment, without a network.
async fn shown(person: &Person<'_>, moment: Instant) -> String {
    let now = person.town.clock.now();
    person.town.clock.set(moment);
    let code = person.ask("{ me { code { code } } }", json!({})).await.text("/me/code/code");
    person.town.clock.set(now);
    code
}

pub async fn grant(granter: &Person<'_>, site: Value, operator: &Person<'_>, day: &str) -> String {
    let document = "mutation($input: GrantDeskInput!) { grantDesk(input: $input) { grant { id } errors { code } } }";
    let mut input = json!({ "phone": operator.phone, "fromDay": day, "toDay": day });
    input.as_object_mut().expect("an object").extend(site.as_object().expect("a site").clone());
    granter.ask(document, json!({ "input": input })).await.fine().text("/grantDesk/grant/id")
}

/// The desk of the scene's activity, for somebody who is no volunteer; today.
pub async fn desk<'t>(town: &'t Town, scene: &Scene<'_>) -> (Person<'t>, String) {
    let operator = town.person("Desk").await;
    let granted = grant(&scene.leader, json!({ "activityId": scene.posted.activity }), &operator, "2026-05-08").await;
    keep_signed_in(town).await;
    (operator, granted)
}

fn count(answer: &Answer, status: &str) -> usize {
    statuses(answer).iter().filter(|it| *it == status).count()
}

stories! {
    async fn a_mass_site_keeps_its_morning_while_the_network_is_down(town: Town) {
        let other = town.instance(|_| {}).await;
        let site = vaccination_site(&town).await;
        let posted = activities_at(&town, site, 6).await;
        let officer = town.officer("Chen", "330106").await;
        let operator = town.person("Desk").await;
        grant(&officer, json!({ "facilityId": id(site) }), &operator, "2026-05-09").await;
        let crowd = town.crowd(40).await;
        let mut lines = Vec::new();
        for (place, person) in crowd.iter().enumerate() {
            // One in ten has not signed up, and shows a code.
            lines.push(match place % 10 {
                9 => None,
                _ => Some(person.sign_up(posted[place % 6].1.shift()).await.fine().text("/signUpForShift/signUp/id")),
            });
        }
        keep_signed_in(&town).await;
        town.clock.set(at("+1 06:30"));
        let mut items = Vec::new();
        for (place, person) in crowd.iter().enumerate() {
            let shift = posted[place % 6].1.shift();
            let [came_at, left_at] = ["+1 06:30", "+1 12:30"].map(|time| at(time) + TimeDelta::seconds(place as i64));
            for (end, moment) in [("CHECK_IN", came_at), ("CHECK_OUT", left_at)] {
                let who = match (&lines[place], place % 3) {
                    (Some(line), 0) => json!({ "signUpId": line }),
                    (Some(_), 1) => digits(person),
                    _ => json!({ "code": shown(person, moment).await }),
                };
                items.push(noted(&operator, end, shift, moment, who));
            }
        }
        items.reverse();
        // The network is back, and the desk's device tries it by two ways at once, twice.
        town.clock.set(at("+1 13:00"));
        join_all([&crowd[0], &operator].map(|person| person.ask("{ me { id } }", json!({})))).await;
        let ways = [&town.url, &other, &other, &town.url];
        let answers = join_all(ways.map(|url| sync_at(&operator, url, town.clock.now(), &items))).await;
        let taken: usize = answers.iter().map(|answer| count(answer, "ACCEPTED")).sum();
        let known: usize = answers.iter().map(|answer| count(answer, "ALREADY_KNOWN")).sum();
        assert_eq!((taken, known), (80, 240), "{}", answers[0].body);
        for result in answers.iter().flat_map(results) {
            assert_eq!((&result["name"], &result["attendance"]), (&json!("王*明"), &Value::Null));
            assert!(result["entry"]["id"].is_string(), "{result}");
        }
        assert_eq!(town.rows("attendance WHERE state = 'CLOSED' AND check_in_grade = 'DESK'").await, 40);
        assert_eq!(town.rows("service_record WHERE state = 'PENDING' AND book = 'SYSTEM_PROVED'").await, 40);
        assert_eq!(town.rows("service_record WHERE minutes >= 359").await, 40);
        assert_eq!((town.rows("desk_entry").await, town.rows("desk_entry WHERE walk_in").await), (80, 4));
        assert_eq!((town.rows("refused_scan").await, town.rows("review_item WHERE kind <> 'FLAG'").await), (0, 0));
        town.audit().await;
    }

    async fn a_phone_and_a_desk_that_tell_of_one_stay_make_one_from_the_first_proof_to_the_last(town: Town) {
        for desk_first in [true, false] {
            town.clock.set(at("07:00"));
            let scene = scene(&town).await;
            let (operator, _) = desk(&town, &scene).await;
            let (ling, shift) = (&scene.ling, scene.shift());
            let by_phone = came(ling, shift, at("08:10"));
            let by_phone = [left(ling, &by_phone, at("11:20")), by_phone];
            let by_desk = [
                noted(&operator, "CHECK_IN", shift, at("08:04"), digits(ling)),
                noted(&operator, "CHECK_OUT", shift, at("11:30"), digits(ling)),
            ];
            town.clock.set(at("13:00"));
            let answers = if desk_first {
                [sync(&operator, &by_desk).await, sync(ling, &by_phone).await]
            } else {
                [sync(ling, &by_phone).await, sync(&operator, &by_desk).await]
            };
            assert_eq!(statuses(&answers[0]), ["ACCEPTED", "ACCEPTED"], "{}", answers[0].body);
            assert_eq!(statuses(&answers[1]), ["ALREADY_KNOWN", "ALREADY_KNOWN"], "{}", answers[1].body);
            assert_eq!(ling.minutes().await, (0, 206), "from 08:04 to 11:30, desk first: {desk_first}");
            let stays = ling.ask("{ me { records { nodes { servedFrom servedTo minutes state } } } }", json!({})).await;
            let record = json!([{ "servedFrom": at("08:04").to_rfc3339(), "servedTo": at("11:30").to_rfc3339(),
                "minutes": 206, "state": "PENDING" }]);
            assert_eq!(stays.data("/me/records/nodes"), record);
            // Sent again, in the other order, nothing moves.
            let again = [sync(&operator, &by_desk).await, sync(ling, &by_phone).await];
            assert!(again.iter().all(|answer| count(answer, "ALREADY_KNOWN") == 2), "{}", again[0].body);
            assert_eq!(ling.minutes().await, (0, 206));
            town.audit().await;
        }
    }

    async fn what_the_leader_has_settled_a_desk_does_not_move(town: Town) {
        let scene = scene(&town).await;
        let (operator, _) = desk(&town, &scene).await;
        town.clock.set(at("08:10"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        town.clock.set(at("11:00"));
        let stay = scene.ling.check_out(20.0).await.fine().text("/checkOut/attendance/id");
        scene.leader.confirm(&stay).await.fine();
        let told = ["08:04", "11:10"].map(at);
        town.clock.set(at("13:00"));
        let items = [
            noted(&operator, "CHECK_IN", scene.shift(), told[0], digits(&scene.ling)),
            noted(&operator, "CHECK_OUT", scene.shift(), told[1], digits(&scene.ling)),
        ];
        assert_eq!(statuses(&sync(&operator, &items).await), ["ALREADY_KNOWN", "ALREADY_KNOWN"]);
        assert_eq!((scene.ling.minutes().await, town.rows("attendance").await), ((170, 0), 1));
        town.audit().await;
    }

    async fn a_code_shown_offline_is_good_for_its_time_one_end_and_one_shift(town: Town) {
        let scene = scene(&town).await;
        let (operator, _) = desk(&town, &scene).await;
        let add = "mutation($activity: ID!, $shift: ShiftInput!) {
            addShift(input: { activityId: $activity, shift: $shift }) { shift { id } errors { code } } }";
        let next = json!({ "startsAt": at("08:05"), "endsAt": at("11:00"), "capacity": 8 });
        let next = scene.leader.ask(add, json!({ "activity": scene.posted.activity, "shift": next })).await.fine();
        let next = next.text("/addShift/shift/id");
        let wei = town.volunteer("Wei").await;
        keep_signed_in(&town).await;
        let lings = shown(&scene.ling, at("08:00")).await;
        let mut forged: Vec<&str> = lings.split(':').collect();
        let weis = shown(&wei, at("08:00")).await;
        forged[1] = weis.split(':').nth(1).expect("a handle");
        let item = |end, shift: &str, time, code: &str| noted(&operator, end, shift, at(time), json!({ "code": code }));
        town.clock.set(at("10:00"));
        let mut second = item("CHECK_IN", &next, "08:00", &lings);
        second["deviceTime"] = json!(at("08:00") + TimeDelta::seconds(5));
        let answer = sync(&operator, &[
            item("CHECK_IN", scene.shift(), "08:00", &lings),
            item("CHECK_OUT", scene.shift(), "08:00", &lings),
            second,
            item("CHECK_IN", scene.shift(), "08:02", &lings),
            item("CHECK_IN", scene.shift(), "07:58", &lings),
            item("CHECK_IN", scene.shift(), "08:00", &forged.join(":")),
        ]).await;
        assert_eq!(statuses(&answer)[0], "ACCEPTED", "{}", answer.body);
        let codes: Vec<_> = results(&answer).iter().flat_map(codes_of).collect();
        assert_eq!(codes, ["CODE_USED", "CODE_USED", "CODE_OLD", "CODE_EARLY", "CODE_UNREADABLE"]);
        assert_eq!((town.rows("attendance").await, town.rows("code_use").await), (1, 1));
        assert_eq!(town.rows("refused_scan").await, 5, "each is kept");
        // Another desk that brings the same code for another shift, in a batch of its own.
        let replay = sync(&operator, &[item("CHECK_IN", &next, "08:00", &lings)]).await;
        assert_eq!(codes_of(&results(&replay)[0]), ["CODE_USED"]);
        // Her phone was signed out since: at that time it was not.
        let later = shown(&scene.ling, at("09:30")).await;
        scene.ling.ask("mutation { endSession(input: {}) { errors { code } } }", json!({})).await.fine();
        let out = item("CHECK_OUT", scene.shift(), "09:30", &later);
        assert_eq!(statuses(&sync(&operator, &[out]).await), ["ACCEPTED"]);
    }

    async fn the_desk_must_have_been_the_operator_s_then_and_one_that_was_taken_back_takes_the_leader(town: Town) {
        let scene = scene(&town).await;
        let (operator, granted) = desk(&town, &scene).await;
        let never = town.volunteer("Zhao").await;
        keep_signed_in(&town).await;
        let item = |time| noted(&operator, "CHECK_IN", scene.shift(), at(time), digits(&scene.ling));
        town.clock.set(at("09:00"));
        let revoke = "mutation($grant: ID!) { revokeDesk(input: { grantId: $grant, reason: \"换人\" }) { errors { code } } }";
        scene.leader.ask(revoke, json!({ "grant": granted })).await.fine();
        town.clock.set(at("10:00"));
        let items = [item("08:00"), item("09:30")];
        let answer = sync(&operator, &items).await;
        assert_eq!(statuses(&answer), ["NEEDS_REVIEW", "REFUSED"], "{}", answer.body);
        assert_eq!((&results(&answer)[0]["reasons"], codes_of(&results(&answer)[1])), (&json!(["DESK_TAKEN_BACK"]), vec!["NOT_FOUND".into()]));
        assert_eq!(results(&answer)[1]["name"], Value::Null, "who is told nothing more");
        let nobodys = noted(&never, "CHECK_IN", scene.shift(), at("08:00"), digits(&scene.ling));
        assert_eq!(codes_of(&results(&sync(&never, &[nobodys]).await)[0]), ["NOT_FOUND"]);
        assert_eq!((town.rows("attendance").await, town.rows("refused_scan").await), (0, 0));

        let waiting = reviewing::queue(&scene.leader).await;
        assert_eq!(waiting.len(), 1);
        let stay = reviewing::settle(&scene.leader, &waiting[0], true, "").await.fine();
        assert_eq!(stay.data("/settleSyncedEnds/attendance/checkInGrade"), "DESK");
        assert_eq!(town.rows("attendance WHERE check_in_by IS NOT NULL").await, 1);
        assert_eq!(statuses(&sync(&operator, &items[..1]).await), ["ALREADY_KNOWN"]);
    }

    async fn days_that_are_over_by_themselves_take_nothing_back(town: Town) {
        let scene = scene(&town).await;
        let (operator, _) = desk(&town, &scene).await;
        town.clock.set(at("+1 07:00"));
        let item = |day| noted(&operator, "CHECK_IN", scene.shift(), at(day), digits(&scene.ling));
        let answer = sync(&operator, &[item("08:00"), item("+1 06:50")]).await;
        assert_eq!(statuses(&answer), ["ACCEPTED", "REFUSED"], "{}", answer.body);
        assert_eq!(codes_of(&results(&answer)[1]), ["NOT_FOUND"]);
        // And a day and an hour after the morning the leader looks at it.
        town.clock.set(at("+1 10:00"));
        let out = noted(&operator, "CHECK_OUT", scene.shift(), at("09:59"), digits(&scene.ling));
        assert_eq!(results(&sync(&operator, &[out]).await)[0]["reasons"], json!(["LATE"]));
        assert_eq!(reviewing::queue(&scene.leader).await.len(), 1);
    }

    async fn each_bad_item_of_a_desk_is_refused_by_itself_in_words_to_act_on(town: Town) {
        let scene = scene(&town).await;
        let (operator, _) = desk(&town, &scene).await;
        let crowd = town.crowd(2).await;
        for person in &crowd {
            person.sign_up(scene.shift()).await.fine();
        }
        keep_signed_in(&town).await;
        let shared = boai::platform::db::run(&town.app.db.conn, "UPDATE person SET phone = $1 WHERE phone = $2",
            ["+8613600004321".into(), crowd[0].phone.clone().into()]).await;
        shared.expect("a number");
        let text = "UPDATE person SET phone = $1 WHERE phone = $2";
        boai::platform::db::run(&town.app.db.conn, text, ["+8613700004321".into(), crowd[1].phone.clone().into()]).await.expect("a number");
        town.clock.set(at("09:00"));
        let item = |who: Value| noted(&operator, "CHECK_IN", scene.shift(), at("08:00"), who);
        let mut both = item(digits(&scene.ling));
        both["code"] = json!("23456789");
        let bad = [
            (item(json!({})), "MALFORMED"),
            (item(json!({ "code": "x", "phoneDigits": "1234" })), "MALFORMED"),
            (item(json!({ "signUpId": "U2hpZnQ6Nw" })), "MALFORMED"),
            (both, "MALFORMED"),
            (item(json!({ "phoneDigits": "12" })), "DIGITS_OUT_OF_RANGE"),
            (item(json!({ "phoneDigits": "99999" })), "NOBODY_FOUND"),
            (item(json!({ "phoneDigits": "4321" })), "AMBIGUOUS"),
            (item(json!({ "signUpId": id(boai_entity::ids::SignUpId(uuid::Uuid::from_u128(7))) })), "NOT_ON_ROSTER"),
            (noted(&operator, "CHECK_IN", scene.shift(), at("07:00"), digits(&scene.ling)), "TOO_EARLY"),
            (noted(&operator, "CHECK_IN", scene.shift(), at("10:00"), digits(&scene.ling)), "FROM_THE_FUTURE"),
        ];
        let mut items: Vec<Value> = bad.iter().map(|(item, _)| item.clone()).collect();
        items.push(item(digits(&scene.ling)));
        let answer = sync(&operator, &items).await;
        for (result, (item, code)) in results(&answer).iter().zip(&bad) {
            assert_eq!((result["status"].as_str(), codes_of(result)), (Some("REFUSED"), vec![(*code).to_owned()]), "{item}");
        }
        assert_eq!(results(&answer)[6]["candidates"].as_array().map(Vec::len), Some(2));
        assert_eq!(statuses(&answer)[10], "ACCEPTED", "{}", answer.body);
        assert_eq!((town.rows("attendance").await, town.rows("refused_scan").await), (1, 6));
    }

    async fn nobody_is_checked_in_at_their_own_desk(town: Town) {
        let scene = scene(&town).await;
        grant(&scene.leader, json!({ "activityId": scene.posted.activity }), &scene.ling, "2026-05-08").await;
        town.clock.set(at("09:00"));
        let own = noted(&scene.ling, "CHECK_IN", scene.shift(), at("08:00"), digits(&scene.ling));
        let phone = came(&scene.ling, scene.shift(), at("08:00"));
        let answer = sync(&scene.ling, &[own, phone]).await;
        assert_eq!((statuses(&answer), codes_of(&results(&answer)[0])), (vec!["REFUSED".into(), "ACCEPTED".into()], vec!["YOURSELF".into()]));
    }

    async fn who_walked_in_gets_a_seat_and_where_there_is_none_the_leader_decides(town: Town) {
        let scene = scene(&town).await;
        let small = scene.leader.post_activity(at("08:00"), at("12:00"), 1, json!({})).await;
        let operator = town.person("Desk").await;
        grant(&scene.leader, json!({ "activityId": small.activity }), &operator, "2026-05-08").await;
        let (wei, bo) = (town.volunteer("Wei").await, town.volunteer("Bo").await);
        keep_signed_in(&town).await;
        let walks = async |person: &Person<'_>, time| {
            noted(&operator, "CHECK_IN", small.shift(), at(time), json!({ "code": shown(person, at(time)).await }))
        };
        let items = [walks(&wei, "08:00").await, walks(&bo, "08:01").await];
        // After the shift: it is judged for the time when they came.
        town.clock.set(at("13:00"));
        let answer = sync(&operator, &items).await;
        assert_eq!(statuses(&answer), ["ACCEPTED", "NEEDS_REVIEW"], "{}", answer.body);
        assert_eq!((&results(&answer)[1]["reasons"], &results(&answer)[0]["entry"]["walkIn"]), (&json!(["WITHOUT_SEAT"]), &json!(true)));
        assert_eq!(town.rows("sign_up WHERE state = 'WAITING'").await, 0);
        let waiting = reviewing::queue(&scene.leader).await;
        reviewing::settle(&scene.leader, &waiting[0], true, "确实来了").await.fine();
        assert_eq!((town.rows("attendance").await, town.rows("code_use").await), (2, 2));
    }

    async fn a_scan_whose_answer_was_lost_and_the_same_brought_in_later_are_one(town: Town) {
        let scene = scene(&town).await;
        let (operator, _) = desk(&town, &scene).await;
        town.clock.set(at("08:00"));
        let item = noted(&operator, "CHECK_IN", scene.shift(), at("08:00"), digits(&scene.ling));
        let live = "mutation($input: DeskCheckInInput!) { deskCheckIn(input: $input) { entry { id } errors { code } } }";
        let input = json!({ "activityId": scene.posted.activity, "phoneDigits": item["desk"]["phoneDigits"], "requestId": item["requestId"] });
        let entry = operator.ask(live, json!({ "input": input })).await.fine().text("/deskCheckIn/entry/id");
        town.clock.set(at("09:00"));
        let answer = sync(&operator, std::slice::from_ref(&item)).await;
        assert_eq!((statuses(&answer), &results(&answer)[0]["entry"]["id"]), (vec!["ALREADY_KNOWN".into()], &json!(entry)));
        // The same id for somebody else is nobody's.
        let wei = town.volunteer("Wei").await;
        wei.sign_up(scene.shift()).await.fine();
        let mut other = item.clone();
        other["desk"] = digits(&wei);
        assert_eq!(codes_of(&results(&sync(&operator, &[other]).await)[0]), ["REQUEST_ID_REUSED"]);
        assert_eq!(town.rows("attendance").await, 1);
    }

    async fn a_check_out_that_a_desk_brings_first_waits_for_the_phone_s_check_in(town: Town) {
        let scene = scene(&town).await;
        let (operator, _) = desk(&town, &scene).await;
        town.clock.set(at("13:00"));
        let out = noted(&operator, "CHECK_OUT", scene.shift(), at("11:00"), digits(&scene.ling));
        assert_eq!(results(&sync(&operator, &[out]).await)[0]["reasons"], json!(["WITHOUT_CHECK_IN"]));
        assert_eq!(statuses(&sync(&scene.ling, &[came(&scene.ling, scene.shift(), at("08:00"))]).await), ["ACCEPTED"]);
        assert_eq!((scene.ling.minutes().await, reviewing::queue(&scene.leader).await.len()), ((0, 180), 0));
        assert_eq!(town.rows("desk_entry WHERE end_kind = 'CHECK_OUT'").await, 1);
        town.audit().await;
    }

    async fn a_desk_s_batch_asks_the_database_for_each_item_alike(town: Town) {
        let scene = scene(&town).await;
        let many = scene.leader.post_activity(at("08:00"), at("12:00"), 99, json!({})).await;
        let operator = town.person("Desk").await;
        grant(&scene.leader, json!({ "activityId": many.activity }), &operator, "2026-05-08").await;
        let crowd = town.crowd(44).await;
        for person in &crowd {
            person.sign_up(many.shift()).await.fine();
        }
        keep_signed_in(&town).await;
        town.clock.set(at("12:00"));
        let pairs = |people: &[Person<'_>]| {
            let ends = people.iter().flat_map(|person| [("CHECK_IN", "08:00"), ("CHECK_OUT", "11:00")].map(|(end, time)| {
                noted(&operator, end, many.shift(), at(time), digits(person))
            }));
            ends.collect::<Vec<_>>()
        };
        let (few, rest) = (pairs(&crowd[..4]), pairs(&crowd[4..]));
        let (answer, of_few) = town.statements(sync(&operator, &few)).await;
        assert_eq!(count(&answer, "ACCEPTED"), 8, "{}", answer.body);
        let (answer, of_many) = town.statements(sync(&operator, &rest)).await;
        assert_eq!(count(&answer, "ACCEPTED"), 80);
        // A volunteer is worked off by itself: finding, locking and the trail of each come to some.
        let each = (of_many - of_few) / 72;
        assert!(each <= 24, "{each} statements an item ({of_few} for 8, {of_many} for 80)");
        let (again, of_repeat) = town.statements(sync(&operator, &rest)).await;
        assert!(count(&again, "ALREADY_KNOWN") == 80 && of_repeat <= 20, "{of_repeat} statements for a repeat");
        town.audit().await;
    }
}
