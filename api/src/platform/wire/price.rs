//! What a query costs is known before it runs. The schema prices its fields with `#[graphql(complexity = …)]`: a field is a
//! point, a list weighs as many times what is in it as its page may have.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_graphql::{
    ServerError, ValidationResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
};

use super::limits::at_most;

/// Above this all prices are one: pages within pages within pages would leave the numbers' range.
const BEYOND_ANY: usize = 1_000_000_000_000;

/// The price of a list of `many` whose items cost `each`, and of asking for it.
#[must_use]
pub fn list(many: usize, each: usize, asking: usize) -> usize {
    many.saturating_mul(each).saturating_add(asking).min(BEYOND_ANY)
}

/// Put into a request's data, it tells the price afterwards.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicUsize>);

impl Meter {
    pub fn cost(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Refuses what costs more than this many points.
pub struct Price(pub usize);

impl ExtensionFactory for Price {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Pricing { allowed: self.0 })
    }
}

struct Pricing {
    allowed: usize,
}

#[async_trait::async_trait]
impl Extension for Pricing {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await?;
        if let Some(meter) = ctx.data_opt::<Meter>() {
            meter.0.store(result.complexity, Ordering::Relaxed);
        }
        at_most("cost", self.allowed, result.complexity)?;
        Ok(result)
    }
}
