//! Stories of people and what is held about them: copies, erasure, and what is forgotten by itself.

mod coverage;
mod download;
mod erasure;
mod erasure_races;
mod export;
mod export_jobs;
mod guardian;
mod retention;
mod support;
