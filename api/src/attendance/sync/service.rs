//! A batch of what a phone did without a network.
//!
//! The volunteer's own row is held for the whole batch, so two instances that get the same one work it off one after the other,
//! and the second finds what the first did. What happened is taken in the order in which it happened, not in that in which it
//! comes: a check-in between stays that are known becomes a stay that is not finished, until its check-out comes; a check-out
//! whose check-in is not known waits, and is looked at again with each later batch.

use std::collections::HashMap;

use boai_entity::{
    Instant, attendance,
    ids::{AttendanceId, PersonId, ReviewItemId, ShiftId, SyncedEndId, VolunteerId},
    kinds::{AttendanceEnd, AttendanceState, EvidenceGrade, SignUpState},
    policy, request_effect,
    review_item::Details,
    review_kinds::{ReviewKind, ReviewOutcome},
    sync_kinds::{SyncReason, SyncedState},
    synced_end::{self, SyncReasons},
};
use chrono::{Datelike, TimeDelta};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::{
    rules::{self, PhoneClock, SyncRefusal},
    store,
};
use crate::{
    attendance::{
        attempts::{self, Tried},
        codes,
        flags::{self, Phone},
        rules::{
            CheckInRefusal, CheckOutCase, CheckOutRefusal, CodeVerdict, Evidence, decide_check_in, decide_check_out,
        },
        stay::{self, End, Fix, Sent, ToOpen},
        store::Whereabouts,
        wishes::{self, Wish},
    },
    ctx::Ctx,
    platform::{
        errors::Fault,
        refusal::{Stop, When},
    },
    reviews::{self, Raised},
};

/// A check-in or check-out as the phone tells of it, its times by the phone's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub request_id: Uuid,
    pub end: AttendanceEnd,
    pub shift: ShiftId,
    pub device_time: Instant,
    pub sent: Sent,
    /// Of a check-out: the request id of the check-in that it ends.
    pub check_in: Option<Uuid>,
}

/// An item as it came.
#[derive(Clone, Debug)]
pub enum Given {
    Item(Item),
    /// This field of it cannot be read.
    Unreadable(AttendanceEnd, String),
}

/// What became of an item.
#[derive(Clone, Debug)]
pub enum Outcome {
    Accepted(attendance::Model),
    /// It came before; without a stay it waits for a person, or was refused by one.
    Known(Option<attendance::Model>),
    Review(Vec<SyncReason>),
    Refused(Refused),
}

#[derive(Clone, Debug)]
pub enum Refused {
    Item(SyncRefusal),
    CheckIn(CheckInRefusal),
    CheckOut(CheckOutRefusal),
}

macro_rules! refused {
    ($($kind:ident($refusal:ty)),*) => {$(
        impl From<$refusal> for Outcome {
            fn from(refusal: $refusal) -> Self {
                Self::Refused(Refused::$kind(refusal))
            }
        }
    )*};
}

refused!(Item(SyncRefusal), CheckIn(CheckInRefusal), CheckOut(CheckOutRefusal));

/// What became of a batch.
pub struct Synced {
    pub clock: PhoneClock,
    /// One for each item, in the order given.
    pub outcomes: Vec<Outcome>,
}

/// An end of a stay, told with the right time.
struct Told {
    request_id: Uuid,
    end: AttendanceEnd,
    shift: ShiftId,
    /// Not in the future.
    at: Instant,
    /// By how much it was.
    ahead: TimeDelta,
    check_in: Option<Uuid>,
    proof: Proof,
}

enum Proof {
    Sent(Sent, CodeVerdict),
    /// It came in with an earlier batch.
    Kept(Box<synced_end::Model>),
}

impl Told {
    fn fix(&self) -> Option<Fix> {
        match &self.proof {
            Proof::Sent(sent, _) => sent.fix(),
            Proof::Kept(_) => None,
        }
    }

    fn phone(&self, ctx: &Ctx) -> Phone {
        match &self.proof {
            Proof::Sent(sent, _) => sent.phone(ctx),
            Proof::Kept(row) => Phone { session: row.session_id, mocked: row.mocked },
        }
    }
}

