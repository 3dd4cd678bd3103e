//! The leader's word on served time: confirming, correcting with a reason, rejecting.

use boai_entity::{
    Instant,
    ids::{AttendanceId, ShiftId},
    kinds::{ActivityKind, AttendanceState, EvidenceGrade, InboxKind, RecordState},
    policy,
    review_item::{self, Details},
    review_kinds::{ReviewKind, ReviewOutcome},
    service_record,
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    booking::{self, Booked},
    ledger::Span,
    notice,
    store::{self, ConfirmFacts},
};
use crate::{
    access::{Action, Resource},
    activities::board_topic,
    awards,
    ctx::Ctx,
    inbox::tell_volunteers,
    people,
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop, When},
    },
    policies::{check_out_closed, policy_at},
    refusals,
    reviews::{self, Raised},
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
        /// They are final, and a correction of them waits for a second person already.
        CorrectionWaits at "items.attendanceId" => "These hours are final, and a correction of them waits for a second person already.", "该时长已公示结束,且已有更正等待第二人处理。";
        /// 异议: they are disputed, and nothing else changes them before that is over.
        Disputed at "items.attendanceId" => "These hours are disputed. Nothing else changes them before that is decided and can be appealed no longer; say what you know with `answerDispute`.", "该时长正在异议处理中,在作出决定且申诉期结束前不能以其他方式更改;请在异议中答复说明。";
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

/// Whose word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Of one person, by themself.
    First,
    /// Of a second person, on what another has brought forward.
    Second,
    /// Of an officer who decides a dispute, or an appeal, and is no party to it.
    OnDispute,
}

/// What became of it.
pub struct Settled {
    pub record: service_record::Model,
    /// What waits for somebody else's word; none when this one was enough.
    pub waits: Option<review_item::Model>,
}

impl From<service_record::Model> for Settled {
    fn from(record: service_record::Model) -> Self {
        Self { record, waits: None }
    }
}

/// Confirms, corrects or rejects one attendance's time. Confirming twice is confirming once. A correction, even of time
/// already confirmed, is a reversing entry and a new one: nothing is ever edited. Time on a long day waits for an officer
/// after the leader's word; what is final is changed by two persons.
pub async fn settle(ctx: &Ctx, id: AttendanceId, verdict: Verdict) -> Result<Settled, Stop<ConfirmRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    let settled = settle_in(ctx, &tx, id, verdict, Word::First).await?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(settled)
}

/// The same inside the caller's transaction, as its last act.
pub async fn settle_in(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    id: AttendanceId,
    verdict: Verdict,
    word: Word,
) -> Result<Settled, Stop<ConfirmRefusal>> {
    let facts = in_care(ctx, tx, id).await?;
    people::store::lock(tx, facts.attendance.volunteer_id).await.or_fault()?;
    // Read again now that nobody else can move it: a check-out may have come in between.
    let facts = store::confirm_facts(tx, id).await.or_fault()?.ok_or(ConfirmRefusal::NotFound)?;
    let policy = policy_at(tx, &facts.branch_path, ctx.now()).await.or_fault()?;
    if word != Word::OnDispute && store::is_disputed(tx, id, ctx.now()).await.or_fault()? {
        return Err(ConfirmRefusal::Disputed.into());
    }
    check(&facts, &verdict, &policy, ctx.now())?;
    let record = store::record_of(tx, id).await.or_fault()?;
    let second_needed = word == Word::First && verdict != Verdict::Confirm;
    match record.as_ref().filter(|record| second_needed && notice::is_final(record, ctx.now())) {
        Some(record) => propose_correction(ctx, tx, &facts, record, verdict, &policy).await,
        None => decide(ctx, tx, &facts, record, verdict, &policy).await,
    }
}

/// Stays of a shift that are confirmed at once.
pub const AT_ONCE: usize = 200;

