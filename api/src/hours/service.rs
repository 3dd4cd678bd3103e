//! The leader's word on served time: confirming, correcting with a reason, rejecting.

use boai_entity::{
    Instant,
    ids::AttendanceId,
    kinds::{ActivityKind, AttendanceState, Book, EntryKind, EvidenceGrade, InboxKind, RecordState},
    ledger_entry, policy,
    review_kinds::{ReviewKind, ReviewOutcome},
    service_record,
};
use sea_orm::ConnectionTrait;

use super::{
    ledger::{self, Credit, Draft, Serving, Span},
    store::{self, ConfirmFacts},
};
use crate::{
    access::{Action, Resource},
    activities::board_topic,
    ctx::Ctx,
    inbox::tell_volunteers,
    people,
    platform::refusal::{OrFault, Stop, When},
    policies::{check_out_closed, policy_at},
    refusals, reviews,
};

refusals! {
    /// Why the hours were not confirmed.
    ConfirmRefusal, ConfirmHoursErrorCode, ConfirmHoursError {
        /// There is no such attendance at an activity of yours.
        NotFound at "items.attendanceId" => "There is no such attendance at an activity of yours.", "没有找到您所负责活动的该签到记录。";
        /// These are your own hours: somebody else confirms them.
        OwnHours at "items.attendanceId" => "These are your own hours. Another leader or an officer of the branch confirms them.", "这是您本人的时长,须由其他队长或红十字会干部确认。";
        /// The volunteer is still checked in and can still check out.
        StillOpen { check_out_until: When } at "items.attendanceId" => "The volunteer is still checked in and can check out until {check_out_until}. Confirm after that.", "该志愿者仍在签到中,可在 {check_out_until} 前签退,请稍后确认。";
        /// The check-out was forgotten: say from when to when the volunteer served, and how you know.
        TimesNeeded { proposed_end: When } at "items.servedTo" => "The check-out was forgotten. Say from when to when the volunteer served, and how you know; the shift ended at {proposed_end}.", "该志愿者忘记签退。请填写实际服务起止时间及依据;班次于 {proposed_end} 结束。";
        /// A correction or rejection needs its reason.
        ReasonNeeded at "items.reason" => "A correction or rejection needs a reason; the volunteer reads it.", "更正或驳回须填写理由,志愿者将看到。";
        /// The times end before they begin.
        TimesReversed at "items.servedTo" => "The time served would end before it begins.", "服务结束时间须晚于开始时间。";
        /// Time that has not passed yet cannot have been served.
        NotServedYet { served_to: When } at "items.servedTo" => "Nobody can have served until {served_to} yet. Give a time that has passed.", "{served_to} 尚未到来,不能计为已服务时间。请填写已经过去的时间。";
        /// The activity is no service, so it gives no service time.
        NoService at "items.attendanceId" => "This activity is no volunteer service, so it gives no service time.", "该活动不属于志愿服务,不计服务时长。";
        /// The hours were rejected: correct them with times and a reason to take that back.
        Rejected at "items.attendanceId" => "These hours were rejected. To take that back, correct them with times and a reason.", "该时长已被驳回。如需恢复,请填写起止时间和理由。";
    }
}

/// What the leader says of one attendance.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// As the system measured it.
    Confirm,
    /// Served from then to then; counts inside the shift only, as back-filled time.
    Correct { served: Span, reason: String },
    /// No service was given.
    Reject { reason: String },
}

/// Confirms, corrects or rejects one attendance's time. Confirming twice is confirming once. A correction, even of time
/// already confirmed, is a reversing entry and a new one: nothing is ever edited.
pub async fn settle(
    ctx: &Ctx,
    id: AttendanceId,
    verdict: Verdict,
) -> Result<service_record::Model, Stop<ConfirmRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    let record = settle_in(ctx, &tx, id, verdict).await?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(record)
}

