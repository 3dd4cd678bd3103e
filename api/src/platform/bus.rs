//! The live bus: tells every instance that a topic moved. It carries names only, never data: whoever listens reads the
//! database again, with its own right to. So a message lost or doubled harms nobody.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio::sync::broadcast;

/// Where the topics travel: inside this process, or through Redis to every instance.
#[derive(Clone)]
pub struct Bus {
    local: broadcast::Sender<Arc<str>>,
    redis: Option<redis::aio::ConnectionManager>,
    channel: Arc<str>,
}

/// Stands for "anything may have moved": sent when messages may have been lost.
pub const EVERYTHING: &str = "*";
/// How long a publish may wait for Redis, so that a slow Redis slows nobody.
const PATIENCE: Duration = Duration::from_millis(500);

impl Bus {
    pub fn in_process() -> Self {
        Self { local: broadcast::channel(1024).0, redis: None, channel: "".into() }
    }

    /// Connects lazily: an absent Redis does not keep the server from starting. The prefix tells this service's channel from
    /// others'.
    pub fn through_redis(url: &str, prefix: &str) -> redis::RedisResult<Self> {
        let client = redis::Client::open(url)?;
        let settings = redis::aio::ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1);
        let manager = redis::aio::ConnectionManager::new_lazy_with_config(client.clone(), settings)?;
        let channel: Arc<str> = format!("{prefix}:live").into();
        let bus = Self { local: broadcast::channel(1024).0, redis: Some(manager), channel };
        tokio::spawn(listen(client, bus.channel.clone(), bus.local.clone()));
        Ok(bus)
    }

    /// Whether Redis answers; none without Redis.
    pub async fn redis_answers(&self) -> Option<bool> {
        let mut redis = self.redis.clone()?;
        let ping = redis::cmd("PING").exec_async(&mut redis).await;
        Some(ping.is_ok())
    }

    /// Tells the topic to every instance. When Redis is away this instance is told that anything may have moved (the
    /// caller stops at the first topic that fails, and the others must not wait here), and the error says that the other
    /// instances were not told.
    pub async fn publish(&self, topic: &str) -> redis::RedisResult<()> {
        let Some(mut redis) = self.redis.clone() else {
            self.tell_here(topic);
            return Ok(());
        };
        let sent = redis::cmd("PUBLISH").arg(&*self.channel).arg(topic).exec_async(&mut redis).await;
        if sent.is_err() {
            self.tell_here(EVERYTHING);
        }
        sent
    }

    fn tell_here(&self, topic: &str) {
        // No listener is no error.
        let _ = self.local.send(topic.into());
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Arc<str>> {
        self.local.subscribe()
    }
}

/// Forwards Redis to this process for as long as it lives; after a break everyone is told to look again.
async fn listen(client: redis::Client, channel: Arc<str>, local: broadcast::Sender<Arc<str>>) {
    loop {
        match client.get_async_pubsub().await {
            Ok(mut pubsub) => {
                if pubsub.subscribe(&*channel).await.is_ok() {
                    let _ = local.send(EVERYTHING.into());
                    let mut messages = pubsub.into_on_message();
                    while let Some(message) = messages.next().await {
                        if let Ok(topic) = message.get_payload::<String>() {
                            let _ = local.send(topic.into());
                        }
                    }
                }
                tracing::warn!("the live connection to Redis broke; trying again");
            }
            Err(error) => tracing::warn!(%error, "Redis is away; live boards of other instances wait"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
