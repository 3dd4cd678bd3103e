//! What the system does about boards by itself.

use std::{sync::Arc, time::Duration};

use sea_orm::DbErr;

use super::store;
use crate::{app::App, platform::db::Db};

/// Standings that are looked for at once. Their volunteers are held while they are counted.
const AT_ONCE: u64 = 500;

/// Brings into the tallies what was booked since, for as long as the server runs. Any number of instances may do so.
pub async fn count_every_five_seconds(app: Arc<App>) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        if let Err(error) = count_all(&app.db).await {
            tracing::warn!(%error, "boards could not be counted; trying again");
        }
    }
}

/// Counts until nothing is left but what others hold. Says how many volunteers' standings it counted.
pub async fn count_all(db: &Db) -> Result<usize, DbErr> {
    let mut counted = 0;
    while store::is_uncounted(&db.conn).await? {
        let tx = db.begin().await?;
        let volunteers = store::hold_uncounted(&tx, AT_ONCE).await?;
        if volunteers.is_empty() {
            break;
        }
        store::count(&tx, &volunteers).await?;
        tx.commit().await?;
        counted += volunteers.len();
    }
    Ok(counted)
}