/// Brings in what a phone did without a network. Each item is judged by itself, for the time when it happened.
pub async fn sync(ctx: &Ctx, sent_at: Instant, given: Vec<Given>) -> Result<Synced, Fault> {
    let who = (ctx.volunteer()?, ctx.actor()?.person);
    let clock = PhoneClock::measured(sent_at, ctx.now());
    let mut outcomes: Vec<Option<Outcome>> = given.iter().map(|_| None).collect();
    let mut told: Vec<(Option<usize>, Told)> = Vec::new();
    let mut first: HashMap<Uuid, (usize, Item)> = HashMap::new();
    let mut repeats = Vec::new();
    let mut tried: Vec<(Tried, Refused)> = Vec::new();
    for (place, given) in given.into_iter().enumerate() {
        let (end, refusal) = match given {
            Given::Unreadable(end, field) => (end, SyncRefusal::Malformed { field }),
            Given::Item(item) => match (first.get(&item.request_id), right(&item, clock, ctx.now())) {
                (Some((earlier, same)), _) if *same == item => {
                    repeats.push((place, *earlier));
                    continue;
                }
                (Some(_), _) => (item.end, SyncRefusal::RequestIdReused),
                (None, None) => (item.end, SyncRefusal::Malformed { field: "deviceTime".into() }),
                (None, Some(end)) => {
                    first.insert(item.request_id, (place, item));
                    told.push((Some(place), end));
                    continue;
                }
            },
        };
        tried.push((nowhere(ctx, who, end), Refused::Item(refusal.clone())));
        outcomes[place] = Some(refusal.into());
    }
    look_at_codes(ctx, who.1, &mut told).await?;

    let mut batch = Batch::begin(ctx, who, clock, &told).await?;
    told.extend(batch.homeless().await?.into_iter().map(|end| (None, end)));
    told.sort_by_key(|(_, end)| rules::order(end.at, end.end, end.request_id));
    let mut wrong = Vec::new();
    for (place, end) in &told {
        let outcome = batch.take(end).await?;
        if let Outcome::Refused(refused) = &outcome {
            if matches!(
                refused,
                Refused::CheckIn(CheckInRefusal::CodeWrong) | Refused::CheckOut(CheckOutRefusal::CodeWrong)
            ) {
                wrong.push(end.shift);
            }
            let known = batch.shifts.contains(&end.shift);
            let fix = end.fix();
            let shift = known.then_some(end.shift);
            let here = Tried { volunteer: who.0, person: who.1, shift, end: end.end, at: end.at, fix };
            tried.push((here, refused.clone()));
        }
        if let Some(place) = place {
            outcomes[*place] = Some(outcome);
        }
    }
    for (tried, refused) in &tried {
        let (db, tried) = (&batch.tx, *tried);
        match refused {
            Refused::Item(refusal) => attempts::keep(ctx, db, tried, refusal).await?,
            Refused::CheckIn(refusal) => attempts::keep(ctx, db, tried, refusal).await?,
            Refused::CheckOut(refusal) => attempts::keep(ctx, db, tried, refusal).await?,
        }
    }
    batch.tx.commit().await?;
    ctx.committed.notify_one();
    for shift in wrong {
        codes::count_wrong(ctx, shift).await;
    }
    for (place, earlier) in repeats {
        outcomes[place] = outcomes[earlier].clone().map(|outcome| match outcome {
            Outcome::Accepted(attendance) => Outcome::Known(Some(attendance)),
            Outcome::Review(_) => Outcome::Known(None),
            other => other,
        });
    }
    let outcomes = outcomes.into_iter().map(|outcome| outcome.ok_or(Fault::Internal("an item was left out".into())));
    Ok(Synced { clock, outcomes: outcomes.collect::<Result<_, _>>()? })
}

/// With the right times; none for what lies outside of time.
fn right(item: &Item, clock: PhoneClock, now: Instant) -> Option<Told> {
    let right = |shown| clock.right(shown).filter(|at| (1900..=2999).contains(&at.year()));
    let at = right(item.device_time)?;
    let sent = match &item.sent {
        Sent::Fix(fix) => Sent::Fix(Fix { fixed_at: right(fix.fixed_at)?, ..*fix }),
        Sent::Code(code) => Sent::Code(code.clone()),
    };
    Some(Told {
        request_id: item.request_id,
        end: item.end,
        shift: item.shift,
        at: at.min(now),
        ahead: at - now,
        check_in: item.check_in,
        proof: Proof::Sent(sent, CodeVerdict::Wrong),
    })
}

fn nowhere(ctx: &Ctx, (volunteer, person): (VolunteerId, PersonId), end: AttendanceEnd) -> Tried {
    Tried { volunteer, person, shift: None, end, at: ctx.now(), fix: None }
}

