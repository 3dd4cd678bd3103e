//! What the system does by itself.

use std::{sync::Arc, time::Duration};

use crate::{app::App, ctx::Ctx};

/// Seals the days that are over, once an hour, for as long as the server runs.
pub async fn seal_days_every_hour(app: Arc<App>) {
    loop {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let ctx = Ctx::system(app.clone(), "seal-days");
        if let Err(fault) = super::seals::seal_days(&ctx).await {
            tracing::warn!(?fault, "the audit trail could not be sealed; trying again");
        }
    }
}
