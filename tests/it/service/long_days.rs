//! Days so long that more than a leader has a word.

use boai_entity::Instant;
use boai_tests::{Answer, Person, Town, at, stories};
use futures_util::future::join;
use serde_json::{Value, json};

use crate::{
    afterwards::{decide, queue, told},
    support::{Scene, correction, keep_signed_in, scene_of, serve},
};

/// Ling served at a shift of these hours, and it is a quarter of an hour later.
async fn served<'t>(town: &'t Town, from: &str, to: &str) -> (Scene<'t>, String) {
    let scene = scene_of(town, at(from), at(to), json!({})).await;
    let stay = serve(&scene.ling, scene.shift(), at(from), at(to)).await;
    keep_signed_in(town).await;
    (scene, stay)
}

/// Ling serves at another shift of somebody's too.
async fn serves_also(scene: &Scene<'_>, leader: &Person<'_>, team: Value, (from, to): (Instant, Instant)) -> String {
    let posted = leader.post_activity(from, to, 8, team).await;
    scene.ling.sign_up(posted.shift()).await.fine();
    keep_signed_in(leader.town).await;
    serve(&scene.ling, posted.shift(), from, to).await
}

fn record(answer: Answer) -> Value {
    answer.fine().data("/confirmHours/results/0/record")
}

/// What waits for an officer, as somebody sees it.
async fn long_days(who: &Person<'_>) -> Vec<Value> {
    queue(who, "LONG_DAY", "WAITING").await
}

async fn waiting(who: &Person<'_>) -> String {
    long_days(who).await[0]["id"].as_str().unwrap_or_default().to_owned()
}

