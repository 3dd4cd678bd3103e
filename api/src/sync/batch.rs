//! A volunteer's part of a batch, worked off in one transaction.
//!
//! The volunteer's own row is held for the whole of it, so two instances that get the same batch work it off one after the other,
//! and the second finds what the first did. What happened is taken in the order in which it happened, not in that in which it
//! comes: a check-in between stays that are known becomes a stay that is not finished, until its check-out comes; a check-out
//! whose check-in is not known waits, and is looked at again with each later batch. What the phone and the desk both tell of is
//! one stay: from the first proof that the volunteer was there to the last.

use std::collections::HashMap;

use boai_entity::{
    Instant, attendance, code_use, desk_entry,
    ids::{AttendanceId, DeskEntryId, PersonId, ReviewItemId, ShiftId, SyncedEndId},
    kinds::{AttendanceEnd, AttendanceState, EvidenceGrade, SignUpState},
    policy, request_effect,
    review_item::Details,
    review_kinds::{ReviewKind, ReviewOutcome},
    sync_kinds::{SyncReason, SyncedState},
    synced_end::{self, SyncReasons},
    volunteer,
};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use uuid::Uuid;

use super::{
    items::{By, Outcome, Proof, Refused, Seen, Slip, Told, Whose},
    rules::{self, PhoneClock, SyncRefusal},
    store::{self, StepUsed},
};
use crate::{
    activities::{self, sign_up},
    attendance::{
        flags,
        rules::{CheckInRefusal, CheckOutCase, CheckOutRefusal, Evidence, decide_check_in, decide_check_out},
        stay::{self, End, ToClose, ToOpen},
        store::Whereabouts,
        wishes::{self, Wish},
    },
    ctx::Ctx,
    desk::{
        find::Who,
        rules::{DeskCheckInRefusal, FindRefusal},
    },
    platform::{
        errors::Fault,
        refusal::{Stop, When},
    },
    reviews::{self, Raised},
    trail::{self, Note},
};

/// What request ids led to before, live or in earlier batches.
#[derive(Default)]
pub struct Before {
    effects: HashMap<(PersonId, Uuid), request_effect::Model>,
    stays: HashMap<AttendanceId, attendance::Model>,
    led: HashMap<(PersonId, Uuid), Led>,
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

impl Before {
    /// What these of one sender's led to.
    pub async fn of(db: &impl ConnectionTrait, sender: PersonId, requests: &[Uuid]) -> Result<Self, DbErr> {
        let mut before = Self::default();
        before.learn(db, sender, requests).await?;
        Ok(before)
    }

    async fn learn(&mut self, db: &impl ConnectionTrait, sender: PersonId, requests: &[Uuid]) -> Result<(), DbErr> {
        if requests.is_empty() {
            return Ok(());
        }
        let effects = store::effects(db, sender, requests).await?;
        let subjects: Vec<AttendanceId> = effects.iter().map(|effect| AttendanceId(effect.subject_id)).collect();
        self.stays.extend(store::stays(db, &subjects).await?.into_iter().map(|stay| (stay.id, stay)));
        for effect in effects {
            let (key, stay) = ((sender, effect.request_id), AttendanceId(effect.subject_id));
            if self.stays.contains_key(&stay) {
                self.led.insert(key, Led::Stay(stay));
            }
            self.effects.insert(key, effect);
        }
        for row in store::sent_before(db, sender, requests).await? {
            let led = match (row.state, row.attendance_id) {
                (SyncedState::Counted, Some(stay)) => Led::Stay(stay),
                _ => Led::Waits(Box::new(row.clone())),
            };
            self.led.insert((sender, row.request_id), led);
        }
        Ok(())
    }

