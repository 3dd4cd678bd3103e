//! What the system does by itself.

use std::{sync::Arc, time::Duration};

use crate::{app::App, ctx::Ctx};

/// Looks at what phones told, once a minute, and once an hour at what only shows from further away, for as long as the
/// server runs. Any number of instances may do so: what one has flagged is not flagged again.
pub async fn look_every_minute(app: Arc<App>) {
    for minute in 1_u64.. {
        tokio::time::sleep(Duration::from_secs(60)).await;
        let ctx = Ctx::system(app.clone(), "flags");
        if let Err(fault) = super::service::look_at_signals(&ctx).await {
            tracing::warn!(?fault, "phones could not be looked at; trying again");
        }
        if minute.is_multiple_of(60)
            && let Err(fault) = super::service::look_from_afar(&ctx).await
        {
            tracing::warn!(?fault, "shifts and leaders could not be looked at; trying again in an hour");
        }
    }
}
