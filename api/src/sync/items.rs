//! The items of a batch: as they come, with the right times, and what becomes of each.

use std::collections::HashMap;

use boai_entity::{
    Instant, attendance,
    desk_entry::{self, DeskWay},
    ids::{ActivityId, PersonId, PostId, SessionId, ShiftId, VolunteerId},
    kinds::AttendanceEnd,
    sync_kinds::SyncReason,
    synced_end,
};
use chrono::{Datelike, TimeDelta};
use uuid::Uuid;

use super::rules::{PhoneClock, SyncRefusal};
use crate::{
    attendance::{
        flags::Phone,
        rules::{CheckInRefusal, CheckOutRefusal, CodeVerdict},
        stay::{Fix, Sent},
    },
    ctx::Ctx,
    desk::{
        find::Who,
        rules::{DeskCheckInRefusal, DeskCheckOutRefusal, FindRefusal},
        store::Line,
    },
};

/// A check-in or check-out as it is told, its times by the clock of the phone or desk.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub request_id: Uuid,
    pub end: AttendanceEnd,
    pub shift: ShiftId,
    pub device_time: Instant,
    pub by: By,
    /// Of a check-out: the request id of the check-in that it ends.
    pub check_in: Option<Uuid>,
}

impl Item {
    /// The end of which a desk tells.
    pub fn at_desk(&self) -> Option<AttendanceEnd> {
        matches!(self.by, By::Desk(..)).then_some(self.end)
    }
}

/// Who tells of it.
#[derive(Clone, Debug, PartialEq)]
pub enum By {
    /// The volunteer's own phone.
    Phone(Sent),
    /// A desk, with whoever stood there; the post is for whoever had not signed up.
    Desk(Who, Option<PostId>),
}

/// An item as it came.
#[derive(Clone, Debug)]
pub enum Given {
    Item(Item),
    /// This field of it cannot be read.
    Unreadable {
        end: AttendanceEnd,
        field: String,
        by_desk: bool,
    },
}

/// What became of an item.
#[derive(Clone, Debug)]
pub enum Outcome {
    Accepted(Box<attendance::Model>),
    /// It came before; without a stay it waits for a person, or was refused by one.
    Known(Option<Box<attendance::Model>>),
    Review(Vec<SyncReason>),
    Refused(Refused),
}

#[derive(Clone, Debug)]
pub enum Refused {
    Item(SyncRefusal),
    CheckIn(CheckInRefusal),
    CheckOut(CheckOutRefusal),
    DeskCheckIn(DeskCheckInRefusal),
    DeskCheckOut(DeskCheckOutRefusal),
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

refused!(
    Item(SyncRefusal),
    CheckIn(CheckInRefusal),
    CheckOut(CheckOutRefusal),
    DeskCheckIn(DeskCheckInRefusal),
    DeskCheckOut(DeskCheckOutRefusal)
);

impl Outcome {
    /// What keeps a desk from knowing whom it had before it.
    pub fn unfound(end: AttendanceEnd, why: FindRefusal) -> Self {
        match end {
            AttendanceEnd::CheckIn => DeskCheckInRefusal::from(why).into(),
            AttendanceEnd::CheckOut => DeskCheckOutRefusal::from(why).into(),
        }
    }

    /// In words for the operator.
    pub fn for_desk(self) -> Self {
        match self {
            Self::Refused(Refused::CheckIn(why)) => DeskCheckInRefusal::from(why).into(),
            Self::Refused(Refused::CheckOut(why)) => DeskCheckOutRefusal::from(why).into(),
            other => other,
        }
    }

    pub fn stay(&self) -> Option<&attendance::Model> {
        match self {
            Self::Accepted(stay) | Self::Known(Some(stay)) => Some(stay),
            Self::Known(None) | Self::Review(_) | Self::Refused(_) => None,
        }
    }

    /// What whoever sends the same again is told.
    fn again(&self) -> Self {
        match self {
            Self::Accepted(stay) => Self::Known(Some(stay.clone())),
            Self::Review(_) => Self::Known(None),
            other => other.clone(),
        }
    }
}

/// What an item is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub outcome: Outcome,
    /// The end of which a desk told; none of the sender's own.
    pub at_desk: Option<AttendanceEnd>,
    /// Of whoever stood at the desk, not masked yet.
    pub name: Option<String>,
    /// What the desk entered.
    pub entry: Option<desk_entry::Model>,
    /// Several people whom a desk may have meant.
    pub candidates: Vec<Line>,
}

impl Answer {
    pub fn new(outcome: Outcome, at_desk: Option<AttendanceEnd>) -> Self {
        Self { outcome, at_desk, name: None, entry: None, candidates: Vec::new() }
    }
}

/// An item with the right times, not looked at yet.
#[derive(Clone, Debug)]
pub struct Slip {
    /// Its place in the batch.
    pub place: usize,
    pub item: Item,
    /// Not in the future.
    pub at: Instant,
    /// By how much it was.
    pub ahead: TimeDelta,
}

/// A batch as it lies there: each item answered, or a slip that is to be looked at.
pub struct Sheet {
    pub answers: Vec<Option<Answer>>,
    /// What cannot be read of the sender's own, and so of which nothing else is known.
    pub unread: Vec<(AttendanceEnd, SyncRefusal)>,
    /// Of items that say again what an earlier one says: theirs and its place.
    repeats: Vec<(usize, usize)>,
}

