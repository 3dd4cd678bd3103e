//! A batch of what a phone or a desk did without a network.

use std::collections::BTreeMap;

use boai_entity::{
    Instant, desk_entry,
    ids::{ActivityId, AttendanceId, PersonId, RefusedScanId, ShiftId, VolunteerId},
    kinds::AttendanceEnd,
    refused_scan,
};
use uuid::Uuid;

use super::{
    batch::{self, Before, Done},
    items::{Answer, By, Given, Outcome, Proof, Refused, Sheet, Slip, Told, Whose},
    people::{Finder, Looked, Unfound},
    rules::PhoneClock,
    store,
};
use crate::{
    attendance::{
        attempts::{self, Tried},
        codes,
        rules::{CheckInRefusal, CheckOutRefusal},
    },
    ctx::Ctx,
    desk::{find::Found, find::Who, store::keep_refused},
    platform::{errors::Fault, lang::Lang, refusal::Refusal},
};

/// What became of a batch.
pub struct Synced {
    pub clock: PhoneClock,
    /// One for each item, in the order given.
    pub answers: Vec<Answer>,
}

/// Brings in what a phone or a desk did without a network. Each item is judged by itself, for the time when it happened; a
/// volunteer's are worked off together, one volunteer's after another's, so that no two batches wait for each other.
pub async fn sync(ctx: &Ctx, sent_at: Instant, given: Vec<Given>) -> Result<Synced, Fault> {
    let sender = ctx.actor()?.person;
    let clock = PhoneClock::measured(sent_at, ctx.now());
    let (mut sheet, slips) = Sheet::read(given, clock, ctx.now());
    let mut tries = Tries::of_unread(ctx, sender, &sheet);
    let mut people = People::begin(ctx, sender, &slips)?;
    for slip in answer_known(ctx, sender, &mut sheet, slips).await? {
        match people.finder.look(slip).await? {
            Looked::Found(whose, told, found) => people.add(whose, *told, found),
            Looked::Unfound(unfound) => {
                tries.note_unfound(&unfound);
                sheet.answers[unfound.slip.place] = Some(unfound.answer);
            }
        }
    }
    for (whose, told) in people.in_order() {
        for done in batch::work_off(ctx, whose, sender, clock, told).await? {
            tries.note(whose, &done);
            if let Some(place) = done.told.place {
                let name = people.names.remove(&place);
                sheet.answers[place] =
                    Some(Answer { name, ..Answer::new(done.outcome, done.told.by_desk().then_some(done.told.end)) });
            }
        }
    }
    tries.keep(ctx).await?;
    let mut answers = sheet.answered().ok_or_else(|| Fault::Internal("an item was left out".into()))?;
    show_to_desk(ctx, &mut answers).await?;
    Ok(Synced { clock, answers })
}

/// Answers what came before, so that nothing of it counts on any limit; gives back what is new.
async fn answer_known(ctx: &Ctx, sender: PersonId, sheet: &mut Sheet, slips: Vec<Slip>) -> Result<Vec<Slip>, Fault> {
    let requests: Vec<Uuid> = slips.iter().map(|slip| slip.item.request_id).collect();
    let before = Before::of(&ctx.db.conn, sender, &requests).await?;
    let mut new = Vec::new();
    for slip in slips {
        match before.of_slip(ctx, sender, &slip) {
            Some(known) => sheet.answers[slip.place] = Some(Answer::new(known, slip.item.at_desk())),
            None => new.push(slip),
        }
    }
    Ok(new)
}

/// What is told, by volunteer.
struct People<'c> {
    finder: Finder<'c>,
    told: BTreeMap<VolunteerId, (PersonId, Vec<Told>)>,
    /// Of those whom a desk told of, by the place of the item.
    names: BTreeMap<usize, String>,
}

impl<'c> People<'c> {
    /// With the sender, who may have a check-out waiting from before, if anything is told of them at all.
    fn begin(ctx: &'c Ctx, sender: PersonId, slips: &[Slip]) -> Result<Self, Fault> {
        let mut told = BTreeMap::new();
        if slips.iter().any(|slip| matches!(slip.item.by, By::Phone(_))) {
            told.insert(ctx.volunteer()?, (sender, Vec::new()));
        }
        Ok(Self { finder: Finder::new(ctx, sender), told, names: BTreeMap::new() })
    }

    /// Whoever came first gets the last seat.
    fn in_order(&mut self) -> Vec<(Whose, Vec<Told>)> {
        let told = std::mem::take(&mut self.told).into_iter();
        let mut told: Vec<_> = told.map(|(volunteer, (person, told))| ((volunteer, person), told)).collect();
        told.sort_by_key(|(_, told)| told.iter().map(|end| end.at).min());
        told
    }

    fn add(&mut self, (volunteer, person): Whose, told: Told, found: Option<Found>) {
        if let (Some(place), Some(found)) = (told.place, found) {
            self.names.insert(place, found.name);
        }
        self.told.entry(volunteer).or_insert_with(|| (person, Vec::new())).1.push(told);
    }
}

/// What was refused: kept each time that it is sent, so that whoever it is about can show that they were there.
struct Tries {
    own: Vec<(Tried, Refused)>,
    desk: Vec<(AtDesk, Refused)>,
    /// Shifts whose sites' codes were wrong.
    wrong: Vec<ShiftId>,
}

