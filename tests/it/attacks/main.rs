//! Attacks: what strangers and colleagues try, what the log must not tell, operations made at random.

mod guesses;
mod logs;