/// What waits of a shift for the caller's word, but the caller's own; one more than [`AT_ONCE`] if there are more. Empty when the shift
/// is not the caller's to see to.
pub async fn waiting_of_shift(ctx: &Ctx, shift: ShiftId) -> Result<Vec<AttendanceId>, Fault> {
    let person = ctx.actor()?.person;
    let Some(placed) = store::placed_shift(&ctx.db.conn, shift).await? else { return Ok(Vec::new()) };
    let team = Resource::Team { id: placed.team_id, branch_path: &placed.branch_path };
    if !ctx.may(Action::ConfirmHours, team)? {
        return Ok(Vec::new());
    }
    Ok(store::waiting_of_shift(&ctx.db.conn, shift, person, AT_ONCE + 1).await?)
}

/// The attendance, if its time is the caller's to settle.
async fn in_care(ctx: &Ctx, tx: &impl ConnectionTrait, id: AttendanceId) -> Result<ConfirmFacts, Stop<ConfirmRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    let facts = store::confirm_facts(tx, id).await.or_fault()?.ok_or(ConfirmRefusal::NotFound)?;
    let team = Resource::Team { id: facts.team_id, branch_path: &facts.branch_path };
    if !ctx.may(Action::ConfirmHours, team).or_fault()? {
        return Err(ConfirmRefusal::NotFound.into());
    }
    if facts.person_id == person {
        return Err(ConfirmRefusal::OwnHours.into());
    }
    Ok(facts)
}

async fn decide(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &ConfirmFacts,
    record: Option<service_record::Model>,
    verdict: Verdict,
    policy: &policy::Model,
) -> Result<Settled, Stop<ConfirmRefusal>> {
    let known = record.is_some();
    let (booked, note) = match verdict {
        Verdict::Confirm => {
            let ended = When(facts.ends_at);
            let record = record.ok_or(ConfirmRefusal::TimesNeeded { proposed_end: ended })?;
            match record.state {
                RecordState::Confirmed => return Ok(record.into()),
                RecordState::Rejected => return Err(ConfirmRefusal::Rejected.into()),
                RecordState::Undone => return Err(ConfirmRefusal::TimesNeeded { proposed_end: ended }.into()),
                RecordState::Pending => (booking::confirm(ctx, tx, facts, record, policy).await?, None),
            }
        }
        Verdict::Correct { served, reason } => {
            (booking::correct(ctx, tx, facts, record, served, &reason, policy).await?, Some(reason))
        }
        Verdict::Reject { reason } => {
            let rejected = booking::reject(ctx, tx, facts, record, &reason, policy).await?;
            (Booked { record: rejected, long: None }, Some(reason))
        }
    };
    tell(ctx, tx, facts, booked, known, note, policy).await
}

