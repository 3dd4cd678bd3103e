//! The same request twice counts once, and races end as if people had stood in line.

use boai_entity::ids::ShiftId;
use boai_tests::{Answer, at, id, stories};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{NOTHING, keep_signed_in, scene};

/// One of these went well, and all others say this.
fn one_went_well(answers: &[Answer], others: &str) {
    let refused: Vec<_> = answers.iter().flat_map(Answer::codes).collect();
    assert_eq!(refused, vec![others; answers.len() - 1]);
}

stories! {
    async fn an_answer_that_was_lost_comes_again_even_after_the_shift(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("07:50"));
        let request = scene.ling.request_id();
        let first = scene.ling.check_in_with(scene.shift(), scene.ling.fix(20.0), &request).await.fine();
        let again = scene.ling.check_in_with(scene.shift(), scene.ling.fix(20.0), &request).await;
        assert_eq!(again, first);
        // The phone had no network until the shift was over, and is at home by now.
        town.clock.set(at("13:00"));
        let late = scene.ling.check_in_with(scene.shift(), scene.ling.fix(5000.0), &request).await;
        assert_eq!(late, first);
        assert_eq!((town.rows("attendance").await, town.rows("attendance_attempt").await), (1, 0));
    }

    async fn a_check_out_sent_again_is_the_same_success(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        town.clock.set(at("10:00"));
        let request = scene.ling.request_id();
        let first = scene.ling.check_out_with(scene.ling.fix(20.0), &request).await.fine();
        town.clock.set(at("20:00"));
        let again = scene.ling.check_out_with(scene.ling.fix(9000.0), &request).await;
        assert_eq!(again, first);
        assert_eq!((scene.ling.minutes().await, town.rows("ledger_entry").await), ((0, 120), 1));
    }

    async fn one_request_id_stands_for_one_wish(town: Town) {
        let scene = scene(&town).await;
        let next = scene.leader.post_activity(at("12:00"), at("14:00"), 8, json!({})).await;
        scene.ling.sign_up(next.shift()).await.fine();
        town.clock.set(at("11:45"));
        let request = scene.ling.request_id();
        let fix = scene.ling.fix(20.0);
        scene.ling.check_in_with(scene.shift(), fix.clone(), &request).await.fine();
        for shift in [next.shift(), &id(ShiftId(NOTHING))] {
            let other = scene.ling.check_in_with(shift, fix.clone(), &request).await;
            assert_eq!(other.codes(), ["REQUEST_ID_REUSED"]);
        }
        assert_eq!(scene.ling.check_out_with(fix, &request).await.codes(), ["REQUEST_ID_REUSED"]);
        assert_eq!((town.rows("attendance").await, town.rows("service_record").await), (1, 0));
    }

    async fn two_people_may_use_the_same_request_id(town: Town) {
        let scene = scene(&town).await;
        scene.leader.sign_up(scene.shift()).await.fine();
        town.clock.set(at("08:00"));
        let request = scene.ling.request_id();
        for person in [&scene.ling, &scene.leader] {
            person.check_in_with(scene.shift(), person.fix(20.0), &request).await.fine();
        }
        assert_eq!(town.rows("attendance").await, 2);
    }

    async fn twenty_repeats_at_once_make_one_attendance(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        let (request, fix) = (scene.ling.request_id(), scene.ling.fix(20.0));
        // Connections are open before the race, or the first to have one would have won before the others began.
        join_all((0..20).map(|_| scene.ling.minutes())).await;
        let repeats = (0..20).map(|_| scene.ling.check_in_with(scene.shift(), fix.clone(), &request));
        let answers = join_all(repeats).await;
        let first = answers[0].clone().fine();
        assert!(answers.iter().all(|answer| *answer == first), "{answers:?}");
        assert_eq!((town.rows("attendance").await, town.rows("request_effect").await), (1, 1));
    }

    async fn twenty_check_ins_at_once_make_one_open_attendance(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        let answers = join_all((0..20).map(|_| scene.ling.check_in(scene.shift(), 20.0))).await;
        one_went_well(&answers, "ALREADY_CHECKED_IN");
        assert_eq!((town.rows("attendance").await, town.rows("attendance_attempt").await), (1, 19));
    }

    async fn twenty_check_outs_at_once_make_one_record_and_move_the_totals_once(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        town.clock.set(at("11:00"));
        let answers = join_all((0..20).map(|_| scene.ling.check_out(20.0))).await;
        one_went_well(&answers, "NOT_CHECKED_IN");
        assert_eq!((town.rows("service_record").await, town.rows("ledger_entry").await), (1, 1));
        assert_eq!(scene.ling.minutes().await, (0, 180));
        town.audit().await;
    }

    async fn check_ins_racing_check_outs_keep_one_place_at_a_time(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        town.clock.set(at("09:00"));
        let (ins, outs) = futures_util::join!(
            join_all((0..8).map(|_| scene.ling.check_in(scene.shift(), 20.0))),
            join_all((0..8).map(|_| scene.ling.check_out(20.0))),
        );
        let fine = |answers: &[Answer]| answers.iter().filter(|answer| answer.codes().is_empty()).count() as i64;
        let (came, left) = (1 + fine(&ins), fine(&outs));
        let open = scene.ling.ask("{ me { openAttendance { id } } }", json!({})).await.data("/me/openAttendance");
        assert!(left >= 1, "{outs:?}");
        assert_eq!(came - left, i64::from(!open.is_null()));
        assert_eq!((town.rows("attendance").await, town.rows("service_record").await), (came, left));
        // The first stay was an hour; those of the race had no length.
        assert_eq!(scene.ling.minutes().await, (0, 60));
        town.audit().await;
    }

    async fn fifty_volunteers_check_in_at_once_and_out_at_once(town: Town) {
        let leader = town.leader("Li").await;
        let posted = leader.post_activity(at("08:00"), at("12:00"), 50, json!({})).await;
        let town = &town;
        let people =
            join_all((0..50).map(|number| async move { town.volunteer(&format!("志愿者{number}")).await })).await;
        join_all(people.iter().map(|person| async { person.sign_up(posted.shift()).await.fine() })).await;
        keep_signed_in(town).await;
        town.clock.set(at("08:00"));
        join_all(people.iter().map(|person| async { person.check_in(posted.shift(), 20.0).await.fine() })).await;
        assert_eq!(town.rows("attendance").await, 50);
        town.clock.set(at("10:00"));
        join_all(people.iter().map(|person| async { person.check_out(20.0).await.fine() })).await;
        assert_eq!(people[49].minutes().await, (0, 120));
        town.audit().await;
    }
}