/// Before anything is locked: the books of limits may be in Redis. Each new code counts, and is looked at for the time when it
/// was shown.
async fn look_at_codes(ctx: &Ctx, person: PersonId, told: &mut [(Option<usize>, Told)]) -> Result<(), Fault> {
    let requests: Vec<Uuid> = told.iter().map(|(_, end)| end.request_id).collect();
    let known = store::effects(&ctx.db.conn, person, &requests).await?;
    for (_, end) in told.iter_mut().filter(|(_, end)| known.iter().all(|known| known.request_id != end.request_id)) {
        let (shift, at) = (end.shift, end.at);
        if let Proof::Sent(Sent::Code(typed), verdict) = &mut end.proof {
            *verdict = codes::look_at_shown(ctx, shift, typed, at).await?;
        }
    }
    Ok(())
}

/// What a request id of a check-in led to.
#[derive(Clone)]
enum Led {
    Stay(AttendanceId),
    Waits(Box<synced_end::Model>),
    /// `there`: because somebody else had checked the volunteer in already.
    Refused {
        there: bool,
    },
}

/// A batch that is being worked off, in one transaction.
struct Batch<'c> {
    ctx: &'c Ctx,
    tx: DatabaseTransaction,
    who: (VolunteerId, PersonId),
    clock: PhoneClock,
    now: Instant,
    led: HashMap<Uuid, Led>,
    effects: HashMap<Uuid, request_effect::Model>,
    stays: HashMap<AttendanceId, attendance::Model>,
    /// Those that exist.
    shifts: Vec<ShiftId>,
}

/// How an end looks by itself, before it is known which stay it belongs to.
struct Judged {
    ready: ToOpen,
    /// None out of place.
    grade: Option<EvidenceGrade>,
    end: End,
    reasons: Vec<SyncReason>,
}

impl<'c> Batch<'c> {
    async fn begin(
        ctx: &'c Ctx,
        who: (VolunteerId, PersonId),
        clock: PhoneClock,
        told: &[(Option<usize>, Told)],
    ) -> Result<Self, Fault> {
        let requests: Vec<Uuid> =
            told.iter().flat_map(|(_, end)| [Some(end.request_id), end.check_in]).flatten().collect();
        let mut shifts: Vec<ShiftId> = told.iter().map(|(_, end)| end.shift).collect();
        shifts.sort_unstable();
        shifts.dedup();
        let tx = ctx.db.begin().await?;
        store::lock(&tx, who.0, &shifts).await?;
        let effects = store::effects(&tx, who.1, &requests).await?;
        let rows = store::sent_before(&tx, who.1, &requests).await?;
        let subjects: Vec<AttendanceId> = effects.iter().map(|effect| AttendanceId(effect.subject_id)).collect();
        let stays = store::stays(&tx, &subjects).await?;
        let stays: HashMap<_, _> = stays.into_iter().map(|stay| (stay.id, stay)).collect();
        let mut led = HashMap::new();
        for effect in &effects {
            let stay = AttendanceId(effect.subject_id);
            if stays.contains_key(&stay) {
                led.insert(effect.request_id, Led::Stay(stay));
            }
        }
        for row in rows {
            let at = match (row.state, row.attendance_id) {
                (SyncedState::Counted, Some(stay)) => Led::Stay(stay),
                _ => Led::Waits(Box::new(row.clone())),
            };
            led.insert(row.request_id, at);
        }
        let effects = effects.into_iter().map(|effect| (effect.request_id, effect)).collect();
        Ok(Self { ctx, tx, who, clock, now: ctx.now(), led, effects, stays, shifts: Vec::new() })
    }

