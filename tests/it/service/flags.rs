//! What looks odd is put before a person, each with its nearest innocent case, and nothing follows from it by itself.

use boai::{attendance::flags::service, ctx::Ctx, platform::db};
use boai_entity::Instant;
use boai_tests::{Person, Town, at, id, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::ActiveEnum;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    afterwards::queue,
    support::{keep_signed_in, key},
};

async fn look(town: &Town) {
    let job = Ctx::system(town.app.clone(), "story");
    // Twice, and by two at once: what is there is there once.
    let (one, other) = futures_util::join!(service::look_at_signals(&job), service::look_at_signals(&job));
    one.and(other).expect("phones are looked at");
    service::look_from_afar(&job).await.expect("shifts are looked at");
    service::look_from_afar(&job).await.expect("shifts are looked at again");
}

/// What is flagged, as somebody sees it: reasons in their order.
async fn flags(who: &Person<'_>) -> Vec<String> {
    let asked = "query($team: ID) { reviewQueue(teamId: $team, kind: FLAG, first: 100) { nodes { flag } } }";
    let answer = who.ask(asked, json!({ "team": id(Town::TEAM) })).await;
    let nodes = answer.data("/reviewQueue/nodes");
    let mut found: Vec<String> =
        nodes.as_array().into_iter().flatten().filter_map(|node| node["flag"].as_str().map(str::to_owned)).collect();
    found.sort();
    found
}

async fn settle(who: &Person<'_>, item: &Value, note: &str) -> Vec<String> {
    let document = "mutation($id: ID!, $note: String!) { settleFlag(input: { itemId: $id, note: $note }) {
        item { outcome note } errors { code } } }";
    who.ask(document, json!({ "id": item, "note": note })).await.codes()
}

/// A shift of the day for which these people have a seat.
async fn posted(leader: &Person<'_>, people: &[&Person<'_>], given: Value) -> String {
    let posted = leader.post_activity(at("08:00"), at("12:00"), 100, given).await;
    for person in people {
        person.sign_up(posted.shift()).await.fine();
    }
    posted.shift().to_owned()
}

