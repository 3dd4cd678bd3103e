//! Chance comes in from outside: the operating system's, or a seeded one for tests and the demo.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use uuid::Uuid;

/// Random bytes, one-time codes and ids.
#[derive(Clone)]
pub struct Random(Arc<Mutex<StdRng>>);

impl Random {
    /// A cryptographically strong generator seeded by the operating system.
    pub fn system() -> Self {
        Self(Arc::new(Mutex::new(rand::make_rng())))
    }

    /// The same numbers for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.lock().fill_bytes(&mut bytes);
        bytes
    }

    /// A number from 0 to below `end`, each equally likely.
    pub fn below(&self, end: u64) -> u64 {
        self.lock().random_range(0..end)
    }

    /// A UUIDv7: sortable by the time it was made, made before the write.
    pub fn uuid(&self, now: DateTime<Utc>) -> Uuid {
        let millis = now.timestamp_millis().max(0).unsigned_abs();
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, StdRng> {
        // A panic while holding it cannot leave the generator in a bad state.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
