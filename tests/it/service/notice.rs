//! 公示: what the team sees before it is final, what nobody confirmed in time, and what takes two persons afterwards.

use boai_tests::{Answer, Person, Town, at, id, stories};
use serde_json::{Value, json};

use crate::{
    afterwards::{decide, queue, told},
    support::{Scene, correction, keep_signed_in, key, rejection, scene, serve},
};

const NOTICE: &str = "query($team: ID!) { teamNotice(teamId: $team) { nodes {
    recordId volunteer { name } date minutes book noticeUntil } } }";
const LATE: &str = "query($branch: ID!) { lateConfirmations(branchId: $branch) { nodes {
    attendanceId volunteer { name } record { minutes } } } }";

async fn notice(who: &Person<'_>) -> Vec<Value> {
    let answer = who.ask(NOTICE, json!({ "team": id(Town::TEAM) })).await;
    answer.data("/teamNotice/nodes").as_array().cloned().unwrap_or_default()
}

async fn late(who: &Person<'_>, branch: &str) -> Vec<Value> {
    let answer = who.ask(LATE, json!({ "branch": id(Town::branch(branch)) })).await;
    answer.data("/lateConfirmations/nodes").as_array().cloned().unwrap_or_default()
}

async fn confirm_shift(who: &Person<'_>, shift: &str) -> Answer {
    let document = "mutation($shift: ID!) { confirmShift(input: { shiftId: $shift }) {
        results { attendanceId record { state } errors { code } } more errors { code } } }";
    who.ask(document, json!({ "shift": shift })).await
}

async fn withdraw(who: &Person<'_>, item: &str) -> Answer {
    let document = "mutation($id: ID!) { withdrawClaim(input: { itemId: $id }) { item { outcome } errors { code } } }";
    who.ask(document, json!({ "id": item })).await
}

/// Ling's four hours of Friday, 2026-05-08, are confirmed at noon. Saturday is worked for Labour Day, so that the notice ends on
/// Tuesday.
async fn confirmed(town: &Town) -> (Scene<'_>, String) {
    let scene = scene(town).await;
    let stay = serve(&scene.ling, scene.shift(), at("08:00"), at("12:00")).await;
    scene.leader.confirm(&stay).await.fine();
    (scene, stay)
}

/// The same a week later.
async fn long_final(town: &Town) -> (Scene<'_>, String) {
    let scene = confirmed(town).await;
    town.clock.set(at("+7 09:00"));
    scene
}

async fn is_final(ling: &Person<'_>) -> Value {
    ling.ask("{ me { records { nodes { isFinal } } } }", json!({})).await.data("/me/records/nodes/0/isFinal")
}