/// The same inside the caller's transaction, as its last act.
pub async fn settle_in(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    id: AttendanceId,
    verdict: Verdict,
) -> Result<service_record::Model, Stop<ConfirmRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let now = ctx.now();
    let facts = store::confirm_facts(tx, id).await.or_fault()?.ok_or(ConfirmRefusal::NotFound)?;
    let team = Resource::Team { id: facts.team_id, branch_path: &facts.branch_path };
    if !ctx.may(Action::ConfirmHours, team).or_fault()? {
        return Err(ConfirmRefusal::NotFound.into());
    }
    if facts.person_id == person {
        return Err(ConfirmRefusal::OwnHours.into());
    }
    people::store::lock(tx, facts.attendance.volunteer_id).await.or_fault()?;
    // Read again now that nobody else can move it: a check-out may have come in between.
    let facts = store::confirm_facts(tx, id).await.or_fault()?.ok_or(ConfirmRefusal::NotFound)?;
    let policy = policy_at(tx, &facts.branch_path, now).await.or_fault()?;
    check(&facts, &verdict, &policy, now)?;
    let record = store::record_of(tx, id).await.or_fault()?;
    let known = record.is_some();
    let (record, note) = match verdict {
        Verdict::Confirm => match record {
            None => return Err(ConfirmRefusal::TimesNeeded { proposed_end: When(facts.ends_at) }.into()),
            Some(record) if record.state == RecordState::Confirmed => return Ok(record),
            Some(record) if record.state == RecordState::Rejected => return Err(ConfirmRefusal::Rejected.into()),
            Some(record) if record.state == RecordState::Undone => {
                return Err(ConfirmRefusal::TimesNeeded { proposed_end: When(facts.ends_at) }.into());
            }
            Some(record) => (confirm(ctx, tx, record, &policy).await?, None),
        },
        Verdict::Correct { served, reason } => {
            (correct(ctx, tx, &facts, record, served, &reason, &policy).await?, Some(reason))
        }
        Verdict::Reject { reason } => (reject(ctx, tx, &facts, record, &reason, &policy).await?, Some(reason)),
    };
    let outcome = match record.state {
        RecordState::Rejected => ReviewOutcome::Rejected,
        _ if note.is_some() => ReviewOutcome::Corrected,
        _ => ReviewOutcome::Approved,
    };
    let waiting = [ReviewKind::ForgottenCheckOut, ReviewKind::Claim];
    reviews::settle_of(ctx, tx, (facts.team_id, id), &waiting, outcome, note.clone()).await.or_fault()?;
    let told_of = matches!(facts.attendance.check_in_grade, EvidenceGrade::Leader | EvidenceGrade::Claim);
    let kind = match outcome {
        ReviewOutcome::Approved => InboxKind::HoursConfirmed,
        ReviewOutcome::Corrected if told_of && !known => InboxKind::HoursFilledIn,
        _ => InboxKind::HoursCorrected,
    };
    let place = Some((record.activity_id, Some(record.shift_id)));
    let words = note.clone().unwrap_or_else(|| format!("{} min", record.minutes));
    tell_volunteers(ctx, tx, &[record.volunteer_id], kind, place, &words).await.or_fault()?;
    ctx.tell_of(tx, board_topic(record.shift_id), record.attendance_id.0).await.or_fault()?;
    let (action, subject) = (format!("HOURS_{}", record.state.as_str()), ("ServiceRecord", record.id.0));
    ctx.audit_about(tx, facts.person_id, &action, subject, note).await.or_fault()?;
    Ok(record)
}

fn check(facts: &ConfirmFacts, verdict: &Verdict, policy: &policy::Model, now: Instant) -> Result<(), ConfirmRefusal> {
    // What a desk took back never was.
    if facts.attendance.state == AttendanceState::Undone {
        return Err(ConfirmRefusal::NotFound);
    }
    if facts.kind != ActivityKind::Service {
        return Err(ConfirmRefusal::NoService);
    }
    if facts.attendance.state == AttendanceState::Open && !check_out_closed(facts.ends_at, &policy.body, now) {
        let until = facts.ends_at + chrono::TimeDelta::minutes(policy.body.check_out_closes_after_min);
        return Err(ConfirmRefusal::StillOpen { check_out_until: When(until) });
    }
    match verdict {
        Verdict::Correct { reason, .. } | Verdict::Reject { reason } if reason.is_empty() => {
            Err(ConfirmRefusal::ReasonNeeded)
        }
        Verdict::Correct { served, .. } if served.to <= served.from => Err(ConfirmRefusal::TimesReversed),
        // Service time is time actually given (order 67, art. 7).
        Verdict::Correct { served, .. } if served.to > now => {
            Err(ConfirmRefusal::NotServedYet { served_to: When(served.to) })
        }
        _ => Ok(()),
    }
}

/// Moves a pending record's minutes into the total.
async fn confirm(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    mut record: service_record::Model,
    policy: &policy::Model,
) -> Result<service_record::Model, Stop<ConfirmRefusal>> {
    let served = store::standing_entry(tx, record.id).await.or_fault()?.ok_or(ConfirmRefusal::NotFound)?;
    let entry = Draft {
        kind: EntryKind::Confirmed,
        corrects: Some(served.id),
        book: served.book,
        pending: -served.pending_minutes,
        confirmed: served.pending_minutes,
        spans: served.spans,
        reason: None,
    };
    mark(ctx, &mut record, RecordState::Confirmed);
    store::save_record(tx, record.clone()).await.or_fault()?;
    ledger::append(ctx, tx, &record, policy, vec![entry]).await.or_fault()?;
    Ok(record)
}

