//! `boai audit`: checks every hash chain, rebuilds every record's minutes and every total from the ledger, and compares.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use boai_entity::{
    ids::VolunteerId,
    kinds::{EntryKind, RecordState, TotalDimension},
    ledger_entry, service_record, volunteer_total,
};
use sea_orm::DbErr;

use super::{
    ledger::total_moves,
    rules::{balance, check_chain, from_spans, whole_minutes},
    store,
};
use crate::platform::db::Db;

/// Volunteers looked at in one go: bounds memory, not correctness.
const BATCH: u64 = 500;

/// What the audit looked at and what it found wrong.
#[derive(Debug, Default)]
pub struct Report {
    pub volunteers: u64,
    pub entries: u64,
    pub confirmed_minutes: i64,
    pub pending_minutes: i64,
    pub faults: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} volunteers, {} ledger entries, {} minutes confirmed, {} minutes pending",
            self.volunteers, self.entries, self.confirmed_minutes, self.pending_minutes
        )?;
        for fault in &self.faults {
            writeln!(f, "FAULT {fault}")?;
        }
        match self.faults.len() {
            0 => write!(f, "chains hold, records and totals agree with the ledger"),
            faults => write!(
                f,
                "{faults} faults: the database was changed behind the product's back, or the product is wrong"
            ),
        }
    }
}

/// Goes over the whole ledger, a batch of volunteers at a time, each at one moment: a server that goes on writing must not
/// look like a forger.
pub async fn audit(db: &Db, mut progress: impl FnMut(u64)) -> Result<Report, DbErr> {
    let mut report = Report::default();
    let mut after = None;
    loop {
        let tx = db.snapshot().await?;
        let volunteers = store::volunteers_after(&tx, after, BATCH).await?;
        let Some(last) = volunteers.last().copied() else { return Ok(report) };
        let mut entries = by_volunteer(store::entries_of(&tx, &volunteers).await?, |entry| entry.volunteer_id);
        let mut records = by_volunteer(store::records_of(&tx, &volunteers).await?, |record| record.volunteer_id);
        let mut totals = by_volunteer(store::totals_of(&tx, &volunteers).await?, |total| total.volunteer_id);
        for volunteer in volunteers {
            let of = (
                entries.remove(&volunteer).unwrap_or_default(),
                records.remove(&volunteer).unwrap_or_default(),
                totals.remove(&volunteer).unwrap_or_default(),
            );
            check_volunteer(&mut report, volunteer, &of.0, &of.1, &of.2);
        }
        progress(report.volunteers);
        after = Some(last);
    }
}

fn by_volunteer<T>(rows: Vec<T>, key: impl Fn(&T) -> VolunteerId) -> BTreeMap<VolunteerId, Vec<T>> {
    rows.into_iter().fold(BTreeMap::new(), |mut map, row| {
        map.entry(key(&row)).or_insert_with(Vec::new).push(row);
        map
    })
}

fn check_volunteer(
    report: &mut Report,
    volunteer: VolunteerId,
    entries: &[ledger_entry::Model],
    records: &[service_record::Model],
    totals: &[volunteer_total::Model],
) {
    let sum = balance(entries);
    report.volunteers += 1;
    report.entries += entries.len() as u64;
    report.confirmed_minutes += sum.confirmed;
    report.pending_minutes += sum.pending;
    let mut fault = |what: String| report.faults.push(format!("volunteer {volunteer}: {what}"));
    if let Err(broken) = check_chain(entries) {
        let place = entries.iter().zip(1..).find(|(_, place)| *place == broken.seq());
        let there =
            place.map_or_else(String::new, |(entry, _)| format!(" (there: {}, number {})", entry.id, entry.seq));
        fault(format!("chain: {broken}{there}"));
    }
    for double in credited_twice(entries) {
        fault(double);
    }
    for record in records {
        let own: Vec<_> = entries.iter().filter(|entry| entry.record_id == record.id).cloned().collect();
        let sum = balance(&own);
        let (pending, confirmed) = match record.state {
            RecordState::Pending => (record.minutes.into(), 0),
            RecordState::Confirmed => (0, record.minutes.into()),
            RecordState::Rejected | RecordState::Undone => (0, 0),
        };
        if (sum.pending, sum.confirmed) != (pending, confirmed) {
            fault(format!(
                "record {}: says {pending} pending and {confirmed} confirmed minutes, the ledger {} and {}",
                record.id, sum.pending, sum.confirmed
            ));
        }
    }
    for (key, (rebuilt, kept)) in compared(entries, records, totals) {
        if rebuilt != kept {
            fault(format!(
                "total {} {}: says {} pending and {} confirmed minutes, the ledger {} and {}",
                key.0.as_str(),
                key.1,
                kept.0,
                kept.1,
                rebuilt.0,
                rebuilt.1
            ));
        }
    }
}

/// Minutes that stand twice, or that no stretch of time stands for.
fn credited_twice(entries: &[ledger_entry::Model]) -> Vec<String> {
    let named: HashSet<_> = entries.iter().filter_map(|entry| entry.corrects).collect();
    let standing: Vec<_> =
        entries.iter().filter(|entry| entry.kind != EntryKind::Reversal && !named.contains(&entry.id)).collect();
    let mut faults = Vec::new();
    for entry in &standing {
        // A confirmation takes from what is pending what it adds to what is confirmed.
        let minutes = match entry.kind {
            EntryKind::Confirmed => i64::from(entry.confirmed_minutes),
            _ => i64::from(entry.pending_minutes),
        };
        let spans = from_spans(&entry.spans);
        if minutes != whole_minutes(&spans) {
            faults.push(format!(
                "entry {}: {minutes} minutes, but {} in its stretches",
                entry.seq,
                whole_minutes(&spans)
            ));
        }
    }
    let mut spans: Vec<_> =
        standing.iter().flat_map(|entry| entry.spans.0.iter().map(|span| (*span, entry.seq))).collect();
    spans.sort_unstable();
    for pair in spans.windows(2) {
        if pair[1].0.0 < pair[0].0.1 {
            faults.push(format!("entries {} and {}: a minute is credited twice", pair[0].1, pair[1].1));
        }
    }
    faults
}

type Minutes = (i64, i64);

/// Every total, rebuilt from the ledger and as kept. A correction over New Year's Eve may move a record's year, so totals
/// are rebuilt from what each record is now: its entries sum up to it.
fn compared(
    entries: &[ledger_entry::Model],
    records: &[service_record::Model],
    totals: &[volunteer_total::Model],
) -> BTreeMap<(TotalDimension, String), (Minutes, Minutes)> {
    let mut compared: BTreeMap<(TotalDimension, String), (Minutes, Minutes)> = BTreeMap::new();
    for record in records {
        let own = entries.iter().filter(|entry| entry.record_id == record.id);
        let own: Vec<_> = own.map(|entry| (entry.book, entry.pending_minutes, entry.confirmed_minutes)).collect();
        for total in total_moves(record, &own) {
            let rebuilt = &mut compared.entry((total.dimension, total.key)).or_default().0;
            rebuilt.0 += i64::from(total.pending);
            rebuilt.1 += i64::from(total.confirmed);
        }
    }
    for total in totals {
        let kept = &mut compared.entry((total.dimension, total.key.clone())).or_default().1;
        *kept = (total.pending_minutes.into(), total.confirmed_minutes.into());
    }
    compared
}
