//! What moves while people watch, told so that a dropped connection costs nothing: each item carries a cursor, and whoever
//! subscribes again with it is handed what was told in between, once.

use std::{future::Future, sync::Arc, time::Duration};

use async_graphql::Result;
use futures_util::Stream;
use sea_orm::ConnectionTrait;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use uuid::Uuid;

use crate::{
    auth::sessions::sessions_topic,
    ctx::Ctx,
    platform::{
        bus::EVERYTHING,
        errors::Fault,
        outbox::{self, Topics},
        pages::{read_cursor, write_cursor},
    },
};

/// Events that one item carries at most; the next follows at once.
const AT_ONCE: usize = 200;
/// A feed looks again this often by itself: for a role that ended, and for a bus that fell silent.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Something that can be watched.
pub trait Feed: Send + Sync + 'static {
    type Item: Send;

    /// What the outbox calls it.
    fn topics(&self) -> Topics;
    /// Why the feed ends when it is not the caller's, or no longer.
    fn not_there(&self) -> Fault;
    fn may_watch(&self, ctx: &Ctx) -> impl Future<Output = Result<bool, Fault>> + Send;
    /// What a watcher is handed; none when there is nothing left to watch.
    fn item(&self, ctx: &Ctx, news: News) -> impl Future<Output = Result<Option<Self::Item>>> + Send;
}

/// What was told since the last item.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// What it was about, each once, in the order in which it was last told.
    pub subjects: Vec<Uuid>,
    /// How far that reaches.
    pub cursor: String,
}

impl News {
    /// Rows that were loaded by these subjects, in their order.
    pub fn in_order<T>(&self, rows: Vec<T>, subject: impl Fn(&T) -> Uuid) -> Vec<T> {
        let mut rows = rows;
        rows.sort_by_key(|row| self.subjects.iter().position(|known| *known == subject(row)));
        rows
    }
}

/// The cursor of a feed that begins now.
pub async fn cursor_now(db: &impl ConnectionTrait, topic: &str) -> Result<String, Fault> {
    Ok(write_cursor(topic, &outbox::kept(db).await?.last))
}

/// Follows a feed: an item at once, and another whenever something was told. It ends when the right to it does.
pub async fn follow<F: Feed>(
    ctx: &Ctx,
    feed: F,
    after: Option<String>,
) -> Result<impl Stream<Item = Result<F::Item>> + use<F>> {
    // The socket may be older than the end of its session, or of a role.
    let ctx = still(ctx).await?;
    // Listening begins before the first look, so nothing falls in between.
    let mut changes = ctx.bus.subscribe();
    if !feed.may_watch(&ctx).await? {
        Err(feed.not_there())?;
    }
    let (topics, sessions) = (feed.topics(), sessions_topic(ctx.actor()?.person));
    let mut reached = begin(&ctx, topics.name(), after).await?;
    let mut first = true;
    Ok(async_stream::try_stream! {
        loop {
            let told = outbox::told_since(&ctx.db.conn, &topics, reached, AT_ONCE).await.map_err(Fault::from)?;
            reached = told.last().map_or(reached, |last| last.number);
            if first || !told.is_empty() {
                first = false;
                let news = News { subjects: subjects(&told), cursor: write_cursor(topics.name(), &reached) };
                let Some(item) = feed.item(&ctx, news).await? else { break };
                yield item;
            }
            if told.len() < AT_ONCE && !heard(&mut changes, |topic| topics.holds(topic) || [sessions.as_str(), EVERYTHING].contains(&topic)).await {
                break;
            }
            let now = still(&ctx).await?;
            // Whatever an item shows is resolved by the rights that the feed began with.
            if !feed.may_watch(&now).await? || lost_a_role(&ctx, &now) {
                Err(feed.not_there())?;
            }
        }
    })
}

/// The number to begin behind: the cursor's, or the newest. What came after a cursor must still be kept, all of it.
async fn begin(ctx: &Ctx, topic: &str, after: Option<String>) -> Result<i64, Fault> {
    let after: Option<i64> = after.map(|after| read_cursor(topic, &after)).transpose()?;
    let kept = outbox::kept(&ctx.db.conn).await?;
    match after {
        None => Ok(kept.last),
        Some(number) if kept.reaches_back_to(number) => Ok(number),
        Some(_) => Err(Fault::CursorExpired),
    }
}

fn subjects(told: &[outbox::Told]) -> Vec<Uuid> {
    let mut subjects: Vec<Uuid> = Vec::new();
    for subject in told.iter().rev().filter_map(|told| told.subject_id) {
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    subjects.reverse();
    subjects
}

/// Waits until one of the topics moves, or for as long as a feed goes without looking; false when the service ends.
async fn heard(changes: &mut Receiver<Arc<str>>, ours: impl Fn(&str) -> bool) -> bool {
    let look_again = tokio::time::Instant::now() + LOOK_AGAIN;
    loop {
        let Ok(heard) = tokio::time::timeout_at(look_again, changes.recv()).await else { return true };
        match heard {
            Ok(changed) if ours(&changed) => return true,
            Ok(_) => {}
            // Too many messages for this listener: something of ours may have been among them.
            Err(RecvError::Lagged(_)) => return true,
            Err(RecvError::Closed) => return false,
        }
    }
}

/// The caller with the roles held now; a session that has ended, or a role that was taken back, ends the feed.
async fn still(ctx: &Ctx) -> Result<Ctx, Fault> {
    let session = ctx.actor()?.session;
    let actor = crate::access::store::actor_of_session(&ctx.db, session, ctx.now()).await?;
    Ok(Ctx { actor: Some(actor.ok_or(Fault::Unauthenticated)?), ..ctx.clone() })
}

fn lost_a_role(before: &Ctx, now: &Ctx) -> bool {
    let grants = |ctx: &Ctx| ctx.actor.as_ref().map(|actor| actor.grants.clone()).unwrap_or_default();
    let now = grants(now);
    grants(before).iter().any(|grant| !now.contains(grant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_twice_is_handed_over_once_where_it_was_told_last() {
        let id = Uuid::from_u128;
        let told = [(1, Some(7)), (2, None), (5, Some(8)), (6, Some(7))];
        let told = told.map(|(number, subject)| outbox::Told { number, subject_id: subject.map(id) });
        let news = News { subjects: subjects(&told), cursor: String::new() };
        assert_eq!(news.subjects, [id(8), id(7)]);
        assert_eq!(news.in_order(vec![id(7), id(8)], |id| *id), [id(8), id(7)]);
    }
}
