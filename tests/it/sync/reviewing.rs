//! What a machine must not judge waits for the leader.

use boai_tests::{Answer, Person, Town, at, id, stories};
use serde_json::{Value, json};

use crate::{came, codes_of, end, left, results, scene, statuses, sync};

/// What waits for the leader of 西湖救援队.
pub async fn queue(leader: &Person<'_>) -> Vec<Value> {
    let document = "query($team: ID!) { reviewQueue(teamId: $team, kind: SYNC_ITEM) { nodes {
        id kind state proposedFrom proposedTo numbers { name value } syncedEnds { end happenedAt reasons state distance } } } }";
    let answer = leader.ask(document, json!({ "team": id(Town::TEAM) })).await;
    answer.data("/reviewQueue/nodes").as_array().cloned().unwrap_or_default()
}

pub async fn settle(who: &Person<'_>, item: &Value, accept: bool, note: &str) -> Answer {
    let document = "mutation($item: ID!, $accept: Boolean!, $note: String!) {
        settleSyncedEnds(input: { reviewItemId: $item, accept: $accept, note: $note }) {
            reviewItem { state outcome note } attendance { state checkInGrade checkedInAt checkedOutAt record { minutes } }
            errors { code message } } }";
    who.ask(document, json!({ "item": item["id"], "accept": accept, "note": note })).await
}

