//! Stories of activities: posting, finding, signing up.
