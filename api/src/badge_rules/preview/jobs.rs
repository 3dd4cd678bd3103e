//! What the system does by itself about badge rules that wait.

use std::{sync::Arc, time::Duration};

use crate::{app::App, ctx::Ctx};

/// Looks ahead when nudged after a request, and once a minute for what others left behind, for as long as the server runs.
pub async fn look_ahead(app: Arc<App>) {
    loop {
        let _ = tokio::time::timeout(Duration::from_secs(60), app.asked_for_badges.notified()).await;
        let ctx = Ctx::system(app.clone(), "badges");
        if let Err(fault) = super::service::run_due(&ctx).await {
            tracing::warn!(?fault, "badge rules could not be looked at ahead; trying again");
        }
    }
}