stories! {
    async fn two_days_in_the_mountains_count_once_the_leader_has_looked_at_the_first(town: Town) {
        let scene = scene(&town).await;
        let next = scene.leader.post_activity(at("+1 08:00"), at("+1 12:00"), 8, json!({})).await;
        scene.ling.sign_up(next.shift()).await.fine();
        town.clock.set(at("+1 13:00"));
        let first = came(&scene.ling, scene.shift(), at("08:00"));
        let second = came(&scene.ling, next.shift(), at("+1 08:00"));
        let items = [
            left(&scene.ling, &second, at("+1 12:00")), left(&scene.ling, &first, at("12:00")), second, first,
        ];
        let answer = sync(&scene.ling, &items).await;
        assert_eq!(statuses(&answer), ["ACCEPTED", "NEEDS_REVIEW", "ACCEPTED", "NEEDS_REVIEW"], "{}", answer.body);
        assert_eq!(results(&answer)[1]["reasons"], json!(["LATE", "CHECK_IN_WAITS"]));
        assert_eq!(scene.ling.minutes().await, (0, 240));
        let queue = queue(&scene.leader).await;
        assert_eq!(queue.len(), 1, "one for the stay: {queue:?}");
        let [from, to] = ["08:00", "12:00"].map(|time| json!(at(time).to_rfc3339()));
        assert_eq!((&queue[0]["proposedFrom"], &queue[0]["proposedTo"]), (&from, &to));
        assert_eq!(queue[0]["syncedEnds"].as_array().map(Vec::len), Some(2));

        let settled = settle(&scene.leader, &queue[0], true, "").await.fine();
        let stay = settled.data("/settleSyncedEnds/attendance");
        assert_eq!((&stay["state"], &stay["record"]["minutes"]), (&json!("CLOSED"), &json!(240)));
        assert_eq!((&stay["checkedInAt"], &stay["checkInGrade"]), (&from, &json!("LOCATION")));
        assert_eq!(scene.ling.minutes().await, (0, 480));
        assert_eq!(scene.ling.inbox().await[0].0, "SYNCED_ACCEPTED");
        assert_eq!(settle(&scene.leader, &queue[0], false, "x").await.codes(), ["SETTLED"]);
        // The phone asks again, live and in a batch, and both are the stay.
        assert_eq!(statuses(&sync(&scene.ling, &items).await), ["ALREADY_KNOWN"; 4]);
        town.audit().await;
    }

    async fn out_of_place_the_leader_decides_and_far_away_nobody_has_to(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("09:00"));
        let near = end(&scene.ling, "CHECK_IN", scene.shift(), at("08:00"), 700.0);
        let far = end(&scene.ling, "CHECK_IN", scene.shift(), at("08:10"), 50_000.0);
        let answer = sync(&scene.ling, &[near.clone(), far]).await;
        assert_eq!(statuses(&answer), ["NEEDS_REVIEW", "REFUSED"]);
        assert_eq!(results(&answer)[0]["reasons"], json!(["OUT_OF_PLACE"]));
        assert_eq!(codes_of(&results(&answer)[1]), ["OUT_OF_RANGE"]);
        let request = near["requestId"].as_str().expect("an id");
        let live = scene.ling.check_in_with(scene.shift(), scene.ling.fix(0.0), request).await;
        assert_eq!(live.codes(), ["IN_REVIEW"]);

        let queue = queue(&scene.leader).await;
        for who in [&scene.ling, &town.other_leader("Hai").await, &town.desk("Desk").await] {
            assert_eq!(settle(who, &queue[0], true, "").await.codes(), ["NOT_FOUND"], "{}", who.name);
        }
        assert_eq!(settle(&scene.leader, &queue[0], false, "").await.codes(), ["NOTE_NEEDED"]);
        assert_eq!(town.rows("attendance").await, 0);
        settle(&scene.leader, &queue[0], false, "你当时不在现场").await.fine();
        assert_eq!(scene.ling.inbox().await[0], ("SYNCED_REFUSED".into(), "你当时不在现场".into()));
        let again = sync(&scene.ling, &[near.clone(), left(&scene.ling, &near, at("08:50"))]).await;
        assert_eq!(statuses(&again), ["ALREADY_KNOWN", "REFUSED"]);
        assert_eq!((town.rows("attendance").await, town.rows("ledger_entry").await), (0, 0));
    }

    async fn nobody_settles_what_their_own_phone_brought(town: Town) {
        let scene = scene(&town).await;
        scene.leader.sign_up(scene.shift()).await.fine();
        town.clock.set(at("09:00"));
        sync(&scene.leader, &[end(&scene.leader, "CHECK_IN", scene.shift(), at("08:00"), 700.0)]).await.fine();
        let queue = queue(&scene.leader).await;
        assert_eq!(settle(&scene.leader, &queue[0], true, "").await.codes(), ["OWN"]);
        settle(&town.officer("Chen", "3301").await, &queue[0], true, "").await.fine();
        assert_eq!(town.rows("attendance").await, 1);
    }

    async fn who_was_elsewhere_at_that_time_is_asked_about(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("08:00"));
        scene.ling.check_in(scene.shift(), 20.0).await.fine();
        town.clock.set(at("10:00"));
        scene.ling.check_out(20.0).await.fine();
        let within = came(&scene.ling, scene.shift(), at("09:00"));
        let answer = sync(&scene.ling, &[within]).await;
        assert_eq!(results(&answer)[0]["reasons"], json!(["OVERLAPPING"]), "{}", answer.body);
        assert_eq!(scene.ling.minutes().await, (0, 120));
    }

    async fn a_check_out_that_comes_first_waits_for_its_check_in(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("11:30"));
        let check_in = came(&scene.ling, scene.shift(), at("08:00"));
        let answer = sync(&scene.ling, &[left(&scene.ling, &check_in, at("11:00"))]).await;
        assert_eq!(results(&answer)[0]["reasons"], json!(["WITHOUT_CHECK_IN"]));
        let waiting = queue(&scene.leader).await;
        assert_eq!(settle(&scene.leader, &waiting[0], true, "").await.codes(), ["CHECK_IN_MISSING"]);
        assert_eq!(statuses(&sync(&scene.ling, &[check_in]).await), ["ACCEPTED"]);
        assert_eq!((scene.ling.minutes().await, queue(&scene.leader).await.len()), ((0, 180), 0));
        town.audit().await;
    }
}
