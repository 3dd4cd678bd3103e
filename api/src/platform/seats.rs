//! How many of something are taken at once: connections, sockets.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts by key, and in all.
#[derive(Debug)]
pub struct Seats<K>(Arc<Mutex<Taken<K>>>);

#[derive(Debug)]
struct Taken<K> {
    all: usize,
    by_key: HashMap<K, usize>,
}

/// A seat, free again when this is dropped.
#[derive(Debug)]
pub struct Seat<K: Eq + Hash> {
    seats: Seats<K>,
    key: Option<K>,
}

/// What was full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    All { taken: usize },
    Key { taken: usize },
}

impl<K> Clone for Seats<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K> Default for Seats<K> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Taken { all: 0, by_key: HashMap::new() })))
    }
}

impl<K: Eq + Hash + Clone> Seats<K> {
    /// Takes a seat, unless as many are taken in all, or by the key, as there may be. Without a key only the sum counts.
    pub fn take(&self, key: Option<K>, most: usize, most_by_key: usize) -> Result<Seat<K>, Full> {
        let mut taken = self.lock();
        if taken.all >= most {
            return Err(Full::All { taken: taken.all });
        }
        if let Some(key) = &key {
            let by_key = taken.by_key.get(key).copied().unwrap_or(0);
            if by_key >= most_by_key {
                return Err(Full::Key { taken: by_key });
            }
            taken.by_key.insert(key.clone(), by_key + 1);
        }
        taken.all += 1;
        Ok(Seat { seats: self.clone(), key })
    }
}

impl<K> Seats<K> {
    pub fn taken(&self) -> usize {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Taken<K>> {
        // Nothing in here panics half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        taken.all -= 1;
        if let Some(key) = &self.key
            && let Some(count) = taken.by_key.get_mut(key)
        {
            *count -= 1;
            if *count == 0 {
                taken.by_key.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_free_again_when_it_is_left() {
        let seats = Seats::default();
        let first = seats.take(Some("a"), 3, 2).unwrap();
        let _second = seats.take(Some("a"), 3, 2).unwrap();
        assert_eq!(seats.take(Some("a"), 3, 2).unwrap_err(), Full::Key { taken: 2 });
        let _third = seats.take(Some("b"), 3, 2).unwrap();
        assert_eq!(seats.take(Some("c"), 3, 2).unwrap_err(), Full::All { taken: 3 });
        drop(first);
        let _fourth = seats.take(Some("a"), 3, 2).unwrap();
        assert_eq!(seats.taken(), 3);
    }

    #[test]
    fn who_has_no_key_counts_in_the_sum_only_and_nobody_is_remembered_who_left() {
        let seats = Seats::default();
        let all: Vec<_> = (0..3).map(|_| seats.take(None, 3, 0).unwrap()).collect();
        assert_eq!(seats.take(Some(1), 3, 9).unwrap_err(), Full::All { taken: 3 });
        drop(all);
        drop(seats.take(Some(1), 3, 9).unwrap());
        assert_eq!((seats.taken(), seats.lock().by_key.len()), (0, 0));
    }
}
