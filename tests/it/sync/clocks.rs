//! Clocks that are wrong: the phone's, and the server's own.

use boai_tests::{at, stories};
use chrono::TimeDelta;
use serde_json::json;

use crate::{came, codes_of, left, results, scene, statuses, sync, sync_at};

stories! {
    async fn a_clock_seven_minutes_ahead_is_measured_and_a_person_looks_at_it(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("09:00"));
        let ahead = TimeDelta::minutes(7);
        let item = came(&scene.ling, scene.shift(), at("08:00") + ahead);
        let answer = sync_at(&scene.ling, &town.url, at("09:00") + ahead, &[item]).await;
        assert_eq!(answer.number("/syncAttendance/clockBehindSeconds"), -420.0);
        assert_eq!((statuses(&answer), &results(&answer)[0]["reasons"]), (vec!["NEEDS_REVIEW".into()], &json!(["SKEW"])));
        let queue = crate::reviewing::queue(&scene.leader).await;
        assert_eq!(queue[0]["syncedEnds"][0]["happenedAt"], at("08:00").to_rfc3339(), "the time is right all the same");
        assert_eq!(town.rows("attendance").await, 0);
    }

    async fn a_clock_two_minutes_behind_is_set_right(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("09:00"));
        let item = came(&scene.ling, scene.shift(), at("07:58"));
        let answer = sync_at(&scene.ling, &town.url, at("08:58"), &[item]).await;
        assert_eq!(statuses(&answer), ["ACCEPTED"]);
        assert_eq!(results(&answer)[0]["attendance"]["checkedInAt"], at("08:00").to_rfc3339());
    }

    async fn the_window_is_that_of_the_time_when_it_happened(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("18:00"));
        let tried = ["07:29", "07:30", "12:00"].map(|time| came(&scene.ling, scene.shift(), at(time)));
        let answer = sync(&scene.ling, &tried).await;
        assert_eq!(results(&answer).iter().flat_map(codes_of).collect::<Vec<_>>(), ["TOO_EARLY", "TOO_LATE"]);
        assert_eq!(statuses(&answer), ["REFUSED", "ACCEPTED", "REFUSED"]);
        let too_late = left(&scene.ling, &tried[1], at("14:01"));
        let answer = sync(&scene.ling, &[too_late, left(&scene.ling, &tried[1], at("14:00"))]).await;
        assert_eq!(statuses(&answer), ["REFUSED", "ACCEPTED"]);
        assert_eq!(codes_of(&results(&answer)[0]), ["FORGOTTEN"]);
        assert_eq!(scene.ling.minutes().await, (0, 240));
    }

    async fn before_the_sign_up_nobody_had_a_seat(town: Town) {
        let scene = scene(&town).await;
        let wei = town.volunteer("Wei").await;
        boai_tests::keep_signed_in(&town).await;
        town.clock.set(at("09:00"));
        wei.sign_up(scene.shift()).await.fine();
        town.clock.set(at("10:00"));
        let answer = sync(&wei, &[came(&wei, scene.shift(), at("08:30")), came(&wei, scene.shift(), at("09:30"))]).await;
        assert_eq!(statuses(&answer), ["REFUSED", "ACCEPTED"]);
        assert_eq!(codes_of(&results(&answer)[0]), ["NOT_SIGNED_UP"]);
    }

    async fn nothing_lies_in_the_future_and_no_stay_is_of_negative_length(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("09:00"));
        let future = came(&scene.ling, scene.shift(), at("10:00"));
        let check_in = came(&scene.ling, scene.shift(), at("08:30"));
        let before = left(&scene.ling, &check_in, at("08:29"));
        let answer = sync(&scene.ling, &[future, before, check_in]).await;
        assert_eq!(statuses(&answer), ["REFUSED", "NEEDS_REVIEW", "ACCEPTED"]);
        assert_eq!(codes_of(&results(&answer)[0]), ["FROM_THE_FUTURE"]);
        assert_eq!(town.rows("ledger_entry").await, 0);
    }

    async fn a_server_clock_stepped_by_five_minutes_gives_nobody_time_and_takes_none(town: Town) {
        let scene = scene(&town).await;
        // Live, by a clock five minutes ahead.
        town.clock.set(at("08:10"));
        let check_in = came(&scene.ling, scene.shift(), at("08:05"));
        let request = check_in["requestId"].as_str().expect("an id");
        scene.ling.check_in_with(scene.shift(), scene.ling.fix(20.0), request).await.fine();
        // It was set right.
        town.clock.set(at("08:06"));
        let early = sync(&scene.ling, &[left(&scene.ling, &check_in, at("08:06"))]).await;
        assert_eq!(codes_of(&results(&early)[0]), ["CHECK_OUT_BEFORE_CHECK_IN"]);
        town.clock.set(at("11:00"));
        let out = left(&scene.ling, &check_in, at("10:10"));
        assert_eq!(statuses(&sync(&scene.ling, std::slice::from_ref(&out)).await), ["ACCEPTED"]);
        assert_eq!(scene.ling.minutes().await, (0, 120));
        // And it is five minutes behind when the batch is sent again: known is known.
        town.clock.set(at("10:55"));
        assert_eq!(statuses(&sync_at(&scene.ling, &town.url, at("11:00"), &[out]).await), ["ALREADY_KNOWN"]);
        let next = came(&scene.ling, scene.shift(), at("10:58"));
        let behind = sync_at(&scene.ling, &town.url, at("11:00"), &[next]).await;
        assert_eq!(results(&behind)[0]["reasons"], json!(["SKEW"]));
        town.audit().await;
    }
}
