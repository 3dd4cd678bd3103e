//! What confirmed service makes a volunteer eligible for: stars by the hours. Badges are decided in `language`.
//!
//! Eligibility is derived and changes at once when the ledger is corrected; the award is an act of a branch and not decided
//! here (domain, section 5). Time is in whole minutes.

/// How far confirmed minutes reach in a star scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StarProgress {
    /// The highest star reached; 0 is none.
    pub star: i32,
    /// None at the scheme's last star.
    pub next: Option<NextStar>,
}

/// The way to the next star.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextStar {
    /// Its number, from 1.
    pub star: i32,
    /// Confirmed minutes it takes.
    pub threshold_minutes: i64,
    /// Minutes that are still missing, at least 1.
    pub missing_minutes: i64,
}

/// The star that confirmed minutes reach, and the next. `thresholds` are a scheme's minutes for star 1, 2 …, ascending;
/// reaching one exactly is enough (domain, "star scheme": 100 h is one star).
pub fn star_progress(confirmed_minutes: i64, thresholds: &[i64]) -> StarProgress {
    let reached = thresholds.iter().take_while(|&&threshold| threshold <= confirmed_minutes).count();
    let star = reached as i32;
    let next = thresholds.get(reached).map(|&threshold_minutes| NextStar {
        star: star + 1,
        threshold_minutes,
        missing_minutes: threshold_minutes.saturating_sub(confirmed_minutes),
    });
    StarProgress { star, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEME: [i64; 5] = [100 * 60, 300 * 60, 600 * 60, 1000 * 60, 1500 * 60];

    #[test]
    fn a_star_takes_its_hours_and_not_a_minute_less() {
        for (reached, threshold_minutes) in (1..).zip(SCHEME) {
            let short = star_progress(threshold_minutes - 1, &SCHEME);
            let next = NextStar { star: reached, threshold_minutes, missing_minutes: 1 };
            assert_eq!(short, StarProgress { star: reached - 1, next: Some(next) });
            assert_eq!(star_progress(threshold_minutes, &SCHEME).star, reached);
            assert_eq!(star_progress(threshold_minutes + 1, &SCHEME).star, reached);
        }
        let second = NextStar { star: 2, threshold_minutes: 18_000, missing_minutes: 12_000 };
        assert_eq!(star_progress(100 * 60, &SCHEME), StarProgress { star: 1, next: Some(second) });
        assert_eq!(star_progress(0, &SCHEME).next.map(|next| next.missing_minutes), Some(6000));
        assert_eq!(star_progress(1500 * 60, &SCHEME), StarProgress { star: 5, next: None });
        assert_eq!(star_progress(60, &[]), StarProgress { star: 0, next: None });
    }
}
