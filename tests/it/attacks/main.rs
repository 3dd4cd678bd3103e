//! Attacks: what strangers and colleagues try, what the log must not tell, operations made at random.

mod bytes;
mod chance;
mod documents;
mod fuzz;
mod guesses;
mod logs;
mod socket;
mod values;

// The people and things of the access matrix.
#[allow(dead_code, reason = "its stories use more of it")]
#[path = "../people/acts.rs"]
mod acts;
#[path = "../people/askers.rs"]
mod askers;
#[allow(dead_code, reason = "only officers need one here")]
#[path = "../people/authenticator.rs"]
mod authenticator;
#[allow(dead_code, reason = "only what is asked about is needed here")]
#[path = "../people/root_fields_asked.rs"]
mod root_fields_asked;
