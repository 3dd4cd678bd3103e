//! For anybody: the check of a certificate as a page (`GET /verify`) and for programs (`GET /verify.json`), and its file behind a
//! link (`GET /certificate-files/{token}`).

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use boai_entity::certificate::{Model as Certificate, Unit};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    page::{self, Said},
    pdf,
    rules::{Standing, code_of},
    service::{self, Checked},
};
use crate::{
    ctx::Ctx,
    platform::{civil::civil_day, errors::Fault, http, lang::Lang},
};

/// What is printed on a certificate.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Printed {
    number: String,
    code: String,
    lang: Option<String>,
}

/// Nothing keeps an answer, and no search engine lists it.
const PRIVATE: [(&str, &str); 3] = [
    ("cache-control", "no-store, private"),
    ("x-robots-tag", "noindex, nofollow"),
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"),
];

fn private(mut response: Response) -> Response {
    for (name, value) in PRIVATE {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// The page.
pub async fn verify_page(ctx: &Ctx, printed: Printed) -> Response {
    let Printed { number, code, lang } = &printed;
    let lang = match lang.as_deref() {
        Some("en") => Lang::En,
        Some("zh") => Lang::Zh,
        _ => ctx.lang,
    };
    let html = |status: StatusCode, said: &Said<'_>| {
        private((status, Html(page::html(lang, number, code, said))).into_response())
    };
    if number.is_empty() && code.is_empty() {
        return html(StatusCode::OK, &Said::Nothing);
    }
    match service::check(ctx, number, code).await {
        Ok(Checked::Found(certificate, standing)) => html(StatusCode::OK, &Said::Found(&certificate, &standing)),
        Ok(Checked::Wrong) => html(StatusCode::NOT_FOUND, &Said::Wrong),
        Ok(Checked::TooMany(exceeded)) => {
            html(StatusCode::TOO_MANY_REQUESTS, &Said::TooMany { minutes: exceeded.retry_after.div_ceil(60) })
        }
        Err(fault) => {
            fault.log();
            html(StatusCode::SERVICE_UNAVAILABLE, &Said::Failed)
        }
    }
}

/// The same for programs.
pub async fn verify_json(ctx: &Ctx, printed: Printed) -> Response {
    private(match service::check(ctx, &printed.number, &printed.code).await {
        Ok(Checked::Found(certificate, standing)) => Json(said(&certificate, &standing)).into_response(),
        Ok(Checked::Wrong) => {
            let message =
                "No such certificate: the number or the check code is wrong. 没有找到该证明：编号或查验码不正确。";
            http::error(StatusCode::NOT_FOUND, "NOT_FOUND", message)
        }
        Ok(Checked::TooMany(exceeded)) => {
            let message = "Too many wrong tries. 查验次数过多，请稍后重试。";
            let mut response = http::error(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(exceeded.retry_after));
            response
        }
        Err(fault) => failed(&fault),
    })
}

fn said(certificate: &Certificate, standing: &Standing) -> Value {
    let shown = &certificate.shown;
    let (state, reason) = match standing {
        Standing::Valid => ("VALID", None),
        Standing::Superseded => ("SUPERSEDED", None),
        Standing::Revoked { reason, .. } => ("REVOKED", Some(reason)),
    };
    json!({
        "number": certificate.number,
        "state": state,
        "revokeReason": reason,
        "issuedOn": civil_day(certificate.issued_at).to_string(),
        "issuer": shown.issuer,
        "name": shown.name,
        "volunteerNumber": shown.volunteer_number,
        "idNumber": shown.id_number,
        "from": shown.from.to_string(),
        "to": shown.to.to_string(),
        "minutes": shown.minutes(),
        "units": shown.units.iter().map(unit).collect::<Vec<_>>(),
        "payload": certificate.payload,
    })
}

fn unit(unit: &Unit) -> Value {
    let records = unit.records.iter().map(|line| {
        json!({
            "date": line.day.to_string(),
            "activity": line.activity,
            "content": line.content.as_str(),
            "book": line.book.as_str(),
            "minutes": line.minutes,
        })
    });
    json!({
        "team": unit.team,
        "branch": unit.branch,
        "minutes": unit.minutes(),
        "records": records.collect::<Vec<_>>(),
    })
}

/// The file behind a link. One that never was or has expired answers as one that is not there.
pub async fn file(ctx: &Ctx, token: &str) -> Response {
    private(match pdf_behind(ctx, token).await {
        Ok(Some((name, bytes))) => {
            let headers = [
                (header::CONTENT_TYPE, "application/pdf".to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
            ];
            (headers, bytes).into_response()
        }
        Ok(None) => {
            let message =
                "There is nothing behind this link, or it has expired. Make a new one in the app. 链接不存在或已失效。";
            http::error(StatusCode::NOT_FOUND, "NOT_FOUND", message)
        }
        Err(fault) => failed(&fault),
    })
}

async fn pdf_behind(ctx: &Ctx, token: &str) -> Result<Option<(String, Vec<u8>)>, Fault> {
    let Some(certificate) = service::linked(ctx, token).await? else { return Ok(None) };
    let code = code_of(&ctx.vault, &certificate.number);
    let name = format!("certificate-{}.pdf", certificate.number);
    // It keeps a core busy for a moment, which no other request should wait for.
    let printed = tokio::task::spawn_blocking(move || pdf::render(&certificate, &code)).await;
    let bytes = printed.map_err(|error| Fault::Internal(error.to_string()))?.map_err(Fault::Internal)?;
    Ok(Some((name, bytes)))
}

fn failed(fault: &Fault) -> Response {
    fault.log();
    let status = if fault.is_retryable() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
    http::error(status, fault.code(), fault.message())
}