    /// What is known of a slip before anybody is looked for: a desk says the same of the same person.
    pub fn of_slip(&self, ctx: &Ctx, sender: PersonId, slip: &Slip) -> Option<Outcome> {
        let item = &slip.item;
        let key = (sender, item.request_id);
        let wish = match &item.by {
            By::Phone(_) => phone_wish(key, item.end, item.shift),
            By::Desk(who, _) => desk_wish(ctx, key, item.end, item.shift, who),
        };
        let known = self.effects.get(&key).filter(|effect| wish.is(effect));
        known.map(|effect| Outcome::Known(self.stays.get(&AttendanceId(effect.subject_id)).cloned().map(Box::new)))
    }

    /// The same of what is told of somebody.
    fn of_told(&self, whose: Whose, told: &Told) -> Option<Outcome> {
        let Some(effect) = self.effects.get(&told.key()) else {
            return match self.led.get(&told.key()) {
                Some(Led::Waits(row)) if is_about(row, whose, told) => Some(Outcome::Known(None)),
                Some(Led::Waits(_) | Led::Stay(_)) => Some(SyncRefusal::RequestIdReused.into()),
                Some(Led::Refused { .. }) | None => None,
            };
        };
        let stay = self.stays.get(&AttendanceId(effect.subject_id));
        let same = match (&told.proof, stay, self.led.get(&told.key())) {
            // Live, a desk may have named the person or the shift in another way.
            (Proof::Desk(_), Some(stay), _) => {
                effect.operation == desk_operation(told.end)
                    && (stay.volunteer_id, stay.shift_id) == (whose.0, told.shift)
            }
            (Proof::Desk(_), None, Some(Led::Waits(row))) => is_about(row, whose, told),
            (Proof::Desk(_), None, _) => false,
            _ => phone_wish(told.key(), told.end, told.shift).is(effect),
        };
        Some(if same { Outcome::Known(stay.cloned().map(Box::new)) } else { SyncRefusal::RequestIdReused.into() })
    }
}

fn is_about(row: &synced_end::Model, whose: Whose, told: &Told) -> bool {
    (row.volunteer_id, row.end_kind, row.shift_id) == (whose.0, told.end, told.shift)
}

fn phone_wish((person, request): (PersonId, Uuid), end: AttendanceEnd, shift: ShiftId) -> Wish {
    match end {
        AttendanceEnd::CheckIn => Wish::check_in(person, request, shift),
        AttendanceEnd::CheckOut => Wish::check_out(person, request),
    }
}

fn desk_operation(end: AttendanceEnd) -> &'static str {
    match end {
        AttendanceEnd::CheckIn => "deskCheckIn",
        AttendanceEnd::CheckOut => "deskCheckOut",
    }
}

/// Codes and digits only as what nobody can read them from.
fn desk_wish(ctx: &Ctx, (person, request): (PersonId, Uuid), end: AttendanceEnd, shift: ShiftId, who: &Who) -> Wish {
    let digest = ctx.vault.fingerprint("sync/desk", &format!("{shift} {who:?}"));
    Wish::of(person, request, desk_operation(end), digest)
}

/// What became of what was told, and whether its shift is there.
pub struct Done {
    pub told: Told,
    pub outcome: Outcome,
    pub at_a_shift: bool,
}

/// Works off what one sender tells of one volunteer, with what waits for it since earlier batches. The sender is the volunteer,
/// or a desk.
pub async fn work_off(
    ctx: &Ctx,
    whose: Whose,
    sender: PersonId,
    clock: PhoneClock,
    mut told: Vec<Told>,
) -> Result<Vec<Done>, Fault> {
    let mut batch = Batch::begin(ctx, whose, sender, clock, &told).await?;
    told.extend(batch.homeless().await?);
    told.sort_by_key(|end| rules::order(end.at, end.end, end.request_id));
    let mut done = Vec::new();
    for told in told {
        let outcome = batch.take(&told).await?;
        let at_a_shift = batch.shifts.contains(&told.shift);
        done.push(Done { told, outcome, at_a_shift });
    }
    batch.commit().await?;
    Ok(done)
}

