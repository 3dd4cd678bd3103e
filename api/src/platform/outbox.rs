//! Write, then tell the world: an outbox row is written in the transaction that changed something, and published once
//! it has committed. (`pg_notify` inside a check-in's transaction cost more than half of its throughput.)

use std::{sync::Arc, time::Duration};

use boai_entity::{Instant, ids::OutboxEventId, outbox_event};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, FromQueryResult};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{bus::Bus, db, db::Db, random::Random};

/// Events that are written, numbered and published at once.
const AT_ONCE: usize = 500;

/// A topic that moved, and what by.
pub struct Event {
    pub topic: String,
    pub subject: Option<Uuid>,
}

/// Writes the events inside the caller's transaction.
pub async fn write(
    tx: &impl ConnectionTrait,
    random: &Random,
    now: Instant,
    events: impl IntoIterator<Item = Event>,
) -> Result<(), DbErr> {
    let row = |event: Event| outbox_event::ActiveModel {
        id: Set(OutboxEventId(random.uuid(now))),
        topic: Set(event.topic),
        subject_id: Set(event.subject),
        number: Set(None),
        created_at: Set(now),
        published_at: Set(None),
    };
    let rows: Vec<_> = events.into_iter().map(row).collect();
    for some in rows.chunks(AT_ONCE) {
        outbox_event::Entity::insert_many(some.iter().cloned()).exec_without_returning(tx).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Unnumbered {
    last: i64,
}

/// Numbers what has committed. Events get their numbers from one numberer at a time (the row of the last number is held
/// until the numbers are there for everybody to read), so whoever has seen a number can read all below it: a feed that asks for
/// what came after a number misses nothing, whatever order the transactions committed in. Nobody who checks in waits for it.
pub async fn number_committed(db: &Db) -> Result<u64, DbErr> {
    let waiting = "SELECT last FROM outbox_number WHERE EXISTS (SELECT 1 FROM outbox_event WHERE number IS NULL)";
    if db::one::<Unnumbered>(&db.conn, waiting, []).await?.is_none() {
        return Ok(0);
    }
    let tx = db.begin().await?;
    let held = format!("SELECT last FROM outbox_number {}", db::for_update(&tx));
    let Some(Unnumbered { last }) = db::one(&tx, held, []).await? else { return Ok(0) };
    let text = format!(
        "UPDATE outbox_event SET number = $1 + next.place
         FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM outbox_event WHERE number IS NULL
               ORDER BY id LIMIT {AT_ONCE}) AS next
         WHERE outbox_event.id = next.id"
    );
    let numbered = db::run(&tx, text, [last.into()]).await?;
    let last = last + i64::try_from(numbered).unwrap_or_default();
    db::run(&tx, "UPDATE outbox_number SET last = $1", [last.into()]).await?;
    tx.commit().await?;
    Ok(numbered)
}

#[derive(FromQueryResult)]
struct Unpublished {
    id: Uuid,
    topic: String,
}

/// Publishes what has its number. Any number of instances may do so: a topic told twice harms nobody, and one is marked
/// only after it was told, so none is lost when a process dies in between.
pub async fn publish_committed(db: &Db, bus: &Bus, now: Instant) -> Result<usize, DbErr> {
    number_committed(db).await?;
    let text = format!(
        "SELECT id, topic FROM outbox_event WHERE published_at IS NULL AND number IS NOT NULL ORDER BY id LIMIT {AT_ONCE}"
    );
    let events: Vec<Unpublished> = db::all(&db.conn, text, []).await?;
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
            Ok(AT_ONCE) => nudge.notify_one(),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the outbox could not be read; trying again"),
        }
    }
}

/// Where all that was told stands, and from where on it is kept.
#[derive(Clone, Copy, Debug, PartialEq, FromQueryResult)]
pub struct Kept {
    /// The newest number; 0 before the first.
    pub last: i64,
    /// The oldest number that is kept; none when nothing is.
    pub first: Option<i64>,
}

impl Kept {
    /// Whether all that came after this number is still there.
    pub fn reaches_back_to(&self, number: i64) -> bool {
        (0..=self.last).contains(&number)
            && (number == self.last || self.first.is_some_and(|first| first <= number + 1))
    }
}

pub async fn kept(db: &impl ConnectionTrait) -> Result<Kept, DbErr> {
    let text =
        "SELECT last, (SELECT MIN(number) FROM outbox_event WHERE number IS NOT NULL) AS first FROM outbox_number";
    let kept = db::one(db, text, []).await?;
    Ok(kept.unwrap_or(Kept { last: 0, first: None }))
}

/// What was told of a topic: its number and what it was about.
#[derive(Clone, Copy, Debug, PartialEq, FromQueryResult)]
pub struct Told {
    pub number: i64,
    pub subject_id: Option<Uuid>,
}

/// Which topics somebody follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topics {
    One(String),
    /// All that begin so.
    Below(String),
}

impl Topics {
    /// What the topic is called, or how all of them begin.
    pub fn name(&self) -> &str {
        match self {
            Self::One(name) | Self::Below(name) => name,
        }
    }

    pub fn holds(&self, topic: &str) -> bool {
        match self {
            Self::One(name) => topic == name,
            Self::Below(beginning) => topic.starts_with(beginning.as_str()),
        }
    }
}

/// What was told of these topics after a number, in order; at most so many.
pub async fn told_since(
    db: &impl ConnectionTrait,
    topics: &Topics,
    number: i64,
    at_most: usize,
) -> Result<Vec<Told>, DbErr> {
    let condition = match topics {
        Topics::One(_) => "topic = $1",
        // Looks at all that was told since. The order of texts is not the same on both databases, so it asks for no range.
        Topics::Below(_) => "substr(topic, 1, length($1)) = $1",
    };
    let text = format!(
        "SELECT number, subject_id FROM outbox_event WHERE {condition} AND number > $2 ORDER BY number LIMIT {at_most}"
    );
    db::all(db, text, [topics.name().into(), number.into()]).await
}
