//! Chance that can be repeated from a seed.

use std::cell::Cell;

/// SplitMix64: small, and good enough to choose what to try next.
pub struct Chance(Cell<u64>);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    pub fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("it is below a usize")
    }

    pub fn percent(&self, share: usize) -> bool {
        self.below(100) < share
    }

    pub fn one_of<'t, T: ?Sized>(&self, choice: &[&'t T]) -> &'t T {
        choice[self.below(choice.len())]
    }
}
