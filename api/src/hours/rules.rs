//! What of a stay is service time, and a ledger in which a silent edit shows.
//!
//! Service time is time actually given (order 67 of the Ministry of Civil Affairs, art. 7): inside the shift, a minute once
//! per person, nothing rounded up. It is kept in whole minutes; stretches of time are half-open and kept in whole seconds.
//! Instants are UTC, civil days and years Asia/Shanghai's.

use boai_entity::{
    Instant,
    ledger_entry::{Model as Entry, Spans},
};
use chrono::{Datelike, TimeDelta};
use sha2::{Digest, Sha256};

use crate::platform::civil::civil_day;

/// The year, in Asia/Shanghai, that a record's minutes count for: the one in which service began, even if it ended in the
/// next. Written as the key of [`Year`](boai_entity::kinds::TotalDimension::Year) totals.
pub fn year_key(served_from: Instant) -> String {
    civil_day(served_from).year().to_string()
}

/// A stretch of time, [from, to): two that meet at a moment share nothing. Reversed, it holds no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first moment inside.
    pub from: Instant,
    /// The first moment after.
    pub to: Instant,
}

impl Span {
    /// The seconds wholly inside, as Unix seconds [from, to); empty or reversed if there are none.
    fn whole_seconds(self) -> (i64, i64) {
        (ceiling(self.from), self.to.timestamp())
    }

    /// The seconds touched, as Unix seconds [from, to); none if it holds no time.
    fn touched_seconds(self) -> Option<(i64, i64)> {
        (self.from < self.to).then(|| (self.from.timestamp(), ceiling(self.to)))
    }

    fn of_seconds((from, to): (i64, i64)) -> Self {
        Self { from: instant(from), to: instant(to) }
    }
}

fn ceiling(at: Instant) -> i64 {
    at.timestamp() + i64::from(at.timestamp_subsec_nanos() > 0)
}

/// A second beyond the calendar (year 262,142) becomes its last moment: what was credited then stays credited.
fn instant(second: i64) -> Instant {
    let beyond = if second < 0 { Instant::MIN_UTC } else { Instant::MAX_UTC };
    Instant::from_timestamp(second, 0).unwrap_or(beyond)
}

/// As a ledger entry keeps them: Unix seconds, those wholly inside. Loses nothing of what [`creditable`] returns.
pub fn to_spans(spans: &[Span]) -> Spans {
    Spans(spans.iter().map(|span| span.whole_seconds()).filter(|(from, to)| from < to).collect())
}

/// Undoes [`to_spans`].
pub fn from_spans(spans: &Spans) -> Vec<Span> {
    spans.0.iter().copied().map(Span::of_seconds).collect()
}

/// What of a stay counts (order 67, art. 7; domain, "overlap"): inside the shift, less what is `already` credited to that
/// person, for a minute counts once whatever number of shifts cover it.
///
/// A second counts when it lies wholly inside stay and shift and no part of it was credited before, so the ledger's whole
/// seconds hold the result exactly. Sorted, disjoint, as few stretches as possible; empty when nothing counts or the stay
/// or the shift is reversed. `already` may come in any order and overlap.
pub fn creditable(stay: Span, shift: Span, already: &[Span]) -> Vec<Span> {
    let (arrived, left) = stay.whole_seconds();
    let (starts, ends) = shift.whole_seconds();
    let end = left.min(ends);
    let mut credited: Vec<_> = already.iter().filter_map(|span| span.touched_seconds()).collect();
    credited.sort_unstable();

    let mut free = Vec::new();
    let mut from = arrived.max(starts);
    for (taken_from, taken_to) in credited {
        free.push((from, taken_from.min(end)));
        from = from.max(taken_to);
    }
    free.push((from, end));
    free.into_iter().filter(|(from, to)| from < to).map(Span::of_seconds).collect()
}

/// Whole minutes of the sum of disjoint stretches: 59 s and 1 s in two are 1 minute, 119 s are 1.
pub fn whole_minutes(spans: &[Span]) -> i64 {
    let milliseconds: i64 = spans.iter().map(|span| (span.to - span.from).num_milliseconds().max(0)).sum();
    milliseconds / 60_000
}

