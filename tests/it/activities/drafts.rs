//! Stories of drafts: there for their team, and for nobody else.

use boai_tests::{Posted, Town, at, id, shift, stories};
use serde_json::{Value, json};

use crate::verbs::{near_titles, nobodys_shift, see, sign_up_at_post, titles};

async fn draft(leader: &boai_tests::Person<'_>, shift: Value) -> Posted {
    let draft = leader.draft_activity(vec![shift], json!({})).await.fine();
    let shift = draft.text("/createActivity/activity/shifts/0/id");
    Posted { activity: draft.text("/createActivity/activity/id"), shifts: vec![shift] }
}

stories! {
    async fn a_draft_is_there_for_its_team_only(town: Town) {
        let (ling, desk) = (town.leader("Ling").await, town.desk("Desk").await);
        let draft = draft(&ling, shift(at("09:00"), at("12:00"), 4)).await;
        for own in [&ling, &desk] {
            assert_eq!(see(own, &draft.activity).await["state"], "DRAFT");
            assert_eq!(titles(own, json!({ "team": id(Town::TEAM) })).await, ["断桥应急救护"]);
        }
        let others = [town.volunteer("Wei").await, town.other_leader("Hai").await, town.stranger()];
        for other in &others {
            assert!(see(other, &draft.activity).await.is_null());
            assert!(see(other, draft.shift()).await.is_null());
            assert!(titles(other, json!({})).await.is_empty());
            assert!(titles(other, json!({ "team": id(Town::TEAM) })).await.is_empty());
        }
    }

    async fn a_draft_is_near_nobody(town: Town) {
        let ling = town.leader("Ling").await;
        let draft = draft(&ling, shift(at("09:00"), at("12:00"), 4)).await;
        assert!(near_titles(&ling, json!({})).await.is_empty());
        assert!(titles(&ling, json!({})).await.is_empty());
        ling.publish(&draft.activity).await.fine();
        assert_eq!(near_titles(&ling, json!({})).await, ["断桥应急救护"]);
    }

    async fn signing_up_for_a_draft_is_signing_up_for_nothing(town: Town) {
        let (ling, wei) = (town.leader("Ling").await, town.volunteer("Wei").await);
        let posts = json!([{ "name": "引导", "capacity": 2 }, { "name": "登记", "capacity": 2 }]);
        let mut with_posts = shift(at("09:00"), at("12:00"), 4);
        with_posts["posts"] = posts;
        let other = ling.post_activity(at("10:00"), at("11:00"), 4, json!({ "title": "另一场" })).await;
        wei.sign_up(other.shift()).await.fine();
        let unknown = wei.sign_up(&nobodys_shift()).await;
        assert_eq!(unknown.codes(), ["NOT_FOUND"]);
        // Neither its posts nor its time may show: both would be reasons of their own.
        let draft = draft(&ling, with_posts).await;
        assert_eq!(wei.sign_up(draft.shift()).await, unknown);
        let post = id(boai_entity::ids::PostId(uuid::Uuid::from_u128(7)));
        let with_a_post = sign_up_at_post(&wei, draft.shift(), &post).await;
        assert_eq!(with_a_post, sign_up_at_post(&wei, &nobodys_shift(), &post).await);
        assert_eq!(town.rows("sign_up").await, 1);
    }
}
