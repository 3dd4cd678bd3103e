//! Stories of the desk of a site: codes on volunteers' phones, rosters, walk-ins, slips that are undone.

mod codes;
mod grants;
mod morning;
mod roster;
mod signals;
mod support;
mod undoing;
mod walking_in;
