//! Time comes in from outside, so that a story test or the demo can move it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::SeqCst},
};

use chrono::{DateTime, TimeDelta, Utc};

/// Where "now" comes from: the system, moved by so much. Whole milliseconds, which both databases keep exactly.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    frozen_ms: Option<Arc<AtomicI64>>,
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still until it is told to move.
    pub fn frozen_at(now: DateTime<Utc>) -> Self {
        Self { frozen_ms: Some(Arc::new(AtomicI64::new(now.timestamp_millis()))), ahead_ms: Arc::default() }
    }

    pub fn now(&self) -> DateTime<Utc> {
        let base = match &self.frozen_ms {
            Some(frozen) => frozen.load(SeqCst),
            None => system_ms(),
        };
        DateTime::from_timestamp_millis(base + self.ahead_ms.load(SeqCst)).expect("a time within 262,000 years")
    }

    pub fn advance(&self, by: TimeDelta) {
        self.ahead_ms.fetch_add(by.num_milliseconds(), SeqCst);
    }

    /// Makes it this time now; a running clock runs on from there.
    pub fn set(&self, now: DateTime<Utc>) {
        self.advance(now - self.now());
    }

    /// Back to the system's time.
    pub fn reset(&self) {
        self.ahead_ms.store(0, SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where time enters")]
fn system_ms() -> i64 {
    Utc::now().timestamp_millis()
}
