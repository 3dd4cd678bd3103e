//! In whatever order and in however many batches it comes: the same end.

use boai_entity::{attendance, kinds::AttendanceState};
use boai_tests::{Person, Town, at, keep_signed_in, stories};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::{
    Scene, came,
    desks::{digits, grant, noted},
    left, scene, statuses, sync,
};

/// What two days brought: four stays at three shifts.
async fn two_days(scene: &Scene<'_>) -> Vec<Value> {
    let ling = &scene.ling;
    let second = scene.leader.post_activity(at("13:00"), at("15:00"), 8, json!({})).await;
    let third = scene.leader.post_activity(at("+1 06:00"), at("+1 09:00"), 8, json!({})).await;
    ling.sign_up(second.shift()).await.fine();
    ling.sign_up(third.shift()).await.fine();
    let stays = [
        (scene.shift(), "08:00", "09:00"),
        (scene.shift(), "09:30", "11:00"),
        (second.shift(), "13:00", "14:00"),
        (third.shift(), "+1 06:00", "+1 06:40"),
    ];
    let ends = stays.map(|(shift, from, to)| {
        let check_in = came(ling, shift, at(from));
        let check_out = left(ling, &check_in, at(to));
        [check_in, check_out]
    });
    ends.into_iter().flatten().collect()
}

/// The same chance for every order, from a number (Knuth's MMIX generator).
fn shuffled(items: &[Value], seed: u64) -> (Vec<Value>, u64) {
    let mut state = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let mut items = items.to_vec();
    for place in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(place, (state >> 33) as usize % (place + 1));
    }
    (items, state >> 40)
}

/// From when to when somebody was where, and what counts.
async fn end_state(town: &Town, ling: &Person<'_>) -> (Vec<(String, String)>, (i64, i64)) {
    let stays = attendance::Entity::find().order_by_asc(attendance::Column::CheckedInAt);
    let stays = stays.all(&town.app.db.conn).await.expect("the stays are read");
    assert!(stays.iter().all(|stay| stay.state == AttendanceState::Closed), "{stays:?}");
    let times = stays.iter().map(|stay| {
        let out = stay.checked_out_at.map(|out| out.to_string()).unwrap_or_default();
        (format!("{} {}", stay.shift_id, stay.checked_in_at), out)
    });
    (times.collect(), ling.minutes().await)
}

async fn any_order_ends_alike(town: Town, seed: u64) {
    let scene = scene(&town).await;
    let items = two_days(&scene).await;
    town.clock.set(at("+1 07:30"));
    let (items, chance) = shuffled(&items, seed);
    let size = 1 + (chance % 8) as usize;
    for batch in items.chunks(size) {
        let answer = sync(&scene.ling, batch).await;
        assert!(!statuses(&answer).contains(&"REFUSED".to_owned()), "seed {seed}: {}", answer.body);
    }
    // A batch that comes late again changes nothing.
    sync(&scene.ling, &items[..items.len().min(3)]).await.fine();
    let (stays, minutes) = end_state(&town, &scene.ling).await;
    assert_eq!((stays.len(), minutes), (4, (0, 60 + 90 + 60 + 40)), "seed {seed}, batches of {size}: {stays:?}");
    let queue = crate::reviewing::queue(&scene.leader).await;
    assert_eq!(queue, Vec::<Value>::new(), "seed {seed}: nothing waits");
    town.audit().await;
}

/// The same day as the phone and a desk tell it: arrivals and departures that one of them told, that both did, and that the desk
/// told without knowing of which check-in. Each with whoever sends it.
async fn told_by_both(scene: &Scene<'_>, operator: &Person<'_>) -> Vec<(Value, bool)> {
    let ling = &scene.ling;
    let posted = scene.leader.post_activity(at("13:00"), at("15:00"), 8, json!({})).await;
    ling.sign_up(posted.shift()).await.fine();
    let third = scene.leader.post_activity(at("16:00"), at("18:00"), 8, json!({})).await;
    ling.sign_up(third.shift()).await.fine();
    for activity in [&scene.posted.activity, &posted.activity, &third.activity] {
        grant(&scene.leader, json!({ "activityId": activity }), operator, "2026-05-08").await;
    }
    keep_signed_in(ling.town).await;
    let seen = |end: &str, shift: &str, time: &str| noted(operator, end, shift, at(time), digits(ling));
    let phone_in = came(ling, scene.shift(), at("08:07"));
    let phone_out = left(ling, &phone_in, at("11:40"));
    let second_in = came(ling, posted.shift(), at("13:05"));
    vec![
        (phone_in, false),
        (phone_out, false),
        (seen("CHECK_IN", scene.shift(), "08:01"), true),
        (seen("CHECK_OUT", scene.shift(), "11:47"), true),
        (second_in, false),
        (seen("CHECK_OUT", posted.shift(), "14:30"), true),
        (seen("CHECK_IN", third.shift(), "16:02"), true),
        (seen("CHECK_OUT", third.shift(), "17:00"), true),
        // The phone's check-out names a check-in that it made, was answered with nothing, and has lost since.
        (left(ling, &came(ling, third.shift(), at("16:05")), at("17:04")), false),
    ]
}

