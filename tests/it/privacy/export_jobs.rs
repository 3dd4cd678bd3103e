//! Who makes the copies: any number of instances, each of which may die.

use boai::privacy::export;
use boai_entity::kinds::DataExportState;
use boai_tests::stories;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{count, create_link, fetch, job, make_copies, my_exports, request_my_data, rows};

stories! {
    async fn of_many_instances_one_makes_a_copy(town: Town) {
        let crowd = town.crowd(6).await;
        for person in &crowd {
            request_my_data(person, &person.request_id()).await.fine();
        }
        let instances = (0..4).map(|_| make_copies(&town));
        let made: Vec<usize> = join_all(instances).await;
        assert_eq!(made.iter().sum::<usize>(), 6, "{made:?}");
        assert_eq!(count(&town, "SELECT COUNT(*) AS count FROM data_export WHERE state = 'READY' AND attempt = 1").await, 6);
        assert_eq!(count(&town, "SELECT COUNT(*) AS count FROM data_export_chunk WHERE part <> 'ZIP'").await, 0);
    }

    async fn what_a_dead_instance_left_behind_another_makes_once_its_claim_has_lapsed(town: Town) {
        let ling = town.volunteer("Ling").await;
        request_my_data(&ling, &ling.request_id()).await.fine();
        let dead = export::claim(&job(&town)).await.expect("a claim").expect("a copy to make");
        assert_eq!(make_copies(&town).await, 0, "nobody takes it from the living");
        town.clock.advance(TimeDelta::seconds(61));
        assert_eq!(make_copies(&town).await, 1);
        // It was not dead after all, only slow: what it makes now is not wanted any more.
        assert!(!export::make(&job(&town), &dead).await.expect("it notices"));
        let copy = my_exports(&ling).await[0].clone();
        assert_eq!(copy["state"], "READY");
        let pieces = "SELECT COUNT(*) AS count FROM data_export_chunk WHERE attempt <> 2 OR part <> 'ZIP'";
        assert_eq!(count(&town, pieces).await, 0, "nothing is left of the first");
        let link = create_link(&ling, copy["id"].as_str().expect("an id")).await.fine().text("/createMyDataLink/link/path");
        assert_eq!(rows(&fetch(&town, &link).await.json("data.json"), "volunteer").len(), 1);
    }

    /// Cut down in the middle of its work, wherever that is.
    async fn an_instance_cut_down_at_any_moment_costs_nothing(town: Town) {
        let crowd = town.crowd(5).await;
        for (steps, person) in crowd.iter().enumerate() {
            request_my_data(person, &person.request_id()).await.fine();
            let claimed = export::claim(&job(&town)).await.expect("a claim").expect("a copy to make");
            {
                let ctx = job(&town);
                let mut making = Box::pin(export::make(&ctx, &claimed));
                // It gets so many statements far, and is dropped.
                for _ in 0..steps * 40 {
                    let _ = futures_util::poll!(&mut making);
                    tokio::task::yield_now().await;
                }
            }
            town.clock.advance(TimeDelta::seconds(61));
            make_copies(&town).await;
            let copy = my_exports(person).await[0].clone();
            assert_eq!(copy["state"], "READY", "{copy}");
            let link = create_link(person, copy["id"].as_str().expect("an id")).await.fine();
            let download = fetch(&town, &link.text("/createMyDataLink/link/path")).await;
            assert_eq!(download.bytes.len() as i64, copy["sizeBytes"].as_i64().expect("a size"));
            assert_eq!(rows(&download.json("data.json"), "person")[0]["phone"], person.phone);
        }
    }

    async fn a_copy_that_fails_again_and_again_is_given_up_and_can_be_asked_for_anew(town: Town) {
        let ling = town.volunteer("Ling").await;
        request_my_data(&ling, &ling.request_id()).await.fine();
        for _ in 0..5 {
            export::claim(&job(&town)).await.expect("a claim").expect("a copy to make");
            town.clock.advance(TimeDelta::seconds(61));
        }
        assert_eq!(make_copies(&town).await, 0);
        assert_eq!(my_exports(&ling).await[0]["state"], "FAILED");
        request_my_data(&ling, &ling.request_id()).await.fine();
        assert_eq!(make_copies(&town).await, 1);
        let states: Vec<_> = my_exports(&ling).await.as_array().expect("copies").iter().map(|copy| copy["state"].clone()).collect();
        assert_eq!(states, [json!(DataExportState::Ready), json!("FAILED")]);
    }
}
