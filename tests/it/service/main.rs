//! Stories of serving: attendance, hours, recognition, live boards, and the program itself.

mod check_in;
mod check_in_evidence;
mod forged;
mod hours;
mod repeats;
mod settling;
mod stars;
mod support;
mod totals;
