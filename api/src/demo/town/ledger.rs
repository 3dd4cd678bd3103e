//! What the stays came to: records, the ledger's entries and their sums, as the live service writes them.

use std::collections::BTreeMap;

use boai_entity::{
    Instant,
    ids::{LedgerEntryId, ServiceRecordId},
    kinds::{ActivityKind, Book, EntryKind, RecordState, TotalDimension, VolunteerState},
    ledger_entry, service_record, volunteer_total,
};
use chrono::TimeDelta;

use super::{
    activities::Activity,
    chance::Chance,
    history::{FIRST_PENDING_DAY, POLICY, Stay},
    people::{People, Volunteer},
};
use crate::{
    hours::rules::{GENESIS, Span, creditable, entry_hash, service_minutes, to_spans, year_key},
    platform::civil::{civil_day, day_bounds},
};

/// The policy's.
const MINIMUM_MIN: i64 = 15;
/// Within a calendar year; then an enrolled volunteer may apply to become registered.
const MINUTES_TO_REGISTER: i32 = 20 * 60;

#[derive(Default)]
pub struct Ledger {
    pub records: Vec<service_record::Model>,
    pub entries: Vec<ledger_entry::Model>,
    pub totals: Vec<volunteer_total::Model>,
}

impl Ledger {
    /// Also registers those who have the hours.
    pub fn new(chance: &Chance, people: &mut People, activities: &[Activity], stays: &[Stay]) -> Self {
        let mut ledger = Self::default();
        let mut chains = vec![Vec::new(); people.volunteers.len()];
        let mut confirmations = BTreeMap::new();
        for stay in stays.iter().filter(|stay| activities[stay.seat.activity].row.kind == ActivityKind::Service) {
            let seat = stay.seat;
            let day = activities[seat.activity].shifts[seat.shift].day;
            // A leader confirms a shift at once, on an evening of the four after it.
            let confirmed_at = *confirmations.entry((seat.activity, seat.shift)).or_insert_with(|| {
                let evening = || chance.at(day + chance.between(1, 4), chance.between(18 * 60, 22 * 60));
                (day < FIRST_PENDING_DAY).then(evening)
            });
            let volunteer = &people.volunteers[seat.volunteer];
            ledger.record(
                chance,
                &activities[seat.activity],
                stay,
                volunteer,
                confirmed_at,
                &mut chains[seat.volunteer],
            );
        }
        for (chain, volunteer) in chains.into_iter().zip(&mut people.volunteers) {
            ledger.seal(chance, chain, volunteer);
        }
        ledger
    }

    /// A record, the entry of its check-out and, if it was confirmed, that of the confirmation.
    fn record(
        &mut self,
        chance: &Chance,
        activity: &Activity,
        stay: &Stay,
        volunteer: &Volunteer,
        confirmed_at: Option<Instant>,
        chain: &mut Vec<(ledger_entry::Model, usize)>,
    ) {
        let (attendance, shift) = (&stay.row, &activity.shifts[stay.seat.shift].row);
        let checked_out_at = attendance.checked_out_at.unwrap_or(attendance.checked_in_at);
        let stayed = Span { from: attendance.checked_in_at, to: checked_out_at };
        let credited = creditable(stayed, Span { from: shift.starts_at, to: shift.ends_at }, &[]);
        let (Some(first), Some(last)) = (credited.first(), credited.last()) else { return };
        let minutes = i32::try_from(service_minutes(&credited, MINIMUM_MIN)).unwrap_or(i32::MAX);
        let leader = activity.row.person_in_charge;
        let record = service_record::Model {
            id: ServiceRecordId(chance.id(checked_out_at)),
            attendance_id: attendance.id,
            volunteer_id: attendance.volunteer_id,
            shift_id: shift.id,
            activity_id: activity.row.id,
            team_id: activity.row.team_id,
            category: activity.row.category,
            service_date: civil_day(first.from),
            served_from: first.from,
            served_to: last.to,
            minutes,
            state: if confirmed_at.is_some() { RecordState::Confirmed } else { RecordState::Pending },
            book: Book::SystemProved,
            reason: None,
            recorded_at: checked_out_at,
            confirmed_at,
            confirmed_by: confirmed_at.map(|_| leader),
            awaits: None,
            notice_until: confirmed_at.map(|at| day_bounds(civil_day(at) + TimeDelta::days(3)).1),
        };
        let served = ledger_entry::Model {
            id: LedgerEntryId(chance.id(checked_out_at)),
            volunteer_id: record.volunteer_id,
            seq: 0,
            kind: EntryKind::Served,
            record_id: record.id,
            corrects: None,
            book: record.book,
            pending_minutes: minutes,
            confirmed_minutes: 0,
            spans: to_spans(&credited),
            policy_id: POLICY,
            recorded_by: volunteer.row.person_id,
            recorded_at: checked_out_at,
            reason: None,
            previous_hash: String::new(),
            hash: String::new(),
        };
        let confirmed = confirmed_at.map(|recorded_at| ledger_entry::Model {
            id: LedgerEntryId(chance.id(recorded_at)),
            kind: EntryKind::Confirmed,
            corrects: Some(served.id),
            pending_minutes: -minutes,
            confirmed_minutes: minutes,
            recorded_by: leader,
            recorded_at,
            ..served.clone()
        });
        let place = self.records.len();
        self.records.push(record);
        chain.push((served, place));
        chain.extend(confirmed.map(|entry| (entry, place)));
    }

    /// Puts a volunteer's entries in the order they were written in, chains them and sums them up.
    fn seal(&mut self, chance: &Chance, mut chain: Vec<(ledger_entry::Model, usize)>, volunteer: &mut Volunteer) {
        chain.sort_by_key(|(entry, _)| (entry.recorded_at, entry.id));
        let mut sums = BTreeMap::<_, (i32, i32)>::new();
        let mut previous_hash = GENESIS.to_owned();
        for (seq, (mut entry, record)) in (1..).zip(chain) {
            entry.seq = seq;
            entry.previous_hash = previous_hash;
            entry.hash = entry_hash(&entry);
            previous_hash = entry.hash.clone();

            let record = &self.records[record];
            for key in total_keys(record) {
                let sum = sums.entry(key).or_default();
                sum.0 += entry.pending_minutes;
                sum.1 += entry.confirmed_minutes;
            }
            let in_year = sums[&(TotalDimension::Year, year_key(record.served_from))].1;
            let approved_at = entry.recorded_at + TimeDelta::minutes(chance.between(14 * 60, 4 * 24 * 60));
            if volunteer.row.registered_at.is_none() && in_year >= MINUTES_TO_REGISTER && approved_at < chance.midnight
            {
                volunteer.row.registered_at = Some(approved_at);
                volunteer.row.state = VolunteerState::Registered;
            }
            self.entries.push(entry);
        }
        let volunteer_id = volunteer.row.id;
        self.totals.extend(sums.into_iter().map(|((dimension, key), (pending_minutes, confirmed_minutes))| {
            volunteer_total::Model { volunteer_id, dimension, key, pending_minutes, confirmed_minutes }
        }));
    }
}

/// The sums that an entry of this record counts into.
fn total_keys(record: &service_record::Model) -> [(TotalDimension, String); 5] {
    [
        (TotalDimension::All, String::new()),
        (TotalDimension::Year, year_key(record.served_from)),
        (TotalDimension::Category, record.category.as_str()),
        (TotalDimension::Team, record.team_id.to_string()),
        (TotalDimension::Book, record.book.as_str()),
    ]
}
