//! Stories of serving: attendance, hours, recognition, live boards, and the program itself.

mod afterwards;
mod check_in;
mod check_in_evidence;
mod copies;
mod disputes;
mod explaining;
mod feeds;
mod flags;
mod forged;
mod hours;
mod instances;
mod leaderboards;
mod live;
mod long_days;
mod notice;
mod officers;
mod presence;
mod program;
mod repeats;
mod settling;
mod site_codes;
mod stars;
mod support;
mod totals;

use boai_tests::{process, socket};