struct Batch<'c> {
    ctx: &'c Ctx,
    tx: DatabaseTransaction,
    whose: Whose,
    me: Option<volunteer::Model>,
    clock: PhoneClock,
    now: Instant,
    before: Before,
    /// Of the volunteer's codes.
    used: Vec<StepUsed>,
    /// Those that exist.
    shifts: Vec<ShiftId>,
    /// What goes to the audit trail, as the last act.
    notes: Vec<Note>,
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
        whose: Whose,
        sender: PersonId,
        clock: PhoneClock,
        told: &[Told],
    ) -> Result<Self, Fault> {
        let requests: Vec<Uuid> = told.iter().flat_map(|end| [Some(end.request_id), end.check_in]).flatten().collect();
        let sorted = |those: &mut Vec<ShiftId>| {
            those.sort_unstable();
            those.dedup();
        };
        let mut shifts: Vec<ShiftId> = told.iter().map(|end| end.shift).collect();
        sorted(&mut shifts);
        let lets_in = |end: &&Told| end.by_desk() && end.end == AttendanceEnd::CheckIn;
        let mut entered: Vec<ShiftId> = told.iter().filter(lets_in).map(|end| end.shift).collect();
        sorted(&mut entered);
        let tx = ctx.db.begin().await?;
        let alone = !entered.is_empty() && !store::seated(&tx, whose.0, &entered).await?;
        let me = store::lock(&tx, whose.0, &shifts, alone).await?;
        let before = Before::of(&tx, sender, &requests).await?;
        let steps: Vec<i32> = told.iter().filter_map(Told::step).collect();
        let used = store::steps_used(&tx, whose.0, &steps).await?;
        Ok(Self { ctx, tx, whose, me, clock, now: ctx.now(), before, used, shifts: vec![], notes: vec![] })
    }

    async fn commit(self) -> Result<(), Fault> {
        trail::append(self.ctx, &self.tx, self.notes).await?;
        self.tx.commit().await?;
        self.ctx.committed.notify_one();
        Ok(())
    }

    /// Check-outs of earlier batches, whoever sent them, whose check-ins may be in this one.
    async fn homeless(&mut self) -> Result<Vec<Told>, Fault> {
        let rows = store::homeless(&self.tx, self.whose.0).await?;
        let rows = rows.into_iter().filter(|row| row.reasons.0.contains(&SyncReason::WithoutCheckIn));
        let told: Vec<Told> = rows.map(Told::kept).collect();
        // Their check-ins may have come in live, so that this batch does not name them.
        let mut named: HashMap<PersonId, Vec<Uuid>> = HashMap::new();
        for (sender, request) in told.iter().filter_map(Told::check_in_key) {
            if !self.before.led.contains_key(&(sender, request)) {
                named.entry(sender).or_default().push(request);
            }
        }
        for (sender, requests) in named {
            self.before.learn(&self.tx, sender, &requests).await?;
        }
        Ok(told)
    }

    async fn take(&mut self, told: &Told) -> Result<Outcome, Fault> {
        if !matches!(told.proof, Proof::Kept(_))
            && let Some(known) = self.before.of_told(self.whose, told)
        {
            return Ok(known);
        }
        let done = match (self.used_elsewhere(told), told.end) {
            (Some(used), _) => Err(Stop::Refused(used)),
            (None, AttendanceEnd::CheckIn) => self.check_in(told).await,
            (None, AttendanceEnd::CheckOut) => self.check_out(told).await,
        };
        let outcome = match done {
            Ok(outcome) | Err(Stop::Refused(outcome)) => outcome,
            Err(Stop::Fault(fault)) => return Err(fault),
        };
        if let (AttendanceEnd::CheckIn, Outcome::Refused(refused)) = (told.end, &outcome) {
            let there = matches!(refused, Refused::CheckIn(CheckInRefusal::AlreadyCheckedIn { .. }));
            self.before.led.insert(told.key(), Led::Refused { there });
        }
        Ok(if told.by_desk() { outcome.for_desk() } else { outcome })
    }

    /// A code is good for one end of one shift.
    fn used_elsewhere(&self, told: &Told) -> Option<Outcome> {
        let Proof::Desk(Seen { step: Some(step), .. }) = &told.proof else { return None };
        let elsewhere =
            |used: &&StepUsed| used.step == *step && (used.shift_id, used.end_kind) != (told.shift, told.end);
        let used = self.used.iter().find(elsewhere)?;
        Some(Outcome::unfound(told.end, FindRefusal::CodeUsed { used_at: When(used.used_at) }))
    }

    async fn look(&mut self, told: &Told) -> Result<Option<ToOpen>, Fault> {
        let ready = stay::look(&self.tx, self.whose, told.shift, told.at).await?;
        if ready.is_some() && !self.shifts.contains(&told.shift) {
            self.shifts.push(told.shift);
        }
        Ok(ready)
    }

    fn reasons(&self, told: &Told, policy: &policy::Model) -> Result<Vec<SyncReason>, Outcome> {
        if told.ahead > TimeDelta::seconds(policy.body.fix_max_ahead_s) {
            return Err(SyncRefusal::FromTheFuture { ahead_seconds: told.ahead.num_seconds() }.into());
        }
        let mut reasons = rules::reasons(told.at, self.clock, &policy.body, self.now);
        if matches!(&told.proof, Proof::Desk(seen) if seen.taken_back) {
            reasons.push(SyncReason::DeskTakenBack);
        }
        Ok(reasons)
    }

    async fn around(&self, told: &Told, policy: &policy::Model) -> Result<Vec<attendance::Model>, DbErr> {
        let near = TimeDelta::minutes(policy.body.offline.same_end_min);
        store::around(&self.tx, self.whose.0, told.at, near).await
    }

    async fn check_in(&mut self, told: &Told) -> Result<Outcome, Stop<Outcome>> {
        let ready = self.look(told).await.map_err(Stop::Fault)?;
        let ready = ready.ok_or(Outcome::from(CheckInRefusal::ShiftNotFound))?;
        let stays = self.around(told, &ready.policy).await.map_err(fault)?;
        let same = rules::same_arrival(&stays, (told.shift, told.at), told.by_desk(), &ready.policy.body).cloned();
        let mut judged = self.judge_check_in(told, ready, same.is_some())?;
        if let Some(same) = same {
            return self.arrive_again(told, judged, same).await.map_err(fault);
        }
        let open = judged.ready.facts.open(self.whose.0).zip(judged.ready.facts.open_since);
        let open_by_desk = judged.ready.facts.open_by.is_some();
        if let Some((open, since)) = &open
            && (open.shift_id == told.shift && *since <= told.at && open_by_desk != told.by_desk())
        {
            return Err(Outcome::from(CheckInRefusal::AlreadyCheckedIn { checked_in_at: When(*since) }).into());
        }
        if stays.iter().any(|stay| stay.checked_in_at <= told.at && stay.checked_out_at > Some(told.at)) {
            judged.reasons.push(SyncReason::Overlapping);
        }
        let walks_in = self.let_in(told, &mut judged).await?;
        if !judged.reasons.is_empty() {
            return self.keep(told, judged, None, None).await.map_err(Stop::Fault);
        }
        let (ctx, tx) = (self.ctx, &self.tx);
        let opened = match open {
            Some((_, since)) if since > told.at => {
                stay::open_unfinished(ctx, tx, judged.ready, judged.end).await.map_err(fault)?
            }
            open => {
                if let Some((open, _)) = open {
                    stay::forget(ctx, tx, &open).await.map_err(fault)?;
                }
                let opened = stay::open(ctx, tx, judged.ready, judged.end).await;
                opened.map_err(|stop| stop.map(Outcome::from))?
            }
        };
        self.written(told, &opened, walks_in).await.map_err(fault)?;
        Ok(Outcome::Accepted(Box::new(opened)))
    }

    /// By the rules of its time. Who is known to have been there needs no further seat and makes no further pair.
    fn judge_check_in(&self, told: &Told, ready: ToOpen, known_there: bool) -> Result<Judged, Stop<Outcome>> {
        let mut reasons = self.reasons(told, &ready.policy)?;
        let evidence = match &told.proof {
            Proof::Phone(sent, verdict) => sent.evidence(*verdict, ready.place()).map_err(Stop::Fault)?,
            Proof::Desk(_) => Evidence::Vouched(EvidenceGrade::Desk),
            Proof::Kept(_) => {
                return Err(fault(Fault::Internal("a check-in that waits is for a person alone to look at".into())));
            }
        };
        let mut case = ready.case(evidence);
        if known_there {
            case.sign_up = Some(SignUpState::Seated);
            case.pairs_today = 0;
        } else if told.by_desk() {
            // Whom the desk let in without a seat is seen to when all else is in order.
            case.sign_up = Some(SignUpState::Seated);
        } else if ready.facts.signed_up_at.is_some_and(|signed_up_at| signed_up_at > told.at) {
            // At that time they had no seat yet.
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
        Ok(Judged { end: end_of(told, grade, evidence), ready, grade, reasons })
    }

    /// Whoever a desk let in without their having signed up gets a seat, by the rules of signing up; true then. Where there is
    /// none, they were there all the same, and a person looks at it.
    async fn let_in(&self, told: &Told, judged: &mut Judged) -> Result<bool, Stop<Outcome>> {
        let Proof::Desk(seen) = &told.proof else { return Ok(false) };
        match judged.ready.facts.sign_up {
            Some(SignUpState::Seated) => return Ok(false),
            Some(SignUpState::Waiting) => {
                judged.reasons.push(SyncReason::WithoutSeat);
                return Ok(false);
            }
            _ => {}
        }
        let Some(me) = self.me.as_ref().filter(|_| judged.reasons.is_empty()) else { return Ok(false) };
        if !self.has_place(told.shift, seen).await.map_err(fault)? {
            judged.reasons.push(SyncReason::WithoutSeat);
            return Ok(false);
        }
        let taken = sign_up::enter(self.ctx, &self.tx, me, (told.shift, seen.post), told.at).await;
        let first = |whys: Vec<_>| whys.into_iter().next().map(DeskCheckInRefusal::from).map(Outcome::from);
        match taken {
            Ok(_) => Ok(true),
            Err(Stop::Refused(whys)) => Err(Stop::Refused(first(whys).unwrap_or(DeskCheckInRefusal::NoShift.into()))),
            Err(Stop::Fault(fault)) => Err(Stop::Fault(fault)),
        }
    }

    /// The shift's row is held, so what is counted here stays.
    async fn has_place(&self, shift: ShiftId, seen: &Seen) -> Result<bool, DbErr> {
        let room = activities::store::lock_shift(&self.tx, shift).await?;
        if room.is_none_or(|shift| shift.taken >= shift.capacity) {
            return Ok(false);
        }
        let Some(wanted) = seen.post else { return Ok(true) };
        let posts = activities::store::posts_of(&self.tx, shift).await?;
        Ok(posts.iter().find(|post| post.id == wanted).is_none_or(|post| post.taken < post.capacity))
    }

    /// The phone and the desk tell of one arrival: the first proof of it begins the stay.
    async fn arrive_again(&mut self, told: &Told, judged: Judged, same: attendance::Model) -> Result<Outcome, Fault> {
        let first = told.at < same.checked_in_at
            || (told.at == same.checked_in_at && told.by_desk() && same.check_in_by.is_none());
        let begun = attendance::Model { checked_in_at: told.at, ..same.clone() };
        let until = same.checked_out_at.unwrap_or(same.checked_in_at);
        let moves = first
            && judged.reasons.is_empty()
            && (told.at == same.checked_in_at || !store::overlapped(&self.tx, &begun, until).await?);
        let stay = self.amended(told, judged.end, same, moves).await?;
        self.written(told, &stay, false).await?;
        Ok(Outcome::Known(Some(Box::new(stay))))
    }

    /// With the end moved, unless the leader has settled it.
    async fn amended(
        &self,
        told: &Told,
        end: End,
        same: attendance::Model,
        moves: bool,
    ) -> Result<attendance::Model, DbErr> {
        if !moves || store::settled(&self.tx, same.id).await? {
            return Ok(same);
        }
        let which = Whereabouts::Stay(same.id);
        let Some(ready) = stay::look_at_stay(&self.tx, self.whose, which, told.at).await? else { return Ok(same) };
        Ok(stay::amend(self.ctx, &self.tx, ready, told.end, end).await?.unwrap_or(same))
    }

    async fn check_out(&mut self, told: &Told) -> Result<Outcome, Stop<Outcome>> {
        let judged = self.judge_check_out(told).await?;
        let led = told.check_in_key().and_then(|check_in| self.before.led.get(&check_in).cloned());
        let stay = match led {
            Some(Led::Stay(stay)) => Some(stay),
            Some(Led::Waits(check_in)) => return self.wait_with(told, judged, &check_in).await,
            Some(Led::Refused { there: false }) if !told.by_desk() => return Err(not_checked_in()),
            Some(Led::Refused { .. }) | None => {
                let by_others = told.check_in.is_some() && !told.by_desk();
                store::unfinished(&self.tx, (self.whose.0, told.shift), told.at, by_others).await.map_err(fault)?
            }
        };
        let ready = match stay {
            Some(stay) => {
                let which = Whereabouts::Stay(stay);
                let ready = stay::look_at_stay(&self.tx, self.whose, which, told.at).await.map_err(fault)?;
                Some(ready.ok_or_else(not_checked_in)?)
            }
            None => None,
        };
        match ready {
            Some(ready) if ready.facts.attendance.shift_id != told.shift => Err(not_checked_in()),
            Some(ready) if is_over(&ready) => {
                let stay = ready.facts.attendance.clone();
                let same = rules::is_same_departure(&stay, told.at, told.by_desk(), &ready.policy.body);
                if same { self.leave_again(told, judged, stay).await.map_err(fault) } else { Err(not_checked_in()) }
            }
            Some(ready) => self.leave(told, judged, ready).await,
            None => self.leave_unknown(told, judged).await,
        }
    }

    /// Closes the stay, or has a person look at it.
    async fn leave(&mut self, told: &Told, mut judged: Judged, ready: ToClose) -> Result<Outcome, Stop<Outcome>> {
        let open = ready.facts.attendance.clone();
        if store::settled(&self.tx, open.id).await.map_err(fault)? {
            return Err(Outcome::from(SyncRefusal::AlreadySettled).into());
        }
        not_before(told.at, open.checked_in_at).map_err(Outcome::from)?;
        if store::overlapped(&self.tx, &open, told.at).await.map_err(fault)? {
            judged.reasons.push(SyncReason::Overlapping);
        }
        if !judged.reasons.is_empty() {
            return self.keep(told, judged, None, Some(open.id)).await.map_err(Stop::Fault);
        }
        let team = ready.facts.team_id;
        let closed = stay::close(self.ctx, &self.tx, ready, judged.end).await.map_err(fault)?;
        if open.state == AttendanceState::Forgotten {
            let (of, kinds) = ((team, open.id), [ReviewKind::ForgottenCheckOut]);
            reviews::settle_of(self.ctx, &self.tx, of, &kinds, ReviewOutcome::Withdrawn, None).await.map_err(fault)?;
        }
        self.written(told, &closed, false).await.map_err(fault)?;
        Ok(Outcome::Accepted(Box::new(closed)))
    }

    /// The phone and the desk tell of one departure: the last proof of it ends the stay.
    async fn leave_again(&mut self, told: &Told, judged: Judged, same: attendance::Model) -> Result<Outcome, Fault> {
        let left_at = same.checked_out_at.unwrap_or(same.checked_in_at);
        let last = told.at > left_at || (told.at == left_at && told.by_desk() && same.check_out_by.is_none());
        let moves = last
            && judged.reasons.is_empty()
            && (told.at == left_at || !store::overlapped(&self.tx, &same, told.at).await?);
        let stay = self.amended(told, judged.end, same, moves).await?;
        self.written(told, &stay, false).await?;
        Ok(Outcome::Known(Some(Box::new(stay))))
    }

    /// No stay is known that it could end: it tells again how one ended, or waits for its check-in.
    async fn leave_unknown(&mut self, told: &Told, judged: Judged) -> Result<Outcome, Stop<Outcome>> {
        let policy = &judged.ready.policy;
        let stays = self.around(told, policy).await.map_err(fault)?;
        let same = |stay: &&attendance::Model| {
            stay.shift_id == told.shift && rules::is_same_departure(stay, told.at, told.by_desk(), &policy.body)
        };
        if let Some(same) = stays.iter().find(same).cloned() {
            return self.leave_again(told, judged, same).await.map_err(fault);
        }
        // Whom a desk lets out may have walked in, by a check-in that is still to come.
        if !told.by_desk() && judged.ready.facts.sign_up != Some(SignUpState::Seated) {
            return Err(not_checked_in());
        }
        self.keep_without_check_in(told, judged).await.map_err(Stop::Fault)
    }

    async fn judge_check_out(&mut self, told: &Told) -> Result<Judged, Stop<Outcome>> {
        let ready = self.look(told).await.map_err(Stop::Fault)?;
        let ready = ready.ok_or(Outcome::from(CheckOutRefusal::NotCheckedIn))?;
        let evidence = match &told.proof {
            Proof::Phone(sent, verdict) => sent.evidence(*verdict, ready.place()).map_err(Stop::Fault)?,
            Proof::Desk(_) => Evidence::Vouched(EvidenceGrade::Desk),
            Proof::Kept(row) => {
                let grade = row.grade.unwrap_or(EvidenceGrade::Claim);
                let (accuracy_m, distance_m) = (row.accuracy_m, row.distance_m);
                let end = End { grade, point: None, accuracy_m, distance_m, by: told.by() };
                let mut reasons = row.reasons.0.clone();
                reasons.retain(|reason| *reason != SyncReason::WithoutCheckIn);
                return Ok(Judged { ready, grade: row.grade, end, reasons });
            }
        };
        let mut reasons = self.reasons(told, &ready.policy)?;
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
        Ok(Judged { end: end_of(told, grade, evidence), ready, grade, reasons })
    }

    /// A check-out whose check-in waits for a person waits with it.
    async fn wait_with(
        &mut self,
        told: &Told,
        mut judged: Judged,
        check_in: &synced_end::Model,
    ) -> Result<Outcome, Stop<Outcome>> {
        if check_in.state == SyncedState::Refused || check_in.end_kind != AttendanceEnd::CheckIn {
            return Err(not_checked_in());
        }
        not_before(told.at, check_in.happened_at).map_err(Outcome::from)?;
        judged.reasons.push(SyncReason::CheckInWaits);
        self.keep(told, judged, check_in.review_item_id, None).await.map_err(Stop::Fault)
    }

    async fn keep_without_check_in(&mut self, told: &Told, mut judged: Judged) -> Result<Outcome, Fault> {
        judged.reasons.push(SyncReason::WithoutCheckIn);
        match &told.proof {
            Proof::Kept(_) => Ok(Outcome::Review(judged.reasons)),
            Proof::Phone(..) | Proof::Desk(_) => self.keep(told, judged, None, None).await,
        }
    }

    /// Writes down beside a stay what told of it: the request id has had its effect, or what waited counts; the desk that saw the
    /// volunteer has its entry, and the phone is held against others.
    async fn written(&mut self, told: &Told, stay: &attendance::Model, walk_in: bool) -> Result<(), Fault> {
        let (ctx, tx) = (self.ctx, &self.tx);
        flags::note(ctx, tx, stay, told.end, told.phone(ctx)).await?;
        match &told.proof {
            Proof::Phone(..) | Proof::Desk(_) => wishes::keep(tx, self.wish(told), stay.id, self.now).await?,
            Proof::Kept(row) => self.count(row, stay.id).await?,
        }
        if let Some((way, step)) = told.way() {
            if let Some(step) = step {
                self.use_up(told, step, stay.id).await?;
            }
            let entry = desk_entry::Model {
                id: DeskEntryId(ctx.new_id()),
                attendance_id: stay.id,
                volunteer_id: self.whose.0,
                end_kind: told.end,
                way,
                walk_in,
                moved_from: None,
                operator_id: told.teller,
                made_at: self.now,
                undone_at: None,
                undone_by: None,
                undo_reason: None,
            };
            store::enter(&self.tx, entry).await?;
        }
        if let Proof::Desk(_) = &told.proof {
            self.note(told, "Attendance", stay.id.0);
        }
        self.before.led.insert(told.key(), Led::Stay(stay.id));
        Ok(())
    }

    fn wish(&self, told: &Told) -> Wish {
        match &told.proof {
            Proof::Desk(seen) => desk_wish(self.ctx, told.key(), told.end, told.shift, &seen.who),
            Proof::Phone(..) | Proof::Kept(_) => phone_wish(told.key(), told.end, told.shift),
        }
    }

    async fn use_up(&mut self, told: &Told, step: i32, stay: AttendanceId) -> Result<(), DbErr> {
        let (volunteer_id, end_kind, used_at) = (self.whose.0, told.end, told.at);
        let row = code_use::Model {
            volunteer_id,
            step,
            attendance_id: stay,
            end_kind,
            used_by: told.teller,
            used_at: self.now,
        };
        crate::desk::store::use_up(&self.tx, row).await?;
        self.used.push(StepUsed { step, shift_id: told.shift, end_kind, used_at });
        Ok(())
    }

    /// Who did what to whom.
    fn note(&mut self, told: &Told, subject: &str, subject_id: Uuid) {
        self.notes.push(Note {
            action: format!("DESK_{}", told.end.as_str()),
            subject: subject.into(),
            subject_id,
            subject_person: Some(self.whose.1),
            ..Note::default()
        });
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
            Proof::Phone(..) | Proof::Desk(_) => None,
        };
        let mut row = synced_end::Model {
            id: kept.map_or_else(|| SyncedEndId(self.ctx.new_id()), |row| row.id),
            volunteer_id: self.whose.0,
            shift_id: told.shift,
            end_kind: told.end,
            person_id: told.teller,
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
            way: told.way().map(|(way, _)| way),
            step: told.step(),
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
            wishes::keep(&self.tx, self.wish(told), AttendanceId(row.id.0), self.now).await?;
            if let Some(step) = row.step {
                let (shift_id, end_kind, used_at) = (told.shift, told.end, told.at);
                self.used.push(StepUsed { step, shift_id, end_kind, used_at });
            }
            if let (Proof::Desk(_), Some(review)) = (&told.proof, row.review_item_id) {
                self.note(told, "ReviewItem", review.0);
            }
        }
        self.before.led.insert(told.key(), Led::Waits(Box::new(row)));
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

fn end_of(told: &Told, grade: Option<EvidenceGrade>, evidence: Evidence) -> End {
    let grade = grade.unwrap_or(EvidenceGrade::Claim);
    match &told.proof {
        Proof::Phone(sent, _) => End::proved(grade, sent, evidence),
        Proof::Desk(_) | Proof::Kept(_) => End::vouched(grade, told.teller),
    }
}

fn is_over(ready: &ToClose) -> bool {
    matches!(ready.facts.attendance.state, AttendanceState::Closed | AttendanceState::Undone)
}

fn not_checked_in() -> Stop<Outcome> {
    Stop::Refused(CheckOutRefusal::NotCheckedIn.into())
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
