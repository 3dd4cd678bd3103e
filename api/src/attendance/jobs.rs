//! What the system does by itself.

use std::{sync::Arc, time::Duration};

use crate::{app::App, ctx::Ctx};

/// Closes forgotten attendances once a minute, for as long as the server runs.
pub async fn close_forgotten_every_minute(app: Arc<App>) {
    loop {
        tokio::time::sleep(Duration::from_secs(60)).await;
        let ctx = Ctx::system(app.clone(), "close-forgotten");
        if let Err(fault) = super::service::close_forgotten(&ctx).await {
            tracing::warn!(?fault, "forgotten check-outs could not be closed; trying again");
        }
    }
}