/// All sessions of these people are on one phone.
async fn on_one_phone(town: &Town, people: &[&Person<'_>]) {
    let phone = Uuid::from_u128(42);
    for person in people {
        let values = [phone.into(), person.person_id().await.into()];
        let text = "UPDATE session SET installation_id = $1 WHERE person_id = $2";
        db::run(&town.app.db.conn, text, values).await.expect("the phone is told");
    }
}

async fn check_in_at(person: &Person<'_>, shift: &str, moment: Instant, metres: f64) {
    person.town.clock.set(moment);
    person.check_in(shift, metres).await.fine();
}

/// How many rows there are of everything that counts.
async fn hours_of(town: &Town) -> (i64, i64) {
    (town.rows("attendance").await, town.rows("ledger_entry").await)
}

stories! {
    async fn one_phone_for_two_within_an_hour_is_flagged_and_siblings_after_61_minutes_are_not(town: Town) {
        for (minutes, expected) in [(60, 2), (61, 0)] {
            town.clock.set(at("07:00"));
            let (leader, ling, bo) = (town.leader("Li").await, town.volunteer("Ling").await, town.volunteer("Bo").await);
            keep_signed_in(&town).await;
            let shift = posted(&leader, &[&ling, &bo], json!({})).await;
            on_one_phone(&town, &[&ling, &bo]).await;
            check_in_at(&ling, &shift, at("08:00"), 20.0).await;
            check_in_at(&bo, &shift, at("08:00") + TimeDelta::minutes(minutes), 30.0).await;
            look(&town).await;
            let found = flags(&leader).await;
            assert_eq!(found.iter().filter(|flag| *flag == "SHARED_DEVICE").count(), expected, "{minutes} min: {found:?}");
            // The next two have a phone of their own story.
            db::run(&town.app.db.conn, "DELETE FROM review_item", []).await.expect("a clean queue");
            db::run(&town.app.db.conn, "DELETE FROM attendance_signal", []).await.expect("a clean slate");
        }
    }

    async fn a_flag_is_settled_with_a_note_and_changes_nobody_s_hours(town: Town) {
        let (leader, ling) = (town.leader("Li").await, town.volunteer("Ling").await);
        keep_signed_in(&town).await;
        let shift = posted(&leader, &[&ling], json!({})).await;
        town.clock.set(at("08:00"));
        let mut fix = ling.fix(20.0);
        fix["mocked"] = json!(true);
        ling.check_in_with(&shift, fix, &ling.request_id()).await.fine();
        town.clock.set(at("12:00"));
        ling.check_out(21.0).await.fine();
        let before = hours_of(&town).await;
        look(&town).await;
        assert_eq!((flags(&leader).await, hours_of(&town).await), (vec!["MOCKED_LOCATION".to_owned()], before));
        let item = queue(&leader, "FLAG", "WAITING").await[0]["id"].clone();
        for other in [&ling, &town.other_leader("Zhao").await, &town.desk("Desk").await] {
            assert_eq!((flags(other).await, settle(other, &item, "x").await), (vec![], vec!["NOT_FOUND".to_owned()]));
        }
        let leaders = [town.leader("Ma").await, leader.clone()];
        let settled = join_all(leaders.iter().map(|leader| settle(leader, &item, "测试手机"))).await;
        assert_eq!(settled.iter().filter(|codes| codes.is_empty()).count(), 1, "{settled:?}");
        assert!(settled.iter().any(|codes| codes == &["ALREADY_SETTLED"]), "{settled:?}");
        look(&town).await;
        assert_eq!((flags(&leader).await, hours_of(&town).await), (Vec::<String>::new(), before));
        assert_eq!(queue(&leader, "FLAG", "SETTLED").await[0]["note"], "测试手机");
        town.audit().await;
    }

    async fn a_flag_about_a_leader_is_for_officers_alone_and_never_for_oneself(town: Town) {
        let leader = town.leader("Li").await;
        keep_signed_in(&town).await;
        let shift = posted(&leader, &[&leader], json!({})).await;
        town.clock.set(at("08:00"));
        let mut fix = leader.fix(20.0);
        fix["mocked"] = json!(true);
        leader.check_in_with(&shift, fix, &leader.request_id()).await.fine();
        look(&town).await;
        let officer = town.officer("周干部", "330106").await;
        assert_eq!(flags(&officer).await, ["MOCKED_LOCATION"]);
        assert_eq!((flags(&leader).await, flags(&town.leader("Ma").await).await), (vec![], vec![]));
        let item = queue(&officer, "FLAG", "WAITING").await[0]["id"].clone();
        assert_eq!(settle(&town.leader("Ma").await, &item, "x").await, ["NOT_FOUND"]);
        // Should Li be the officer too, it is still about Li.
        leader.hold("BRANCH_OFFICER", Some(Town::branch("330106")), None).await;
        leader.proves_for(TimeDelta::minutes(15)).await;
        assert_eq!((flags(&leader).await, settle(&leader, &item, "x").await), (vec![], vec!["NOT_FOUND".to_owned()]));
        officer.proves_for(TimeDelta::minutes(15)).await;
        assert_eq!(settle(&officer, &item, "看过").await, Vec::<String>::new());
    }

    async fn the_very_same_coordinates_again_and_again_are_flagged_and_jitter_is_not(town: Town) {
        for (metres, expected) in [([20.0, 20.0, 20.0], 1), ([20.0, 20.0, 21.0], 0)] {
            town.clock.set(at("07:00"));
            let (leader, ling) = (town.leader("Li").await, town.volunteer("Ling").await);
            keep_signed_in(&town).await;
            let shift = posted(&leader, &[&ling], json!({})).await;
            check_in_at(&ling, &shift, at("08:00"), metres[0]).await;
            town.clock.set(at("09:00"));
            ling.check_out(metres[1]).await.fine();
            check_in_at(&ling, &shift, at("09:10"), metres[2]).await;
            look(&town).await;
            assert_eq!(flags(&leader).await.len(), expected, "{metres:?}");
            let details = "review_item WHERE CAST(details AS text) LIKE '%120.%' OR CAST(details AS text) LIKE '%30.2%'";
            assert_eq!(town.rows(details).await, 0, "a flag says nothing of where");
            db::run(&town.app.db.conn, "DELETE FROM review_item", []).await.expect("a clean queue");
        }
    }

    async fn nobody_is_at_two_places_faster_than_a_train(town: Town) {
        // 30 km further north; at 150 km/h that takes 12 minutes.
        for (seconds, expected) in [(715, vec!["IMPOSSIBLE_SPEED".to_owned()]), (725, vec![])] {
            town.clock.set(at("07:00"));
            let (leader, ling) = (town.leader("Li").await, town.volunteer("Ling").await);
            keep_signed_in(&town).await;
            let here = posted(&leader, &[&ling], json!({})).await;
            let north = 30.2604 + 30_020.0 / 111_195.0;
            let place = json!({ "latitude": north, "longitude": 120.1472, "datum": "WGS84" });
            let there = leader.post_activity(at("13:00"), at("16:00"), 8, json!({ "place": place, "title": "远处" })).await;
            let there = there.shift().to_owned();
            ling.sign_up(&there).await.fine();
            check_in_at(&ling, &here, at("08:00"), 0.0).await;
            town.clock.set(at("08:20"));
            ling.check_out(0.0).await.fine();
            // Nobody has two seats at the same hours, so the other shift is put forward only now.
            let seat = "UPDATE shift SET starts_at = $1 WHERE id = $2";
            db::run(&town.app.db.conn, seat, [at("08:10").into(), key(&there).into()]).await.expect("moved");
            check_in_at(&ling, &there, at("08:20") + TimeDelta::seconds(seconds), 30_020.0).await;
            look(&town).await;
            assert_eq!(flags(&leader).await, expected, "{seconds} s");
            db::run(&town.app.db.conn, "DELETE FROM review_item", []).await.expect("a clean queue");
        }
    }

    async fn ten_in_one_second_are_flagged_once_and_nine_are_not(town: Town) {
        for (size, expected) in [(10, vec!["SAME_SECOND".to_owned()]), (9, vec![])] {
            town.clock.set(at("07:00"));
            let leader = town.leader("Li").await;
            let crowd = town.crowd(size).await;
            keep_signed_in(&town).await;
            let people: Vec<&Person<'_>> = crowd.iter().collect();
            let shift = posted(&leader, &people, json!({})).await;
            town.clock.set(at("08:00"));
            for (n, person) in crowd.iter().enumerate() {
                person.check_in(&shift, n as f64).await.fine();
            }
            look(&town).await;
            assert_eq!(flags(&leader).await, expected, "{size}");
            db::run(&town.app.db.conn, "DELETE FROM review_item", []).await.expect("a clean queue");
        }
    }

    async fn a_leader_who_confirms_mostly_the_same_few_is_shown_to_the_officer(town: Town) {
        let leader = town.leader("Li").await;
        let officer = town.officer("周干部", "330106").await;
        let crowd = town.crowd(9).await;
        keep_signed_in(&town).await;
        for person in &crowd {
            let volunteer = key(&person.volunteer_id().await);
            let row = "INSERT INTO team_member (team_id, volunteer_id, state, asked_at) VALUES ($1, $2, 'ACCEPTED', $3)";
            let values = [Town::TEAM.into(), volunteer.into(), town.clock.now().into()];
            db::run(&town.app.db.conn, row, values).await.expect("a member");
        }
        // 15 of 19 for the same three, then 16 of 20.
        for (n, circle) in (0..20).map(|n| (n, n < 15 || n == 19)) {
            let person = &crowd[if circle { n % 3 } else { 3 + n % 6 }];
            town.clock.set(at("07:00"));
            let shift = posted(&leader, &[], json!({ "title": format!("第{n}次") })).await;
            town.clock.set(at("12:30") + TimeDelta::minutes(n as i64));
            let item = json!({ "shiftId": shift, "volunteerId": person.volunteer_id().await, "servedFrom": at("08:00"),
                "servedTo": at("12:00"), "reason": "点名" });
            let document = "mutation($items: [BackFillItem!]!) { backFillHours(input: { items: $items }) { errors { code } } }";
            leader.ask(document, json!({ "items": [item] })).await.fine();
            look(&town).await;
            let expected: &[&str] = if n < 19 { &[] } else { &["OWN_CIRCLE"] };
            assert_eq!((flags(&officer).await, flags(&leader).await), (expected.iter().map(|it| it.to_string()).collect(), vec![]), "{n}");
        }
    }

    async fn fifty_of_whom_most_left_at_once_are_flagged(town: Town) {
        let leader = town.leader("Li").await;
        keep_signed_in(&town).await;
        let crowd = town.crowd(50).await;
        let shift = posted(&leader, &[], json!({})).await;
        let add = "INSERT INTO attendance (id, shift_id, volunteer_id, state, checked_in_at, check_in_grade, checked_out_at,
                     check_out_grade, policy_id) SELECT $1, $2, $3, 'CLOSED', $4, $5, $6, $5, id FROM policy";
        let grade = boai_entity::kinds::EvidenceGrade::Location.to_value();
        for (n, person) in crowd.iter().enumerate() {
            let volunteer = key(&person.volunteer_id().await);
            let left = at("08:00") + TimeDelta::minutes(if n < 25 { 30 } else { 31 });
            let values = [town.app.random.uuid(town.app.clock.now()).into(), key(&shift).into(), volunteer.into(), at("08:00").into(), grade.clone().into(), left.into()];
            db::run(&town.app.db.conn, add, values).await.expect("a stay");
        }
        town.clock.set(at("13:00"));
        look(&town).await;
        assert_eq!(flags(&leader).await, Vec::<String>::new(), "25 of 50");
        let sooner = "UPDATE attendance SET checked_out_at = $1 WHERE volunteer_id = $2";
        let last = key(&crowd[49].volunteer_id().await);
        let values = [(at("08:00") + TimeDelta::minutes(30)).into(), last.into()];
        db::run(&town.app.db.conn, sooner, values).await.expect("one more");
        look(&town).await;
        assert_eq!(flags(&leader).await, ["LEFT_EARLY"], "26 of 50");
    }

    async fn fifty_of_an_activity_are_fifty_however_many_shifts_they_came_to(town: Town) {
        let leader = town.leader("Li").await;
        keep_signed_in(&town).await;
        let crowd = town.crowd(50).await;
        let shifts = vec![boai_tests::shift(at("08:00"), at("10:00"), 30), boai_tests::shift(at("10:00"), at("12:00"), 30)];
        let draft = leader.draft_activity(shifts, json!({})).await.fine();
        leader.publish(&draft.text("/createActivity/activity/id")).await.fine();
        let shifts = [0, 1].map(|n| draft.text(&format!("/createActivity/activity/shifts/{n}/id")));
        let add = "INSERT INTO attendance (id, shift_id, volunteer_id, state, checked_in_at, check_in_grade, checked_out_at,
                     check_out_grade, policy_id) SELECT $1, $2, $3, 'CLOSED', $4, 'LOCATION', $5, 'LOCATION', id FROM policy";
        let add = async |person: &Person<'_>, shift: usize, minutes: i64| {
            let from = at(["08:00", "10:00"][shift]);
            let values = [
                town.app.random.uuid(town.app.clock.now()).into(), key(&shifts[shift]).into(),
                key(&person.volunteer_id().await).into(), from.into(), (from + TimeDelta::minutes(minutes)).into(),
            ];
            db::run(&town.app.db.conn, add, values).await.expect("a stay");
        };
        // Twenty-five in each shift; of each thirteen left at once, but one of them was there all of the other shift.
        for (n, person) in crowd.iter().enumerate() {
            add(person, n % 2, if n < 26 { 30 } else { 100 }).await;
        }
        add(&crowd[0], 1, 110).await;
        town.clock.set(at("11:00"));
        look(&town).await;
        assert_eq!(flags(&leader).await, Vec::<String>::new(), "one shift is still going on");
        town.clock.set(at("13:00"));
        look(&town).await;
        assert_eq!(flags(&leader).await, Vec::<String>::new(), "25 of 50");
        add(&crowd[49], 0, 1).await;
        let last = "UPDATE attendance SET checked_out_at = $1 WHERE volunteer_id = $2 AND checked_in_at = $3";
        let values = [at("10:05").into(), key(&crowd[49].volunteer_id().await).into(), at("10:00").into()];
        db::run(&town.app.db.conn, last, values).await.expect("one more");
        look(&town).await;
        assert_eq!(flags(&leader).await, ["LEFT_EARLY"], "26 of 50");
    }
}