/// Puts stars in question that the hours no longer reach, settles what waited about it, puts a long day before an officer, and lets the volunteer, the board and the trail know.
async fn tell(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &ConfirmFacts,
    Booked { record, long }: Booked,
    known: bool,
    note: Option<String>,
    policy: &policy::Model,
) -> Result<Settled, Stop<ConfirmRefusal>> {
    if let Some(reason) = note.as_deref().filter(|_| known) {
        awards::stars::question(ctx, tx, record.volunteer_id, reason).await.or_fault()?;
    }
    let outcome = match record.state {
        RecordState::Rejected => ReviewOutcome::Rejected,
        _ if note.is_some() => ReviewOutcome::Corrected,
        _ => ReviewOutcome::Approved,
    };
    let mut waiting = vec![ReviewKind::ForgottenCheckOut, ReviewKind::Claim, ReviewKind::Correction];
    // A leader who confirms again what waits for an officer changes nothing.
    if long.is_none() || note.is_some() {
        waiting.push(ReviewKind::LongDay);
    }
    let about = (facts.team_id, facts.attendance.id);
    reviews::settle_of(ctx, tx, about, &waiting, outcome, note.clone()).await.or_fault()?;
    let mut waits = None;
    if let Some(long) = long {
        let raised = raised(facts, policy, ReviewKind::LongDay);
        let numbers = [("dayMinutes", long.minutes), ("leaderMinutes", policy.body.days.leader_max_min)];
        let numbers = numbers.into_iter().map(|(name, minutes)| (name.into(), minutes as f64)).collect();
        let details =
            Details { from: Some(record.served_from), to: Some(record.served_to), numbers, ..Details::default() };
        waits = reviews::raise(ctx, tx, Raised { details, reason: note.clone(), ..raised }).await.or_fault()?;
        if waits.is_none() {
            return Ok(record.into());
        }
    }
    let told_of = matches!(facts.attendance.check_in_grade, EvidenceGrade::Leader | EvidenceGrade::Claim);
    let (kind, words) = match (outcome, long) {
        (_, Some(long)) => (InboxKind::HoursAwaitOfficer, format!("{} · {} min", long.day, long.minutes)),
        (ReviewOutcome::Approved, None) => (InboxKind::HoursConfirmed, format!("{} min", record.minutes)),
        (ReviewOutcome::Corrected, None) if told_of && !known => {
            (InboxKind::HoursFilledIn, note.clone().unwrap_or_default())
        }
        _ => (InboxKind::HoursCorrected, note.clone().unwrap_or_default()),
    };
    let place = Some((record.activity_id, Some(record.shift_id)));
    tell_volunteers(ctx, tx, &[record.volunteer_id], kind, place, &words).await.or_fault()?;
    ctx.tell_of(tx, board_topic(record.shift_id), record.attendance_id.0).await.or_fault()?;
    let (action, subject) = (format!("HOURS_{}", record.state.as_str()), ("ServiceRecord", record.id.0));
    ctx.audit_about(tx, facts.person_id, &action, subject, note).await.or_fault()?;
    Ok(Settled { record, waits })
}

/// What is final counts for others by now: changing it takes a second person, and until then nothing changes.
async fn propose_correction(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    facts: &ConfirmFacts,
    record: &service_record::Model,
    verdict: Verdict,
    policy: &policy::Model,
) -> Result<Settled, Stop<ConfirmRefusal>> {
    let (served, reason) = match verdict {
        Verdict::Correct { served, reason } => (Some(served), reason),
        Verdict::Confirm => (None, String::new()),
        Verdict::Reject { reason } => (None, reason),
    };
    let details = Details {
        from: served.map(|served| served.from),
        to: served.map(|served| served.to),
        numbers: [("minutes".into(), f64::from(record.minutes))].into(),
        ..Details::default()
    };
    let raised = Raised { details, reason: Some(reason.clone()), ..raised(facts, policy, ReviewKind::Correction) };
    let item = reviews::raise(ctx, tx, raised).await.or_fault()?.ok_or(ConfirmRefusal::CorrectionWaits)?;
    let subject = ("ReviewItem", item.id.0);
    ctx.audit_about(tx, facts.person_id, "PROPOSE_CORRECTION", subject, Some(reason)).await.or_fault()?;
    Ok(Settled { record: record.clone(), waits: Some(item) })
}

fn raised(facts: &ConfirmFacts, policy: &policy::Model, kind: ReviewKind) -> Raised {
    Raised {
        kind,
        subject: facts.attendance.id.to_string(),
        team: facts.team_id,
        activity: facts.activity_id,
        shift: Some(facts.attendance.shift_id),
        volunteer: Some(facts.attendance.volunteer_id),
        attendance: Some(facts.attendance.id),
        details: Details::default(),
        reason: None,
        policy: Some(policy.id),
        officers_only: false,
    }
}

/// Takes back a leader's word that an officer did not follow: the record waits for the leader again. False when it did not wait
/// for one.
pub async fn hand_back(ctx: &Ctx, tx: &impl ConnectionTrait, id: AttendanceId) -> Result<bool, DbErr> {
    let record = store::record_of(tx, id).await?;
    let Some(record) = record.filter(|record| record.awaits.is_some()) else { return Ok(false) };
    let shift = record.shift_id;
    store::save_record(tx, service_record::Model { awaits: None, ..record }).await?;
    ctx.tell_of(tx, board_topic(shift), id.0).await?;
    Ok(true)
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
