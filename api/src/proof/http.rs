//! Roots and the keys that signed them, for anybody: `GET /ledger-roots`, `GET /ledger-roots/{day}`, `GET /keys`.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use boai_entity::ledger_root;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{rules::statement, store};
use crate::{
    ctx::Ctx,
    platform::{errors::Fault, http},
};

/// Which roots are asked for.
#[derive(Debug, Deserialize)]
pub struct Which {
    /// Those before this day; the newest without it.
    before: Option<String>,
    /// At most so many, 1 to 366.
    first: Option<u64>,
}

/// What a new root may be behind in a cache.
const A_WHILE: &str = "public, max-age=300";
/// A root that was published never changes.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

fn cached(how: &'static str, body: Value) -> Response {
    ([(header::CACHE_CONTROL, how)], Json(body)).into_response()
}

fn shown(root: &ledger_root::Model) -> Value {
    json!({
        "day": root.day.to_string(),
        "madeAt": root.made_at.to_rfc3339(),
        "chains": root.chains,
        "entries": root.entries,
        "root": root.root,
        "previous": root.previous,
        "statement": statement(root),
        "hash": root.hash,
        "key": root.key_id,
        "signature": root.signature,
    })
}

/// The newest roots, or those before a day.
pub async fn roots(ctx: &Ctx, which: Which) -> Response {
    let before = match which.before.as_deref().map(str::parse::<NaiveDate>).transpose() {
        Ok(before) => before,
        Err(_) => return bad("`before` must be a day such as 2026-05-08."),
    };
    let first = which.first.unwrap_or(31);
    if !(1..=366).contains(&first) {
        return bad("`first` must be 1 to 366.");
    }
    match store::roots_before(&ctx.db.conn, before, first).await {
        Ok(roots) => cached(A_WHILE, json!({ "roots": roots.iter().map(shown).collect::<Vec<_>>() })),
        Err(error) => failed(error.into()),
    }
}

/// The root of a day.
pub async fn root(ctx: &Ctx, day: &str) -> Response {
    let Ok(day) = day.parse::<NaiveDate>() else { return bad("The day must be one such as 2026-05-08.") };
    match store::root(&ctx.db.conn, day).await {
        Ok(Some(root)) => cached(FOR_GOOD, shown(&root)),
        Ok(None) => http::error(StatusCode::NOT_FOUND, "NOT_FOUND", "No root was made for this day, or none yet."),
        Err(error) => failed(error.into()),
    }
}

/// Every key that signs or signed, as a JSON Web Key Set (RFC 7517, RFC 8037), with when what it signs is dated.
pub async fn keys(ctx: &Ctx) -> Response {
    let keys = ctx.vault.public_keys().into_iter().map(|key| {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "use": "sig",
            "alg": "EdDSA",
            "kid": key.id,
            "x": BASE64_URL_SAFE_NO_PAD.encode(key.bytes),
            "validFrom": key.from.map(|at| at.to_rfc3339()),
            "validUntil": key.until.map(|at| at.to_rfc3339()),
        })
    });
    cached(A_WHILE, json!({ "keys": keys.collect::<Vec<_>>() }))
}

fn bad(message: &str) -> Response {
    http::error(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message)
}

fn failed(fault: Fault) -> Response {
    fault.log();
    let status = if fault.is_retryable() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
    http::error(status, fault.code(), fault.message())
}