/// A try at a desk of the sender's.
struct AtDesk {
    activity: ActivityId,
    volunteer: Option<VolunteerId>,
    end: AttendanceEnd,
    who: Who,
    at: Instant,
}

impl Tries {
    fn of_unread(ctx: &Ctx, sender: PersonId, sheet: &Sheet) -> Self {
        let volunteer = ctx.actor.as_ref().and_then(|actor| actor.volunteer);
        let own = sheet.unread.iter().filter_map(|(end, why)| {
            let (person, at) = (sender, ctx.now());
            let nowhere = Tried { volunteer: volunteer?, person, shift: None, what: (*end).into(), at, fix: None };
            Some((nowhere, Refused::Item(why.clone())))
        });
        Self { own: own.collect(), desk: Vec::new(), wrong: Vec::new() }
    }

    /// Of a desk of the sender's.
    fn note_unfound(&mut self, unfound: &Unfound) {
        let Unfound { slip, answer, at: Some((place, volunteer)) } = unfound else { return };
        let (By::Desk(who, _), Outcome::Refused(why)) = (&slip.item.by, &answer.outcome) else { return };
        let (activity, volunteer, end) = (place.activity_id, *volunteer, slip.item.end);
        self.desk.push((AtDesk { activity, volunteer, end, who: who.clone(), at: slip.at }, why.clone()));
    }

    fn note(&mut self, (volunteer, person): Whose, done: &Done) {
        let (told, Outcome::Refused(why)) = (&done.told, &done.outcome) else { return };
        if matches!(why, Refused::CheckIn(CheckInRefusal::CodeWrong) | Refused::CheckOut(CheckOutRefusal::CodeWrong)) {
            self.wrong.push(told.shift);
        }
        if let Proof::Desk(seen) = &told.proof {
            let (activity, who) = (seen.activity, seen.who.clone());
            let at_desk = AtDesk { activity, volunteer: Some(volunteer), end: told.end, who, at: told.at };
            self.desk.push((at_desk, why.clone()));
        } else if !told.by_desk() {
            let shift = done.at_a_shift.then_some(told.shift);
            let tried = Tried { volunteer, person, shift, what: told.end.into(), at: told.at, fix: told.fix() };
            self.own.push((tried, why.clone()));
        }
    }

    async fn keep(self, ctx: &Ctx) -> Result<(), Fault> {
        let operator = ctx.actor()?.person;
        let tx = ctx.db.begin().await?;
        for (tried, why) in self.own {
            match &why {
                Refused::Item(why) => attempts::keep(ctx, &tx, tried, why).await?,
                Refused::CheckIn(why) => attempts::keep(ctx, &tx, tried, why).await?,
                Refused::CheckOut(why) => attempts::keep(ctx, &tx, tried, why).await?,
                Refused::DeskCheckIn(_) | Refused::DeskCheckOut(_) => {}
            }
        }
        for (at_desk, why) in self.desk {
            let (refusal, message_zh, message_en) = match &why {
                Refused::Item(why) => said(why),
                Refused::CheckIn(why) => said(why),
                Refused::CheckOut(why) => said(why),
                Refused::DeskCheckIn(why) => said(why),
                Refused::DeskCheckOut(why) => said(why),
            };
            let row = refused_scan::Model {
                id: RefusedScanId(ctx.new_id()),
                activity_id: Some(at_desk.activity),
                facility_id: None,
                volunteer_id: at_desk.volunteer,
                end_kind: at_desk.end,
                way: at_desk.who.way(),
                operator_id: operator,
                tried_at: at_desk.at,
                refusal,
                message_zh,
                message_en,
            };
            keep_refused(&tx, row).await?;
        }
        tx.commit().await?;
        for shift in self.wrong {
            codes::count_wrong(ctx, shift).await;
        }
        Ok(())
    }
}

fn said<R: Refusal<Code: std::fmt::Debug>>(why: &R) -> (String, String, String) {
    (format!("{:?}", why.code()), why.message(Lang::Zh), why.message(Lang::En))
}

/// Puts beside a desk's answers what the desk may undo, and the names of those of whom it told before.
async fn show_to_desk(ctx: &Ctx, answers: &mut [Answer]) -> Result<(), Fault> {
    let of_desk = answers.iter().filter(|answer| answer.at_desk.is_some());
    let stays: Vec<_> = of_desk.filter_map(|answer| answer.outcome.stay().cloned()).collect();
    if stays.is_empty() {
        return Ok(());
    }
    let ids: Vec<AttendanceId> = stays.iter().map(|stay| stay.id).collect();
    let whose: Vec<VolunteerId> = stays.iter().map(|stay| stay.volunteer_id).collect();
    let entries = store::entries(&ctx.db.conn, &ids).await?;
    let people = store::volunteers(&ctx.db.conn, &whose).await?;
    for answer in answers.iter_mut().filter(|answer| answer.at_desk.is_some()) {
        let Some(stay) = answer.outcome.stay() else { continue };
        let mine =
            |entry: &&desk_entry::Model| (entry.attendance_id, Some(entry.end_kind)) == (stay.id, answer.at_desk);
        let whose = people.iter().find(|person| person.id == stay.volunteer_id);
        let (entry, name) = (entries.iter().find(mine).cloned(), whose.map(|person| person.name.clone()));
        answer.entry = entry;
        answer.name = name;
    }
    Ok(())
}
