//! When and where one checks in, and how the others hear why not.

use boai_entity::ids::ShiftId;
use boai_tests::{at, id, stories};
use chrono::TimeDelta;
use serde_json::json;

use crate::support::{NOTHING, keep_signed_in, nobody_came, scene, scene_of, serve};

stories! {
    async fn ling_checks_in_at_the_place_and_out_again(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("07:50"));
        let inside = scene.ling.check_in(scene.shift(), 20.0).await.fine();
        assert_eq!(inside.text("/checkIn/attendance/checkInGrade"), "LOCATION");
        assert!((inside.number("/checkIn/attendance/checkInDistance") - 20.0).abs() < 0.1);
        let open = scene.ling.ask("{ me { openAttendance { id state } } }", json!({})).await;
        assert_eq!(open.data("/me/openAttendance/id"), inside.data("/checkIn/attendance/id"));
        town.clock.set(at("12:05"));
        let out = scene.ling.check_out(20.0).await.fine();
        assert_eq!(out.data("/checkOut/attendance/id"), inside.data("/checkIn/attendance/id"));
        assert_eq!(out.text("/checkOut/attendance/state"), "CLOSED");
        assert_eq!(out.text("/checkOut/attendance/checkOutGrade"), "LOCATION");
        assert!(
            scene.ling.ask("{ me { openAttendance { id } } }", json!({})).await.data("/me/openAttendance").is_null()
        );
    }

    async fn just_outside_by_less_than_the_phone_s_accuracy_is_in_with_a_weaker_grade(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("07:50"));
        let undecided = scene.ling.check_in(scene.shift(), 309.0).await.fine();
        assert_eq!(undecided.text("/checkIn/attendance/checkInGrade"), "LOCATION_WEAK");
        let out = scene.ling.check_out(309.0).await.fine();
        assert_eq!(out.text("/checkOut/attendance/checkOutGrade"), "LOCATION_WEAK");
    }

    async fn the_doors_open_half_an_hour_before_and_not_a_minute_earlier(town: Town) {
        let scene = scene(&town).await;
        for (time, minutes) in [("07:00", 30.0), ("07:29", 1.0)] {
            town.clock.set(at(time));
            let early = scene.ling.check_in(scene.shift(), 20.0).await;
            assert_eq!(early.codes(), ["TOO_EARLY"]);
            assert_eq!(early.refusal_number("minutesUntilOpen"), minutes);
        }
        nobody_came(&town).await;
        town.clock.set(at("07:30"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
    }

    async fn check_in_works_until_the_end_and_not_at_it(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("12:00"));
        let late = scene.ling.check_in(scene.shift(), 20.0).await;
        assert_eq!(late.codes(), ["TOO_LATE"]);
        assert_eq!(late.refusal_number("minutesSinceEnd"), 0.0);
        nobody_came(&town).await;
        town.clock.set(at("12:00") - TimeDelta::milliseconds(1));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
    }

    async fn without_a_seat_there_is_no_check_in(town: Town) {
        let leader = town.leader("Li").await;
        let [ling, mei, wang] =
            [town.volunteer("Ling").await, town.volunteer("Mei").await, town.volunteer("Wang").await];
        let posted = leader.post_activity(at("07:30"), at("12:00"), 1, json!({})).await;
        ling.sign_up(posted.shift()).await.fine();
        mei.sign_up(posted.shift()).await.fine();
        assert_eq!(mei.check_in(posted.shift(), 20.0).await.codes(), ["ON_WAIT_LIST"]);
        assert_eq!(wang.check_in(posted.shift(), 20.0).await.codes(), ["NOT_SIGNED_UP"]);
        nobody_came(&town).await;
        ling.leave(posted.shift()).await.fine();
        assert_eq!(ling.check_in(posted.shift(), 20.0).await.codes(), ["NOT_SIGNED_UP"]);
        mei.check_in(posted.shift(), 20.0).await.fine();
    }

    async fn nobody_checks_in_to_what_was_cancelled(town: Town) {
        let scene = scene(&town).await;
        let document =
            "mutation($id: ID!) { cancelActivity(input: { activityId: $id, reason: \"台风\" }) { errors { code } } }";
        scene.leader.ask(document, json!({ "id": scene.posted.activity })).await.fine();
        town.clock.set(at("08:00"));
        assert_eq!(scene.ling.check_in(scene.shift(), 20.0).await.codes(), ["CANCELLED"]);
        nobody_came(&town).await;
    }

    async fn a_draft_answers_as_a_shift_that_does_not_exist(town: Town) {
        let leader = town.leader("Li").await;
        let draft = leader.draft_activity(vec![boai_tests::shift(at("07:30"), at("12:00"), 8)], json!({})).await.fine();
        let shift = draft.text("/createActivity/activity/shifts/0/id");
        let drafted = leader.check_in(&shift, 20.0).await;
        let missing = leader.check_in(&id(ShiftId(NOTHING)), 20.0).await;
        assert_eq!(drafted.codes(), ["SHIFT_NOT_FOUND"]);
        assert_eq!(drafted, missing);
        nobody_came(&town).await;
    }

    async fn whoever_is_checked_in_elsewhere_checks_out_there_first(town: Town) {
        let scene = scene(&town).await;
        let next = scene.leader.post_activity(at("12:00"), at("14:00"), 8, json!({ "title": "下午" })).await;
        scene.ling.sign_up(next.shift()).await.fine();
        town.clock.set(at("11:45"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        let elsewhere = scene.ling.check_in(next.shift(), 20.0).await;
        assert_eq!(elsewhere.codes(), ["CHECKED_IN_ELSEWHERE"]);
        let message = elsewhere.payload()["errors"][0]["message"].to_string();
        assert!(message.contains("断桥应急救护"), "names where: {message}");
        assert_eq!(scene.ling.check_in(scene.shift(), 20.0).await.codes(), ["ALREADY_CHECKED_IN"]);
        assert_eq!(town.rows("attendance").await, 1);
        scene.ling.check_out(20.0).await.fine();
        scene.ling.check_in(next.shift(), 20.0).await.fine();
    }

    async fn three_pairs_a_day_and_the_next_civil_day_counts_anew(town: Town) {
        let scene = scene_of(&town, at("22:00"), at("+1 02:00"), json!({})).await;
        for (from, to) in [("22:00", "22:20"), ("22:30", "22:50"), ("23:00", "23:20")] {
            serve(&scene.ling, scene.shift(), at(from), at(to)).await;
        }
        town.clock.set(at("+1 00:00") - TimeDelta::milliseconds(1));
        let fourth = scene.ling.check_in(scene.shift(), 20.0).await;
        assert_eq!(fourth.codes(), ["TOO_MANY_PAIRS"]);
        assert_eq!((fourth.refusal_number("pairs"), fourth.refusal_number("atMost")), (3.0, 3.0));
        assert_eq!(town.rows("attendance").await, 3);
        town.clock.set(at("+1 00:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
    }

    async fn three_pairs_at_one_activity_do_not_count_at_another(town: Town) {
        let scene = scene(&town).await;
        let next = scene.leader.post_activity(at("12:00"), at("14:00"), 8, json!({})).await;
        scene.ling.sign_up(next.shift()).await.fine();
        for (from, to) in [("08:00", "08:20"), ("08:30", "08:50"), ("09:00", "09:20")] {
            serve(&scene.ling, scene.shift(), at(from), at(to)).await;
        }
        town.clock.set(at("12:00"));
        scene.ling.check_in(next.shift(), 20.0).await.fine();
    }

    async fn a_check_out_forgotten_yesterday_does_not_block_today_and_ling_hears_of_it(town: Town) {
        let scene = scene(&town).await;
        let next = scene.leader.post_activity(at("+1 08:00"), at("+1 12:00"), 8, json!({})).await;
        scene.ling.sign_up(next.shift()).await.fine();
        town.clock.set(at("08:00"));
        let yesterday = scene.ling.check_in(scene.shift(), 20.0).await.fine().text("/checkIn/attendance/id");
        town.clock.set(at("+1 08:00"));
        scene.ling.check_in(next.shift(), 20.0).await.fine();
        let seen = scene
            .ling
            .ask("query($id: ID!) { node(id: $id) { ... on Attendance { state } } }", json!({ "id": yesterday }));
        assert_eq!(seen.await.text("/node/state"), "FORGOTTEN");
        assert_eq!(scene.ling.inbox().await, [("CHECK_OUT_FORGOTTEN".into(), String::new())]);
    }

    async fn a_check_in_that_is_refused_leaves_the_forgotten_one_as_it_was(town: Town) {
        let scene = scene(&town).await;
        let next = scene.leader.post_activity(at("+1 08:00"), at("+1 12:00"), 8, json!({})).await;
        scene.ling.sign_up(next.shift()).await.fine();
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        town.clock.set(at("+1 08:00"));
        assert_eq!(scene.ling.check_in(next.shift(), 700.0).await.codes(), ["OUT_OF_RANGE"]);
        let open = scene.ling.ask("{ me { openAttendance { state } } }", json!({})).await;
        assert_eq!(open.text("/me/openAttendance/state"), "OPEN");
        assert!(scene.ling.inbox().await.is_empty());
    }

    async fn only_a_volunteer_checks_in(town: Town) {
        let scene = scene(&town).await;
        let newcomer = town.person("Newcomer").await;
        keep_signed_in(&town).await;
        town.clock.set(at("08:00"));
        assert_eq!(newcomer.check_in(scene.shift(), 20.0).await.fault(), "FORBIDDEN");
        assert_eq!(town.stranger().check_in(scene.shift(), 20.0).await.fault(), "UNAUTHENTICATED");
        assert_eq!(town.stranger().check_out(20.0).await.fault(), "UNAUTHENTICATED");
        nobody_came(&town).await;
        assert_eq!(town.rows("attendance_attempt").await, 0);
    }
}
