//! What whoever runs the server does about officers: the first ones, the list, a lost second factor at the top.

use std::{io::Write, sync::Arc};

use chrono::NaiveDate;

use crate::{
    app::App,
    certificates,
    ctx::Ctx,
    platform::{
        civil::day_bounds,
        errors::Fault,
        lang::Lang,
        pages::{MAX_SIZE, Page},
        refusal::{Refusal, Stop, When},
        text,
    },
    roles::{
        rules::RoleRefusal,
        service,
        store::{self, HolderFilter, Holding},
    },
};

pub async fn grant(
    app: Arc<App>,
    number: &str,
    branch: &str,
    until: NaiveDate,
    reason: &str,
) -> Result<String, String> {
    let reason = text::field("reason", reason, 500, true).map_err(|fault| fault.message().to_owned())?;
    let ctx = Ctx::operator(app, "grant");
    let (_, ends_at) = day_bounds(until);
    match service::install_officer(&ctx, number.trim(), branch, ends_at, &reason).await {
        Ok(_) => Ok(format!("{number} is an officer of the branch {branch} until {}", When(ends_at))),
        Err(Stop::Refused(RoleRefusal::NotFound)) => Err(format!("--branch {branch}: there is no such branch")),
        Err(stop) => Err(told(stop)),
    }
}

pub async fn reset_second_factor(app: Arc<App>, number: &str, reason: &str) -> Result<String, String> {
    let reason = text::field("reason", reason, 500, true).map_err(|fault| fault.message().to_owned())?;
    let ctx = Ctx::operator(app, "reset-second-factor");
    match service::reset_by_operator(&ctx, number.trim(), &reason).await {
        Ok(true) => Ok(format!("{number} has no second factor any more and can enrol a new one")),
        Ok(false) => Err(format!("{number} has no second factor: there is nothing to reset")),
        Err(stop) => Err(told(stop)),
    }
}

pub async fn revoke_certificate(app: Arc<App>, number: &str, reason: &str) -> Result<String, String> {
    let reason = text::field("reason", reason, 500, true).map_err(|fault| fault.message().to_owned())?;
    let ctx = Ctx::operator(app, "revoke-certificate");
    match certificates::service::revoke(&ctx, number, &reason).await {
        Ok(true) => Ok(format!("{number} is revoked")),
        Ok(false) => Err(format!("{number}: there is no such certificate, or it is revoked already")),
        Err(fault) => Err(told(Stop::Fault(fault))),
    }
}

fn told(stop: Stop<RoleRefusal>) -> String {
    match stop {
        Stop::Refused(refusal) => refusal.message(Lang::En),
        Stop::Fault(Fault::Internal(detail) | Fault::Unavailable(detail)) => detail,
        Stop::Fault(fault) => fault.message().to_owned(),
    }
}

/// Every role in force, a line each.
pub async fn list(app: &App, branch: &str, to: impl Write) -> Result<(), String> {
    let now = app.clock.now();
    let mut csv = csv::Writer::from_writer(to);
    let written = |error: csv::Error| format!("the list cannot be written: {error}");
    csv.write_record([
        "role",
        "branch_path",
        "place",
        "on",
        "volunteer_number",
        "name",
        "granted_at",
        "granted_by",
        "renewed_at",
        "ends_at",
        "last_used_at",
        "last_reviewed_at",
    ])
    .map_err(written)?;
    let mut from = None;
    loop {
        let page = Page { limit: u64::from(MAX_SIZE.unsigned_abs()), from: from.take(), backward: false };
        let slice = store::holdings(&app.db.conn, branch, &HolderFilter::default(), now, page).await;
        let slice = slice.map_err(|error| format!("the database: {error}"))?;
        for holding in &slice.rows {
            csv.write_record(line(holding)).map_err(written)?;
        }
        match slice.rows.last() {
            Some(last) if slice.has_next => from = Some((last.path.clone(), last.grant.id.0)),
            _ => break,
        }
    }
    csv.flush().map_err(|error| format!("the list cannot be written: {error}"))
}

fn line(holding: &Holding) -> [String; 12] {
    let grant = &holding.grant;
    let time = |at: Option<_>| at.map(|at| When(at).to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.as_deref().map(harmless).unwrap_or_default();
    let on = if grant.branch_id.is_some() { "branch" } else { "team" };
    [
        grant.role.as_str(),
        holding.path.clone(),
        harmless(&holding.place_name),
        on.into(),
        text(&holding.holder_number),
        text(&holding.holder_name),
        time(Some(grant.granted_at)),
        text(&holding.granter_name),
        time(grant.renewed_at),
        time(grant.ends_at),
        time(holding.last_used_at),
        time(holding.reviewed_at),
    ]
}

/// A name that begins like a formula would be run by the spreadsheet that opens the list.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_name_is_a_formula() {
        for (name, shown) in
            [("王小明", "王小明"), ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-1", "'-1"), ("", "")]
        {
            assert_eq!(harmless(name), shown);
        }
    }
}