    /// Check-outs of earlier batches whose check-ins may be in this one.
    async fn homeless(&mut self) -> Result<Vec<Told>, Fault> {
        let rows = store::homeless(&self.tx, self.who.0).await?;
        let rows = rows.into_iter().filter(|row| row.reasons.0.contains(&SyncReason::WithoutCheckIn));
        let rows = rows.filter(|row| row.person_id == self.who.1);
        let told = |row: synced_end::Model| Told {
            request_id: row.request_id,
            end: row.end_kind,
            shift: row.shift_id,
            at: row.happened_at,
            ahead: TimeDelta::zero(),
            check_in: row.check_in_request_id,
            proof: Proof::Kept(Box::new(row)),
        };
        let told: Vec<Told> = rows.map(told).collect();
        // Their check-ins may have come in live, so that this batch does not name them.
        let named: Vec<Uuid> = told.iter().filter_map(|end| end.check_in).collect();
        if !named.is_empty() {
            for effect in store::effects(&self.tx, self.who.1, &named).await? {
                self.led.entry(effect.request_id).or_insert(Led::Stay(AttendanceId(effect.subject_id)));
            }
            for row in store::sent_before(&self.tx, self.who.1, &named).await? {
                let at = match (row.state, row.attendance_id) {
                    (SyncedState::Counted, Some(stay)) => Led::Stay(stay),
                    _ => Led::Waits(Box::new(row.clone())),
                };
                self.led.insert(row.request_id, at);
            }
        }
        Ok(told)
    }

    async fn take(&mut self, end: &Told) -> Result<Outcome, Fault> {
        if matches!(end.proof, Proof::Sent(..))
            && let Some(known) = self.known(end)
        {
            return Ok(known);
        }
        let done = match end.end {
            AttendanceEnd::CheckIn => self.check_in(end).await,
            AttendanceEnd::CheckOut => self.check_out(end).await,
        };
        match done {
            Ok(outcome) | Err(Stop::Refused(outcome)) => {
                if end.end == AttendanceEnd::CheckIn
                    && let Outcome::Refused(refused) = &outcome
                {
                    let there = matches!(refused, Refused::CheckIn(CheckInRefusal::AlreadyCheckedIn { .. }));
                    self.led.insert(end.request_id, Led::Refused { there });
                }
                Ok(outcome)
            }
            Err(Stop::Fault(fault)) => Err(fault),
        }
    }

    /// What came before, live or in an earlier batch.
    fn known(&self, end: &Told) -> Option<Outcome> {
        if let Some(effect) = self.effects.get(&end.request_id) {
            let wish = match end.end {
                AttendanceEnd::CheckIn => Wish::check_in(self.who.1, end.request_id, end.shift),
                AttendanceEnd::CheckOut => Wish::check_out(self.who.1, end.request_id),
            };
            if !wish.is(effect) {
                return Some(SyncRefusal::RequestIdReused.into());
            }
            return Some(Outcome::Known(self.stays.get(&AttendanceId(effect.subject_id)).cloned()));
        }
        match self.led.get(&end.request_id) {
            Some(Led::Waits(row)) if row.end_kind == end.end && row.shift_id == end.shift => Some(Outcome::Known(None)),
            Some(Led::Waits(_) | Led::Stay(_)) => Some(SyncRefusal::RequestIdReused.into()),
            Some(Led::Refused { .. }) | None => None,
        }
    }

    async fn look(&mut self, end: &Told) -> Result<Option<ToOpen>, Fault> {
        let ready = stay::look(&self.tx, self.who, end.shift, end.at).await?;
        if ready.is_some() && !self.shifts.contains(&end.shift) {
            self.shifts.push(end.shift);
        }
        Ok(ready)
    }

    fn reasons(&self, end: &Told, policy: &policy::Model) -> Result<Vec<SyncReason>, SyncRefusal> {
        if end.ahead > TimeDelta::seconds(policy.body.fix_max_ahead_s) {
            return Err(SyncRefusal::FromTheFuture { ahead_seconds: end.ahead.num_seconds() });
        }
        Ok(rules::reasons(end.at, self.clock, &policy.body, self.now))
    }

