//! What looks odd. Each rule has its innocent neighbours: an honest phone at rest jitters by metres, siblings share a phone
//! for a while, trains run at 140 km/h.

use std::collections::BTreeMap;

use boai_entity::{Instant, policy::FlagLimits};

/// A fix of somebody: where as a bare pair, to be compared for being the very same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    pub at: Instant,
    pub latitude: f64,
    pub longitude: f64,
    pub accuracy_m: f64,
}

/// How fast somebody must have been between two fixes at the least, in km/h: what the phones' own inaccuracy explains is left
/// out, and so is what lies within a second.
pub fn speed_kmh(one: &Seen, other: &Seen, distance_m: f64) -> f64 {
    let metres = (distance_m - one.accuracy_m - other.accuracy_m).max(0.0);
    let apart = (one.at - other.at).abs();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds between two check-ins are far below 2^52")]
    let seconds = (apart.num_milliseconds() as f64 / 1000.0).max(1.0);
    metres / seconds * 3.6
}

pub fn too_fast(speed_kmh: f64, limits: &FlagLimits) -> bool {
    speed_kmh > limits.speed_kmh
}

/// How often the very same coordinates come in these fixes, this one with them. A phone at rest jitters by 1 to 50 m.
pub fn same_again(this: &Seen, others: &[Seen]) -> i64 {
    let same = others.iter().filter(|it| (it.latitude, it.longitude) == (this.latitude, this.longitude));
    i64::try_from(same.count()).unwrap_or(i64::MAX).saturating_add(1)
}

/// Whether one leader's confirmations are mostly about a few people: `counts` has how many stays of each volunteer the leader
/// confirmed, `team` how many people the leader could have chosen from.
pub fn own_circle(mut counts: Vec<i64>, team: i64, limits: &FlagLimits) -> Option<(i64, i64)> {
    counts.sort_unstable_by(|one, other| other.cmp(one));
    let all: i64 = counts.iter().sum();
    let closest = usize::try_from(limits.circle_people).unwrap_or(0);
    let of_circle: i64 = counts.iter().take(closest).sum();
    let mostly = of_circle * 100 >= all * limits.circle_percent;
    // Of a team hardly larger than the circle it says nothing.
    let had_choice = team >= limits.circle_people * 3;
    (all >= limits.circle_records && mostly && had_choice).then_some((of_circle, all))
}

/// Of people and whether a visit of theirs was short, one for each visit: how many came, and how many never stayed longer.
pub fn came_and_left<P: Ord>(visits: impl IntoIterator<Item = (P, bool)>) -> (i64, i64) {
    let mut only_short: BTreeMap<P, bool> = BTreeMap::new();
    for (person, short) in visits {
        only_short.entry(person).and_modify(|all| *all &= short).or_insert(short);
    }
    let count = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
    (count(only_short.len()), count(only_short.values().filter(|all| **all).count()))
}

/// Whether most of those who came left early.
pub fn left_early(came: i64, early: i64, limits: &FlagLimits) -> bool {
    came >= limits.early_people && early * 100 > came * limits.early_percent
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(millis: i64, latitude: f64) -> Seen {
        let at = Instant::from_timestamp_millis(1_778_198_400_000 + millis).unwrap();
        Seen { at, latitude, longitude: 120.0, accuracy_m: 10.0 }
    }

    #[test]
    fn a_train_is_innocent_and_a_plane_is_not() {
        let limits = FlagLimits::default();
        let hour = 3_600_000;
        for (kilometres, odd) in [(149.0, false), (150.0, false), (151.0, true)] {
            let speed = speed_kmh(&seen(0, 30.0), &seen(hour, 31.0), kilometres * 1000.0 + 20.0);
            assert_eq!(too_fast(speed, &limits), odd, "{kilometres} km in an hour: {speed} km/h");
        }
        // Two fixes of one moment at one place, within their own error.
        assert!(!too_fast(speed_kmh(&seen(0, 30.0), &seen(0, 30.0), 20.0), &limits));
    }

    #[test]
    fn a_phone_at_rest_jitters() {
        let here = seen(0, 30.25);
        assert_eq!(same_again(&here, &[seen(1, 30.25), seen(2, 30.25)]), 3);
        assert_eq!(same_again(&here, &[seen(1, 30.250_01), seen(2, 30.249_99)]), 1);
    }

    #[test]
    fn a_small_team_is_no_circle() {
        let limits = FlagLimits::default();
        assert_eq!(own_circle(vec![8, 8, 0, 4], 30, &limits), Some((20, 20)));
        assert_eq!(own_circle(vec![8, 4, 4, 4], 30, &limits), Some((16, 20)));
        assert_eq!(own_circle(vec![7, 4, 4, 4, 1], 30, &limits), None);
        assert_eq!(own_circle(vec![7, 6, 6], 30, &limits), None, "19 records");
        assert_eq!(own_circle(vec![20], 8, &limits), None, "nobody else to confirm");
    }

    #[test]
    fn most_of_fifty_left_early() {
        let limits = FlagLimits::default();
        for (came, early, odd) in [(50, 26, true), (50, 25, false), (49, 49, false)] {
            assert_eq!(left_early(came, early, &limits), odd, "{early} of {came}");
        }
    }

    #[test]
    fn who_stayed_once_has_not_left_early() {
        let visits = [("Ling", true), ("Wei", true), ("Ling", false), ("Bo", true), ("Bo", true)];
        assert_eq!(came_and_left(visits), (3, 2));
    }

    proptest! {
        /// Who asks first makes no difference, and no two fixes within their own error are ever odd.
        #[test]
        fn speed_is_symmetric_and_forgives_inaccuracy(one in 0_i64..10_000_000, other in 0_i64..10_000_000, metres in 0.0_f64..1e6) {
            let (one, other) = (seen(one, 30.0), seen(other, 31.0));
            let speed = speed_kmh(&one, &other, metres);
            prop_assert!((speed - speed_kmh(&other, &one, metres)).abs() < 1e-9);
            prop_assert!(speed >= 0.0 && speed.is_finite());
            prop_assert!(metres > 20.0 || speed == 0.0);
        }

        /// The circle is never found where its share is below the limit.
        #[test]
        fn a_circle_has_its_share(counts in proptest::collection::vec(0_i64..40, 0..12), team in 0_i64..50) {
            let limits = FlagLimits::default();
            if let Some((circle, all)) = own_circle(counts.clone(), team, &limits) {
                prop_assert_eq!(all, counts.iter().sum::<i64>());
                prop_assert!(circle * 100 >= all * limits.circle_percent && all >= limits.circle_records);
            }
        }
    }
}