/// Takes back what stands, if anything does, and books the corrected time as back-filled.
async fn correct(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &ConfirmFacts,
    record: Option<service_record::Model>,
    stay: Span,
    reason: &str,
    policy: &policy::Model,
) -> Result<service_record::Model, Stop<ConfirmRefusal>> {
    let serving = serving(facts);
    let known = record.as_ref().map(|record| record.id);
    let Credit { minutes, spans } = ledger::credit_for(tx, &serving, stay, policy, known).await.or_fault()?;
    let mut entries = reversal(tx, record.as_ref(), reason).await?;
    entries.push(Draft {
        kind: EntryKind::Confirmed,
        corrects: None,
        book: Book::BackFilled,
        pending: 0,
        confirmed: minutes,
        spans,
        reason: Some(reason.into()),
    });
    // The totals of the old and the new entry are cut by the year in which the record's service began. A correction stays
    // inside its shift, so the year moves only for a shift over New Year's Eve; the reversal then goes first, by the old
    // record's year.
    let fresh = ledger::new_record(ctx, &serving, stay, Book::BackFilled, minutes);
    let taken_back = entries.len() - 1;
    let booked = entries.split_off(taken_back);
    if let Some(old) = &record {
        ledger::append(ctx, tx, old, policy, entries).await.or_fault()?;
    }
    let mut new = match record {
        Some(old) => service_record::Model { id: old.id, recorded_at: old.recorded_at, ..fresh },
        None => fresh,
    };
    mark(ctx, &mut new, RecordState::Confirmed);
    new.reason = Some(reason.into());
    if known.is_some() {
        store::save_record(tx, new.clone()).await.or_fault()?;
    } else {
        store::add_record(tx, new.clone()).await.or_fault()?;
    }
    ledger::append(ctx, tx, &new, policy, booked).await.or_fault()?;
    store::forget_open(tx, facts.attendance.id).await.or_fault()?;
    Ok(new)
}

/// Takes back what stands; the record stays, with no minutes and the reason.
async fn reject(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &ConfirmFacts,
    record: Option<service_record::Model>,
    reason: &str,
    policy: &policy::Model,
) -> Result<service_record::Model, Stop<ConfirmRefusal>> {
    let entries = reversal(tx, record.as_ref(), reason).await?;
    let known = record.is_some();
    let mut record = record.unwrap_or_else(|| {
        let nothing = Span { from: facts.attendance.checked_in_at, to: facts.attendance.checked_in_at };
        ledger::new_record(ctx, &serving(facts), nothing, Book::BackFilled, 0)
    });
    if !entries.is_empty() {
        ledger::append(ctx, tx, &record, policy, entries).await.or_fault()?;
    }
    mark(ctx, &mut record, RecordState::Rejected);
    record.minutes = 0;
    record.reason = Some(reason.into());
    if known {
        store::save_record(tx, record.clone()).await.or_fault()?;
    } else {
        store::add_record(tx, record.clone()).await.or_fault()?;
    }
    store::forget_open(tx, facts.attendance.id).await.or_fault()?;
    Ok(record)
}

/// The entry that takes back what stands of a record.
async fn reversal(
    tx: &impl ConnectionTrait,
    record: Option<&service_record::Model>,
    reason: &str,
) -> Result<Vec<Draft>, Stop<ConfirmRefusal>> {
    let Some(record) = record else { return Ok(Vec::new()) };
    let standing: Option<ledger_entry::Model> = store::standing_entry(tx, record.id).await.or_fault()?;
    Ok(standing.map(|entry| ledger::reversal_of(entry, reason)).into_iter().collect())
}

fn mark(ctx: &Ctx, record: &mut service_record::Model, state: RecordState) {
    record.state = state;
    record.confirmed_at = Some(ctx.now());
    record.confirmed_by = ctx.actor.as_ref().map(|actor| actor.person);
}

fn serving(facts: &ConfirmFacts) -> Serving {
    Serving {
        volunteer: facts.attendance.volunteer_id,
        attendance: facts.attendance.id,
        shift: facts.attendance.shift_id,
        activity: facts.activity_id,
        team: facts.team_id,
        category: facts.category,
        time: Span { from: facts.starts_at, to: facts.ends_at },
    }
}
