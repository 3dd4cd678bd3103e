//! The books that all instances share: in Redis, and never waited for.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::rule::{Charge, Verdict, judge};

/// How long Redis is left alone after it failed once. Meanwhile each instance counts by itself.
const PAUSE: Duration = Duration::from_secs(5);
const TAKE: &str = include_str!("take.lua");

pub struct Shared {
    redis: redis::aio::ConnectionManager,
    prefix: String,
    /// How long a request may wait for Redis at most.
    patience: Duration,
    /// When Redis may be asked again.
    paused: Mutex<Option<Instant>>,
}

impl Shared {
    /// Connects lazily: an absent Redis does not keep the server from starting.
    pub fn new(url: &str, prefix: &str, patience: Duration) -> redis::RedisResult<Self> {
        let settings = redis::aio::ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_millis(500)))
            .set_response_timeout(Some(patience))
            .set_number_of_retries(1);
        let redis = redis::aio::ConnectionManager::new_lazy_with_config(redis::Client::open(url)?, settings)?;
        let mut first = redis.clone();
        // Connected now rather than by the first request, which would not wait for it. Whether it worked shows then.
        tokio::spawn(async move { redis::cmd("PING").exec_async(&mut first).await });
        Ok(Self { redis, prefix: prefix.into(), patience, paused: Mutex::default() })
    }

    /// Takes all of it or nothing; none when Redis does not answer at once. All keys carry the tag, so that a cluster keeps
    /// them in one place.
    pub async fn take(&self, tag: u128, charges: &[Charge], now: i64) -> Option<Verdict> {
        if !self.may_be_asked() {
            return None;
        }
        match tokio::time::timeout(self.patience, self.ask(tag, charges, now)).await {
            Ok(Ok(found)) if found.len() == charges.len() => {
                self.answered();
                let found: Vec<Option<i64>> = found.into_iter().map(Some).collect();
                Some(judge(charges, &found, now))
            }
            Ok(Ok(_)) => self.failed("an answer of another form"),
            Ok(Err(error)) => self.failed(&error.to_string()),
            Err(_) => self.failed("no answer in time"),
        }
    }

    async fn ask(&self, tag: u128, charges: &[Charge], now: i64) -> redis::RedisResult<Vec<i64>> {
        let mut redis = self.redis.clone();
        let mut command = redis::cmd("EVAL");
        command.arg(TAKE).arg(charges.len());
        for Charge { name, who, .. } in charges {
            command.arg(format!("{}:rate:{{{tag:x}}}:{name}:{who:x}", self.prefix));
        }
        command.arg(now);
        for charge in charges {
            command.arg(charge.adds()).arg(charge.limit.most());
        }
        command.query_async(&mut redis).await
    }

    /// After a pause one request tries, and the others go on without.
    fn may_be_asked(&self) -> bool {
        let mut paused = self.paused();
        match *paused {
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                *paused = Some(Instant::now() + PAUSE);
                true
            }
            None => true,
        }
    }

    fn answered(&self) {
        if self.paused().take().is_some() {
            tracing::info!("Redis answers again; limits count across instances");
        }
    }

    fn failed(&self, why: &str) -> Option<Verdict> {
        if self.paused().replace(Instant::now() + PAUSE).is_none() {
            tracing::warn!(why, "Redis is away; each instance counts limits by itself");
        }
        None
    }

    fn paused(&self) -> MutexGuard<'_, Option<Instant>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
