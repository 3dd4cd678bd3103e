//! What one volunteer's ledger would come to by other numbers. Time is in Unix seconds, days are Asia/Shanghai's.

use std::collections::{BTreeMap, HashMap};

use boai_entity::{
    ids::{ActivityId, ServiceRecordId},
    policy::PolicyBody,
};

use crate::{platform::civil::SHANGHAI, recognition::rules::star_progress};

/// The numbers of a policy by which served time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counting {
    pub minimum_min: i64,
    pub rounding_min: i64,
    pub pairs_per_day: i64,
    pub leader_max_min: i64,
}

impl From<&PolicyBody> for Counting {
    fn from(body: &PolicyBody) -> Self {
        Self {
            minimum_min: body.minimum_min,
            rounding_min: body.rounding_min,
            pairs_per_day: body.pairs_per_day,
            leader_max_min: body.days.leader_max_min,
        }
    }
}

/// A confirmed record, as its standing ledger entry has it.
#[derive(Clone, Debug)]
pub struct Served {
    pub record: ServiceRecordId,
    pub activity: ActivityId,
    /// Where its minutes are told of.
    pub unit: usize,
    /// Whether its team is one for which the policy would be in force.
    pub governed: bool,
    /// The stay inside its shift.
    pub from: i64,
    pub to: i64,
    /// What it is credited with; empty when it was too short.
    pub spans: Vec<(i64, i64)>,
}

/// What would move at one place of the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitMoves {
    pub added_min: i64,
    pub removed_min: i64,
    pub officer_min: i64,
}

/// By how much one volunteer's minutes would move, by place. `records` may come in any order.
pub fn moved(records: &mut [Served], before: Counting, after: Counting) -> HashMap<usize, UnitMoves> {
    let mut moves: HashMap<usize, UnitMoves> = HashMap::new();
    if before == after || records.iter().all(|record| !record.governed) {
        return moves;
    }
    records.sort_unstable_by_key(|record| (record.from, record.record));
    let (old, new) = (counted(records, before, before), counted(records, after, before));
    for ((record, old), new) in records.iter().zip(&old).zip(&new) {
        let moved = minutes(new) - minutes(old);
        let unit = moves.entry(record.unit).or_default();
        unit.added_min += moved.max(0);
        unit.removed_min += (-moved).max(0);
    }
    for (sign, spans, limit) in [(-1, &old, before.leader_max_min), (1, &new, after.leader_max_min)] {
        for (unit, minutes) in for_officers(records, spans, limit) {
            moves.entry(unit).or_default().officer_min += sign * minutes;
        }
    }
    moves.retain(|_, moves| *moves != UnitMoves::default());
    moves
}

/// The stretches of each record that count by these numbers. Records of other policies stay as they are. What was too short, or
/// rounded off, is held against them anew, but for the time that the ledger credits elsewhere: a minute counts once.
fn counted(records: &[Served], by: Counting, was: Counting) -> Vec<Vec<(i64, i64)>> {
    let mut taken: Vec<(i64, i64)> = records.iter().flat_map(|record| record.spans.iter().copied()).collect();
    taken.sort_unstable();
    let mut pairs: HashMap<(i64, ActivityId), i64> = HashMap::new();
    let mut all = Vec::with_capacity(records.len());
    for record in records {
        if !record.governed {
            all.push(record.spans.clone());
            continue;
        }
        let pair = pairs.entry((day(record.from), record.activity)).or_default();
        *pair += 1;
        let cut = record.spans.is_empty() || was.rounding_min > 1;
        let mut spans = record.spans.clone();
        if cut {
            spans.extend(free((record.from, record.to), &taken));
            spans.sort_unstable();
        }
        if *pair > by.pairs_per_day || minutes(&spans) < by.minimum_min.max(1) {
            all.push(Vec::new());
            continue;
        }
        let spans = in_steps(spans, by.rounding_min);
        if cut {
            taken.extend(&spans);
            taken.sort_unstable();
        }
        all.push(spans);
    }
    all
}

