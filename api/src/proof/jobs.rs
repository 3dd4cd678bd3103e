//! What the system does by itself.

use std::{sync::Arc, time::Duration};

use super::service::{Made, make_root};
use crate::{app::App, ctx::Ctx};

/// Signs a root once the day is over, for as long as the server runs.
pub async fn make_roots_every_hour(app: Arc<App>) {
    loop {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        tell(make_root(&Ctx::system(app.clone(), "make-roots")).await);
    }
}

fn tell(made: Result<Made, crate::platform::errors::Fault>) {
    match made {
        Ok(Made::Root(_) | Made::There) => {}
        Ok(Made::NoKey) => tracing::warn!("no key signs roots of the ledger: add one with `boai new-key --signing`"),
        Ok(Made::Tampered(faults)) => {
            let (found, first) = (faults.len(), faults.first());
            tracing::error!(
                found,
                first,
                "the ledger was changed behind the product's back: nothing is signed; `boai audit`"
            );
        }
        Err(fault) => tracing::warn!(?fault, "no root of the ledger could be made; trying again"),
    }
}
