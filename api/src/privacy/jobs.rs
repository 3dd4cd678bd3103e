//! What the system does by itself about people's data.

use std::{sync::Arc, time::Duration};

use super::{erasure, export, retention};
use crate::{app::App, ctx::Ctx, platform::errors::Fault};

/// Works when nudged after a request, and once a minute for what others left behind, for as long as the server runs.
pub async fn work(app: Arc<App>) {
    loop {
        let _ = tokio::time::timeout(Duration::from_secs(60), app.work.notified()).await;
        let ctx = Ctx::system(app.clone(), "privacy");
        told("copies of people's data could not be made", export::make_all(&ctx).await);
        told("erasures could not be carried out", erasure::carry_out_all(&ctx).await);
        told("last words could not be sent", erasure::say_last_words(&ctx).await);
        told("what was kept long enough could not be removed", retention::run_due(&ctx).await);
    }
}

fn told<T>(what: &str, done: Result<T, Fault>) {
    if let Err(fault) = done {
        tracing::warn!(?fault, "{what}; trying again");
    }
}
