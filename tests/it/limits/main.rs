//! Stories of those who ask too much: slowly, at once, again and again, or from a place that is not theirs.

mod asking;
mod books;
mod callers;
mod connections;
mod line;
mod pages;
mod refusals;
mod sockets;
