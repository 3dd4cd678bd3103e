//! The books on who asked how often: in the process and in Redis they must come to the same.

use std::time::Duration;

use boai::platform::{
    random::Random,
    rates::{Charge, Limit, Rates},
};
use boai_tests::at;
use chrono::TimeDelta;

/// Far longer than a busy machine takes, so that Redis is never given up here.
const PATIENCE: Duration = Duration::from_secs(20);

fn redis_url() -> String {
    std::env::var("BOAI_TEST_REDIS_URL").expect("BOAI_TEST_REDIS_URL, as ./test.sh sets it")
}

/// Books in Redis that nobody else has.
fn in_redis() -> Rates {
    let prefix = format!("test-{}", Random::system().below(u64::MAX));
    Rates::through_redis(&redis_url(), &prefix, PATIENCE).expect("an address")
}

#[tokio::test]
async fn redis_and_the_process_decide_alike_over_any_sequence_of_requests() {
    let (here, shared, chance) = (Rates::in_process(), in_redis(), Random::seeded(7));
    let mut now = at("07:00");
    let number = |below: u64| u32::try_from(chance.below(below)).expect("a small number");
    let mut refused = 0;
    for _ in 0..2_000 {
        // Sometimes a clock goes back.
        now += TimeDelta::microseconds(i64::from(number(4_000_000)) - 500_000);
        if number(50) == 0 {
            now += TimeDelta::seconds(i64::from(number(600)) - 300);
        }
        let charges: Vec<Charge> = ["a", "b", "c"]
            .into_iter()
            .take(number(3) as usize + 1)
            .map(|name| Charge {
                name,
                limit: Limit { times: 7, seconds: if name == "a" { 10 } else { 61 } },
                who: u128::from(number(2)),
                weight: number(10),
            })
            .collect();
        let (one, other) = (here.take(1, &charges, now).await, shared.take(1, &charges, now).await);
        assert_eq!(one, other, "{charges:?}");
        refused += u32::from(one.exceeded.is_some());
    }
    assert!((200..1_800).contains(&refused), "{refused} of 2000 were refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_one_instant_exactly_as_many_pass_as_the_limit_allows() {
    let shared = std::sync::Arc::new(in_redis());
    let charges = [("a", 20), ("b", 10)].map(|(name, times)| Charge {
        name,
        limit: Limit { times, seconds: 60 },
        who: 1,
        weight: 1,
    });
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let shared = shared.clone();
        asking.spawn(async move { shared.take(1, &charges, at("07:00")).await.exceeded.is_none() });
    }
    let passed = asking.join_all().await.into_iter().filter(|passed| *passed).count();
    assert_eq!(passed, 10);
    let left = shared.take(1, &charges[..1], at("07:00")).await.standings[0].used;
    assert_eq!(left, 11, "who was refused took nothing of the other limit");
}
