//! Asking everybody at a shift whether they are there, and answering.
//!
//! Who asks takes no row that somebody who checks in or out would wait for. Who answers takes their own row, as at both ends
//! of the stay, so that an answer and a check-out at one instant come one after the other.

use boai_entity::{
    attendance,
    ids::{ActivityId, PersonId, PresenceAskId, ShiftId, VolunteerId},
    kinds::InboxKind,
    presence_ask,
    presence_kinds::ProofKind,
};
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{
    rules::{self, AnswerCase, AskCase, PresenceAskRefusal, PresenceRefusal},
    store::{self, Answer, Called, ShiftFacts, Standing},
};
use crate::{
    activities::board_topic,
    attendance::{
        attempts::{self, Tried},
        codes, flags,
        rules::CodeVerdict,
        stay::Sent,
    },
    ctx::Ctx,
    desk::{find::my_desk, rules::SiteId},
    inbox::tell_volunteers,
    people,
    platform::{
        node::NOTHING,
        refusal::{OrFault, Stop, When},
    },
    policies::policy_at,
};

/// Asks everybody who is at a shift, for whoever sits at its desk: the leader, or who was granted it. The same request id again
/// gives the same ask again, as a success.
pub async fn ask(ctx: &Ctx, shift: ShiftId, request_id: Uuid) -> Result<presence_ask::Model, Stop<PresenceAskRefusal>> {
    let (person, now) = (ctx.actor().or_fault()?.person, ctx.now());
    let facts = store::shift_facts(&ctx.db.conn, shift).await.or_fault()?;
    // Of a shift that is not there, too, the desk is asked for: it takes as long.
    let activity = facts.as_ref().map_or(ActivityId(NOTHING), |facts| facts.activity_id);
    my_desk(ctx, SiteId::Activity(activity)).await.or_fault()?.ok_or(PresenceAskRefusal::NotFound)?;
    let facts = facts.ok_or(PresenceAskRefusal::NotFound)?;
    let tx = ctx.db.begin().await.or_fault()?;
    let policy = policy_at(&tx, &facts.branch_path, now).await.or_fault()?;
    let limits = &policy.body.presence;
    let standing = store::standing(&tx, shift).await.or_fault()?;
    // Looked for last: what a repeat at another instance wrote before the shift was read is no reason to refuse this one.
    if let Some(earlier) = earlier(&tx, person, (shift, request_id)).await? {
        return Ok(earlier);
    }
    let ask = presence_ask::Model {
        id: PresenceAskId(ctx.new_id()),
        shift_id: shift,
        number: i32::try_from(standing.asks + 1).unwrap_or(i32::MAX),
        asked_at: now,
        answer_by: rules::decide_ask(&case(&facts, &standing), limits, now)?,
        asked_by: person,
        request_id,
        policy_id: policy.id,
    };
    let since = now - TimeDelta::minutes(limits.between_min);
    if !store::add(&tx, &ask, limits.per_shift, since).await.or_fault()? {
        // Somebody asked at the same instant: another leader, or this one's phone at another instance.
        if let Some(earlier) = earlier(&tx, person, (shift, request_id)).await? {
            return Ok(earlier);
        }
        let standing = store::standing(&tx, shift).await.or_fault()?;
        rules::decide_ask(&case(&facts, &standing), limits, now)?;
        return Err(rules::too_soon(standing.last_asked_at.unwrap_or(now), limits, now).into());
    }
    let called = store::call(&tx, ask.id, shift).await.or_fault()?;
    if called.is_empty() {
        return Err(PresenceAskRefusal::NobodyThere.into());
    }
    let (place, until) = (Some((facts.activity_id, Some(shift))), When(ask.answer_by).to_string());
    tell_volunteers(ctx, &tx, &called, InboxKind::PresenceAsked, place, &until).await.or_fault()?;
    ctx.tell(&tx, board_topic(shift)).await.or_fault()?;
    ctx.audit(&tx, "ASK_FOR_PRESENCE", "Shift", shift.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(ask)
}

fn case(facts: &ShiftFacts, standing: &Standing) -> AskCase {
    AskCase {
        activity_state: facts.activity_state,
        cancelled: facts.cancelled_at.is_some(),
        starts_at: facts.starts_at,
        ends_at: facts.ends_at,
        asks: standing.asks,
        last_asked_at: standing.last_asked_at,
    }
}

/// What the request id led to already.
async fn earlier(
    tx: &impl ConnectionTrait,
    person: PersonId,
    (shift, request_id): (ShiftId, Uuid),
) -> Result<Option<presence_ask::Model>, Stop<PresenceAskRefusal>> {
    match store::by_request(tx, person, request_id).await.or_fault()? {
        Some(other) if other.shift_id != shift => Err(PresenceAskRefusal::RequestIdReused.into()),
        earlier => Ok(earlier),
    }
}

/// Answers an ask by location, or by the code on the site's screen. A second answer is the first one again, as a success.
pub async fn answer(ctx: &Ctx, ask: PresenceAskId, sent: Sent) -> Result<attendance::Model, Stop<PresenceRefusal>> {
    let (volunteer, person) = (ctx.volunteer().or_fault()?, ctx.actor().or_fault()?.person);
    let called = store::called(&ctx.db.conn, ask, volunteer, person).await.or_fault()?;
    let called = called.ok_or(PresenceRefusal::NotAsked)?;
    if called.answered_at.is_some() {
        return Ok(called.attendance);
    }
    let shift = called.attendance.shift_id;
    // Before anything is locked: the books of limits may be in Redis.
    let verdict = match &sent {
        Sent::Code(typed) => codes::look_at(ctx, shift, typed).await.or_fault()?,
        Sent::Fix(_) => CodeVerdict::Wrong,
    };
    let done = try_answer(ctx, (volunteer, person), ask, (&sent, verdict)).await;
    if let Err(Stop::Refused(refusal)) = &done {
        if *refusal == PresenceRefusal::CodeWrong {
            codes::count_wrong(ctx, shift).await;
        }
        let (what, fix) = (ProofKind::Presence, sent.fix());
        let tried = Tried { volunteer, person, shift: Some(shift), what, at: ctx.now(), fix };
        attempts::keep(ctx, &ctx.db.conn, tried, refusal).await.or_fault()?;
    }
    done
}

async fn try_answer(
    ctx: &Ctx,
    (volunteer, person): (VolunteerId, PersonId),
    ask: PresenceAskId,
    (sent, verdict): (&Sent, CodeVerdict),
) -> Result<attendance::Model, Stop<PresenceRefusal>> {
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    people::store::lock(&tx, volunteer).await.or_fault()?;
    let called = store::called(&tx, ask, volunteer, person).await.or_fault()?.ok_or(PresenceRefusal::NotAsked)?;
    if called.answered_at.is_some() {
        return Ok(called.attendance);
    }
    let policy = policy_at(&tx, &called.branch_path, now).await.or_fault()?;
    let evidence = sent.evidence(verdict, (called.latitude, called.longitude)).or_fault()?;
    let Called { attendance, asked_at, answer_by, radius_m, location_consent, .. } = called;
    let case = AnswerCase { state: attendance.state, asked_at, answer_by, radius_m, location_consent, evidence };
    let grade = rules::decide_answer(&case, &policy.body, now)?;
    let fix = sent.fix();
    let kept = Answer { at: now, grade, accuracy_m: fix.map(|fix| fix.accuracy_m), distance_m: evidence.distance_m() };
    if !store::answer(&tx, (ask, attendance.id), kept).await.or_fault()? {
        return Ok(attendance);
    }
    let best = rules::best(attendance.presence_grade, grade);
    if !store::set_grade(&tx, attendance.id, best).await.or_fault()? {
        return Err(PresenceRefusal::NoLongerThere.into());
    }
    flags::note_presence(ctx, &tx, attendance.id, fix.is_some_and(|fix| fix.mocked)).await.or_fault()?;
    ctx.tell_of(&tx, board_topic(attendance.shift_id), attendance.id.0).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(attendance::Model { presence_grade: Some(best), ..attendance })
}
