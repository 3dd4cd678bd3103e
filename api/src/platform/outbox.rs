//! Write, then tell the world: an outbox row is written in the transaction that changed something, and published once
//! it has committed. (`pg_notify` inside a check-in's transaction cost more than half of its throughput.)

use std::{sync::Arc, time::Duration};

use boai_entity::{Instant, outbox_event};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, FromQueryResult};
use tokio::sync::Notify;

use super::{bus::Bus, db, db::Db, random::Random};

/// Writes the event inside the caller's transaction.
pub async fn write(tx: &impl ConnectionTrait, random: &Random, now: Instant, topic: String) -> Result<(), DbErr> {
    let event = outbox_event::ActiveModel {
        id: Set(boai_entity::ids::OutboxEventId(random.uuid(now))),
        topic: Set(topic),
        created_at: Set(now),
        published_at: Set(None),
    };
    outbox_event::Entity::insert(event).exec_without_returning(tx).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Unpublished {
    id: uuid::Uuid,
    topic: String,
}

/// Publishes what has committed. Any number of instances may do so: a topic told twice harms nobody, and one is marked
/// only after it was told, so none is lost when a process dies in between.
pub async fn publish_committed(db: &Db, bus: &Bus, now: Instant) -> Result<usize, DbErr> {
    let events: Vec<Unpublished> =
        db::all(&db.conn, "SELECT id, topic FROM outbox_event WHERE published_at IS NULL ORDER BY id LIMIT 500", [])
            .await?;
    let mut topics: Vec<&str> = events.iter().map(|event| event.topic.as_str()).collect();
    topics.sort_unstable();
    topics.dedup();
    for topic in topics {
        if let Err(error) = bus.publish(topic).await {
            tracing::warn!(%error, "live events wait for Redis");
            return Ok(0);
        }
    }
    if !events.is_empty() {
        let values = std::iter::once(now.into()).chain(events.iter().map(|event| event.id.into()));
        let text =
            format!("UPDATE outbox_event SET published_at = $1 WHERE id IN ({})", db::placeholders(2, events.len()));
        db::run(&db.conn, text, values).await?;
    }
    Ok(events.len())
}

/// The relay of one instance: works when nudged after a commit, and once a second for what others left behind.
pub async fn relay(db: Db, bus: Bus, clock: super::clock::Clock, nudge: Arc<Notify>) {
    loop {
        let _ = tokio::time::timeout(Duration::from_secs(1), nudge.notified()).await;
        match publish_committed(&db, &bus, clock.now()).await {
            Ok(500) => nudge.notify_one(),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the outbox could not be read; trying again"),
        }
    }
}