stories! {
    async fn confirmed_service_is_before_the_team_for_three_working_days(town: Town) {
        let (scene, _) = confirmed(&town).await;
        let member = town.volunteer("王小明").await;
        let row = "INSERT INTO team_member (team_id, volunteer_id, state, asked_at) VALUES ($1, $2, 'ACCEPTED', $3)";
        let values = [Town::TEAM.into(), key(&member.volunteer_id().await).into(), town.clock.now().into()];
        boai::platform::db::run(&town.app.db.conn, row, values).await.expect("a member");

        let others = [town.other_leader("Zhao").await, town.stranger()];
        keep_signed_in(&town).await;
        let seen = notice(&member).await;
        let facts = ["date", "minutes", "book", "noticeUntil"].map(|field| seen[0][field].clone());
        let until = at("+5 00:00").to_rfc3339();
        assert_eq!(facts, [json!("2026-05-08"), json!(240), json!("SYSTEM_PROVED"), json!(until)]);
        assert_eq!((&seen[0]["volunteer"]["name"], is_final(&scene.ling).await), (&json!("L***"), json!(false)));
        assert_eq!(notice(&scene.leader).await[0]["volunteer"]["name"], "Ling");
        for stranger in others.iter().chain([&scene.ling]) {
            assert_eq!(notice(stranger).await, Vec::<Value>::new());
        }
        town.clock.set(at("+4 23:59"));
        assert_eq!((notice(&member).await.len(), is_final(&scene.ling).await), (1, json!(false)));
        town.clock.set(at("+5 00:00"));
        assert_eq!((notice(&member).await.len(), is_final(&scene.ling).await), (0, json!(true)));
    }

    async fn what_nobody_confirmed_in_ten_working_days_shows_to_the_branch(town: Town) {
        let scene = scene(&town).await;
        let stay = serve(&scene.ling, scene.shift(), at("08:00"), at("12:00")).await;
        let officer = town.officer("周干部", "3301").await;
        keep_signed_in(&town).await;
        // Saturday the 9th is worked; the tenth working day is the 21st.
        town.clock.set(at("+13 23:59"));
        assert_eq!(late(&officer, "330106").await, Vec::<Value>::new());
        town.clock.set(at("+14 00:00"));
        let seen = late(&officer, "330106").await;
        assert_eq!(seen, [json!({ "attendanceId": stay, "volunteer": { "name": "Ling" }, "record": { "minutes": 240 } })]);
        assert_eq!(late(&officer, "33").await, Vec::<Value>::new());
        for stranger in [&scene.leader, &scene.ling, &town.stranger()] {
            assert_eq!(late(stranger, "330106").await, Vec::<Value>::new());
        }
        officer.confirm(&stay).await.fine();
        assert_eq!(late(&officer, "330106").await, Vec::<Value>::new());
    }

    async fn a_whole_shift_is_confirmed_at_once_but_one_s_own_hours(town: Town) {
        let scene = scene(&town).await;
        let crowd = town.crowd(3).await;
        for person in crowd.iter().chain([&scene.leader]) {
            person.sign_up(scene.shift()).await.fine();
        }
        town.clock.set(at("08:00"));
        for person in crowd.iter().chain([&scene.leader, &scene.ling]) {
            person.check_in(scene.shift(), 20.0).await.fine();
        }
        town.clock.set(at("12:00"));
        for person in crowd.iter().chain([&scene.leader]) {
            person.check_out(20.0).await.fine();
        }
        assert_eq!(confirm_shift(&scene.ling, scene.shift()).await.fine().data("/confirmShift/results"), json!([]));
        let done = confirm_shift(&scene.leader, scene.shift()).await.fine();
        let results = done.data("/confirmShift/results").as_array().cloned().unwrap_or_default();
        assert_eq!((results.len(), done.data("/confirmShift/more")), (3, json!(false)));
        assert!(results.iter().all(|result| result["record"]["state"] == "CONFIRMED"), "{results:?}");
        assert_eq!((crowd[0].minutes().await, scene.leader.minutes().await), ((240, 0), (0, 240)));
        assert_eq!(confirm_shift(&scene.leader, scene.shift()).await.fine().data("/confirmShift/results"), json!([]));
        town.audit().await;
    }

    async fn what_is_final_is_corrected_by_two_persons(town: Town) {
        let (scene, stay) = long_final(&town).await;
        let item = correction(&stay, at("08:00"), at("11:00"), "11 点离开");
        let answer = scene.leader.confirm_hours(json!([item.clone()])).await.fine();
        assert_eq!(answer.text("/confirmHours/results/0/waits/kind"), "CORRECTION");
        assert_eq!(answer.data("/confirmHours/results/0/record/minutes"), 240);
        assert_eq!(scene.leader.confirm_hours(json!([item])).await.codes(), ["CORRECTION_WAITS"]);
        assert_eq!((scene.ling.minutes().await, town.rows("ledger_entry").await), ((240, 0), 2));
        let waits = answer.text("/confirmHours/results/0/waits/id");
        assert_eq!(decide(&scene.leader, &waits, true, "").await.codes(), ["OWN_WORD"]);
        decide(&town.leader("Ma").await, &waits, true, "").await.fine();
        assert_eq!(scene.ling.minutes().await, (180, 0));
        let heard = json!({ "kind": "HOURS_CORRECTED", "note": "11 点离开", "by": { "name": "Ma" } });
        assert_eq!((told(&scene.ling).await, is_final(&scene.ling).await), (heard, json!(false)));
        town.audit().await;
    }

    async fn what_is_final_is_rejected_by_two_persons(town: Town) {
        let (scene, stay) = long_final(&town).await;
        let answer = scene.leader.confirm_hours(json!([rejection(&stay, "代签")])).await.fine();
        let waits = answer.text("/confirmHours/results/0/waits/id");
        assert_eq!(scene.ling.minutes().await, (240, 0));
        decide(&town.officer("周干部", "330106").await, &waits, true, "查实代签").await.fine();
        assert_eq!((scene.ling.minutes().await, told(&scene.ling).await["note"].clone()), ((0, 0), json!("查实代签")));
        town.audit().await;
    }

    async fn a_correction_that_the_second_person_declines_changes_nothing(town: Town) {
        let (scene, stay) = long_final(&town).await;
        let ma = town.leader("Ma").await;
        let item = json!([correction(&stay, at("08:00"), at("11:00"), "11 点离开")]);
        let waits = scene.leader.confirm_hours(item.clone()).await.fine().text("/confirmHours/results/0/waits/id");
        decide(&ma, &waits, false, "我看见她到最后").await.fine();
        assert_eq!((scene.ling.minutes().await, is_final(&scene.ling).await), ((240, 0), json!(true)));
        let heard = json!({ "kind": "SECOND_WORD_DECLINED", "note": "我看见她到最后", "by": { "name": "Ma" } });
        assert_eq!(told(&scene.leader).await, heard);
        // It may be proposed again, and taken back by whoever did.
        let waits = scene.leader.confirm_hours(item).await.fine().text("/confirmHours/results/0/waits/id");
        assert_eq!(withdraw(&ma, &waits).await.codes(), ["NOT_FOUND"]);
        withdraw(&scene.leader, &waits).await.fine();
        assert_eq!(queue(&ma, "CORRECTION", "WAITING").await, Vec::<Value>::new());
        assert_eq!(town.rows("ledger_entry").await, 2);
    }
}
