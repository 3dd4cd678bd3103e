//! Stories of persons, branches and teams.

mod sign_in;