impl Sheet {
    /// Sorts out what cannot be read and what is there twice.
    pub fn read(given: Vec<Given>, clock: PhoneClock, now: Instant) -> (Self, Vec<Slip>) {
        let mut sheet = Self { answers: given.iter().map(|_| None).collect(), unread: vec![], repeats: vec![] };
        let mut slips = Vec::new();
        let mut first: HashMap<Uuid, (usize, Item)> = HashMap::new();
        for (place, given) in given.into_iter().enumerate() {
            let (end, by_desk, refusal) = match given {
                Given::Unreadable { end, field, by_desk } => (end, by_desk, SyncRefusal::Malformed { field }),
                Given::Item(item) => match (first.get(&item.request_id), right(place, &item, clock, now)) {
                    (Some((earlier, same)), _) if *same == item => {
                        sheet.repeats.push((place, *earlier));
                        continue;
                    }
                    (Some(_), _) => (item.end, item.at_desk().is_some(), SyncRefusal::RequestIdReused),
                    (None, None) => {
                        (item.end, item.at_desk().is_some(), SyncRefusal::Malformed { field: "deviceTime".into() })
                    }
                    (None, Some(slip)) => {
                        first.insert(item.request_id, (place, item));
                        slips.push(slip);
                        continue;
                    }
                },
            };
            if !by_desk {
                sheet.unread.push((end, refusal.clone()));
            }
            sheet.answers[place] = Some(Answer::new(refusal.into(), by_desk.then_some(end)));
        }
        (sheet, slips)
    }

    /// One for each item, in the order given; none where nobody looked at one.
    pub fn answered(mut self) -> Option<Vec<Answer>> {
        for (place, earlier) in self.repeats {
            self.answers[place] = self.answers[earlier].clone();
            if let Some(answer) = &mut self.answers[place] {
                answer.outcome = answer.outcome.again();
            }
        }
        self.answers.into_iter().collect()
    }
}

/// With the right times; none for what lies outside of time.
fn right(place: usize, item: &Item, clock: PhoneClock, now: Instant) -> Option<Slip> {
    let right = |shown| clock.right(shown).filter(|at| (1900..=2999).contains(&at.year()));
    let at = right(item.device_time)?;
    let mut item = item.clone();
    if let By::Phone(Sent::Fix(fix)) = &mut item.by {
        fix.fixed_at = right(fix.fixed_at)?;
    }
    Some(Slip { place, item, at: at.min(now), ahead: at - now })
}

/// An end of a stay of a volunteer who is known, told with the right time.
pub struct Told {
    /// In the batch; none for what came with an earlier one.
    pub place: Option<usize>,
    /// Who sent it.
    pub teller: PersonId,
    pub request_id: Uuid,
    pub end: AttendanceEnd,
    pub shift: ShiftId,
    /// Not in the future.
    pub at: Instant,
    /// By how much it was.
    pub ahead: TimeDelta,
    pub check_in: Option<Uuid>,
    pub proof: Proof,
}

pub enum Proof {
    Phone(Sent, CodeVerdict),
    Desk(Seen),
    /// It came in with an earlier batch.
    Kept(Box<synced_end::Model>),
}

/// What a desk tells of whoever stood there.
pub struct Seen {
    pub who: Who,
    pub post: Option<PostId>,
    pub activity: ActivityId,
    /// Of the code that was scanned, with the phone that showed it.
    pub step: Option<i32>,
    pub session: Option<SessionId>,
    /// The desk was taken back from the operator since.
    pub taken_back: bool,
}

impl Told {
    pub fn of(slip: Slip, teller: PersonId, proof: Proof) -> Self {
        let Slip { place, item, at, ahead } = slip;
        let Item { request_id, end, shift, check_in, .. } = item;
        Self { place: Some(place), teller, request_id, end, shift, at, ahead, check_in, proof }
    }

    pub fn kept(row: synced_end::Model) -> Self {
        Self {
            place: None,
            teller: row.person_id,
            request_id: row.request_id,
            end: row.end_kind,
            shift: row.shift_id,
            at: row.happened_at,
            ahead: TimeDelta::zero(),
            check_in: row.check_in_request_id,
            proof: Proof::Kept(Box::new(row)),
        }
    }

    pub fn fix(&self) -> Option<Fix> {
        match &self.proof {
            Proof::Phone(sent, _) => sent.fix(),
            Proof::Desk(_) | Proof::Kept(_) => None,
        }
    }

    /// The volunteer's own.
    pub fn phone(&self, ctx: &Ctx) -> Phone {
        match &self.proof {
            Proof::Phone(sent, _) => sent.phone(ctx),
            Proof::Desk(seen) => Phone::scanned(seen.session),
            Proof::Kept(row) => Phone { session: row.session_id, mocked: row.mocked },
        }
    }

    /// Whether a desk tells of it, and not the volunteer's own phone.
    pub fn by_desk(&self) -> bool {
        match &self.proof {
            Proof::Phone(..) => false,
            Proof::Desk(_) => true,
            Proof::Kept(row) => row.way.is_some(),
        }
    }

    /// How the desk knew the volunteer, and the time of the code that it scanned.
    pub fn way(&self) -> Option<(DeskWay, Option<i32>)> {
        match &self.proof {
            Proof::Phone(..) => None,
            Proof::Desk(seen) => Some((seen.who.way(), seen.step)),
            Proof::Kept(row) => row.way.map(|way| (way, row.step)),
        }
    }

    /// Of the code that a desk scanned.
    pub fn step(&self) -> Option<i32> {
        self.way().and_then(|(_, step)| step)
    }

    /// Who recorded it, when it was not the volunteer.
    pub fn by(&self) -> Option<PersonId> {
        self.by_desk().then_some(self.teller)
    }

    /// What names it among all that is told.
    pub fn key(&self) -> (PersonId, Uuid) {
        (self.teller, self.request_id)
    }

    /// What names the check-in that it ends, if it says so.
    pub fn check_in_key(&self) -> Option<(PersonId, Uuid)> {
        self.check_in.map(|request| (self.teller, request))
    }
}

/// Whose stay it is.
pub type Whose = (VolunteerId, PersonId);