/// The minutes that a record gets: [`whole_minutes`], or 0 when under the policy's minimum (domain, "minimum"). A stay that
/// gets 0 credits no stretch either, or it would take time from another shift.
pub fn service_minutes(spans: &[Span], minimum_min: i64) -> i64 {
    let minutes = whole_minutes(spans);
    if minutes < minimum_min { 0 } else { minutes }
}

/// What of disjoint stretches counts in whole steps of so many minutes (domain, "rounding"): from the first on, as much as whole
/// steps hold. With a step of 1 all of it, the seconds beyond the last minute too.
pub fn whole_steps(spans: Vec<Span>, step_min: i64) -> Vec<Span> {
    if step_min <= 1 {
        return spans;
    }
    let mut left = TimeDelta::minutes(whole_minutes(&spans) / step_min * step_min);
    let mut kept = Vec::new();
    for span in spans {
        let length = (span.to - span.from).min(left);
        if length > TimeDelta::zero() {
            kept.push(Span { from: span.from, to: span.from + length });
            left -= length;
        }
    }
    kept
}

/// What a volunteer's first entry names as the hash before it.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// SHA-256, in lower-case hex, of the entry's UTF-8 text: a JSON array without blanks of `previous_hash`, then every other
/// column but `hash` in the table's order.
///
/// Ids are lower-case UUIDs with hyphens, kinds the database's words, `spans` an array of pairs of Unix seconds,
/// `recorded_at` Unix milliseconds (finer than that nothing is stored), an absent id or reason null, which is not "".
/// Changing this form breaks every chain ever written.
pub fn entry_hash(entry: &Entry) -> String {
    // Named one by one, so that a new column does not compile until it is hashed too.
    #[rustfmt::skip]
    let Entry {
        id, volunteer_id, seq, kind, record_id, corrects, book, pending_minutes, confirmed_minutes, spans,
        policy_id, recorded_by, recorded_at, reason, previous_hash, hash: _,
    } = entry;
    #[rustfmt::skip]
    let text = serde_json::json!([
        previous_hash, id.to_string(), volunteer_id.to_string(), seq, kind.as_str(), record_id.to_string(),
        corrects.map(|id| id.to_string()), book.as_str(), pending_minutes, confirmed_minutes, spans.0,
        policy_id.to_string(), recorded_by.to_string(), recorded_at.timestamp_millis(), reason,
    ]);
    hex::encode(Sha256::digest(text.to_string()))
}

/// Where a volunteer's chain first breaks; `seq` is the place, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// Another number stands there: an entry was removed, inserted or moved, or its number edited.
    #[error("ledger entry {seq} is missing or another stands in its place")]
    Gap { seq: i32 },
    /// It names another hash than that of the entry before it (of the first: than [`GENESIS`]).
    #[error("ledger entry {seq} was not written after the entry that now stands before it")]
    WrongPrevious { seq: i32 },
    /// Its columns do not give its hash.
    #[error("ledger entry {seq} was changed after it was written")]
    WrongHash { seq: i32 },
}

impl ChainFault {
    /// The place, counted from 1.
    pub fn seq(self) -> i32 {
        let (Self::Gap { seq } | Self::WrongPrevious { seq } | Self::WrongHash { seq }) = self;
        seq
    }
}

/// Checks all entries of one volunteer, ordered by `seq`.
///
/// A chain does not know its own length: what it can't show is that its last entries were cut off, or that the last was
/// rewritten with a new hash. The volunteer's totals, compared with [`balance`], show that.
pub fn check_chain(entries: &[Entry]) -> Result<(), ChainFault> {
    let mut previous = GENESIS;
    for (seq, entry) in (1..).zip(entries) {
        if entry.seq != seq {
            return Err(ChainFault::Gap { seq });
        }
        if entry.previous_hash != previous {
            return Err(ChainFault::WrongPrevious { seq });
        }
        if entry.hash != entry_hash(entry) {
            return Err(ChainFault::WrongHash { seq });
        }
        previous = &entry.hash;
    }
    Ok(())
}

/// What ledger entries add up to, in whole minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Minutes served that wait for the leader.
    pub pending: i64,
    /// Minutes confirmed: the ones that count for stars, badges and certificates.
    pub confirmed: i64,
}

