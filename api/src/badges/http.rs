//! The digital twins of badges for anybody: `GET /badges/{id}`, what is needed to check them, `GET /badges/issuers/{branch}` and
//! `GET /badges/status/{branch}/{year}`, and what a star is awarded for, `GET /badges/stars/{star}`.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use boai_entity::ids::BranchId;
use serde_json::Value;
use uuid::Uuid;

use super::{
    credential::{achievement, controller, status_list},
    store,
};
use crate::{
    ctx::Ctx,
    organisation,
    platform::{errors::Fault, http},
};

/// Keys and lists may be so old in a cache.
const A_WHILE: &str = "public, max-age=300";

fn said(media: &'static str, cache: &'static str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CACHE_CONTROL, cache),
        // A page of somebody else's checks it in the browser.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, [("x-robots-tag", "noindex, nofollow")], body).into_response()
}

/// The credential of a badge, also of one that is good no more: the list of revocations says so.
pub async fn credential(ctx: &Ctx, id: &str) -> Response {
    let Ok(id) = id.parse::<Uuid>() else { return nothing() };
    match store::credential(&ctx.db.conn, id).await {
        Ok(Some(text)) => said("application/vc", "no-store, private", text),
        Ok(None) => nothing(),
        Err(error) => failed(error.into()),
    }
}

/// A branch's keys.
pub async fn issuer(ctx: &Ctx, branch: &str) -> Response {
    let (Ok(branch), Some(address)) = (branch.parse::<Uuid>(), &ctx.config.certificates.address) else {
        return nothing();
    };
    match organisation::store::branch(&ctx.db.conn, BranchId(branch)).await {
        Ok(Some(branch)) => json(&controller(address, branch.id.0, &ctx.vault.public_keys())),
        Ok(None) => nothing(),
        Err(error) => failed(error.into()),
    }
}

/// A branch's list of a year's revocations, as it is now.
pub async fn status(ctx: &Ctx, branch: &str, year: &str) -> Response {
    let (Ok(branch), Ok(year)) = (branch.parse::<Uuid>(), year.parse::<i32>()) else { return nothing() };
    let Some(address) = &ctx.config.certificates.address else { return nothing() };
    let revoked = match store::revoked_places(&ctx.db.conn, BranchId(branch), year).await {
        Ok(Some(revoked)) => revoked,
        Ok(None) => return nothing(),
        Err(error) => return failed(error.into()),
    };
    match status_list(&ctx.vault, address, (branch, year), &revoked, ctx.now()) {
        Some(list) => said("application/vc", A_WHILE, list.to_string()),
        None => failed(Fault::Internal("no key signs lists of revocations".into())),
    }
}

/// What a star is awarded for.
pub async fn star(ctx: &Ctx, star: &str) -> Response {
    let star = star.parse().ok().zip(ctx.config.certificates.address.as_deref());
    match star.and_then(|(star, address)| achievement(address, star)) {
        Some(achievement) => json(&achievement),
        None => nothing(),
    }
}

fn json(value: &Value) -> Response {
    said("application/json", A_WHILE, value.to_string())
}

fn nothing() -> Response {
    http::error(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing like that here.")
}

fn failed(fault: Fault) -> Response {
    fault.log();
    let status = if fault.is_retryable() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
    http::error(status, fault.code(), fault.message())
}
