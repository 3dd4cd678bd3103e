//! The leader's word on served time.

use boai::{attendance::service::close_forgotten, ctx::Ctx};
use boai_entity::{
    audit_entry,
    ids::AttendanceId,
    kinds::EntryKind::{Confirmed, Reversal, Served},
};
use boai_tests::{Person, Town, at, id, stories};
use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::{NOTHING, Scene, correction, ledger, rejection, scene, serve, volunteer_key};

/// Ling served from 08:00 to 12:00, and nobody settled it yet.
async fn served(town: &Town) -> (Scene<'_>, String) {
    let scene = scene(town).await;
    let stay = serve(&scene.ling, scene.shift(), at("08:00"), at("12:00")).await;
    (scene, stay)
}

async fn settle(leader: &Person<'_>, item: Value) -> Value {
    leader.confirm_hours(json!([item])).await.fine().data("/confirmHours/results/0/record")
}

/// Action and reason of the audit trail on hours, in its order.
async fn trail(town: &Town) -> Vec<(String, Option<String>)> {
    let acts = audit_entry::Entity::find().filter(audit_entry::Column::Subject.eq("ServiceRecord"));
    let acts = acts.order_by_asc(audit_entry::Column::Id).all(&town.app.db.conn).await.expect("the trail is read");
    acts.into_iter().map(|act| (act.action, act.reason)).collect()
}

