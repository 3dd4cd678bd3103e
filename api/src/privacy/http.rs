//! The download of a file made for a person: `GET /exports/{token}`. The token in the link is all that is asked for, so that
//! a browser or a download manager can fetch it.

use std::sync::Arc;

use async_stream::try_stream;
use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use boai_entity::{data_export, kinds::DataExportKind};
use futures_util::Stream;

use super::export;
use crate::{
    ctx::Ctx,
    platform::{civil::civil_day, http},
};

/// The file behind a token. One that never was, is used up or has expired answers as one that is not there.
pub async fn download(ctx: Ctx, token: &str) -> Response {
    match export::open(&ctx, token).await {
        Ok(Some(file)) => attachment(Arc::new(ctx), file),
        Ok(None) => {
            let message =
                "There is nothing behind this link, or it has expired. Make a new one in the app. 链接不存在或已失效。";
            http::error(StatusCode::NOT_FOUND, "NOT_FOUND", message)
        }
        Err(fault) => {
            tracing::error!(?fault, "a file could not be handed out");
            http::error(StatusCode::INTERNAL_SERVER_ERROR, fault.code(), fault.message())
        }
    }
}

fn attachment(ctx: Arc<Ctx>, file: data_export::Model) -> Response {
    let name = match file.kind {
        DataExportKind::MyData => "boai-data",
        DataExportKind::ErasureReport => "boai-report",
    };
    let made_on = file.ready_at.map_or_else(String::new, |at| format!("-{}", civil_day(at)));
    let size = file.size_bytes;
    let mut response = Body::from_stream(pieces(ctx, file)).into_response();
    let headers = response.headers_mut();
    for (header, value) in [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}{made_on}.zip\"")),
        (header::CONTENT_LENGTH, size.to_string()),
        // Neither a proxy nor the browser keeps it, and no search engine that is led to the link.
        (header::CACHE_CONTROL, "no-store, private".to_owned()),
        (header::HeaderName::from_static("x-robots-tag"), "noindex, nofollow".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(header, value);
        }
    }
    response
}

/// One piece after the other: no file is ever whole in memory. When it expires meanwhile the download breaks off.
fn pieces(ctx: Arc<Ctx>, file: data_export::Model) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    try_stream! {
        for seq in 0.. {
            let piece = export::piece(&ctx, &file, seq).await;
            match piece.map_err(|fault| std::io::Error::other(fault.code()))? {
                Some(bytes) => yield Bytes::from(bytes),
                None => break,
            }
        }
    }
}
