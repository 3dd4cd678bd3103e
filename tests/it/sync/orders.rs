//! In whatever order and in however many batches it comes: the same end.

use boai_entity::{attendance, kinds::AttendanceState};
use boai_tests::{Person, Town, at, stories};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::{Scene, came, left, scene, statuses, sync};

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
}