stories! {
    async fn eight_hours_are_the_leader_s_alone(town: Town) {
        let (scene, stay) = served(&town, "06:00", "14:00").await;
        assert_eq!(record(scene.leader.confirm(&stay).await)["state"], "CONFIRMED");
        assert_eq!(scene.ling.minutes().await, (480, 0));
        assert_eq!(town.rows("review_item").await, 0);
    }

    async fn a_longer_day_waits_for_an_officer_of_the_branch(town: Town) {
        let (scene, stay) = served(&town, "06:00", "18:00").await;
        let answer = scene.leader.confirm(&stay).await.fine();
        let record = answer.data("/confirmHours/results/0/record");
        assert_eq!((&record["state"], &record["awaits"]), (&json!("PENDING"), &json!("BRANCH")));
        assert_eq!(answer.text("/confirmHours/results/0/waits/kind"), "LONG_DAY");
        assert_eq!(told(&scene.ling).await["note"], "2026-05-08 · 720 min");
        // Once more changes nothing.
        assert_eq!(scene.leader.confirm(&stay).await.fine().data("/confirmHours/results/0/record"), record);
        assert_eq!((scene.ling.inbox().await.len(), town.rows("review_item").await), (1, 1));

        let item = waiting(&scene.leader).await;
        assert_eq!(decide(&scene.leader, &item, true, "").await.codes(), ["OWN_WORD"]);
        assert_eq!(decide(&town.leader("Ma").await, &item, true, "").await.codes(), ["TAKES_OFFICER"]);
        assert_eq!(decide(&town.other_leader("Zhao").await, &item, true, "").await.codes(), ["NOT_FOUND"]);
        assert_eq!((scene.ling.minutes().await, town.rows("ledger_entry").await), ((0, 720), 1));

        let officer = town.officer("周干部", "330106").await;
        town.clock.set(at("18:10"));
        decide(&officer, &item, true, "").await.fine();
        assert_eq!(scene.ling.minutes().await, (720, 0));
        assert_eq!(long_days(&officer).await, Vec::<Value>::new());
        assert_eq!(told(&scene.ling).await["kind"], "HOURS_CONFIRMED");
        town.audit().await;
    }

    async fn over_twelve_hours_it_takes_the_province(town: Town) {
        let (scene, stay) = served(&town, "06:00", "19:00").await;
        assert_eq!(record(scene.leader.confirm(&stay).await)["awaits"], "PROVINCE");
        let item = waiting(&scene.leader).await;
        let refused = decide(&town.officer("周干部", "3301").await, &item, true, "").await;
        assert_eq!((refused.codes(), scene.ling.minutes().await), (vec!["TAKES_OFFICER".to_owned()], (0, 780)));
        decide(&town.officer("省干部", "33").await, &item, true, "").await.fine();
        assert_eq!(scene.ling.minutes().await, (780, 0));
        town.audit().await;
    }

    async fn an_officer_who_confirms_at_first_has_nobody_to_wait_for(town: Town) {
        let (scene, stay) = served(&town, "06:00", "17:00").await;
        scene.leader.confirm(&stay).await.fine();
        let officer = town.officer("周干部", "3301").await;
        assert_eq!(record(officer.confirm(&stay).await)["state"], "CONFIRMED");
        assert_eq!((scene.ling.minutes().await, long_days(&officer).await.len()), ((660, 0), 0));
        town.audit().await;
    }

    async fn what_two_teams_confirm_of_one_day_comes_together(town: Town) {
        let (scene, first) = served(&town, "06:00", "11:00").await;
        let zhao = town.other_leader("Zhao").await;
        let second = serves_also(&scene, &zhao, json!({ "teamId": boai_tests::id(Town::OTHER_TEAM) }), (at("12:00"), at("17:00"))).await;
        assert_eq!(record(zhao.confirm(&second).await)["state"], "CONFIRMED");
        let late = record(scene.leader.confirm(&first).await);
        assert_eq!((&late["state"], &late["awaits"]), (&json!("PENDING"), &json!("BRANCH")));
        assert_eq!(scene.ling.minutes().await, (300, 300));
    }

    async fn of_two_leaders_at_one_instant_the_later_one_s_word_waits(town: Town) {
        let (scene, first) = served(&town, "06:00", "11:00").await;
        let zhao = town.other_leader("Zhao").await;
        let second = serves_also(&scene, &zhao, json!({ "teamId": boai_tests::id(Town::OTHER_TEAM) }), (at("12:00"), at("17:00"))).await;
        let (one, other) = join(scene.leader.confirm(&first), zhao.confirm(&second)).await;
        one.fine();
        other.fine();
        assert_eq!((scene.ling.minutes().await, town.rows("review_item").await), ((300, 300), 1));
        town.audit().await;
    }

    async fn a_night_is_four_hours_of_one_day_and_eight_of_the_next(town: Town) {
        let (scene, stay) = served(&town, "20:00", "+1 08:00").await;
        assert_eq!(record(scene.leader.confirm(&stay).await)["state"], "CONFIRMED");
        assert_eq!(scene.ling.minutes().await, (720, 0));
    }

    async fn an_officer_s_no_hands_it_back_to_the_leader_who_corrects_it(town: Town) {
        let (scene, stay) = served(&town, "06:00", "16:00").await;
        scene.leader.confirm(&stay).await.fine();
        let officer = town.officer("周干部", "330106").await;
        let item = waiting(&officer).await;
        assert_eq!(decide(&officer, &item, false, "").await.codes(), ["REASON_NEEDED"]);
        decide(&officer, &item, false, "午休两小时").await.fine();
        let heard = json!({ "kind": "SECOND_WORD_DECLINED", "note": "午休两小时", "by": { "name": "周干部" } });
        assert_eq!((told(&scene.leader).await, scene.ling.minutes().await), (heard, (0, 600)));
        let corrected = scene.leader.confirm_hours(json!([correction(&stay, at("06:00"), at("14:00"), "扣除午休")])).await;
        assert_eq!(record(corrected)["state"], "CONFIRMED");
        assert_eq!(scene.ling.minutes().await, (480, 0));
        town.audit().await;
    }

    async fn a_correction_that_makes_a_day_long_waits_too_and_then_counts_as_corrected(town: Town) {
        let (scene, stay) = served(&town, "06:00", "16:00").await;
        town.clock.set(at("17:00"));
        let long = correction(&stay, at("06:00"), at("15:00"), "15 点离开");
        let corrected = record(scene.leader.confirm_hours(json!([long])).await);
        let facts = ["state", "awaits", "minutes", "book"].map(|field| corrected[field].clone());
        assert_eq!(facts, [json!("PENDING"), json!("BRANCH"), json!(540), json!("BACK_FILLED")]);
        assert_eq!(scene.ling.minutes().await, (0, 540));
        // Another correction takes its place.
        let longer = correction(&stay, at("06:00"), at("15:30"), "15 点半离开");
        scene.leader.confirm_hours(json!([longer])).await.fine();
        let officer = town.officer("周干部", "330106").await;
        assert_eq!(long_days(&officer).await.len(), 1);
        decide(&officer, &waiting(&officer).await, true, "").await.fine();
        assert_eq!(scene.ling.minutes().await, (570, 0));
        town.audit().await;
    }
}
