//! Stories of policies: what branches set, from when on and for whom.

mod badges;
mod previewing;
mod proposing;
mod support;