    async fn check_in(&mut self, told: &Told) -> Result<Outcome, Stop<Outcome>> {
        let Proof::Sent(sent, verdict) = &told.proof else {
            return Err(Stop::Fault(Fault::Internal("a check-in that waits is looked at by a person alone".into())));
        };
        let ready = self.look(told).await.map_err(Stop::Fault)?;
        let ready = ready.ok_or(Outcome::from(CheckInRefusal::ShiftNotFound))?;
        let mut reasons = self.reasons(told, &ready.policy).map_err(Outcome::from)?;
        let evidence = sent.evidence(*verdict, ready.place()).map_err(Stop::Fault)?;
        let mut case = ready.case(evidence);
        // At that time they had no seat yet.
        if ready.facts.signed_up_at.is_some_and(|signed_up_at| signed_up_at > told.at) {
            case.sign_up = None;
        }
        let grade = match decide_check_in(&case, &ready.policy.body, told.at) {
            Ok(grade) => Some(grade),
            Err(CheckInRefusal::OutOfRange { .. }) if near_enough(evidence, &ready.policy) => {
                reasons.push(SyncReason::OutOfPlace);
                None
            }
            Err(refusal) => return Err(Outcome::from(refusal).into()),
        };
        let open = ready.facts.open(self.who.0).zip(ready.facts.open_since);
        if let Some((open, since)) = &open
            && (open.shift_id == told.shift && *since <= told.at && ready.facts.open_by.is_some())
        {
            return Err(Outcome::from(CheckInRefusal::AlreadyCheckedIn { checked_in_at: When(*since) }).into());
        }
        if store::covered(&self.tx, self.who.0, told.at).await.map_err(fault)? {
            reasons.push(SyncReason::Overlapping);
        }
        let end = End::proved(grade.unwrap_or(EvidenceGrade::Claim), sent, evidence);
        let judged = Judged { ready, grade, end, reasons };
        if !judged.reasons.is_empty() {
            return self.keep(told, judged, None, None).await.map_err(Stop::Fault);
        }
        let (ctx, tx) = (self.ctx, &self.tx);
        let stay = match open {
            Some((_, since)) if since > told.at => {
                stay::open_unfinished(ctx, tx, judged.ready, end).await.map_err(fault)?
            }
            Some((open, _)) => {
                stay::forget(ctx, tx, &open).await.map_err(fault)?;
                stay::open(ctx, tx, judged.ready, end).await.map_err(|stop| stop.map(Outcome::from))?
            }
            None => stay::open(ctx, tx, judged.ready, end).await.map_err(|stop| stop.map(Outcome::from))?,
        };
        flags::note(ctx, tx, &stay, told.end, told.phone(ctx)).await.map_err(fault)?;
        let wish = Wish::check_in(self.who.1, told.request_id, told.shift);
        wishes::keep(tx, wish, stay.id, self.now).await.map_err(fault)?;
        self.led.insert(told.request_id, Led::Stay(stay.id));
        Ok(Outcome::Accepted(stay))
    }

    async fn check_out(&mut self, told: &Told) -> Result<Outcome, Stop<Outcome>> {
        let not_checked_in = || Stop::Refused(Outcome::from(CheckOutRefusal::NotCheckedIn));
        let judged = self.judge_check_out(told).await?;
        let led = told.check_in.and_then(|check_in| self.led.get(&check_in).cloned());
        let stay = match led {
            Some(Led::Stay(stay)) => Some(stay),
            Some(Led::Waits(check_in)) => return self.wait_with(told, judged, &check_in).await,
            Some(Led::Refused { there: false }) => return Err(not_checked_in()),
            Some(Led::Refused { there: true }) | None => {
                let by_others = told.check_in.is_some();
                store::unfinished(&self.tx, (self.who.0, told.shift), told.at, by_others).await.map_err(fault)?
            }
        };
        let Some(stay) = stay else {
            if judged.ready.facts.sign_up != Some(SignUpState::Seated) {
                return Err(not_checked_in());
            }
            return self.keep_without_check_in(told, judged).await.map_err(Stop::Fault);
        };
        let whereabouts = Whereabouts::Stay(stay);
        let ready = stay::look_at_stay(&self.tx, self.who, whereabouts, told.at).await.map_err(fault)?;
        let ready = ready.ok_or_else(not_checked_in)?;
        let open = ready.facts.attendance.clone();
        if open.state == AttendanceState::Closed || open.shift_id != told.shift {
            return Err(not_checked_in());
        }
        if store::settled(&self.tx, stay).await.map_err(fault)? {
            return Err(Outcome::from(SyncRefusal::AlreadySettled).into());
        }
        not_before(told.at, open.checked_in_at).map_err(Outcome::from)?;
        let mut judged = judged;
        if store::overlapped(&self.tx, &open, told.at).await.map_err(fault)? {
            judged.reasons.push(SyncReason::Overlapping);
        }
        if !judged.reasons.is_empty() {
            return self.keep(told, judged, None, Some(stay)).await.map_err(Stop::Fault);
        }
        let team = ready.facts.team_id;
        let closed = stay::close(self.ctx, &self.tx, ready, judged.end).await.map_err(fault)?;
        flags::note(self.ctx, &self.tx, &closed, told.end, told.phone(self.ctx)).await.map_err(fault)?;
        if open.state == AttendanceState::Forgotten {
            let kinds = [ReviewKind::ForgottenCheckOut];
            let of = (team, stay);
            reviews::settle_of(self.ctx, &self.tx, of, &kinds, ReviewOutcome::Withdrawn, None).await.map_err(fault)?;
        }
        match &told.proof {
            Proof::Sent(..) => {
                let wish = Wish::check_out(self.who.1, told.request_id);
                wishes::keep(&self.tx, wish, stay, self.now).await.map_err(fault)?;
            }
            Proof::Kept(row) => self.count(row, stay).await.map_err(Stop::Fault)?,
        }
        Ok(Outcome::Accepted(closed))
    }

