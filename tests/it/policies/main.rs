//! Stories of policies: what branches set, from when on and for whom.

mod previewing;
mod proposing;
mod support;
