//! Why somebody is eligible for a star, and why one was awarded.

use async_graphql::{Context, Result};
use boai_entity::{
    Instant,
    ids::{PersonId, StarCandidateId, VolunteerId},
    service_record, star_award, star_scheme,
};

use super::{Evidence, EvidenceKind, ExplainedUnit, Explanation, fact, global, with_names};
use crate::{
    awards::loaders::{CandidateById, RoundById},
    explanations::{loaders::SchemeById, store},
    graphql::{ctx, load},
    hours::store::chain_head,
    platform::{civil::civil_day, errors::Fault, lang::Lang},
    policy_changes::loaders::PolicyById,
    recognition::{graphql::words::hours, rules::StarProgress},
};

/// Records that are named as evidence.
const RECORDS: u64 = 10;

/// Why the hours reach as far as they do: two statements.
pub async fn of_stars(
    gql: &Context<'_>,
    volunteer: Option<VolunteerId>,
    scheme: &star_scheme::Model,
    (confirmed, progress): (i64, StarProgress),
) -> Result<Explanation> {
    let ctx = ctx(gql);
    let mut facts = vec![
        fact("confirmedMinutes", confirmed, ExplainedUnit::Minutes),
        fact("star", progress.star, ExplainedUnit::Stars),
    ];
    if let Some(next) = progress.next {
        facts.push(fact("thresholdMinutes", next.threshold_minutes, ExplainedUnit::Minutes));
        facts.push(fact("missingMinutes", next.missing_minutes, ExplainedUnit::Minutes));
    }
    let mut evidence = Vec::new();
    if let Some(volunteer) = volunteer {
        let db = &ctx.db.conn;
        let head = chain_head(db, volunteer).await.map_err(Fault::from)?;
        facts.extend(head.map(|head| fact("ledgerEntries", head.seq, ExplainedUnit::Entries)));
        let records = store::newest_confirmed(db, volunteer, RECORDS).await.map_err(Fault::from)?;
        evidence.extend(records.iter().map(record));
    }
    let (star, given) = (progress.star, hours(confirmed, ctx.lang));
    let text = match (progress.next, ctx.lang) {
        (Some(next), Lang::En) => format!(
            "{given} of confirmed service reach star {star}; star {} takes {}, {} more.",
            next.star,
            hours(next.threshold_minutes, ctx.lang),
            hours(next.missing_minutes, ctx.lang)
        ),
        (Some(next), Lang::Zh) => format!(
            "已确认服务 {given},达到 {star} 星;{} 星需 {},还差 {}。",
            next.star,
            hours(next.threshold_minutes, ctx.lang),
            hours(next.missing_minutes, ctx.lang)
        ),
        (None, Lang::En) => format!("{given} of confirmed service reach star {star}, the last of the scheme."),
        (None, Lang::Zh) => format!("已确认服务 {given},达到最高的 {star} 星。"),
    };
    let evidence = with_names(gql, evidence).await?;
    Ok(Explanation { text, facts, rules: vec![scheme.into()], evidence })
}

/// A record that counts, as evidence.
pub fn record(record: &service_record::Model) -> Evidence {
    Evidence {
        about: Some(global(record.id)),
        by: record.confirmed_by,
        minutes: Some(record.minutes.into()),
        ..Evidence::new(EvidenceKind::Record, record.served_from, record.volunteer_id)
    }
}

/// Why a star was awarded, and revoked: five statements, however many awards are asked.
pub async fn of_award(gql: &Context<'_>, award: &star_award::Model) -> Result<Explanation> {
    let lang = ctx(gql).lang;
    let round = load(gql, RoundById(award.round_id)).await?;
    let candidate = load(gql, CandidateById(StarCandidateId(award.id.0))).await?;
    let scheme = match round.as_ref().and_then(|round| round.scheme_id) {
        Some(scheme) => load(gql, SchemeById(scheme)).await?,
        None => None,
    };
    let policy = match round.as_ref().and_then(|round| round.policy_id) {
        Some(policy) => load(gql, PolicyById(policy)).await?,
        None => None,
    };
    let about = global(award.round_id);
    let of_round = |kind, at: Option<Instant>, by: Option<PersonId>| {
        Some(Evidence { about: Some(about.clone()), by, ..Evidence::new(kind, at?, award.volunteer_id) })
    };
    let of_award = |kind, at: Option<Instant>, by, reason: &Option<String>| {
        let (about, reason) = (Some(global(award.id)), reason.clone());
        Some(Evidence { about, by, reason, ..Evidence::new(kind, at?, award.volunteer_id) })
    };
    let reviewed = candidate.as_ref().map(|it| (it.decided_at, it.decided_by)).unwrap_or_default();
    let evidence = [
        of_round(EvidenceKind::ListFrozen, round.as_ref().and_then(|round| round.frozen_at), None),
        of_round(EvidenceKind::Reviewed, reviewed.0, reviewed.1),
        of_round(EvidenceKind::NoticeEnded, round.as_ref().and_then(|round| round.notice_until), None),
        of_award(EvidenceKind::Awarded, Some(award.awarded_at), Some(award.awarded_by), &None),
        of_award(EvidenceKind::Revoked, award.revoked_at, award.revoked_by, &award.revoke_reason),
    ];
    let facts = vec![
        fact("star", award.star, ExplainedUnit::Stars),
        fact("finalMinutes", award.minutes, ExplainedUnit::Minutes),
        fact("thresholdMinutes", award.threshold, ExplainedUnit::Minutes),
    ];
    let rules = scheme.iter().map(Into::into).chain(policy.iter().map(Into::into)).collect();
    let cut_off = round.as_ref().map_or(civil_day(award.awarded_at), |round| round.cut_off);
    let evidence = with_names(gql, evidence.into_iter().flatten().collect()).await?;
    Ok(Explanation { text: said(award, cut_off, lang), facts, rules, evidence })
}

fn said(award: &star_award::Model, cut_off: chrono::NaiveDate, lang: Lang) -> String {
    let (star, given, took) = (award.star, hours(award.minutes.into(), lang), hours(award.threshold.into(), lang));
    let day = civil_day(award.awarded_at);
    let awarded = match lang {
        Lang::En => format!(
            "Star {star} was awarded on {day}: {given} of final service up to {cut_off}, of which it took {took}."
        ),
        Lang::Zh => format!("{day} 授予 {star} 星:截至 {cut_off} 已生效服务 {given},标准为 {took}。"),
    };
    let Some(at) = award.revoked_at.map(civil_day) else { return awarded };
    let reason = award.revoke_reason.as_deref().unwrap_or_default();
    match lang {
        Lang::En => format!("{awarded} It was revoked on {at}. Reason: {reason}"),
        Lang::Zh => format!("{awarded}已于 {at} 撤销,原因:{reason}"),
    }
}