/// The sum of the entries; reversals take away.
pub fn balance(entries: &[Entry]) -> Balance {
    entries.iter().fold(Balance::default(), |sum, entry| Balance {
        pending: sum.pending + i64::from(entry.pending_minutes),
        confirmed: sum.confirmed + i64::from(entry.confirmed_minutes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use boai_entity::{ids::*, kinds::*};
    use chrono::NaiveDateTime;
    use proptest::{collection::vec, prelude::*, sample::Index};
    use uuid::Uuid;

    fn at(shanghai: &str) -> Instant {
        let local = NaiveDateTime::parse_from_str(shanghai, "%F %T%.f").unwrap();
        local.and_local_timezone(crate::platform::civil::SHANGHAI).unwrap().to_utc()
    }

    fn span(from: &str, to: &str) -> Span {
        Span { from: at(&format!("2026-{from}")), to: at(&format!("2026-{to}")) }
    }

    fn minutes(stay: Span, shift: Span, already: &[Span]) -> i64 {
        whole_minutes(&creditable(stay, shift, already))
    }

    #[test]
    fn only_ling_s_time_inside_the_shift_counts() {
        let shift = span("05-08 08:00:00", "05-08 11:00:00");
        for (stay, expected) in [
            (span("05-08 07:31:00", "05-08 11:00:00"), 180), // early
            (span("05-08 08:00:00", "05-08 11:40:00"), 180), // late
            (span("05-08 08:10:00", "05-08 10:50:00"), 160),
            (span("05-08 08:00:00.001", "05-08 11:00:00"), 179), // a minute not given whole
            (span("05-08 07:00:00", "05-08 08:00:00"), 0),
            (span("05-08 10:00:00", "05-08 09:00:00"), 0), // reversed
        ] {
            assert_eq!(minutes(stay, shift, &[]), expected, "{stay:?}");
        }
        assert_eq!(minutes(shift, shift, &[shift]), 0, "credited already");
    }

    #[test]
    fn long_shifts_and_shifts_in_a_row_lose_nothing() {
        for (from, to, hours) in [("12-30 22:00:00", "12-31 06:00:00", 8), ("07-01 06:00:00", "07-02 07:00:00", 25)] {
            assert_eq!(minutes(span(from, to), span(from, to), &[]), hours * 60);
        }
        let day = span("05-08 06:30:00", "05-08 18:30:00");
        let (morning, afternoon) = (span("05-08 06:30:00", "05-08 12:00:00"), span("05-08 12:00:00", "05-08 18:30:00"));
        let credited = creditable(day, morning, &[]);
        assert_eq!((whole_minutes(&credited), minutes(day, afternoon, &credited)), (330, 390));
    }

    #[test]
    fn under_the_minimum_is_nothing() {
        for (stay, expected) in
            [("08:14:59", 0), ("08:14:59.999", 0), ("08:15:00", 15), ("08:15:59", 15), ("08:16:00", 16)]
        {
            let stay = span("05-08 08:00:00", &format!("05-08 {stay}"));
            assert_eq!(service_minutes(&[stay], 15), expected);
        }
        assert_eq!(service_minutes(&[], 0), 0);
    }

    #[test]
    fn a_day_and_a_year_begin_at_midnight_in_shanghai() {
        for (moment, day, year) in
            [("2025-12-31 23:59:59.999", "2025-12-31", "2025"), ("2026-01-01 00:00:00", "2026-01-01", "2026")]
        {
            assert_eq!((civil_day(at(moment)).to_string().as_str(), year_key(at(moment)).as_str()), (day, year));
        }
    }

    /// Milliseconds within two minutes, so that spans often meet, cross and are reversed.
    fn any_span() -> impl Strategy<Value = Span> {
        let end = prop_oneof![0..120_000i64, (0..120i64).prop_map(|second| second * 1000)];
        let moment = |ms| Instant::from_timestamp_millis(1_778_198_400_000 + ms).unwrap();
        (end.clone(), end).prop_map(move |(from, to)| Span { from: moment(from), to: moment(to) })
    }

    /// The 120 single seconds, one by one: the slow and plain way.
    fn seconds<T>(tell: impl Fn(Instant, Instant) -> T) -> Vec<T> {
        let second = |n: i64| Instant::from_timestamp(1_778_198_400 + n, 0).unwrap();
        (0..120).map(|n| tell(second(n), second(n + 1))).collect()
    }

    fn holds(span: &Span, from: Instant, to: Instant) -> bool {
        span.from <= from && to <= span.to
    }

    proptest! {
        #[test]
        fn whole_steps_are_the_first_seconds_that_fill_them(lengths in vec((0i64..4000, 1i64..4000), 0..5), step in 1i64..61) {
            let (mut end, mut spans) = (1_778_198_400, Vec::new());
            for (gap, length) in lengths {
                spans.push(Span::of_seconds((end + gap, end + gap + length)));
                end += gap + length;
            }
            let single = |spans: &[Span]| {
                let seconds = spans.iter().filter_map(|span| span.touched_seconds()).flat_map(|(from, to)| from..to);
                seconds.collect::<Vec<_>>()
            };
            let mut expected = single(&spans);
            let kept = whole_steps(spans, step);
            if step > 1 {
                expected.truncate(usize::try_from(expected.len() as i64 / 60 / step * step * 60).unwrap());
                prop_assert_eq!(whole_minutes(&kept) % step, 0);
            }
            prop_assert_eq!(single(&kept), expected);
            prop_assert_eq!(from_spans(&to_spans(&kept)), kept);
        }

        #[test]
        fn creditable_is_what_single_seconds_say(stay in any_span(), shift in any_span(), already in vec(any_span(), 0..6)) {
            let credited = creditable(stay, shift, &already);
            prop_assert!(credited.windows(2).all(|pair| pair[0].to < pair[1].from), "sorted, apart");
            let expected = seconds(|from, to| {
                let touches = |span: &Span| span.from.max(from) < span.to.min(to);
                holds(&stay, from, to) && holds(&shift, from, to) && !already.iter().any(touches)
            });
            prop_assert_eq!(seconds(|from, to| credited.iter().any(|span| holds(span, from, to))), expected.clone());
            prop_assert_eq!(whole_minutes(&credited), expected.iter().filter(|yes| **yes).count() as i64 / 60);
            prop_assert_eq!(from_spans(&to_spans(&credited)), credited);
        }

        #[test]
        fn whatever_shifts_cover_it_a_second_counts_once(stay in any_span(), shifts in vec(any_span(), 0..6)) {
            let mut credited = Vec::new();
            for shift in &shifts {
                credited.extend(creditable(stay, *shift, &credited));
            }
            let counts = |from, to| credited.iter().filter(|span| holds(span, from, to)).count();
            let covered = |from, to| holds(&stay, from, to) && shifts.iter().any(|shift| holds(shift, from, to));
            prop_assert_eq!(seconds(counts), seconds(|from, to| usize::from(covered(from, to))));
        }

        /// The cunning forger also numbers the entries anew, and chains and seals the one he touched.
        #[test]
        fn a_tampered_chain_shows(chain in chains(), here: Index, there: Index, cunning: bool) {
            prop_assert_eq!(check_chain(&chain), Ok(()));
            let (here, there) = (here.index(chain.len()), there.index(chain.len()));
            for act in 0..3 + 16 {
                let mut forged = chain.clone();
                match act {
                    0 => drop(forged.remove(here)),
                    1 => forged.insert(here, chain[there].clone()),
                    2 => forged.swap(here, there),
                    _ => edit(&mut forged[here], act - 3),
                }
                if cunning {
                    (1..).zip(&mut forged).for_each(|(seq, entry)| entry.seq = seq);
                    let previous_hash = here.checked_sub(1).map_or(GENESIS.into(), |it| forged[it].hash.clone());
                    if let Some(entry) = forged.get_mut(here) {
                        entry.previous_hash = previous_hash;
                        entry.hash = entry_hash(entry);
                    }
                }
                let only_the_end = here >= forged.len() || (cunning && here + 1 == forged.len());
                prop_assert!(check_chain(&forged).is_err() || only_the_end || forged == chain, "act {act}");
            }
        }
    }

    fn chains() -> impl Strategy<Value = Vec<Entry>> {
        vec((-600..600, any::<Option<String>>()), 1..6).prop_map(|facts| {
            let mut chain: Vec<Entry> = Vec::new();
            for (seq, (pending_minutes, reason)) in (1..).zip(facts) {
                let previous_hash = chain.last().map_or(GENESIS.into(), |entry| entry.hash.clone());
                let entry = Entry { seq, pending_minutes, reason, previous_hash, ..ling_s() };
                chain.push(sealed(entry));
            }
            chain
        })
    }

    #[rustfmt::skip]
    fn ling_s() -> Entry {
        let id = Uuid::from_u128;
        Entry {
            id: LedgerEntryId(id(1)), volunteer_id: VolunteerId(id(2)), seq: 1, kind: EntryKind::Served,
            record_id: ServiceRecordId(id(3)), corrects: None, book: Book::BackFilled,
            pending_minutes: 90, confirmed_minutes: 0,
            spans: Spans(vec![(1778198400, 1778202000), (1778205600, 1778207400)]),
            policy_id: PolicyId(id(4)), recorded_by: PersonId(id(5)), recorded_at: at("2026-05-08 11:00:00.123"),
            reason: Some("队长说: \"来过\"".into()), previous_hash: GENESIS.into(), hash: String::new(),
        }
    }

    fn sealed(entry: Entry) -> Entry {
        Entry { hash: entry_hash(&entry), ..entry }
    }

    fn edit(entry: &mut Entry, column: usize) {
        match column {
            0 => entry.id.0 = Uuid::nil(),
            1 => entry.volunteer_id.0 = Uuid::nil(),
            2 => entry.seq += 1,
            3 => entry.kind = EntryKind::Reversal,
            4 => entry.record_id.0 = Uuid::nil(),
            5 => entry.corrects = Some(entry.id),
            6 => entry.book = Book::SystemProved,
            7 => entry.pending_minutes += 1,
            8 => entry.confirmed_minutes += 1,
            9 => entry.spans.0.push((0, 0)),
            10 => entry.policy_id.0 = Uuid::nil(),
            11 => entry.recorded_by.0 = Uuid::nil(),
            12 => entry.recorded_at += chrono::TimeDelta::milliseconds(1),
            13 => entry.reason = if entry.reason.is_none() { Some(String::new()) } else { None },
            14 => entry.previous_hash = entry_hash(entry),
            _ => entry.hash.clear(),
        }
    }

    #[test]
    fn the_hash_stays_what_it_was() {
        assert_eq!(entry_hash(&ling_s()), "61225128df133cbfac7becf11b5fc0a9c45d7bdfe8a5243303383596ed826d7d");
        let corrected = Entry { corrects: Some(LedgerEntryId(Uuid::from_u128(9))), reason: None, ..ling_s() };
        assert_eq!(entry_hash(&corrected), "4b1ae3cd7f3b6e8e4093ae2d29c4f573b0f4a8fb13cb8c23cbfdf97572f601b6");
    }

    #[test]
    fn a_fault_is_named_with_its_place() {
        let skipped = sealed(Entry { seq: 2, ..ling_s() });
        assert_eq!(check_chain(&[skipped]), Err(ChainFault::Gap { seq: 1 }));
        let orphan = sealed(Entry { previous_hash: entry_hash(&ling_s()), ..ling_s() });
        assert_eq!(check_chain(&[orphan]), Err(ChainFault::WrongPrevious { seq: 1 }));
        assert_eq!(check_chain(&[ling_s()]), Err(ChainFault::WrongHash { seq: 1 }));
    }

    #[test]
    fn a_chain_that_lost_its_end_shows_in_the_balance_alone() {
        let served = sealed(ling_s());
        let taken_back = Entry { seq: 2, pending_minutes: -90, confirmed_minutes: 80, ..ling_s() };
        assert_eq!(balance(&[served.clone(), taken_back]), Balance { pending: 0, confirmed: 80 });
        let chain = [served];
        assert_eq!((check_chain(&chain), balance(&chain)), (Ok(()), Balance { pending: 90, confirmed: 0 }));
    }
}
