//! Stories of serving: attendance, hours, recognition, live boards.
