//! One loader per question, so that a list of any length asks it once.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake},
};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered, task::AtomicWaker};
use tokio::sync::mpsc::UnboundedReceiver;

/// Runs an operation together with what its loaders ask of the database, which comes in by `questions`: in one task, so
/// that a question goes out only when everything of its moment has been asked. (Spawned as a task of its own it goes out
/// after a millisecond, in the midst of a long list, and then dozens of times.)
pub async fn together<T>(
    operation: impl Future<Output = T>,
    mut questions: UnboundedReceiver<BoxFuture<'static, ()>>,
) -> T {
    let mut operation = pin!(operation);
    let mut asked = FuturesUnordered::new();
    let bell = Arc::new(Bell { rung: AtomicBool::new(true), task: AtomicWaker::new() });
    let waker = bell.clone().into();
    std::future::poll_fn(|task: &mut Context<'_>| {
        bell.task.register(task.waker());
        if bell.rung.swap(false, SeqCst) {
            if let Poll::Ready(done) = operation.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(done);
            }
            // A long list takes a breath after every few items: it wakes this task and goes on asking.
            if bell.rung.load(SeqCst) {
                return Poll::Pending;
            }
        }
        while let Ok(question) = questions.try_recv() {
            asked.push(question);
        }
        while let Poll::Ready(Some(())) = asked.poll_next_unpin(task) {}
        Poll::Pending
    })
    .await
}

/// Wakes the task, and remembers that it was the operation that called.
struct Bell {
    rung: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, SeqCst);
        self.task.wake();
    }
}

/// Declares DataLoaders that find rows by their primary key.
#[macro_export]
macro_rules! load_by_id {
    ($($key:ident($id:ty) => $entity:ident : $field:ident),* $(,)?) => {$(
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub $id);

        impl async_graphql::dataloader::Loader<$key> for $crate::graphql::Loaders {
            type Value = boai_entity::$entity::Model;
            type Error = std::sync::Arc<sea_orm::DbErr>;

            async fn load(
                &self,
                keys: &[$key],
            ) -> Result<std::collections::HashMap<$key, Self::Value>, Self::Error> {
                #[allow(unused_imports, reason = "some columns are typed, others need the trait")]
                use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
                let rows = boai_entity::$entity::Entity::find()
                    .filter(boai_entity::$entity::COLUMN.$field.is_in(keys.iter().map(|key| key.0.clone())))
                    .all(&self.db.conn)
                    .await?;
                Ok(rows.into_iter().map(|row| ($key(row.$field.clone()), row)).collect())
            }
        }
    )*};
}
