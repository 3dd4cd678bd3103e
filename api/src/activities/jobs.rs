//! What the system does about long-lived sites by itself.

use std::{sync::Arc, time::Duration};

use super::sites;
use crate::{app::App, ctx::Ctx};

/// Makes the shifts of days that have come near, for as long as the server runs. Any number of instances may do so.
pub async fn extend_sites_every_minute(app: Arc<App>) {
    loop {
        tokio::time::sleep(Duration::from_secs(60)).await;
        if let Err(fault) = sites::extend(&Ctx::system(app.clone(), "sites")).await {
            tracing::warn!(?fault, "day shifts were not made; trying again");
        }
    }
}
