//! What the system does about roles by itself.

use std::{sync::Arc, time::Duration};

use super::{review, service};
use crate::{app::App, ctx::Ctx, platform::errors::Fault};

/// Tells of roles that end soon, opens the quarter's reviews and tells of overdue ones, for as long as the server runs. Any
/// number of instances may do so: each thing is told once.
pub async fn watch_every_minute(app: Arc<App>) {
    loop {
        tokio::time::sleep(Duration::from_secs(60)).await;
        if let Err(fault) = watch(&Ctx::system(app.clone(), "roles")).await {
            tracing::warn!(?fault, "the watch over roles failed; trying again");
        }
    }
}

async fn watch(ctx: &Ctx) -> Result<(), Fault> {
    service::remind(ctx).await?;
    review::open_due(ctx).await?;
    review::tell_overdue(ctx).await?;
    Ok(())
}
