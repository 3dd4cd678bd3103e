//! Why a record counts what it counts.

use async_graphql::{Context, Result};
use boai_entity::{
    attendance, dispute,
    kinds::{EntryKind, RecordState},
    ledger_entry, policy, service_record,
};

use super::{Evidence, EvidenceKind, ExplainedUnit, Explanation, fact, global, with_names};
use crate::{
    attendance::loaders::AttendanceById,
    disputes::loaders::DisputesOf,
    explanations::loaders::EntriesOf,
    graphql::{ctx, load},
    platform::{civil::civil_day, lang::Lang, refusal::When},
    policy_changes::loaders::PolicyById,
    recognition::graphql::words::hours,
};

/// Five statements, however many records are asked.
pub async fn of_record(gql: &Context<'_>, record: &service_record::Model) -> Result<Explanation> {
    let stay = load(gql, AttendanceById(record.attendance_id)).await?;
    let entries = load(gql, EntriesOf(record.id)).await?.unwrap_or_default();
    let disputes = load(gql, DisputesOf(record.attendance_id)).await?.unwrap_or_default();
    let by = entries.last().map(|entry| entry.policy_id).or(stay.as_ref().map(|stay| stay.policy_id));
    let policy = match by {
        Some(policy) => load(gql, PolicyById(policy)).await?,
        None => None,
    };
    let served = (record.served_to - record.served_from).num_minutes();
    let mut facts = vec![
        fact("countedMinutes", record.minutes, ExplainedUnit::Minutes),
        fact("servedMinutes", served, ExplainedUnit::Minutes),
        fact("ledgerEntries", entries.len(), ExplainedUnit::Entries),
    ];
    facts.extend(policy.iter().map(|policy| fact("minimumMinutes", policy.body.minimum_min, ExplainedUnit::Minutes)));
    let mut evidence = Vec::new();
    evidence.extend(stay.iter().flat_map(ends));
    evidence.extend(entries.iter().map(entry));
    evidence.extend(disputes.iter().flat_map(|one| disputed(one, record)));
    Ok(Explanation {
        text: said(record, policy.as_ref(), ctx(gql).lang),
        facts,
        rules: policy.iter().map(Into::into).collect(),
        evidence: with_names(gql, evidence).await?,
    })
}

fn ends(stay: &attendance::Model) -> Vec<Evidence> {
    let about = Some(global(stay.id));
    let arrived = Evidence {
        about: about.clone(),
        grade: Some(stay.check_in_grade),
        distance_m: stay.check_in_distance_m,
        by: stay.check_in_by,
        ..Evidence::new(EvidenceKind::CheckIn, stay.checked_in_at, stay.volunteer_id)
    };
    let left = stay.checked_out_at.map(|at| Evidence {
        about,
        grade: stay.check_out_grade,
        distance_m: stay.check_out_distance_m,
        by: stay.check_out_by,
        ..Evidence::new(EvidenceKind::CheckOut, at, stay.volunteer_id)
    });
    std::iter::once(arrived).chain(left).collect()
}

fn entry(entry: &ledger_entry::Model) -> Evidence {
    let moved = match entry.kind {
        EntryKind::Served => entry.pending_minutes,
        EntryKind::Confirmed => entry.confirmed_minutes,
        EntryKind::Reversal if entry.confirmed_minutes != 0 => entry.confirmed_minutes,
        EntryKind::Reversal => entry.pending_minutes,
    };
    Evidence {
        about: Some(global(entry.record_id)),
        by: Some(entry.recorded_by),
        minutes: Some(moved.into()),
        number: Some(entry.seq),
        hash: Some(entry.hash.clone()),
        reason: entry.reason.clone(),
        ..Evidence::new(EvidenceKind::LedgerEntry, entry.recorded_at, entry.volunteer_id)
    }
}

/// Who opened it is told nowhere here: who objects as a member of the team is known to those who decide, and to nobody else.
fn disputed(dispute: &dispute::Model, record: &service_record::Model) -> Vec<Evidence> {
    let about = Some(global(dispute.id));
    let opened = Evidence {
        about: about.clone(),
        ..Evidence::new(EvidenceKind::DisputeOpened, dispute.opened_at, record.volunteer_id)
    };
    let decided = [(dispute.decided_at, &dispute.reason), (dispute.appeal_decided_at, &dispute.appeal_reason)];
    let decided = decided.into_iter().filter_map(|(at, reason)| {
        let (about, reason) = (about.clone(), reason.clone());
        Some(Evidence { about, reason, ..Evidence::new(EvidenceKind::DisputeDecided, at?, record.volunteer_id) })
    });
    std::iter::once(opened).chain(decided).collect()
}

fn said(record: &service_record::Model, policy: Option<&policy::Model>, lang: Lang) -> String {
    let (from, to) = (When(record.served_from), When(record.served_to));
    let counted = hours(record.minutes.into(), lang);
    let reason = record.reason.as_deref().unwrap_or_default();
    let minimum = policy.map_or(0, |policy| policy.body.minimum_min);
    let short = record.minutes == 0 && record.state != RecordState::Rejected;
    let what = match (record.state, lang) {
        _ if short => match lang {
            Lang::En => {
                format!("Served from {from} to {to}; nothing counts: under {minimum} min, or counted elsewhere.")
            }
            Lang::Zh => format!("服务时间 {from} 至 {to};不足 {minimum} 分钟或已计入其他记录,不计时。"),
        },
        (RecordState::Pending, Lang::En) => {
            format!("Served from {from} to {to}: {counted}, which wait for confirmation.")
        }
        (RecordState::Pending, Lang::Zh) => format!("服务时间 {from} 至 {to},共 {counted},待确认。"),
        (RecordState::Confirmed, Lang::En) => format!("Served from {from} to {to} and confirmed: {counted} count."),
        (RecordState::Confirmed, Lang::Zh) => format!("服务时间 {from} 至 {to},已确认,计 {counted}。"),
        (RecordState::Rejected, Lang::En) => format!("Rejected, so nothing counts. Reason: {reason}."),
        (RecordState::Rejected, Lang::Zh) => format!("未予确认,不计时。原因:{reason}。"),
        (RecordState::Undone, Lang::En) => "The desk took the check-out back, so nothing counts.".into(),
        (RecordState::Undone, Lang::Zh) => "签到台已撤销签退,不计时。".into(),
    };
    let by = policy.map(|policy| (policy.version, civil_day(policy.valid_from)));
    match (by, lang) {
        (None, _) => what,
        (Some((version, day)), Lang::En) => format!("{what} By version {version} of the policy, in force since {day}."),
        (Some((version, day)), Lang::Zh) => format!("{what}依据第 {version} 版规则(自 {day} 起施行)。"),
    }
}
