//! Many rows at once.

use sea_orm::{ActiveModelBehavior, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, Iterable};

use super::Progress;

/// SQLite takes 32,766 values per statement and PostgreSQL 65,535. More than this is no faster, and the progress bar would
/// stand still.
const VALUES_AT_ONCE: usize = 2_000;

/// Inserts the rows in chunks.
pub async fn insert<E>(
    tx: &impl ConnectionTrait,
    progress: Progress<'_>,
    what: &str,
    rows: &[E::Model],
) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelBehavior + Send,
{
    let mut done = 0;
    for chunk in rows.chunks(VALUES_AT_ONCE / E::Column::iter().count()) {
        let chunk = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
        done += chunk.len();
        E::insert_many(chunk).exec_without_returning(tx).await?;
        progress(what, done as u64, rows.len() as u64);
    }
    Ok(())
}
