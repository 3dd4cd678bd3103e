//! One wide log line per operation, and a code on every error.

use std::{
    any::TypeId,
    sync::{Arc, OnceLock},
};

use async_graphql::{
    ErrorExtensionValues, Request, Response, ServerError, ServerResult,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest, NextRequest, NextSubscribe,
    },
};
use futures_util::{StreamExt, stream::BoxStream};

use super::{errors::UNAVAILABLE, wire::price::Meter};

/// Makes [`Reporter`]s.
pub struct Report;

impl ExtensionFactory for Report {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Reporter::default())
    }
}

/// One for each request.
#[derive(Default)]
struct Reporter {
    /// Read while the request's own data can be seen: the hook around it all, which needs it, cannot see them.
    request_id: Arc<OnceLock<String>>,
}

/// Names a request in the log and in the answer to an internal error. Put into the request's data.
#[derive(Clone)]
pub struct RequestId(pub String);

#[async_trait::async_trait]
impl Extension for Reporter {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let own = request.data.get(&TypeId::of::<RequestId>()).and_then(|data| data.downcast_ref::<RequestId>());
        if let Some(id) = own.or_else(|| ctx.data_opt::<RequestId>()) {
            // It cannot be there: each operation has a reporter of its own.
            let _ = self.request_id.set(id.0.clone());
        }
        next.run(ctx, request).await
    }

    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        coded(next.run(ctx).await, &self.request_id)
    }

    /// An event has errors like any answer.
    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let request_id = self.request_id.clone();
        next.run(ctx, stream).map(move |response| coded(response, &request_id)).boxed()
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
            cost = ctx.data_opt::<Meter>().map_or(0, Meter::cost),
            micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            "graphql"
        );
        response
    }
}

fn coded(mut response: Response, request_id: &OnceLock<String>) -> Response {
    let request_id = request_id.get().map_or("", String::as_str);
    for error in &mut response.errors {
        give_code(error, request_id);
    }
    response
}

/// The library's own errors have no code: those before execution (without a path) come from the document, those in it
/// from an argument that could not be read.
fn give_code(error: &mut ServerError, request_id: &str) {
    let code = match &error.extensions {
        Some(extensions) => extensions.get("code").cloned(),
        None => None,
    };
    let ours = [Some(&"INTERNAL".into()), Some(&UNAVAILABLE.into())].contains(&code.as_ref());
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if code.is_none() {
        extensions.set("code", if error.path.is_empty() { "GRAPHQL_VALIDATION_FAILED" } else { "BAD_USER_INPUT" });
    }
    if ours {
        extensions.set("requestId", request_id);
    }
}