stories! {
    async fn hours_wait_until_the_leader_confirms_them_and_ling_hears_of_it(town: Town) {
        let (scene, stay) = served(&town).await;
        assert_eq!(scene.ling.minutes().await, (0, 240));
        let record = settle(&scene.leader, json!({ "attendanceId": stay })).await;
        assert_eq!((&record["state"], &record["minutes"]), (&json!("CONFIRMED"), &json!(240)));
        assert_eq!(record["book"], "SYSTEM_PROVED");
        assert_eq!(scene.ling.minutes().await, (240, 0));
        assert_eq!(scene.ling.inbox().await, [("HOURS_CONFIRMED".into(), "240 min".into())]);
        assert_eq!(trail(&town).await, [("HOURS_CONFIRMED".into(), None)]);
        town.audit().await;
    }

    async fn confirming_twice_is_confirming_once(town: Town) {
        let (scene, stay) = served(&town).await;
        let first = scene.leader.confirm(&stay).await.fine();
        assert_eq!(scene.leader.confirm(&stay).await, first);
        assert_eq!((scene.ling.minutes().await, town.rows("ledger_entry").await), ((240, 0), 2));
        assert_eq!((scene.ling.inbox().await.len(), trail(&town).await.len()), (1, 1));
    }

    async fn ten_confirmations_at_once_are_one(town: Town) {
        let (scene, stay) = served(&town).await;
        let answers = join_all((0..10).map(|_| scene.leader.confirm(&stay))).await;
        let first = answers[0].clone().fine();
        assert!(answers.iter().all(|answer| *answer == first), "{answers:?}");
        assert_eq!((scene.ling.minutes().await, town.rows("ledger_entry").await), ((240, 0), 2));
        assert_eq!((scene.ling.inbox().await.len(), trail(&town).await.len()), (1, 1));
        town.audit().await;
    }

    async fn a_correction_goes_into_the_other_book_with_its_reason(town: Town) {
        let (scene, stay) = served(&town).await;
        let record = settle(&scene.leader, correction(&stay, at("08:00"), at("11:00"), "11 点离开")).await;
        let facts = ["minutes", "state", "book", "reason"].map(|field| record[field].clone());
        assert_eq!(facts, [json!(180), json!("CONFIRMED"), json!("BACK_FILLED"), json!("11 点离开")]);
        assert_eq!(scene.ling.minutes().await, (180, 0));
        assert_eq!(scene.ling.inbox().await, [("HOURS_CORRECTED".into(), "11 点离开".into())]);
        assert_eq!(trail(&town).await, [("HOURS_CONFIRMED".into(), Some("11 点离开".into()))]);
        let entries = ledger(&town, volunteer_key(&scene.ling).await).await;
        let moves: Vec<_> =
            entries.iter().map(|entry| (entry.kind, entry.pending_minutes, entry.confirmed_minutes)).collect();
        assert_eq!(moves, [(Served, 240, 0), (Reversal, -240, 0), (Confirmed, 0, 180)]);
        assert_eq!((entries[1].corrects, entries[2].corrects), (Some(entries[0].id), None));
        town.audit().await;
    }

    async fn what_was_confirmed_can_be_corrected_by_a_reversal_and_a_new_entry(town: Town) {
        let (scene, stay) = served(&town).await;
        scene.leader.confirm(&stay).await.fine();
        settle(&scene.leader, correction(&stay, at("09:00"), at("12:00"), "9 点到")).await;
        settle(&scene.leader, correction(&stay, at("08:30"), at("12:00"), "8 点半到")).await;
        assert_eq!(scene.ling.minutes().await, (210, 0));
        let entries = ledger(&town, volunteer_key(&scene.ling).await).await;
        let moves: Vec<_> =
            entries.iter().map(|entry| (entry.kind, entry.pending_minutes, entry.confirmed_minutes)).collect();
        let expected = [
            (Served, 240, 0),
            (Confirmed, -240, 240),
            (Reversal, 0, -240),
            (Confirmed, 0, 180),
            (Reversal, 0, -180),
            (Confirmed, 0, 210),
        ];
        assert_eq!(moves, expected);
        let corrects: Vec<_> = entries.iter().map(|entry| entry.corrects).collect();
        let ids: Vec<_> = entries.iter().map(|entry| Some(entry.id)).collect();
        assert_eq!(corrects, [None, ids[0], ids[1], None, ids[3], None]);
        assert_eq!(town.rows("service_record").await, 1);
        town.audit().await;
    }

    async fn a_rejection_takes_the_time_away_and_can_be_taken_back(town: Town) {
        let (scene, stay) = served(&town).await;
        scene.leader.confirm(&stay).await.fine();
        town.clock.set(at("13:00"));
        let record = settle(&scene.leader, rejection(&stay, "签到后离开")).await;
        assert_eq!(
            (&record["state"], &record["minutes"], &record["reason"]),
            (&json!("REJECTED"), &json!(0), &json!("签到后离开"))
        );
        assert_eq!(scene.ling.minutes().await, (0, 0));
        assert_eq!(scene.leader.confirm(&stay).await.codes(), ["REJECTED"]);
        assert_eq!(scene.ling.minutes().await, (0, 0));
        town.clock.set(at("14:00"));
        let back = settle(&scene.leader, correction(&stay, at("08:00"), at("12:00"), "同伴作证")).await;
        assert_eq!((&back["state"], &back["minutes"]), (&json!("CONFIRMED"), &json!(240)));
        assert_eq!(scene.ling.minutes().await, (240, 0));
        let acts: Vec<_> = trail(&town).await.into_iter().map(|(act, _)| act).collect();
        assert_eq!(acts, ["HOURS_CONFIRMED", "HOURS_REJECTED", "HOURS_CONFIRMED"]);
        assert_eq!(scene.ling.inbox().await[1], ("HOURS_CORRECTED".into(), "签到后离开".into()));
        town.audit().await;
    }

    async fn a_correction_never_counts_more_than_the_shift(town: Town) {
        let (scene, stay) = served(&town).await;
        town.clock.set(at("20:00"));
        let record = settle(&scene.leader, correction(&stay, at("05:00"), at("20:00"), "很早来,很晚走")).await;
        assert_eq!(record["minutes"], 240);
        assert_eq!(scene.ling.minutes().await, (240, 0));
    }

    async fn time_that_has_not_passed_yet_cannot_have_been_served(town: Town) {
        let (scene, stay) = served(&town).await;
        let ahead = town.clock.now() + TimeDelta::minutes(1);
        let refused = scene.leader.confirm_hours(json!([correction(&stay, at("08:00"), ahead, "还会留下")])).await;
        assert_eq!(refused.codes(), ["NOT_SERVED_YET"]);
        assert_eq!(scene.ling.minutes().await.0, 0);
        assert_eq!(town.rows("ledger_entry").await, 1);
    }

    async fn a_correction_or_rejection_needs_a_reason_and_times_in_order(town: Town) {
        let (scene, stay) = served(&town).await;
        for (item, code) in [
            (correction(&stay, at("08:00"), at("11:00"), " "), "REASON_NEEDED"),
            (rejection(&stay, ""), "REASON_NEEDED"),
            (correction(&stay, at("11:00"), at("11:00"), "x"), "TIMES_REVERSED"),
        ] {
            assert_eq!(scene.leader.confirm_hours(json!([item])).await.codes(), [code]);
        }
        let timeless =
            scene.leader.confirm_hours(json!([{ "attendanceId": stay, "decision": "CORRECT", "reason": "x" }])).await;
        assert_eq!(timeless.fault(), "BAD_USER_INPUT");
        assert_eq!(
            (scene.ling.minutes().await, town.rows("ledger_entry").await, trail(&town).await.len()),
            ((0, 240), 1, 0)
        );
    }

    async fn nobody_settles_their_own_hours(town: Town) {
        let scene = scene(&town).await;
        scene.leader.sign_up(scene.shift()).await.fine();
        let own = serve(&scene.leader, scene.shift(), at("08:00"), at("12:00")).await;
        for item in
            [json!({ "attendanceId": own }), correction(&own, at("08:00"), at("12:00"), "x"), rejection(&own, "x")]
        {
            assert_eq!(scene.leader.confirm_hours(json!([item])).await.codes(), ["OWN_HOURS"]);
        }
        assert_eq!((scene.leader.minutes().await, town.rows("ledger_entry").await), ((0, 240), 1));
        let officer = town.officer("Zhao", "3301").await;
        officer.confirm(&own).await.fine();
        assert_eq!(scene.leader.minutes().await, (240, 0));
    }

    async fn who_does_not_lead_the_team_gets_what_an_unknown_id_gets(town: Town) {
        let (scene, stay) = served(&town).await;
        let strangers = [
            town.other_leader("Sun").await,
            town.desk("Desk").await,
            town.officer("Wu", "3302").await,
            scene.ling.clone(),
        ];
        for person in strangers {
            let theirs = person.confirm(&stay).await.payload()["errors"].clone();
            let missing = person.confirm(&id(AttendanceId(NOTHING))).await.payload()["errors"].clone();
            assert_eq!((&theirs[0]["code"], &theirs), (&json!("NOT_FOUND"), &missing), "{}", person.name);
        }
        assert_eq!(town.stranger().confirm(&stay).await.fault(), "UNAUTHENTICATED");
        assert_eq!((scene.ling.minutes().await, town.rows("ledger_entry").await), ((0, 240), 1));
    }

    async fn who_can_still_check_out_is_waited_for(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        let stay = scene.ling.check_in(scene.shift(), 20.0).await.fine().text("/checkIn/attendance/id");
        town.clock.set(at("14:00"));
        for item in [json!({ "attendanceId": stay }), correction(&stay, at("08:00"), at("12:00"), "x")] {
            let refused = scene.leader.confirm_hours(json!([item])).await;
            assert_eq!(refused.codes(), ["STILL_OPEN"]);
            assert!(refused.payload()["errors"][0]["message"].to_string().contains("2026-05-08 14:00"));
        }
        assert_eq!(town.rows("service_record").await, 0);
        scene.ling.check_out(20.0).await.fine();
        scene.leader.confirm(&stay).await.fine();
        assert_eq!(scene.ling.minutes().await, (240, 0));
    }

    async fn a_forgotten_check_out_is_marked_told_and_settled_by_the_leader(town: Town) {
        let scene = scene(&town).await;
        let job = Ctx::system(town.app.clone(), "close-forgotten");
        town.clock.set(at("08:00"));
        let stay = scene.ling.check_in(scene.shift(), 20.0).await.fine().text("/checkIn/attendance/id");
        town.clock.set(at("14:00"));
        assert_eq!(close_forgotten(&job).await.expect("the job runs"), 0);
        town.clock.set(at("14:00") + TimeDelta::milliseconds(1));
        let late = scene.ling.check_out(20.0).await;
        assert_eq!((late.codes(), late.refusal_number("minutesSinceEnd")), (vec!["FORGOTTEN".to_owned()], 121.0));
        let closed = join_all([close_forgotten(&job), close_forgotten(&job)]).await;
        assert_eq!(
            closed.into_iter().map(|closed| closed.expect("the job runs")).sum::<usize>(),
            1,
            "by one of two instances"
        );
        let seen =
            scene.ling.ask("query($id: ID!) { node(id: $id) { ... on Attendance { state } } }", json!({ "id": stay }));
        assert_eq!(seen.await.text("/node/state"), "FORGOTTEN");
        assert_eq!(scene.ling.inbox().await, [("CHECK_OUT_FORGOTTEN".into(), String::new())]);
        assert_eq!((scene.ling.minutes().await, town.rows("service_record").await), ((0, 0), 0));
        let untimed = scene.leader.confirm(&stay).await;
        assert_eq!(untimed.codes(), ["TIMES_NEEDED"]);
        assert!(untimed.payload()["errors"][0]["message"].to_string().contains("2026-05-08 12:00"), "proposes the end");
        let record = settle(&scene.leader, correction(&stay, at("08:00"), at("11:30"), "照片为证")).await;
        assert_eq!((&record["minutes"], &record["book"]), (&json!(210), &json!("BACK_FILLED")));
        assert_eq!(scene.ling.minutes().await, (210, 0));
        town.audit().await;
    }

    async fn a_forgotten_check_out_can_be_rejected_before_the_job_came_by(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        let stay = scene.ling.check_in(scene.shift(), 20.0).await.fine().text("/checkIn/attendance/id");
        town.clock.set(at("15:00"));
        let record = settle(&scene.leader, rejection(&stay, "没有来")).await;
        assert_eq!((&record["minutes"], &record["state"]), (&json!(0), &json!("REJECTED")));
        let open = scene.ling.ask("{ me { openAttendance { id } } }", json!({})).await;
        assert!(open.data("/me/openAttendance").is_null());
        town.audit().await;
    }

    async fn a_batch_answers_item_by_item(town: Town) {
        let (scene, stay) = served(&town).await;
        let items = json!([
            { "attendanceId": id(AttendanceId(NOTHING)) },
            { "attendanceId": stay },
            rejection(&stay, ""),
        ]);
        let answer = scene.leader.confirm_hours(items).await;
        assert_eq!(answer.codes(), ["NOT_FOUND", "REASON_NEEDED"]);
        let results = answer.data("/confirmHours/results");
        assert_eq!(results[0]["errors"][0]["code"], "NOT_FOUND");
        assert_eq!((&results[1]["record"]["state"], &results[1]["errors"]), (&json!("CONFIRMED"), &json!([])));
        assert!(results[2]["record"].is_null());
        assert_eq!(scene.ling.minutes().await, (240, 0));
        let too_many = vec![json!({ "attendanceId": stay }); 201];
        assert_eq!(scene.leader.confirm_hours(json!(too_many)).await.fault(), "BAD_USER_INPUT");
    }

    async fn confirmations_racing_corrections_end_with_one_of_them(town: Town) {
        let (scene, stay) = served(&town).await;
        let fix = correction(&stay, at("08:00"), at("11:00"), "11 点离开");
        let acts = (0..10).map(|number| {
            let item = if number % 2 == 0 { json!({ "attendanceId": stay }) } else { fix.clone() };
            scene.leader.confirm_hours(json!([item]))
        });
        join_all(acts).await.into_iter().for_each(|answer| drop(answer.fine()));
        // The first correction settles it: a confirmation after that confirms nothing anew.
        assert_eq!(scene.ling.minutes().await, (180, 0));
        town.audit().await;
    }
}
