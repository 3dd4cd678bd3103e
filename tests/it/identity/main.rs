//! Stories of what is known about people: who looked at it, what they agreed to, and who they are.

use boai::platform::db::run;
use boai_tests::{Town, at};

mod consents;
mod numbers;
mod rotation;
mod trail;
mod verification_service;
mod who_looked;

/// An access token lives half an hour; those of everybody who signed in so far now outlive the story, wherever it moves
/// the clock.
async fn keep_signed_in(town: &Town) {
    let text = "UPDATE session_token SET expires_at = $1 WHERE kind = 'ACCESS'";
    run(&town.app.db.conn, text, [at("+900 00:00").into()]).await.expect("the tokens are kept");
}