    async fn judge_check_out(&mut self, told: &Told) -> Result<Judged, Stop<Outcome>> {
        let ready = self.look(told).await.map_err(Stop::Fault)?;
        let ready = ready.ok_or(Outcome::from(CheckOutRefusal::NotCheckedIn))?;
        let (sent, verdict) = match &told.proof {
            Proof::Sent(sent, verdict) => (sent, *verdict),
            Proof::Kept(row) => {
                let grade = row.grade.unwrap_or(EvidenceGrade::Claim);
                let end = End { grade, point: None, accuracy_m: row.accuracy_m, distance_m: row.distance_m, by: None };
                let mut reasons = row.reasons.0.clone();
                reasons.retain(|reason| *reason != SyncReason::WithoutCheckIn);
                return Ok(Judged { ready, grade: row.grade, end, reasons });
            }
        };
        let mut reasons = self.reasons(told, &ready.policy).map_err(Outcome::from)?;
        let evidence = sent.evidence(verdict, ready.place()).map_err(Stop::Fault)?;
        let case = CheckOutCase {
            ends_at: ready.facts.ends_at,
            radius_m: ready.facts.radius_m,
            location_consent: ready.facts.location_consent,
            evidence,
        };
        let grade = match decide_check_out(&case, &ready.policy.body, told.at) {
            Ok(grade) => Some(grade),
            Err(CheckOutRefusal::OutOfRange { .. }) if near_enough(evidence, &ready.policy) => {
                reasons.push(SyncReason::OutOfPlace);
                None
            }
            Err(refusal) => return Err(Outcome::from(refusal).into()),
        };
        let end = End::proved(grade.unwrap_or(EvidenceGrade::Claim), sent, evidence);
        Ok(Judged { ready, grade, end, reasons })
    }

    /// A check-out whose check-in waits for a person waits with it.
    async fn wait_with(
        &mut self,
        told: &Told,
        mut judged: Judged,
        check_in: &synced_end::Model,
    ) -> Result<Outcome, Stop<Outcome>> {
        if check_in.state == SyncedState::Refused || check_in.end_kind != AttendanceEnd::CheckIn {
            return Err(Outcome::from(CheckOutRefusal::NotCheckedIn).into());
        }
        not_before(told.at, check_in.happened_at).map_err(Outcome::from)?;
        judged.reasons.push(SyncReason::CheckInWaits);
        self.keep(told, judged, check_in.review_item_id, None).await.map_err(Stop::Fault)
    }

    async fn keep_without_check_in(&mut self, told: &Told, mut judged: Judged) -> Result<Outcome, Fault> {
        judged.reasons.push(SyncReason::WithoutCheckIn);
        match &told.proof {
            Proof::Sent(..) => self.keep(told, judged, None, None).await,
            Proof::Kept(_) => Ok(Outcome::Review(judged.reasons)),
        }
    }

