//! What the system does by itself.

use std::{sync::Arc, time::Duration};

use super::{checker::Checker, service};
use crate::{app::App, ctx::Ctx};

/// Asks the verification service once a minute about who waits, for as long as the server runs.
pub async fn ask_every_minute(app: Arc<App>, checker: Checker) {
    loop {
        tokio::time::sleep(Duration::from_secs(60)).await;
        let ctx = Ctx::system(app.clone(), "check-identities");
        if let Err(fault) = service::ask_checker(&ctx, &checker).await {
            tracing::warn!(?fault, "identities could not be checked; trying again");
        }
    }
}
