//! A check-in that comes in late without its check-out is a forgotten check-out like any other, until the check-out comes.

use boai::{attendance::service::close_forgotten, ctx::Ctx};
use boai_tests::{Person, Town, at, id, stories};
use serde_json::{Value, json};

use crate::{
    came,
    desks::{desk, digits, noted},
    end, left, results, scene, statuses, sync,
};

/// Two instances do so at once, as often as they like.
async fn job(town: &Town) -> usize {
    let ctx = Ctx::system(town.app.clone(), "closing");
    let (one, other) = futures_util::join!(close_forgotten(&ctx), close_forgotten(&ctx));
    one.expect("the job runs") + other.expect("the job runs")
}

async fn forgotten(leader: &Person<'_>, state: &str) -> Vec<Value> {
    let document = "query($team: ID!, $state: ReviewState!) { reviewQueue(teamId: $team, kind: FORGOTTEN_CHECK_OUT, state: $state) {
        nodes { proposedFrom proposedTo proposalBasis outcome attendance { state } } } }";
    let answer = leader.ask(document, json!({ "team": id(Town::TEAM), "state": state })).await;
    answer.data("/reviewQueue/nodes").as_array().cloned().unwrap_or_default()
}

stories! {
    async fn the_leader_is_asked_once_check_out_has_closed_and_no_longer_when_the_check_out_comes(town: Town) {
        let scene = scene(&town).await;
        let second = scene.leader.post_activity(at("12:30"), at("18:00"), 8, json!({})).await;
        scene.ling.sign_up(second.shift()).await.fine();
        // She is at the second shift when the phone tells half of the first.
        town.clock.set(at("12:40"));
        scene.ling.check_in(second.shift(), 20.0).await.fine();
        let check_in = came(&scene.ling, scene.shift(), at("08:00"));
        assert_eq!(statuses(&sync(&scene.ling, std::slice::from_ref(&check_in)).await), ["ACCEPTED"]);
        town.clock.set(at("14:00"));
        assert_eq!((job(&town).await, forgotten(&scene.leader, "WAITING").await.len()), (0, 0), "a check-out is still taken");
        town.clock.set(at("14:01"));
        assert_eq!(job(&town).await, 1);
        assert_eq!(job(&town).await, 0, "once");
        let [from, to] = ["08:00", "12:00"].map(|time| at(time).to_rfc3339());
        let asked = json!({ "proposedFrom": from, "proposedTo": to, "proposalBasis": "SHIFT_END", "outcome": null,
            "attendance": { "state": "FORGOTTEN" } });
        assert_eq!(forgotten(&scene.leader, "WAITING").await, [asked]);
        assert_eq!(scene.ling.inbox().await, [("CHECK_OUT_FORGOTTEN".into(), String::new())]);

        let out = left(&scene.ling, &check_in, at("11:00"));
        assert_eq!(statuses(&sync(&scene.ling, &[out]).await), ["ACCEPTED"]);
        assert_eq!(forgotten(&scene.leader, "WAITING").await, Vec::<Value>::new());
        assert_eq!(forgotten(&scene.leader, "SETTLED").await[0]["outcome"], "WITHDRAWN");
        assert_eq!((job(&town).await, scene.ling.minutes().await), (0, (0, 180)));
        town.audit().await;
    }

    async fn once_a_desk_has_undone_the_check_out_the_leader_is_asked_again(town: Town) {
        let scene = scene(&town).await;
        let (operator, _) = desk(&town, &scene).await;
        town.clock.set(at("14:01"));
        sync(&scene.ling, &[came(&scene.ling, scene.shift(), at("08:00"))]).await.fine();
        assert_eq!(job(&town).await, 1);
        let out = noted(&operator, "CHECK_OUT", scene.shift(), at("11:00"), digits(&scene.ling));
        let told = sync(&operator, &[out]).await;
        assert_eq!(statuses(&told), ["ACCEPTED"], "{}", told.body);
        assert_eq!(forgotten(&scene.leader, "SETTLED").await[0]["outcome"], "WITHDRAWN");
        let undo = "mutation($entry: ID!) { undoDeskEntry(input: { entryId: $entry, reason: \"扫错了人\" }) { errors { code } } }";
        operator.ask(undo, json!({ "entry": results(&told)[0]["entry"]["id"] })).await.fine();
        assert_eq!((job(&town).await, job(&town).await), (1, 0), "and once");
        assert_eq!(forgotten(&scene.leader, "WAITING").await.len(), 1);
        assert_eq!(scene.ling.minutes().await, (0, 0));
        town.audit().await;
    }

    async fn whose_check_out_came_first_or_at_once_is_no_forgotten_one(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("18:00"));
        let first = came(&scene.ling, scene.shift(), at("08:00"));
        let second = came(&scene.ling, scene.shift(), at("09:00"));
        sync(&scene.ling, &[left(&scene.ling, &second, at("10:00"))]).await.fine();
        sync(&scene.ling, &[second, left(&scene.ling, &first, at("08:40")), first]).await.fine();
        assert_eq!((job(&town).await, scene.ling.inbox().await, scene.ling.minutes().await), (0, vec![], (0, 100)));
        assert_eq!(forgotten(&scene.leader, "SETTLED").await.len() + forgotten(&scene.leader, "WAITING").await.len(), 0);
    }

    async fn while_the_leader_has_its_check_out_to_look_at_nothing_else_is_asked(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("18:00"));
        let check_in = came(&scene.ling, scene.shift(), at("08:00"));
        let mut out = end(&scene.ling, "CHECK_OUT", scene.shift(), at("11:00"), 900.0);
        out["checkInRequestId"] = check_in["requestId"].clone();
        let answer = sync(&scene.ling, &[check_in, out]).await;
        assert_eq!(statuses(&answer), ["ACCEPTED", "NEEDS_REVIEW"], "{:?}", results(&answer));
        job(&town).await;
        assert_eq!(forgotten(&scene.leader, "WAITING").await, Vec::<Value>::new());
        let waiting = crate::reviewing::queue(&scene.leader).await;
        crate::reviewing::settle(&scene.leader, &waiting[0], false, "太远了").await.fine();
        assert_eq!(job(&town).await, 1);
        assert_eq!(forgotten(&scene.leader, "WAITING").await.len(), 1, "now nobody says when she left");
    }

    async fn a_leader_who_accepts_a_check_in_of_long_ago_is_asked_for_its_end(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("+2 18:00"));
        let check_in = came(&scene.ling, scene.shift(), at("08:00"));
        assert_eq!(results(&sync(&scene.ling, &[check_in]).await)[0]["reasons"], json!(["LATE"]));
        assert_eq!(job(&town).await, 0);
        let waiting = crate::reviewing::queue(&scene.leader).await;
        crate::reviewing::settle(&scene.leader, &waiting[0], true, "").await.fine();
        assert_eq!((job(&town).await, forgotten(&scene.leader, "WAITING").await.len()), (1, 1));
    }
}