    /// Keeps what a person must look at: in the review of its check-in, or in one of its own.
    async fn keep(
        &mut self,
        told: &Told,
        judged: Judged,
        review: Option<ReviewItemId>,
        stay: Option<AttendanceId>,
    ) -> Result<Outcome, Fault> {
        let Judged { ready, grade, end, reasons } = judged;
        let phone = told.phone(self.ctx);
        let kept = match &told.proof {
            Proof::Kept(row) => Some(row),
            Proof::Sent(..) => None,
        };
        let mut row = synced_end::Model {
            id: kept.map_or_else(|| SyncedEndId(self.ctx.new_id()), |row| row.id),
            volunteer_id: self.who.0,
            shift_id: told.shift,
            end_kind: told.end,
            person_id: self.who.1,
            request_id: told.request_id,
            check_in_request_id: told.check_in,
            happened_at: told.at,
            skew_s: kept.map_or_else(|| seconds(self.clock.behind), |row| row.skew_s),
            heard_at: kept.map_or(self.now, |row| row.heard_at),
            grade,
            accuracy_m: end.accuracy_m,
            distance_m: end.distance_m,
            reasons: SyncReasons(reasons.clone()),
            state: SyncedState::Awaiting,
            review_item_id: review.or(kept.and_then(|row| row.review_item_id)),
            attendance_id: stay,
            session_id: phone.session,
            mocked: phone.mocked,
            way: None,
            step: None,
        };
        if let Some(review) = review {
            store::propose_end(&self.tx, review, told.at).await?;
            if let Some(own) = kept.and_then(|row| row.review_item_id) {
                self.take_back(own).await?;
            }
        } else if row.review_item_id.is_none() {
            row.review_item_id = self.raise(&row, &ready, stay).await?;
        }
        if kept.is_some() {
            store::save(&self.tx, row.clone()).await?;
        } else {
            store::add(&self.tx, row.clone()).await?;
            let wish = match told.end {
                AttendanceEnd::CheckIn => Wish::check_in(self.who.1, told.request_id, told.shift),
                AttendanceEnd::CheckOut => Wish::check_out(self.who.1, told.request_id),
            };
            wishes::keep(&self.tx, wish, AttendanceId(row.id.0), self.now).await?;
        }
        self.led.insert(told.request_id, Led::Waits(Box::new(row)));
        Ok(Outcome::Review(reasons))
    }

    async fn raise(
        &self,
        row: &synced_end::Model,
        ready: &ToOpen,
        attendance: Option<AttendanceId>,
    ) -> Result<Option<ReviewItemId>, Fault> {
        let mut details = Details::default();
        match row.end_kind {
            AttendanceEnd::CheckIn => details.from = Some(row.happened_at),
            AttendanceEnd::CheckOut => details.to = Some(row.happened_at),
        }
        details.numbers.insert("skewSeconds".into(), f64::from(row.skew_s));
        let late = i32::try_from((row.heard_at - row.happened_at).num_minutes()).unwrap_or(i32::MAX);
        details.numbers.insert("minutesLate".into(), f64::from(late));
        if let Some(distance) = row.distance_m {
            details.numbers.insert("distanceMetres".into(), distance.ceil());
        }
        let raised = Raised {
            kind: ReviewKind::SyncItem,
            subject: row.id.to_string(),
            team: ready.facts.team_id,
            activity: ready.facts.activity_id,
            shift: Some(row.shift_id),
            volunteer: Some(row.volunteer_id),
            attendance,
            details,
            reason: None,
            policy: Some(ready.policy.id),
            officers_only: false,
        };
        Ok(reviews::raise(self.ctx, &self.tx, raised).await?.map(|item| item.id))
    }

    /// What waited counts by itself: its check-in came in.
    async fn count(&self, row: &synced_end::Model, stay: AttendanceId) -> Result<(), Fault> {
        let counted = synced_end::Model { state: SyncedState::Counted, attendance_id: Some(stay), ..row.clone() };
        store::lead(&self.tx, row, stay).await?;
        store::save(&self.tx, counted).await?;
        match row.review_item_id {
            Some(review) => self.take_back(review).await,
            None => Ok(()),
        }
    }

    async fn take_back(&self, review: ReviewItemId) -> Result<(), Fault> {
        if let Some(placed) = store::review(&self.tx, review).await? {
            reviews::settle(self.ctx, &self.tx, &placed.item, ReviewOutcome::Withdrawn, None).await?;
        }
        Ok(())
    }
}

fn fault<R>(error: impl Into<Fault>) -> Stop<R> {
    Stop::Fault(error.into())
}

/// A stay of negative length is none.
fn not_before(at: Instant, checked_in_at: Instant) -> Result<(), SyncRefusal> {
    if at >= checked_in_at {
        return Ok(());
    }
    let seconds_before = (checked_in_at - at).num_seconds().max(1);
    Err(SyncRefusal::CheckOutBeforeCheckIn { seconds_before, checked_in_at: When(checked_in_at) })
}

fn near_enough(evidence: Evidence, policy: &policy::Model) -> bool {
    evidence.distance_m().is_some_and(|distance_m| distance_m <= policy.body.offline.out_of_place_max_m)
}

fn seconds(time: TimeDelta) -> i32 {
    i32::try_from(time.num_seconds()).unwrap_or(if time < TimeDelta::zero() { i32::MIN } else { i32::MAX })
}
