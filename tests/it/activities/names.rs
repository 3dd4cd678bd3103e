//! Stories of masked names.

use boai_tests::{Person, at, stories};
use serde_json::{Value, json};

use crate::verbs::roster;

async fn numbers(person: &Person<'_>, shift: &str) -> Vec<Value> {
    let document = "query($id: ID!) { node(id: $id) { ... on Shift {
        signUps(states: [SEATED, WAITING]) { edges { node { volunteer { number } } } } } } }";
    let answer = person.ask(document, json!({ "id": shift })).await;
    let edges = answer.data("/node/signUps/edges");
    edges.as_array().into_iter().flatten().map(|edge| edge["node"]["volunteer"]["number"].clone()).collect()
}

async fn id_on_the_roster(person: &Person<'_>, shift: &str) -> String {
    let document = "query($id: ID!) { node(id: $id) { ... on Shift { signUps { nodes { volunteer { id } } } } } }";
    person.ask(document, json!({ "id": shift })).await.text("/node/signUps/nodes/0/volunteer/id")
}

stories! {
    async fn others_see_a_masked_name_and_the_team_the_whole_one(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 1, json!({})).await;
        let (wang, li) = (town.volunteer("王小明").await, town.volunteer("李四").await);
        wang.sign_up(posted.shift()).await.fine();
        town.clock.advance(chrono::TimeDelta::seconds(1));
        li.sign_up(posted.shift()).await.fine();
        let both = ["SEATED", "WAITING"];
        let team = [town.desk("Desk").await, town.officer("Chen", "3301").await, ling];
        for one in &team {
            assert_eq!(roster(one, posted.shift(), &both).await, ["王小明", "李四"]);
            assert!(numbers(one, posted.shift()).await.iter().all(Value::is_string));
        }
        let others = [town.volunteer("Wei").await, town.other_leader("Hai").await, town.officer("Ning", "3302").await];
        for other in &others {
            assert_eq!(roster(other, posted.shift(), &both).await, ["王*明", "李*"]);
            assert!(numbers(other, posted.shift()).await.iter().all(Value::is_null));
        }
    }

    async fn one_sees_ones_own_name_whole_among_masked_ones(town: Town) {
        let ling = town.leader("Ling").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 2, json!({})).await;
        let (wang, li) = (town.volunteer("王小明").await, town.volunteer("李四").await);
        wang.sign_up(posted.shift()).await.fine();
        town.clock.advance(chrono::TimeDelta::seconds(1));
        li.sign_up(posted.shift()).await.fine();
        assert_eq!(roster(&wang, posted.shift(), &["SEATED"]).await, ["王小明", "李*"]);
        assert_eq!(roster(&li, posted.shift(), &["SEATED"]).await, ["王*明", "李四"]);
    }

    async fn a_stranger_sees_no_roster_and_a_masked_person_in_charge(town: Town) {
        let ling = town.leader("林则徐").await;
        let posted = ling.post_activity(at("09:00"), at("12:00"), 2, json!({})).await;
        let document = "query($activity: ID!, $shift: ID!) {
            activity: node(id: $activity) { ... on Activity { personInCharge { name number } } }
            shift: node(id: $shift) { ... on Shift { signUps { edges { node { id } } } } } }";
        let ids = json!({ "activity": posted.activity, "shift": posted.shift() });
        let seen = town.stranger().ask(document, ids.clone()).await;
        assert_eq!(seen.data("/activity/personInCharge"), json!({ "name": "林*徐", "number": null }));
        assert!(seen.data("/shift/signUps").is_null());
        assert_eq!(ling.ask(document, ids).await.text("/activity/personInCharge/name"), "林则徐");
    }

    async fn nobody_follows_a_masked_name_from_shift_to_shift(town: Town) {
        let (ling, wang, wei) = (town.leader("Ling").await, town.volunteer("王小明").await, town.volunteer("Wei").await);
        let mut masked = Vec::new();
        let mut whole = Vec::new();
        for (starts, ends) in [("09:00", "10:00"), ("11:00", "12:00")] {
            let posted = ling.post_activity(at(starts), at(ends), 2, json!({})).await;
            wang.sign_up(posted.shift()).await.fine();
            for (viewer, seen) in [(&wei, &mut masked), (&ling, &mut whole)] {
                seen.push(id_on_the_roster(viewer, posted.shift()).await);
                // It stays what it is in one place, so that the app can keep it.
                assert_eq!(seen.last(), Some(&id_on_the_roster(viewer, posted.shift()).await));
            }
        }
        assert_eq!(whole[0], whole[1]);
        assert!(masked[0] != masked[1] && !masked.contains(&whole[0]), "{masked:?}");
        let node = "query($id: ID!) { node(id: $id) { id } }";
        for id in [&masked[0], &whole[0]] {
            assert!(wei.ask(node, json!({ "id": id })).await.data("/node").is_null());
        }
    }
}
