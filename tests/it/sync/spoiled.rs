//! One bad item spoils no other, and a batch costs no more than its items.

use boai_entity::{
    ids::{PolicyId, ShiftId},
    policy,
};
use boai_tests::{at, id, insert_all, stories};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{came, codes_of, left, results, scene, statuses, sync, with_code};

stories! {
    async fn each_bad_item_is_refused_by_itself(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("09:00"));
        let good = came(&scene.ling, scene.shift(), at("08:00"));
        let spoiled = |field: &str, value: Value| {
            let mut item = came(&scene.ling, scene.shift(), at("08:00"));
            *item.pointer_mut(field).expect("a field") = value;
            item
        };
        let nothing = id(ShiftId(uuid::Uuid::from_u128(7)));
        let bad = [
            (spoiled("/requestId", json!("7")), "MALFORMED"),
            (spoiled("/shiftId", json!("U2hpZnQ6Nw")), "MALFORMED"),
            (spoiled("/shiftId", json!(nothing)), "SHIFT_NOT_FOUND"),
            (spoiled("/deviceTime", json!("gestern")), "MALFORMED"),
            (spoiled("/deviceTime", json!("0000-01-01T00:00:00Z")), "MALFORMED"),
            (spoiled("/deviceTime", json!("2999-01-01T00:00:00Z")), "FROM_THE_FUTURE"),
            (spoiled("/fix/fixedAt", json!("2026-05-08T07:57:59+08:00")), "FIX_STALE"),
            (spoiled("/fix/latitude", json!(91)), "MALFORMED"),
            (spoiled("/fix/longitude", json!(1e300)), "MALFORMED"),
            (spoiled("/fix/accuracy", json!(-1)), "MALFORMED"),
            (spoiled("/fix/accuracy", json!(501)), "FIX_INACCURATE"),
            (with_code(good.clone(), "\u{0}\u{202E}红十字会"), "REQUEST_ID_REUSED"),
            (with_code(came(&scene.ling, scene.shift(), at("08:00")), "\u{0}红十字会"), "CODE_WRONG"),
        ];
        let mut items = vec![good; 1];
        items.extend(bad.iter().map(|(item, _)| item.clone()));
        items.push(left(&scene.ling, &items[0], at("08:40")));
        let answer = sync(&scene.ling, &items).await;
        let results = results(&answer);
        for (result, (item, code)) in results[1..].iter().zip(&bad) {
            assert_eq!((result["status"].as_str(), codes_of(result)), (Some("REFUSED"), vec![(*code).to_owned()]), "{item}");
        }
        let ends = [&results[0], &results[results.len() - 1]];
        assert!(ends.iter().all(|result| result["status"] == "ACCEPTED"), "{}", answer.body);
        assert_eq!(town.rows("attendance_attempt").await, bad.len() as i64);
        assert_eq!(scene.ling.minutes().await, (0, 40));
        town.audit().await;
    }

    async fn two_hundred_items_are_taken_and_not_one_more(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("09:00"));
        let mut items: Vec<Value> = (0..199).map(|_| came(&scene.ling, scene.shift(), at("13:00"))).collect();
        items.insert(77, came(&scene.ling, scene.shift(), at("08:00")));
        let answer = sync(&scene.ling, &items).await;
        assert_eq!(statuses(&answer).iter().filter(|status| *status == "ACCEPTED").count(), 1);
        assert_eq!(statuses(&answer)[77], "ACCEPTED");
        items.push(came(&scene.ling, scene.shift(), at("08:00")));
        assert_eq!(sync(&scene.ling, &items).await.fault(), "BAD_USER_INPUT");
        let nobody = town.stranger();
        assert_eq!(sync(&nobody, &[]).await.fault(), "UNAUTHENTICATED");
    }

    async fn a_batch_asks_the_database_for_each_item_alike_and_for_a_repeat_hardly(town: Town) {
        let scene = scene(&town).await;
        town.clock.set(at("11:59"));
        let pairs = |count: usize, minute: usize| {
            let items = (0..count).flat_map(|number| {
                let from = at("08:00") + chrono::TimeDelta::minutes((minute + number) as i64);
                let check_in = came(&scene.ling, scene.shift(), from);
                let check_out = left(&scene.ling, &check_in, from + chrono::TimeDelta::seconds(30));
                [check_in, check_out]
            });
            items.collect::<Vec<_>>()
        };
        let policies = policy::Entity::find().all(&town.app.db.conn).await.expect("the policies are read");
        let mut often = policies.into_iter().max_by_key(|policy| policy.version).expect("a policy");
        often.id = PolicyId(Uuid::from_u128(1));
        often.version += 1;
        often.valid_from += chrono::TimeDelta::days(1);
        often.body.pairs_per_day = 999;
        insert_all::<policy::Entity, _>(&town.app.db.conn, vec![often]).await;
        let (few, many) = (pairs(5, 0), pairs(50, 10));
        let (answer, of_few) = town.statements(sync(&scene.ling, &few)).await;
        assert!(statuses(&answer).iter().all(|status| status == "ACCEPTED"), "{}", answer.body);
        let (answer, of_many) = town.statements(sync(&scene.ling, &many)).await;
        assert!(statuses(&answer).iter().all(|status| status == "ACCEPTED"), "{}", answer.body);
        let each = (of_many - of_few) / 90;
        assert!(each <= 12, "{each} statements an item ({of_few} for 10, {of_many} for 100)");
        let (again, of_repeat) = town.statements(sync(&scene.ling, &many)).await;
        assert!(statuses(&again).iter().all(|status| status == "ALREADY_KNOWN"));
        assert!(of_repeat <= 20, "{of_repeat} statements for a repeat");
        town.audit().await;
    }
}
