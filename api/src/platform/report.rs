//! One wide log line per operation, and a code on every error.

use std::sync::Arc;

use async_graphql::{
    ErrorExtensionValues, Response, ServerError,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextRequest},
};

/// Makes [`Reporter`]s.
pub struct Report;

impl ExtensionFactory for Report {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Reporter)
    }
}

struct Reporter;

/// Names a request in the log and in the answer to an internal error. Put into the request's data.
#[derive(Clone)]
pub struct RequestId(pub String);

#[async_trait::async_trait]
impl Extension for Reporter {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let request_id = ctx.data_opt::<RequestId>().map_or_else(String::new, |id| id.0.clone());
        let mut response = next.run(ctx).await;
        for error in &mut response.errors {
            give_code(error, &request_id);
        }
        response
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        // The one clock that may differ from the injected one: it measures, it does not decide.
        let started = std::time::Instant::now();
        let request_id = ctx.data_opt::<RequestId>().map_or("", |id| id.0.as_str());
        let response = next.run(ctx, operation_name).await;
        tracing::info!(
            request_id,
            operation = operation_name.unwrap_or("anonymous"),
            errors = response.errors.len(),
            micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            "graphql"
        );
        response
    }
}

/// The library's own errors have no code: those before execution (without a path) come from the document, those in it
/// from an argument that could not be read.
fn give_code(error: &mut ServerError, request_id: &str) {
    let code = match &error.extensions {
        Some(extensions) => extensions.get("code").cloned(),
        None => None,
    };
    let internal = code.as_ref() == Some(&"INTERNAL".into());
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if code.is_none() {
        extensions.set("code", if error.path.is_empty() { "GRAPHQL_VALIDATION_FAILED" } else { "BAD_USER_INPUT" });
    }
    if internal {
        extensions.set("requestId", request_id);
    }
}