fn minutes(spans: &[(i64, i64)]) -> i64 {
    spans.iter().map(|(from, to)| to - from).sum::<i64>() / 60
}

/// The same as `whole_steps` of the ledger's own rules, in seconds.
fn in_steps(spans: Vec<(i64, i64)>, step_min: i64) -> Vec<(i64, i64)> {
    if step_min <= 1 {
        return spans;
    }
    let mut left = minutes(&spans) / step_min * step_min * 60;
    let mut kept = Vec::new();
    for (from, to) in spans {
        let length = (to - from).min(left);
        if length > 0 {
            kept.push((from, from + length));
            left -= length;
        }
    }
    kept
}

fn day(second: i64) -> i64 {
    (second + i64::from(SHANGHAI.local_minus_utc())).div_euclid(86_400)
}

/// What of a stretch nobody has taken; `taken` is sorted.
fn free((from, to): (i64, i64), taken: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut free = Vec::new();
    let mut start = from;
    for (taken_from, taken_to) in taken {
        free.push((start, (*taken_from).min(to)));
        start = start.max(*taken_to);
    }
    free.push((start, to));
    free.retain(|(from, to)| from < to);
    free
}

/// Minutes of the governed records on days that take more than a leader's word, by place; rounded down for each day and place.
fn for_officers(records: &[Served], counted: &[Vec<(i64, i64)>], leader_max_min: i64) -> Vec<(usize, i64)> {
    let mut days: BTreeMap<i64, i64> = BTreeMap::new();
    let mut governed: HashMap<(i64, usize), i64> = HashMap::new();
    for (record, spans) in records.iter().zip(counted) {
        for (on, seconds) in spans.iter().flat_map(|span| by_day(*span)) {
            *days.entry(on).or_default() += seconds;
            if record.governed {
                *governed.entry((on, record.unit)).or_default() += seconds;
            }
        }
    }
    let long = governed.into_iter().filter(|((on, _), _)| days[on] > leader_max_min * 60);
    long.map(|((_, unit), seconds)| (unit, seconds / 60)).collect()
}

fn by_day((from, to): (i64, i64)) -> impl Iterator<Item = (i64, i64)> {
    let begin = |day: i64| day * 86_400 - i64::from(SHANGHAI.local_minus_utc());
    (day(from)..=day(to - 1)).map(move |on| (on, to.min(begin(on + 1)) - from.max(begin(on))))
}

/// Whether so many minutes, moved by so many, reach more stars (1) or fewer (-1) by the other scheme.
pub fn star_moves(minutes: i64, moved: i64, before: &[i64], after: &[i64]) -> i32 {
    let (old, new) = (star_progress(minutes, before).star, star_progress(minutes + moved, after).star);
    (new - old).signum()
}

