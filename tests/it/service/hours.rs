//! What of a stay counts.

use boai_entity::kinds::EntryKind;
use boai_tests::{at, stories};
use chrono::TimeDelta;
use serde_json::json;

use crate::support::{correction, ledger, scene, scene_of, serve, volunteer_key};

stories! {
    async fn before_the_start_and_after_the_end_nothing_counts(town: Town) {
        let scene = scene(&town).await;
        serve(&scene.ling, scene.shift(), at("07:35"), at("13:10")).await;
        assert_eq!(scene.ling.minutes().await, (0, 240));
        let records = scene.ling.ask("{ me { records { nodes { servedFrom servedTo date } } } }", json!({})).await;
        let record = records.data("/me/records/nodes/0");
        assert_eq!(record["servedFrom"], json!("2026-05-08T00:00:00+00:00"));
        assert_eq!(record["servedTo"], json!("2026-05-08T04:00:00+00:00"));
    }

    async fn seconds_are_not_rounded_up(town: Town) {
        let scene = scene(&town).await;
        serve(&scene.ling, scene.shift(), at("08:00") + TimeDelta::milliseconds(1), at("09:00")).await;
        assert_eq!(scene.ling.minutes().await, (0, 59));
    }

    async fn under_a_quarter_of_an_hour_counts_nothing_and_a_quarter_counts(town: Town) {
        let scene = scene(&town).await;
        serve(&scene.ling, scene.shift(), at("08:00"), at("08:15") - TimeDelta::milliseconds(1)).await;
        assert_eq!((scene.ling.minutes().await, town.rows("service_record").await), ((0, 0), 1));
        serve(&scene.ling, scene.shift(), at("09:00"), at("09:15")).await;
        assert_eq!(scene.ling.minutes().await, (0, 15));
    }

    async fn who_goes_and_comes_back_gets_both_stays_and_not_the_pause(town: Town) {
        let scene = scene(&town).await;
        serve(&scene.ling, scene.shift(), at("08:00"), at("09:00")).await;
        serve(&scene.ling, scene.shift(), at("10:00"), at("11:30")).await;
        assert_eq!(scene.ling.minutes().await, (0, 150));
    }

    async fn a_correction_takes_no_minute_that_another_stay_holds(town: Town) {
        let scene = scene(&town).await;
        let first = serve(&scene.ling, scene.shift(), at("08:00"), at("09:00")).await;
        serve(&scene.ling, scene.shift(), at("10:00"), at("11:00")).await;
        town.clock.set(at("12:00"));
        let whole_shift = correction(&first, at("08:00"), at("12:00"), "她整个上午都在");
        let corrected = scene.leader.confirm_hours(json!([whole_shift])).await.fine();
        assert_eq!(corrected.number("/confirmHours/results/0/record/minutes"), 180.0);
        assert_eq!(scene.ling.minutes().await, (180, 60));
    }

    async fn a_minute_under_two_overlapping_shifts_counts_once(town: Town) {
        let scene = scene(&town).await;
        let next = scene.leader.post_activity(at("12:00"), at("14:00"), 8, json!({})).await;
        scene.ling.sign_up(next.shift()).await.fine();
        let earlier = "mutation($id: ID!, $from: DateTime!) {
            changeShift(input: { shiftId: $id, startsAt: $from, note: \"提前\" }) { errors { code } } }";
        scene.leader.ask(earlier, json!({ "id": next.shift(), "from": at("10:00") })).await.fine();
        serve(&scene.ling, scene.shift(), at("08:00"), at("11:00")).await;
        let second = serve(&scene.ling, next.shift(), at("11:00"), at("13:00")).await;
        assert_eq!(scene.ling.minutes().await, (0, 300));
        town.clock.set(at("14:00"));
        let whole_shift = correction(&second, at("10:00"), at("14:00"), "两边都在");
        scene.leader.confirm_hours(json!([whole_shift])).await.fine();
        assert_eq!(scene.ling.minutes().await, (180, 180));
        town.audit().await;
    }

    async fn a_shift_over_midnight_counts_for_the_day_on_which_it_began(town: Town) {
        let scene = scene_of(&town, at("22:00"), at("+1 02:00"), json!({})).await;
        serve(&scene.ling, scene.shift(), at("22:00"), at("+1 02:00")).await;
        assert_eq!(scene.ling.minutes().await, (0, 240));
        let records = scene.ling.ask("{ me { records { nodes { date } } } }", json!({})).await;
        assert_eq!(records.text("/me/records/nodes/0/date"), "2026-05-08");
    }

    async fn twenty_five_hours_in_a_row_all_count(town: Town) {
        let scene = scene_of(&town, at("08:00"), at("+1 09:00"), json!({})).await;
        serve(&scene.ling, scene.shift(), at("08:00"), at("+1 09:00")).await;
        assert_eq!(scene.ling.minutes().await, (0, 1500));
    }

    async fn training_and_meetings_are_no_service_and_give_no_record(town: Town) {
        for kind in ["TRAINING", "MEETING"] {
            let scene = scene_of(&town, at("08:00"), at("12:00"), json!({ "kind": kind })).await;
            town.clock.set(at("08:00"));
            scene.ling.check_in(scene.shift(), 20.0).await.fine();
            town.clock.set(at("12:00"));
            let out = scene.ling.check_out(20.0).await.fine();
            assert!(out.data("/checkOut/attendance/record").is_null());
            let stay = out.text("/checkOut/attendance/id");
            for item in [json!({ "attendanceId": stay }), correction(&stay, at("08:00"), at("12:00"), "x")] {
                assert_eq!(scene.leader.confirm_hours(json!([item])).await.codes(), ["NO_SERVICE"]);
            }
            assert_eq!((town.rows("service_record").await, scene.ling.minutes().await), (0, (0, 0)));
            town.clock.set(at("07:00"));
        }
    }

    async fn a_clock_stepped_back_never_gives_negative_time(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("09:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        town.clock.set(at("08:30"));
        let out = scene.ling.check_out(20.0).await.fine();
        assert_eq!(out.text("/checkOut/attendance/checkedOutAt"), "2026-05-08T01:00:00+00:00");
        assert_eq!(scene.ling.minutes().await, (0, 0));
        // Nor does it give time twice: the half hour until nine was lived through a second time.
        serve(&scene.ling, scene.shift(), at("08:30"), at("09:30")).await;
        serve(&scene.ling, scene.shift(), at("09:00"), at("10:00")).await;
        assert_eq!(scene.ling.minutes().await, (0, 90));
        town.audit().await;
    }

    async fn what_is_served_waits_as_one_entry_with_its_stretch_of_time(town: Town) {
        let scene = scene(&town).await;
        serve(&scene.ling, scene.shift(), at("08:00"), at("10:00")).await;
        let entries = ledger(&town, volunteer_key(&scene.ling).await).await;
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (entries[0].kind, entries[0].pending_minutes, entries[0].confirmed_minutes),
            (EntryKind::Served, 120, 0)
        );
        assert_eq!(entries[0].spans.0, [(at("08:00").timestamp(), at("10:00").timestamp())]);
        assert_eq!(entries[0].recorded_by, scene.ling.person_id().await);
    }
}