async fn any_order_of_both_ends_alike(town: Town, seed: u64) {
    let scene = scene(&town).await;
    let operator = town.person("Desk").await;
    let told = told_by_both(&scene, &operator).await;
    town.clock.set(at("19:00"));
    let numbered: Vec<Value> = (0..told.len()).map(|place| json!(place)).collect();
    let (order, chance) = shuffled(&numbered, seed);
    let size = 1 + (chance % 4) as usize;
    // Each batch goes to the phone and the desk that its items are of; and what came is sent once more at the end.
    for batch in order.chunks(size).chain([&order[..4], &order[..]]) {
        for by_desk in [chance % 2 == 0, chance % 2 != 0] {
            let of = batch.iter().map(|place| &told[place.as_u64().expect("a place") as usize]);
            let items: Vec<Value> = of.filter(|(_, desk)| *desk == by_desk).map(|(item, _)| item.clone()).collect();
            let answer = sync(if by_desk { &operator } else { &scene.ling }, &items).await;
            assert!(!statuses(&answer).contains(&"REFUSED".to_owned()), "seed {seed}: {}", answer.body);
        }
    }
    let (stays, minutes) = end_state(&town, &scene.ling).await;
    let spans: Vec<(&str, &str)> = stays.iter().map(|(from, to)| (&from[from.len() - 23..], to.as_str())).collect();
    let time = |text: &str| at(text).to_string();
    let expected =
        [("08:01", "11:47"), ("13:05", "14:30"), ("16:02", "17:04")].map(|(from, to)| (time(from), time(to)));
    let expected: Vec<(&str, &str)> = expected.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    assert_eq!(spans, expected, "seed {seed}, batches of {size}");
    assert_eq!(minutes, (0, 226 + 85 + 62), "seed {seed}, batches of {size}");
    let queue = crate::reviewing::queue(&scene.leader).await;
    assert_eq!(queue, Vec::<Value>::new(), "seed {seed}: nothing waits");
    town.audit().await;
}

/// Sixty orders on SQLite, whose towns cost little; on PostgreSQL some.
#[tokio::test]
async fn any_of_sixty_orders_of_phone_and_desk_ends_alike() {
    for seed in 100..160 {
        any_order_of_both_ends_alike(Town::on_sqlite().await, seed).await;
    }
}

#[tokio::test]
async fn any_of_sixty_orders_of_a_phone_ends_alike() {
    for seed in 200..260 {
        any_order_ends_alike(Town::on_sqlite().await, seed).await;
    }
}

stories! {
    async fn one_order(town: Town) { any_order_ends_alike(town, 1).await; }
    async fn a_second_order(town: Town) { any_order_ends_alike(town, 2).await; }
    async fn a_third_order(town: Town) { any_order_ends_alike(town, 3).await; }
    async fn a_fourth_order(town: Town) { any_order_ends_alike(town, 4).await; }
    async fn a_fifth_order(town: Town) { any_order_ends_alike(town, 5).await; }
    async fn a_sixth_order(town: Town) { any_order_ends_alike(town, 6).await; }
    async fn a_seventh_order(town: Town) { any_order_ends_alike(town, 7).await; }
    async fn an_eighth_order(town: Town) { any_order_ends_alike(town, 8).await; }
    async fn a_ninth_order(town: Town) { any_order_ends_alike(town, 9).await; }
    async fn a_tenth_order(town: Town) { any_order_ends_alike(town, 10).await; }
    async fn an_eleventh_order(town: Town) { any_order_ends_alike(town, 11).await; }
    async fn a_twelfth_order(town: Town) { any_order_ends_alike(town, 12).await; }
    async fn an_order_of_both(town: Town) { any_order_of_both_ends_alike(town, 1).await; }
    async fn a_second_order_of_both(town: Town) { any_order_of_both_ends_alike(town, 2).await; }
    async fn a_third_order_of_both(town: Town) { any_order_of_both_ends_alike(town, 3).await; }
    async fn a_fourth_order_of_both(town: Town) { any_order_of_both_ends_alike(town, 4).await; }
    async fn a_fifth_order_of_both(town: Town) { any_order_of_both_ends_alike(town, 5).await; }
    async fn a_sixth_order_of_both(town: Town) { any_order_of_both_ends_alike(town, 6).await; }
}