/// Where what happens at a path is told of: the county, or for a county's own policy the township; what is higher by itself.
pub fn told_at<'p>(path: &'p str, policy_path: &str) -> &'p str {
    let place = path.split('/').next().unwrap_or(path);
    let digits = if policy_path.len() <= 4 { 6 } else { 9 };
    place.get(..digits).unwrap_or(place)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const MINIMUM: Counting = Counting { minimum_min: 15, rounding_min: 1, pairs_per_day: 3, leader_max_min: 480 };

    /// Minutes after midnight of a day in Shanghai; credited as far as they are 15 or more.
    fn served(number: u128, from: i64, long: i64) -> Served {
        let midnight = 20_000 * 86_400 - 8 * 3600;
        let (from, to) = (midnight + from * 60, midnight + (from + long) * 60);
        let spans = if long < 15 { Vec::new() } else { vec![(from, to)] };
        let (record, activity) = (ServiceRecordId(Uuid::from_u128(number)), ActivityId(Uuid::from_u128(1)));
        Served { record, activity, unit: 0, governed: true, from, to, spans }
    }

    fn total(records: &mut [Served], after: Counting) -> (i64, i64, i64) {
        let moves = moved(records, MINIMUM, after);
        moves.get(&0).map_or((0, 0, 0), |it| (it.added_min, it.removed_min, it.officer_min))
    }

    #[test]
    fn a_minimum_gives_and_takes_whole_stays() {
        let mut records = [served(1, 480, 14), served(2, 540, 19), served(3, 600, 20)];
        assert_eq!(total(&mut records, Counting { minimum_min: 14, ..MINIMUM }), (14, 0, 0));
        assert_eq!(total(&mut records, Counting { minimum_min: 20, ..MINIMUM }), (0, 19, 0));
        records[1].governed = false;
        assert_eq!(total(&mut records, Counting { minimum_min: 20, ..MINIMUM }), (0, 0, 0));
    }

    #[test]
    fn rounding_takes_what_is_no_whole_step_and_gives_it_back() {
        let mut records = [served(1, 480, 59), served(2, 600, 30), served(3, 700, 20)];
        let halves = Counting { rounding_min: 30, ..MINIMUM };
        assert_eq!(total(&mut records, halves), (0, 29 + 20, 0));
        // As the ledger has it where half hours were the rule.
        records[0].spans[0].1 -= 29 * 60;
        records[2].spans.clear();
        let moves = moved(&mut records, halves, MINIMUM);
        assert_eq!(moves[&0], UnitMoves { added_min: 29 + 20, removed_min: 0, officer_min: 0 });
    }

    #[test]
    fn a_minute_that_another_record_has_is_not_given_again() {
        // Ten of the twelve minutes lie in the longer stay; of two short ones the second has what the first leaves.
        let inside = &mut [served(1, 480, 60), served(2, 538, 12)];
        assert_eq!(total(inside, Counting { minimum_min: 10, ..MINIMUM }), (10, 0, 0));
        let twins = &mut [served(1, 480, 12), served(2, 482, 14)];
        assert_eq!(total(twins, Counting { minimum_min: 4, ..MINIMUM }), (16, 0, 0));
        assert_eq!(total(twins, Counting { minimum_min: 5, ..MINIMUM }), (12, 0, 0));
    }

    #[test]
    fn pairs_beyond_the_limit_of_a_day_count_nothing() {
        let mut records: Vec<_> = (0..4).map(|n| served(n, 480 + n as i64 * 60, 30)).collect();
        records.push(served(9, 480 + 1440, 30));
        assert_eq!(total(&mut records, Counting { pairs_per_day: 1, ..MINIMUM }), (0, 60, 0));
        assert_eq!(total(&mut records, Counting { pairs_per_day: 5, ..MINIMUM }), (30, 0, 0));
    }

    #[test]
    fn a_long_day_takes_officers_with_all_its_minutes() {
        let mut day = [served(1, 480, 300), served(2, 800, 100)];
        assert_eq!(total(&mut day, Counting { leader_max_min: 400, ..MINIMUM }), (0, 0, 0));
        assert_eq!(total(&mut day, Counting { leader_max_min: 399, ..MINIMUM }), (0, 0, 400));
        // Over midnight: two days of 300 and 100 minutes.
        let mut night = [served(1, 1140, 400)];
        assert_eq!(total(&mut night, Counting { leader_max_min: 299, ..MINIMUM }), (0, 0, 300));
    }

    #[test]
    fn stars_are_gained_and_lost() {
        let (old, new) = ([6000, 18_000], [5000, 20_000]);
        let moves = [4999, 5000, 6000, 17_999, 18_000, 20_000].map(|minutes| star_moves(minutes, 0, &old, &new));
        assert_eq!(moves, [0, 1, 0, 0, -1, 0]);
        assert_eq!(star_moves(6010, -20, &old, &old), -1);
    }

    #[test]
    fn places_are_told_at_counties_or_below_a_county_at_townships() {
        assert_eq!(told_at("330106109203", "33"), "330106");
        assert_eq!(told_at("3301/zju", "33"), "3301");
        assert_eq!(told_at("330106109203", "330106"), "330106109");
    }
}
