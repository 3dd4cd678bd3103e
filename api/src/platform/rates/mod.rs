//! Limits on how often something may be done: [`rule`] decides; the books are kept [`here`] or, [`shared`], in Redis.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, Utc};

mod here;
mod rule;
mod shared;

pub use rule::{Charge, Exceeded, Limit, Rate, Standing, Verdict};

pub struct Rates {
    here: here::Here,
    shared: Option<shared::Shared>,
}

impl Rates {
    pub fn in_process() -> Self {
        Self { here: here::Here::new(), shared: None }
    }

    /// Counts in Redis across instances; in this process for as long as Redis does not answer within this time.
    pub fn through_redis(url: &str, prefix: &str, patience: Duration) -> redis::RedisResult<Self> {
        Ok(Self { here: here::Here::new(), shared: Some(shared::Shared::new(url, prefix, patience)?) })
    }

    /// Takes all of it or nothing. The tag is whoever asks: their keys are kept in one place.
    pub async fn take(&self, tag: u128, charges: &[Charge], now: DateTime<Utc>) -> Verdict {
        let now = now.timestamp_micros();
        if charges.is_empty() {
            return Verdict::nothing();
        }
        let shared = match &self.shared {
            Some(shared) => shared.take(tag, charges, now).await,
            None => None,
        };
        shared.unwrap_or_else(|| self.here.take(charges, now))
    }

    /// The same in this process alone, at once.
    pub fn take_here(&self, charges: &[Charge], now: DateTime<Utc>) -> Verdict {
        if charges.is_empty() { Verdict::nothing() } else { self.here.take(charges, now.timestamp_micros()) }
    }

    /// Whether nothing is left of a limit, without taking of it.
    pub async fn is_full(&self, charge: Charge, now: DateTime<Utc>) -> Option<Exceeded> {
        let verdict = self.take(charge.who, &[Charge { weight: 0, ..charge }], now).await;
        let standing = verdict.standings.first().copied()?;
        let next = standing.limit.seconds.div_ceil(standing.limit.times);
        (standing.used >= standing.limit.times).then_some(Exceeded { standing, weight: 1, retry_after: next })
    }
}

impl Verdict {
    /// Of whoever has no limits.
    fn nothing() -> Self {
        Self { standings: Vec::new(), exceeded: None }
    }

    /// What draft-ietf-httpapi-ratelimit-headers has a server say of its limits, and how long to wait after a refusal.
    pub fn put(&self, headers: &mut HeaderMap) {
        let items = |item: fn(&Standing) -> String| self.standings.iter().map(item).collect::<Vec<_>>().join(", ");
        let policy = items(|Standing { name, limit, .. }| format!("\"{name}\";q={};w={}", limit.times, limit.seconds));
        let left = items(|Standing { name, limit, used, free_in }| {
            format!("\"{name}\";r={};t={free_in}", limit.times.saturating_sub(*used))
        });
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", left)] {
            if let Some(value) = HeaderValue::from_str(&value).ok().filter(|value| !value.is_empty()) {
                headers.insert(name, value);
            }
        }
        if let Some(exceeded) = self.exceeded {
            headers.insert(header::RETRY_AFTER, exceeded.retry_after.into());
        }
    }
}
