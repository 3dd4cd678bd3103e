//! What comes in later is held against the rest as if there had been a network, at the time when it happened.

use boai::{attendance::flags::service, ctx::Ctx, platform::db};
use boai_tests::{Person, Town, at, id, stories};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{came, end, left, scene, statuses, sync};

/// What is flagged, in the order of reasons.
pub async fn flags(leader: &Person<'_>) -> Vec<String> {
    let job = Ctx::system(leader.town.app.clone(), "story");
    service::look_at_signals(&job).await.expect("phones are looked at");
    let asked = "query($team: ID) { reviewQueue(teamId: $team, kind: FLAG, first: 100) { nodes { flag } } }";
    let answer = leader.ask(asked, json!({ "team": id(Town::TEAM) })).await;
    let nodes = answer.data("/reviewQueue/nodes");
    let flag = |node: &Value| node["flag"].as_str().map(str::to_owned);
    let mut found: Vec<String> = nodes.as_array().into_iter().flatten().filter_map(flag).collect();
    found.sort();
    found
}

/// All sessions of these people are on one phone.
async fn on_one_phone(town: &Town, people: &[&Person<'_>]) {
    for person in people {
        let values = [Uuid::from_u128(42).into(), person.person_id().await.into()];
        let text = "UPDATE session SET installation_id = $1 WHERE person_id = $2";
        db::run(&town.app.db.conn, text, values).await.expect("the phone is told");
    }
}

stories! {
    async fn one_phone_of_two_people_and_a_made_up_place_show_when_they_come_in_later(town: Town) {
        let scene = scene(&town).await;
        let (wei, bo) = (town.volunteer("Wei").await, town.volunteer("Bo").await);
        wei.sign_up(scene.shift()).await.fine();
        bo.sign_up(scene.shift()).await.fine();
        boai_tests::keep_signed_in(&town).await;
        on_one_phone(&town, &[&scene.ling, &wei, &bo]).await;
        town.clock.set(at("11:00"));
        // Ling and Wei came within an hour of each other; Bo an hour and a minute after Wei.
        let lings = came(&scene.ling, scene.shift(), at("08:00"));
        sync(&scene.ling, &[left(&scene.ling, &lings, at("08:20")), lings]).await.fine();
        let mut weis = end(&wei, "CHECK_IN", scene.shift(), at("08:40"), 31.0);
        sync(&bo, &[end(&bo, "CHECK_IN", scene.shift(), at("09:41"), 12.0)]).await.fine();
        assert_eq!(flags(&scene.leader).await, Vec::<String>::new(), "an hour and more lie between them");
        weis["fix"]["mocked"] = json!(true);
        sync(&wei, &[weis]).await.fine();
        // Of Ling both ends lie within the hour, and it is one stay.
        assert_eq!(flags(&scene.leader).await, ["MOCKED_LOCATION", "SHARED_DEVICE", "SHARED_DEVICE"]);
    }

    async fn what_a_leader_accepted_is_looked_at_too(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("09:00"));
        let mut near = end(&scene.ling, "CHECK_IN", scene.shift(), at("08:00"), 700.0);
        near["fix"]["mocked"] = json!(true);
        assert_eq!(statuses(&sync(&scene.ling, &[near]).await), ["NEEDS_REVIEW"]);
        assert_eq!((flags(&scene.leader).await, town.rows("attendance_signal").await), (vec![], 0));
        let waiting = crate::reviewing::queue(&scene.leader).await;
        crate::reviewing::settle(&scene.leader, &waiting[0], true, "").await.fine();
        assert_eq!(flags(&scene.leader).await, ["MOCKED_LOCATION"]);
    }
}
