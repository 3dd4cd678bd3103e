//! Opening a dispute, answering it, taking it back, and appealing against its decision.
//!
//! Whoever moves a dispute, or the record that it is about, holds the volunteer's row: of two at one instant the later one sees
//! what the earlier one did.

use boai_entity::{
    Instant, dispute,
    dispute_kinds::{DisputeSide, DisputeState},
    ids::{AttendanceId, DisputeId, ServiceRecordId, VolunteerId},
    kinds::{ActivityKind, AttendanceState, InboxKind, RecordState, Role},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use uuid::Uuid;

use super::{
    rules::{self, DisputeRefusal, OpenCase, OpenDisputeRefusal},
    store::{self, Placed},
};
use crate::{
    access::{self, Action, Reach, Resource},
    ctx::Ctx,
    hours::{self, notice, rules::Span, store::ConfirmFacts},
    inbox::tell_persons_of,
    people,
    platform::{
        errors::Fault,
        node::NOTHING,
        refusal::{OrFault, Stop, When},
    },
    policies::policy_at,
};

/// What a dispute is about.
#[derive(Clone, Copy, Debug)]
pub enum About {
    Record(ServiceRecordId),
    /// A stay that may have no record yet.
    Stay(AttendanceId),
}

/// What whoever opens a dispute says.
#[derive(Clone, Debug)]
pub struct Opening {
    pub about: About,
    pub words: String,
    /// From when to when the volunteer served; none: not at all.
    pub wanted: Option<Span>,
    pub request_id: Uuid,
}

/// Opens a dispute: the record is not final, and nothing else changes it, until it is over. The same request id again gives the
/// same dispute again, as a success.
pub async fn open(ctx: &Ctx, opening: Opening) -> Result<dispute::Model, Stop<OpenDisputeRefusal>> {
    let (volunteer, person, now) = (ctx.volunteer().or_fault()?, ctx.actor().or_fault()?.person, ctx.now());
    let tx = ctx.db.begin().await.or_fault()?;
    let stay = match opening.about {
        About::Stay(stay) => stay,
        // What is not there is followed as far as what is not yours.
        About::Record(record) => store::stay_of(&tx, record).await.or_fault()?.unwrap_or(AttendanceId(NOTHING)),
    };
    let facts = hours::store::confirm_facts(&tx, stay).await.or_fault()?;
    let noticed = store::is_noticed(&tx, stay, volunteer, now).await.or_fault()?;
    let own = facts.as_ref().is_some_and(|facts| facts.attendance.volunteer_id == volunteer);
    let facts = facts.filter(|_| own || noticed).ok_or(OpenDisputeRefusal::NotFound)?;
    let side = if own { DisputeSide::Volunteer } else { DisputeSide::TeamMember };
    people::store::lock(&tx, facts.attendance.volunteer_id).await.or_fault()?;
    if let Some(earlier) = store::by_request(&tx, person, opening.request_id).await.or_fault()? {
        let same = earlier.attendance_id == stay;
        return if same { Ok(earlier) } else { Err(OpenDisputeRefusal::RequestIdReused.into()) };
    }
    if let Some(wanted) = opening.wanted {
        rules::check_time(wanted, now).map_err(OpenDisputeRefusal::from)?;
    }
    let dispute = prepare(ctx, &tx, (&facts, side), opening).await?;
    if !store::add(&tx, dispute.clone()).await.or_fault()? {
        return Err(OpenDisputeRefusal::AlreadyDisputed.into());
    }
    hours::store::set_notice(&tx, stay, None).await.or_fault()?;
    let placed = Placed { dispute, branch_path: facts.branch_path, person_id: facts.person_id };
    let words = placed.dispute.words.clone();
    tell(ctx, &tx, &placed, InboxKind::DisputeOpened, &words).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(placed.dispute)
}

/// The dispute, if there can be one, not written yet.
async fn prepare(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    (facts, side): (&ConfirmFacts, DisputeSide),
    opening: Opening,
) -> Result<dispute::Model, Stop<OpenDisputeRefusal>> {
    let (person, now, stay) = (ctx.actor().or_fault()?.person, ctx.now(), facts.attendance.id);
    // Read now that nobody else can move it.
    let record = hours::store::record_of(tx, stay).await.or_fault()?;
    let policy = policy_at(tx, &facts.branch_path, now).await.or_fault()?;
    let limits = &policy.body.disputes;
    let service = facts.kind == ActivityKind::Service;
    if side == DisputeSide::Volunteer && facts.attendance.state == AttendanceState::Undone {
        return Err(OpenDisputeRefusal::NotFound.into());
    }
    if hours::store::is_disputed(tx, stay, now).await.or_fault()? {
        return Err(OpenDisputeRefusal::AlreadyDisputed.into());
    }
    let record_days = policy.body.notice.record_working_days;
    let record_by = notice::working_days_from(tx, record_days, facts.ends_at).await.or_fault()?;
    let earlier = store::opened(tx, stay, person).await.or_fault()?;
    match side {
        DisputeSide::Volunteer if !service => return Err(OpenDisputeRefusal::NoService.into()),
        _ => rules::may_open(&OpenCase { side, record: record.as_ref(), record_by, earlier }, limits, now)?,
    }
    let settled = record.filter(|record| record.state != RecordState::Pending);
    let notice_left_s = match settled.as_ref().and_then(|record| record.notice_until) {
        Some(until) => Some(notice::left(tx, now, until).await.or_fault()?),
        None => None,
    };
    Ok(dispute::Model {
        id: DisputeId(ctx.new_id()),
        attendance_id: stay,
        volunteer_id: facts.attendance.volunteer_id,
        shift_id: facts.attendance.shift_id,
        activity_id: facts.activity_id,
        team_id: facts.team_id,
        side,
        opened_by: person,
        opened_at: now,
        request_id: opening.request_id,
        words: opening.words,
        wanted_from: opening.wanted.map(|wanted| wanted.from),
        wanted_to: opening.wanted.map(|wanted| wanted.to),
        confirmed_by: settled.and_then(|record| record.confirmed_by),
        notice_left_s,
        policy_id: policy.id,
        state: DisputeState::Opened,
        answer_by: notice::working_days_from(tx, limits.answer_working_days, now).await.or_fault()?,
        decide_by: notice::working_days_from(tx, limits.decide_working_days, now).await.or_fault()?,
        ends_at: None,
        volunteer_words: None,
        volunteer_said_at: None,
        answer: None,
        answered_by: None,
        answered_at: None,
        outcome: None,
        minutes: None,
        reason: None,
        decided_by: None,
        decided_at: None,
        decided_for: None,
        appeal_side: None,
        appeal_words: None,
        appealed_by: None,
        appealed_at: None,
        appeal_outcome: None,
        appeal_minutes: None,
        appeal_reason: None,
        appeal_decided_by: None,
        appeal_decided_at: None,
    })
}

/// A dispute as it stands once the volunteer's row is held.
pub(super) async fn held(tx: &impl ConnectionTrait, id: DisputeId) -> Result<Placed, Stop<DisputeRefusal>> {
    let placed = store::placed(tx, id).await.or_fault()?;
    // What is not there is followed as far as what is not yours.
    let whose = placed.map_or(VolunteerId(NOTHING), |placed| placed.dispute.volunteer_id);
    people::store::lock(tx, whose).await.or_fault()?;
    Ok(store::placed(tx, id).await.or_fault()?.ok_or(DisputeRefusal::NotFound)?)
}

/// Whose word the caller's is in a dispute; none for who has none. The volunteer comes first, also as a leader; who opened it
/// stays who opened it.
pub fn side_of(ctx: &Ctx, placed: &Placed) -> Result<Option<DisputeSide>, Fault> {
    let (actor, dispute) = (ctx.actor()?, &placed.dispute);
    if actor.person == placed.person_id {
        return Ok(Some(DisputeSide::Volunteer));
    }
    if actor.person == dispute.opened_by {
        return Ok(Some(dispute.side));
    }
    if !leads(ctx, dispute) && dispute.confirmed_by != Some(actor.person) {
        return Ok(None);
    }
    let team = Resource::Team { id: dispute.team_id, branch_path: &placed.branch_path };
    Ok(ctx.may(Action::ConfirmHours, team)?.then_some(DisputeSide::TeamLeader))
}

/// Whether the caller leads the very team, which is more than to have it in one's care.
pub fn leads(ctx: &Ctx, dispute: &dispute::Model) -> bool {
    let of_team = |grant: &access::Grant| grant.role == Role::TeamLeader && grant.reach == Reach::Team(dispute.team_id);
    ctx.actor.as_ref().is_some_and(|actor| actor.grants.iter().any(of_team))
}

/// Says what a side knows: those who recorded the service, or the volunteer when a member of the team objects. The same again is
/// the same success.
pub async fn answer(ctx: &Ctx, id: DisputeId, words: String) -> Result<dispute::Model, Stop<DisputeRefusal>> {
    let (person, now) = (ctx.actor().or_fault()?.person, ctx.now());
    let tx = ctx.db.begin().await.or_fault()?;
    let mut placed = held(&tx, id).await?;
    let side = side_of(ctx, &placed).or_fault()?.filter(|side| *side != placed.dispute.side);
    let state = rules::state_at(&placed.dispute, now);
    let dispute = &mut placed.dispute;
    let (said, said_at, said_by) = match side {
        Some(DisputeSide::TeamLeader) => {
            (&mut dispute.answer, &mut dispute.answered_at, Some(&mut dispute.answered_by))
        }
        Some(DisputeSide::Volunteer) => (&mut dispute.volunteer_words, &mut dispute.volunteer_said_at, None),
        _ => return Err(DisputeRefusal::NotFound.into()),
    };
    if said.as_ref() == Some(&words) {
        return Ok(placed.dispute);
    }
    if said_at.is_some() {
        return Err(DisputeRefusal::AlreadyAnswered.into());
    }
    if state != DisputeState::Opened {
        return Err(moved_on(state).into());
    }
    (*said, *said_at) = (Some(words.clone()), Some(now));
    if let Some(said_by) = said_by {
        *said_by = Some(person);
    }
    written(ctx, tx, placed, DisputeState::Opened, (InboxKind::DisputeAnswered, &words)).await
}

/// Takes a dispute back that nobody has decided yet: the notice goes on from here.
pub async fn withdraw(ctx: &Ctx, id: DisputeId) -> Result<dispute::Model, Stop<DisputeRefusal>> {
    let (person, now) = (ctx.actor().or_fault()?.person, ctx.now());
    let tx = ctx.db.begin().await.or_fault()?;
    let mut placed = held(&tx, id).await?;
    if placed.dispute.opened_by != person {
        return Err(DisputeRefusal::NotFound.into());
    }
    match rules::state_at(&placed.dispute, now) {
        DisputeState::Opened => {}
        DisputeState::Withdrawn => return Ok(placed.dispute),
        state => return Err(moved_on(state).into()),
    }
    placed.dispute.state = DisputeState::Withdrawn;
    placed.dispute.ends_at = Some(now);
    go_on(&tx, &placed, now).await.or_fault()?;
    written(ctx, tx, placed, DisputeState::Opened, (InboxKind::DisputeWithdrawn, "")).await
}

/// Brings a decision before an officer above the branch that decided; each side may, while there is time. The same again is the
/// same success.
pub async fn appeal(ctx: &Ctx, id: DisputeId, words: String) -> Result<dispute::Model, Stop<DisputeRefusal>> {
    let (person, now) = (ctx.actor().or_fault()?.person, ctx.now());
    let tx = ctx.db.begin().await.or_fault()?;
    let mut placed = held(&tx, id).await?;
    let side = side_of(ctx, &placed).or_fault()?.ok_or(DisputeRefusal::NotFound)?;
    let state = rules::state_at(&placed.dispute, now);
    let dispute = &mut placed.dispute;
    if dispute.appealed_by == Some(person) && dispute.appeal_words.as_ref() == Some(&words) {
        return Ok(placed.dispute);
    }
    match (state, dispute.ends_at) {
        (DisputeState::Decided, _) => {}
        (DisputeState::Opened, _) => return Err(DisputeRefusal::NotDecided.into()),
        (DisputeState::Ended, Some(ended_at)) if dispute.appealed_at.is_none() => {
            return Err(DisputeRefusal::AppealTooLate { ended_at: When(ended_at) }.into());
        }
        _ => return Err(DisputeRefusal::Over.into()),
    }
    let policy = policy_at(&tx, &placed.branch_path, now).await.or_fault()?;
    let days = policy.body.disputes.decide_working_days;
    dispute.state = DisputeState::Appealed;
    dispute.ends_at = None;
    dispute.decide_by = notice::working_days_from(&tx, days, now).await.or_fault()?;
    dispute.appeal_side = Some(side);
    dispute.appeal_words = Some(words.clone());
    dispute.appealed_by = Some(person);
    dispute.appealed_at = Some(now);
    hours::store::set_notice(&tx, dispute.attendance_id, None).await.or_fault()?;
    written(ctx, tx, placed, DisputeState::Decided, (InboxKind::DisputeAppealed, &words)).await
}

/// Why what goes with another state does not go with this one.
pub(super) fn moved_on(state: DisputeState) -> DisputeRefusal {
    match state {
        DisputeState::Opened | DisputeState::Decided | DisputeState::Appealed => DisputeRefusal::AlreadyDecided,
        DisputeState::Ended | DisputeState::Withdrawn => DisputeRefusal::Over,
    }
}

/// Has the notice of the record, if it is confirmed, go on at a moment with what was left of it. What had none before the dispute
/// has a whole one.
pub(super) async fn go_on(tx: &impl ConnectionTrait, placed: &Placed, from: Instant) -> Result<(), DbErr> {
    let until = match placed.dispute.notice_left_s {
        Some(left) => notice::resumed(tx, from, left).await?,
        None => {
            let policy = policy_at(tx, &placed.branch_path, from).await?;
            notice::until(tx, &policy, from).await?
        }
    };
    hours::store::set_notice(tx, placed.dispute.attendance_id, Some(until)).await
}

/// Writes a step down, lets everybody concerned know, and commits.
pub(super) async fn written(
    ctx: &Ctx,
    tx: DatabaseTransaction,
    placed: Placed,
    before: DisputeState,
    (kind, words): (InboxKind, &str),
) -> Result<dispute::Model, Stop<DisputeRefusal>> {
    if !store::save(&tx, placed.dispute.clone(), before).await.or_fault()? {
        return Err(DisputeRefusal::AlreadyDecided.into());
    }
    tell(ctx, &tx, &placed, kind, words).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(placed.dispute)
}

/// Tells the sides, the team's leaders and the officers who have the word next, but whoever did it.
async fn tell(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    placed: &Placed,
    kind: InboxKind,
    words: &str,
) -> Result<(), DbErr> {
    let Placed { dispute, branch_path, person_id } = placed;
    let actor = ctx.actor.as_ref().map(|actor| actor.person);
    let parties = rules::parties(dispute, *person_id);
    let level = match (&dispute.decided_for, dispute.appealed_at) {
        (Some(decided_for), Some(_)) => (decided_for.as_str(), true),
        _ => (branch_path.as_str(), false),
    };
    let mut concerned = access::store::leaders_and_officers(tx, dispute.team_id, level, &parties, ctx.now()).await?;
    concerned.extend(parties);
    concerned.sort_unstable();
    concerned.dedup();
    concerned.retain(|person| Some(*person) != actor);
    // Who objects as a member of the team is named nowhere: see the room.
    let hidden = dispute.side == DisputeSide::TeamMember && actor == Some(dispute.opened_by);
    let place = (dispute.activity_id, Some(dispute.shift_id));
    tell_persons_of(ctx, tx, &concerned, kind, place, (words, actor.filter(|_| !hidden))).await?;
    let (action, subject, words) = (kind.as_str(), ("Dispute", dispute.id.0), Some(words.to_owned()));
    match hidden {
        true => ctx.audit(tx, &action, subject.0, subject.1, words).await,
        false => ctx.audit_about(tx, *person_id, &action, subject, words).await,
    }
}
