//! The books of one process: bounded memory, whoever asks.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::rule::{Charge, Verdict, after, judge};

/// Parts that are locked by themselves.
const SHARDS: usize = 16;
/// Keys that a part remembers at most: all together some 10 MB.
const MOST_KEYS: usize = 8_192;

type Key = (&'static str, u128);
type Shard = HashMap<Key, i64>;

pub struct Here {
    /// Keyed by chance, so that nobody can choose addresses that fall into one part.
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

impl Here {
    pub fn new() -> Self {
        Self { hasher: RandomState::new(), shards: Default::default() }
    }

    /// Takes all of it or nothing.
    pub fn take(&self, charges: &[Charge], now: i64) -> Verdict {
        let keys: Vec<(usize, Key)> = charges.iter().map(|charge| self.place((charge.name, charge.who))).collect();
        // Locked in one order by everybody, so that two requests never wait for each other.
        let mut shards: BTreeMap<usize, MutexGuard<'_, Shard>> = BTreeMap::new();
        let mut places: Vec<usize> = keys.iter().map(|(place, _)| *place).collect();
        places.sort_unstable();
        for place in places {
            shards.entry(place).or_insert_with(|| self.lock(place));
        }
        let found: Vec<Option<i64>> = keys.iter().map(|(place, key)| shards[place].get(key).copied()).collect();
        let verdict = judge(charges, &found, now);
        if verdict.exceeded.is_none() {
            for ((charge, (place, key)), found) in charges.iter().zip(&keys).zip(found) {
                if let Some(shard) = shards.get_mut(place) {
                    make_room(shard, now);
                    shard.insert(*key, after(charge, found, now));
                }
            }
        }
        verdict
    }

    fn place(&self, key: Key) -> (usize, Key) {
        let hash = self.hasher.hash_one(key);
        (usize::try_from(hash % SHARDS as u64).unwrap_or_default(), key)
    }

    fn lock(&self, place: usize) -> MutexGuard<'_, Shard> {
        // A panic while holding it leaves at worst a count that is a little off.
        self.shards[place].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what is free again, which loses nothing. Where that is not enough, because somebody comes from a great many
/// addresses, forgets the half that has the most left: who used up their limit stays known.
fn make_room(shard: &mut Shard, now: i64) {
    if shard.len() < MOST_KEYS {
        return;
    }
    shard.retain(|_, free_at| *free_at > now);
    if shard.len() > MOST_KEYS / 2 {
        let mut moments: Vec<i64> = shard.values().copied().collect();
        let middle = moments.len() / 2;
        let (_, median, _) = moments.select_nth_unstable(middle);
        let median = *median;
        shard.retain(|_, free_at| *free_at > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::rates::rule::Limit;

    const NOW: i64 = 1_780_000_000_000_000;
    const MINUTE: i64 = 60_000_000;

    fn charge(who: u128, weight: u32) -> Charge {
        Charge { name: "test", limit: Limit { times: 10, seconds: 60 }, who, weight }
    }

    fn keys(books: &Here) -> usize {
        (0..SHARDS).map(|place| books.lock(place).len()).sum()
    }

    #[test]
    fn everybody_has_a_limit_of_their_own() {
        let books = Here::new();
        for who in 0..100 {
            assert_eq!(books.take(&[charge(who, 10)], NOW).exceeded, None);
            assert!(books.take(&[charge(who, 1)], NOW).exceeded.is_some());
        }
    }

    #[test]
    fn a_refused_request_takes_nothing_from_any_of_its_limits() {
        let books = Here::new();
        books.take(&[charge(1, 10)], NOW);
        assert!(books.take(&[charge(2, 1), charge(1, 1)], NOW).exceeded.is_some());
        assert_eq!(books.take(&[charge(2, 10)], NOW).exceeded, None);
    }

    #[test]
    fn a_flood_from_everywhere_needs_no_more_memory_and_frees_nobody_who_used_theirs_up() {
        let books = Here::new();
        books.take(&[charge(0, 10)], NOW);
        for who in 1..1_000_000 {
            books.take(&[charge(who, 1)], NOW);
        }
        assert!(keys(&books) <= SHARDS * MOST_KEYS, "{}", keys(&books));
        assert!(books.take(&[charge(0, 1)], NOW).exceeded.is_some());
        for who in 1..200_000 {
            books.take(&[charge(who, 1)], NOW + 2 * MINUTE);
        }
        assert!(keys(&books) <= SHARDS * MOST_KEYS, "{}", keys(&books));
    }

    #[test]
    fn of_many_at_one_instant_exactly_as_many_pass_as_the_limit_allows() {
        let books = Here::new();
        let passed = std::thread::scope(|scope| {
            let ask =
                || (0..1_000).filter(|_| books.take(&[charge(1, 1), charge(2, 1)], NOW).exceeded.is_none()).count();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(passed, 10);
    }
}
